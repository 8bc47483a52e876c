//! The operations on disk, a JSON line each, so that a killed simulator comes back as it was.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::op::Op;
use crate::state::State;

#[derive(Serialize)]
struct NewEntry<'a> {
    at: Timestamp,
    #[serde(flatten)]
    op: &'a Op,
}

#[derive(Deserialize)]
struct Entry {
    at: Timestamp,
    #[serde(flatten)]
    op: Op,
}

/// Collects operations and writes them in one piece; without a file it keeps nothing.
#[derive(Default)]
pub(crate) struct Journal {
    file: Option<File>,
    unwritten: Vec<u8>,
}

impl Journal {
    /// Opens the journal of a data directory and replays it. A torn last line, of an operation that nobody was told of, is dropped.
    pub(crate) fn open(dir: &Path) -> Result<(Self, State)> {
        fs::create_dir_all(dir)
            .with_context(|| format!("cannot make the directory {}", dir.display()))?;
        let path = dir.join("simulator.jsonl");
        let mut options = OpenOptions::new();
        // Only for its owner, because it holds the sessions' keys.
        options.read(true).append(true).create(true).mode(0o600);
        let mut file = options
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let mut lines = Vec::new();
        file.read_to_end(&mut lines)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let whole = lines
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        if whole < lines.len() {
            file.set_len(u64::try_from(whole)?)
                .with_context(|| format!("cannot mend {}", path.display()))?;
        }
        let state =
            replay(&lines[..whole]).with_context(|| format!("cannot replay {}", path.display()))?;
        Ok((
            Self {
                file: Some(file),
                unwritten: Vec::new(),
            },
            state,
        ))
    }

    /// Adds an operation to what the next [`Journal::flush`] writes.
    pub(crate) fn add(&mut self, op: &Op, at: Timestamp) -> Result<()> {
        if self.file.is_some() {
            serde_json::to_writer(&mut self.unwritten, &NewEntry { at, op })?;
            self.unwritten.push(b'\n');
        }
        Ok(())
    }

    /// Hands everything added to the operating system, which survives the end of this process.
    pub(crate) fn flush(&mut self) -> Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(&self.unwritten)
                .context("cannot write the journal")?;
        }
        self.unwritten.clear();
        Ok(())
    }
}

fn replay(lines: &[u8]) -> Result<State> {
    let mut state = State::default();
    for (index, line) in lines
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
    {
        // The cause is not passed on: it may quote the line, which may hold a key.
        let entry: Entry = serde_json::from_slice(line)
            .ok()
            .with_context(|| format!("line {} is not an operation", index + 1))?;
        state
            .apply(&entry.op, entry.at)
            .with_context(|| format!("line {} does not follow", index + 1))?;
    }
    Ok(state)
}
