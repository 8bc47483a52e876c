//! What a run was about to do and what it did, kept so that a kill at any moment loses nothing of it. No secret is in it.

mod files;
mod record;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use domain::VendorId;
use thiserror::Error;

use self::record::Record;
use super::plan::PlannedRow;
use super::view::View;

pub use self::files::Runs;
pub use self::record::Outcome;

/// The journal of one run: of one sheet, carried into one gateway. Nobody else writes it while it is open.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    run: String,
    gateway: String,
    rows: Vec<Kept>,
    /// Where a vendor is in `rows`.
    places: HashMap<String, usize>,
}

/// Why a run can't be told from its journal, or not be kept in it.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error("there is no run {0}; `wabactl migrate runs` lists those that there are")]
    NoSuchRun(String),
    #[error("another wabactl is at this run")]
    Busy,
    #[error(
        "line {line} of {path} is not a journal's; it was changed, or a newer wabactl wrote it"
    )]
    Damaged { path: PathBuf, line: usize },
    #[error("cannot keep the journal {path}: {error}")]
    File { path: PathBuf, error: io::Error },
}

/// What is known of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) vendor: VendorId,
    /// How the vendor was; `None` if there was none.
    pub(super) before: Option<View>,
    pub(super) wanted: View,
    /// What was done, and how the vendor was then.
    pub(super) done: Option<(Outcome, View)>,
    pub(super) is_undone: bool,
}

impl Kept {
    fn planned(row: &PlannedRow) -> Self {
        Self {
            vendor: row.vendor_id.clone(),
            before: row.before.clone(),
            wanted: row.wanted.clone(),
            done: None,
            is_undone: false,
        }
    }

    /// Whether what was noted before still says how the vendor was before this run.
    fn still_tells(&self, now: Option<&View>) -> bool {
        let is_done = self.done.is_some();
        let as_before = now == self.before.as_ref();
        let as_wanted = now.is_some_and(|now| now.satisfies(&self.wanted));
        !self.is_undone && (is_done || as_before || as_wanted)
    }
}

impl Journal {
    pub fn run(&self) -> &str {
        &self.run
    }

    /// The address of the gateway that the run is about.
    pub fn gateway(&self) -> &str {
        &self.gateway
    }

    /// How many vendors this run changed and did not bring back.
    pub fn standing(&self) -> usize {
        let stands = |row: &&Kept| row.done.is_some() && !row.is_undone;
        self.rows.iter().filter(stands).count()
    }

    pub(super) fn rows(&self) -> &[Kept] {
        &self.rows
    }

    pub(super) fn get(&self, vendor: &VendorId) -> Option<&Kept> {
        let place = self.places.get(vendor.as_str())?;
        self.rows.get(*place)
    }

    /// Notes how the vendors are before anything is written; what was noted when this run began stays. Answers for each row whether there is anything
    /// to do: what is done, and still so, is not done again.
    pub(super) fn plan(&mut self, rows: &[PlannedRow]) -> Result<Vec<bool>, JournalError> {
        let mut fresh = Vec::new();
        let mut is_open = Vec::with_capacity(rows.len());
        for row in rows {
            let known = self.get(&row.vendor_id);
            let known = known.filter(|known| known.still_tells(row.before.as_ref()));
            let is_done = known.is_some_and(|known| known.done.is_some());
            let as_wanted = row.before.as_ref();
            let as_wanted = as_wanted.is_some_and(|now| now.satisfies(&row.wanted));
            is_open.push(!(is_done && as_wanted));
            if known.is_none() {
                fresh.push(Record::Planned {
                    vendor: row.vendor_id.clone(),
                    before: row.before.clone(),
                    wanted: row.wanted.clone(),
                });
                self.keep(Kept::planned(row));
            }
        }
        self.append(&fresh)?;
        Ok(is_open)
    }

    /// Notes that rows are done, all at once, and answers what each did to its vendor since the run began.
    pub(super) fn done(
        &mut self,
        rows: Vec<(VendorId, View)>,
    ) -> Result<Vec<Outcome>, JournalError> {
        let record = |(vendor, after): (VendorId, View)| {
            let is_new = self.get(&vendor).is_some_and(|row| row.before.is_none());
            let outcome = if is_new {
                Outcome::Created
            } else {
                Outcome::Updated
            };
            let record = Record::Done {
                vendor,
                outcome,
                after,
            };
            (record, outcome)
        };
        let (records, outcomes): (Vec<_>, Vec<_>) = rows.into_iter().map(record).unzip();
        self.append(&records)?;
        for record in records {
            self.apply(record);
        }
        Ok(outcomes)
    }

    pub(super) fn undone(&mut self, vendor: &VendorId) -> Result<(), JournalError> {
        let record = Record::Undone {
            vendor: vendor.clone(),
        };
        self.append(std::slice::from_ref(&record))?;
        self.apply(record);
        Ok(())
    }

    fn apply(&mut self, record: Record) {
        let place = |vendor: &VendorId| self.places.get(vendor.as_str()).copied();
        match record {
            Record::Run { .. } => {}
            Record::Planned {
                vendor,
                before,
                wanted,
            } => self.keep(Kept {
                vendor,
                before,
                wanted,
                done: None,
                is_undone: false,
            }),
            Record::Done {
                vendor,
                outcome,
                after,
            } => {
                if let Some(place) = place(&vendor) {
                    self.rows[place].done = Some((outcome, after));
                }
            }
            Record::Undone { vendor } => {
                if let Some(place) = place(&vendor) {
                    self.rows[place].is_undone = true;
                }
            }
        }
    }

    fn keep(&mut self, row: Kept) {
        if let Some(place) = self.places.get(row.vendor.as_str()) {
            self.rows[*place] = row;
        } else {
            let id = row.vendor.as_str().to_owned();
            self.places.insert(id, self.rows.len());
            self.rows.push(row);
        }
    }

    /// Writes records so that they outlive a power failure.
    fn append(&mut self, records: &[Record]) -> Result<(), JournalError> {
        if records.is_empty() {
            return Ok(());
        }
        let lines: String = records.iter().map(Record::line).collect();
        let written = self.file.write_all(lines.as_bytes());
        written
            .and_then(|()| self.file.sync_data())
            .map_err(|error| cannot(&self.path, error))
    }
}

fn cannot(path: &Path, error: io::Error) -> JournalError {
    let path = path.to_owned();
    JournalError::File { path, error }
}
