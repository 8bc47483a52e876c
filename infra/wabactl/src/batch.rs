//! A sheet of vendors is carried into a gateway: held against it, written row by row with a journal, and undone if that is wanted.

mod journal;
mod plan;
mod registry;
mod run;
mod undo;
mod view;

pub use journal::{Journal, JournalError, Outcome, Runs};
pub use plan::{Change, FieldChange, PlannedRow, plan};
pub use registry::Registry;
pub use run::{BatchReport, Done, Pace, ReportRow, Stop, run, verify};
pub use undo::{Undone, UndoneRow, undo};
pub use view::View;
