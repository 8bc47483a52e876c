use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::record::{Record, VERSION};
use super::{Journal, JournalError, cannot};

/// How a journal's file ends.
const EXTENSION: &str = "jsonl";

/// The directory of all runs' journals.
#[derive(Clone, Debug)]
pub struct Runs(PathBuf);

impl Runs {
    pub fn at(dir: PathBuf) -> Self {
        Self(dir)
    }

    /// The name of the run that carries this sheet into this gateway.
    pub fn name(sheet: &[u8], gateway: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(gateway.as_bytes());
        hash.update([0]);
        hash.update(sheet);
        hex::encode(&hash.finalize()[..6])
    }

    /// The names of all runs.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let is_journal = path.extension().is_some_and(|end| end == EXTENSION);
            if let Some(name) = path.file_stem().filter(|_| is_journal) {
                names.push(name.to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Goes on with a run, or begins it.
    pub fn begin(&self, run: &str, gateway: &str) -> Result<Journal, JournalError> {
        fs::create_dir_all(&self.0).map_err(|error| cannot(&self.0, error))?;
        let mut journal = self.open(run, true)?;
        if journal.gateway.is_empty() {
            gateway.clone_into(&mut journal.gateway);
            journal.append(&[Record::Run {
                version: VERSION,
                run: run.to_owned(),
                gateway: gateway.to_owned(),
            }])?;
        }
        Ok(journal)
    }

    /// Opens the journal of a run that there is.
    pub fn find(&self, run: &str) -> Result<Journal, JournalError> {
        let is_name = !run.is_empty() && run.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_name || !self.path(run).exists() {
            return Err(JournalError::NoSuchRun(run.to_owned()));
        }
        self.open(run, false)
    }

    fn path(&self, run: &str) -> PathBuf {
        self.0.join(run).with_extension(EXTENSION)
    }

    fn open(&self, run: &str, create: bool) -> Result<Journal, JournalError> {
        let path = self.path(run);
        let file = private(&path, create).map_err(|error| cannot(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::Busy),
            Err(TryLockError::Error(error)) => return Err(cannot(&path, error)),
        }
        let mut journal = Journal {
            file,
            path,
            run: run.to_owned(),
            gateway: String::new(),
            rows: Vec::new(),
            places: HashMap::new(),
        };
        journal.read()?;
        Ok(journal)
    }
}

impl Journal {
    /// Reads what there is. A last line that was not written to its end is cut off: what it told was not begun.
    fn read(&mut self) -> Result<(), JournalError> {
        let mut text = Vec::new();
        let read = self.file.read_to_end(&mut text);
        read.map_err(|error| cannot(&self.path, error))?;
        let whole = text
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        if whole < text.len() {
            let cut = self.file.set_len(whole as u64);
            cut.map_err(|error| cannot(&self.path, error))?;
        }
        let lines = text[..whole].split(|b| *b == b'\n');
        for (number, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
            let path = || self.path.clone();
            let damaged = || JournalError::Damaged {
                path: path(),
                line: number + 1,
            };
            let record = serde_json::from_slice(line).map_err(|_| damaged())?;
            match record {
                Record::Run {
                    version, gateway, ..
                } if version == VERSION => self.gateway = gateway,
                Record::Run { .. } => return Err(damaged()),
                record => self.apply(record),
            }
        }
        Ok(())
    }
}

/// A file for its owner alone: vendors' numbers are in it.
fn private(path: &Path, create: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(create);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use domain::VendorId;
    use serde_json::json;
    use tempfile::TempDir;

    use super::super::super::plan::{Change, PlannedRow};
    use super::super::super::view::View;
    use super::super::Outcome;
    use super::*;

    fn view(name: &str) -> View {
        serde_json::from_value(json!({ "businessName": name })).unwrap()
    }

    fn row(id: &str, before: Option<&str>) -> PlannedRow {
        PlannedRow {
            line: 2,
            vendor_id: VendorId::parse(id).unwrap(),
            change: Change::Create,
            before: before.map(view),
            wanted: view("New"),
        }
    }

    fn runs() -> (TempDir, Runs) {
        let dir = TempDir::new().unwrap();
        let runs = Runs::at(dir.path().join("runs"));
        (dir, runs)
    }

    const GATEWAY: &str = "https://gateway.example";

    #[test]
    fn a_run_is_named_by_its_sheet_and_its_gateway() {
        let name = Runs::name(b"sheet", GATEWAY);
        assert_eq!((name.len(), &name), (12, &Runs::name(b"sheet", GATEWAY)));
        assert_ne!(name, Runs::name(b"sheet2", GATEWAY));
        assert_ne!(name, Runs::name(b"sheet", "https://other.example"));
    }

    #[test]
    fn what_is_done_is_not_done_again_and_what_was_before_stays_known() {
        let (_dir, runs) = runs();
        let ids = [row("v_1", None), row("v_2", Some("Old")), row("v_3", None)];
        let mut journal = runs.begin("r1", GATEWAY).unwrap();
        assert_eq!(journal.plan(&ids).unwrap(), [true, true, true]);
        let done = |row: &PlannedRow| (row.vendor_id.clone(), view("New"));
        let outcomes = journal.done(ids[..2].iter().map(done).collect());
        assert_eq!(outcomes.unwrap(), [Outcome::Created, Outcome::Updated]);
        drop(journal);
        let mut journal = runs.begin("r1", GATEWAY).unwrap();
        let now = [
            row("v_1", Some("New")),
            row("v_2", Some("New")),
            row("v_3", Some("New")),
        ];
        assert_eq!(journal.plan(&now).unwrap(), [false, false, true]);
        let (first, second, third) = (&journal.rows[0], &journal.rows[1], &journal.rows[2]);
        assert_eq!((&first.before, &third.before), (&None, &None));
        assert_eq!(second.before, Some(view("Old")));
        let row = (third.vendor.clone(), view("New"));
        assert_eq!(journal.done(vec![row]).unwrap(), [Outcome::Created]);
    }

    #[test]
    fn a_row_that_somebody_changed_since_it_was_planned_is_planned_anew() {
        let (_dir, runs) = runs();
        let mut journal = runs.begin("r1", GATEWAY).unwrap();
        journal.plan(&[row("v_1", None)]).unwrap();
        journal.plan(&[row("v_1", Some("Of another"))]).unwrap();
        assert_eq!(journal.rows[0].before, Some(view("Of another")));
    }

    #[test]
    fn a_journal_that_was_cut_anywhere_is_read_and_written_on() {
        let (_dir, runs) = runs();
        let mut journal = runs.begin("r1", GATEWAY).unwrap();
        journal.plan(&[row("v_1", None)]).unwrap();
        let vendor = journal.rows[0].vendor.clone();
        journal.done(vec![(vendor.clone(), view("New"))]).unwrap();
        let path = journal.path.clone();
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let mut journal = runs.begin("r1", GATEWAY).unwrap();
            journal.plan(&[row("v_1", None)]).unwrap();
            journal.done(vec![(vendor.clone(), view("New"))]).unwrap();
            drop(journal);
            let journal = runs.find("r1").unwrap();
            assert_eq!((journal.standing(), journal.gateway()), (1, GATEWAY));
        }
    }

    #[test]
    fn a_run_has_one_writer() {
        let (_dir, runs) = runs();
        let _journal = runs.begin("r1", GATEWAY).unwrap();
        let second = runs.find("r1").unwrap_err();
        assert!(matches!(second, JournalError::Busy), "{second}");
        let unknown = runs.find("../r1").unwrap_err();
        assert!(matches!(unknown, JournalError::NoSuchRun(_)), "{unknown}");
    }
}
