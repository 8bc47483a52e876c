use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::Machine;

/// The operations of a machine, one JSON line each, handed to the operating system before they are answered:
/// they survive the death of the process, but not of the machine.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    /// A write failed and may have left half a line, behind which nothing may be written.
    is_broken: bool,
}

/// Why a journal can't be read or written. Never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("can't use the journal {path}")]
    File { path: PathBuf, source: io::Error },
    #[error("line {line} of the journal {path} is damaged")]
    Damaged { path: PathBuf, line: usize },
    #[error("an earlier write to the journal failed")]
    Broken,
    #[error("can't write to the journal")]
    Write(#[from] io::Error),
    #[error("can't write an operation down")]
    Encode(#[from] serde_json::Error),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<S, O> {
    State(S),
    Operation { at: Timestamp, operation: O },
}

impl Journal {
    /// Brings the machine to where the journal ends and starts the journal anew with that state.
    pub(crate) fn open<M: Machine>(path: &Path, machine: &mut M) -> Result<Self, JournalError> {
        let failed = |source| JournalError::File {
            path: path.to_owned(),
            source,
        };
        match fs::read(path) {
            Ok(bytes) => replay(path, &bytes, machine)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let fresh = path.with_extension("new");
        let mut file = create(&fresh).map_err(failed)?;
        write_line::<&M, M::Operation>(&mut file, &Line::State(machine))?;
        fs::rename(&fresh, path).map_err(failed)?;
        Ok(Self {
            file,
            is_broken: false,
        })
    }

    /// Whether operations can still be written down.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        if self.is_broken {
            Err(JournalError::Broken)
        } else {
            Ok(())
        }
    }

    pub(crate) fn append<M: Machine>(
        &mut self,
        at: Timestamp,
        operation: &M::Operation,
    ) -> Result<(), JournalError> {
        let line = Line::Operation { at, operation };
        let written = write_line::<(), &M::Operation>(&mut self.file, &line);
        self.is_broken = written.is_err();
        written
    }
}

/// The last line has no end when the process died while writing it: nobody was answered for it.
fn replay<M: Machine>(path: &Path, bytes: &[u8], machine: &mut M) -> Result<(), JournalError> {
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    for (index, line) in bytes[..whole]
        .split_inclusive(|byte| *byte == b'\n')
        .enumerate()
    {
        match serde_json::from_slice::<Line<M, M::Operation>>(line) {
            Ok(Line::State(state)) => *machine = state,
            // A refusal was part of the answer then as it is now.
            Ok(Line::Operation { at, operation }) => drop(machine.apply(at, &operation)),
            Err(_) => {
                return Err(JournalError::Damaged {
                    path: path.to_owned(),
                    line: index + 1,
                });
            }
        }
    }
    Ok(())
}

/// Readable by its owner only: the journal of the secrets holds secrets.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_line<S: Serialize, O: Serialize>(
    file: &mut File,
    line: &Line<S, O>,
) -> Result<(), JournalError> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(file.write_all(&text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqs::{Operation, State};
    use crate::store::Store;

    fn create(queue: &str) -> Operation {
        Operation::CreateQueue {
            queue: queue.to_owned(),
            attributes: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn after_a_failed_write_nothing_more_is_taken_in() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("queues.jsonl");
        let mut state = State::default();
        let mut journal = Journal::open(&path, &mut state).unwrap();
        journal.file = File::open(&path).unwrap();
        assert!(
            journal
                .append::<State>(Timestamp::UNIX_EPOCH, &create("q"))
                .is_err()
        );
        assert!(matches!(journal.check(), Err(JournalError::Broken)));
    }

    #[cfg(unix)]
    #[test]
    fn a_journal_is_for_its_owners_eyes_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secrets.jsonl");
        let store = Store::open(&path, State::default()).unwrap();
        store.run(Timestamp::UNIX_EPOCH, &create("q")).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
