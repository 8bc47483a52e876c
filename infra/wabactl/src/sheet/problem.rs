use std::fmt;

use thiserror::Error;

use super::Column;
use super::columns::{needed, optional};

/// What is wrong at one place of a sheet. It never holds what the file says there: that may be a secret or a number.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    #[error("the file is not UTF-8 here; save it as \"CSV UTF-8\"")]
    Encoding,
    #[error("the first line must be exactly {}, or begin so", needed())]
    Header,
    /// By its place, for the first line of a file without a header holds secrets.
    #[error(
        "column {0} is not known, or is there twice; after the first six there may be {names}",
        names = optional()
    )]
    UnknownColumn(usize),
    #[error(
        "the row has {found} cells and not {columns}; put a cell that holds a comma or a line break in double quotes"
    )]
    Cells { found: usize, columns: usize },
    #[error("the cell is empty; fill it in")]
    Empty,
    #[error("{0}")]
    Invalid(String),
    #[error("line {0} has the same value; every vendor needs its own")]
    Duplicate(u64),
    /// It is only known of a sheet that is held against a gateway.
    #[error("another vendor of the gateway has it")]
    Taken,
}

/// One thing to correct in a sheet, and where: the first line is 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvProblem {
    pub line: u64,
    /// `None` if it is about the line as a whole.
    pub column: Option<Column>,
    pub reason: Reason,
}

impl fmt::Display for CsvProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {}", column.name())?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Everything to correct in a sheet, in the order of its lines; never empty. Displayed as one line a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvProblems(pub Vec<CsvProblem>);

impl fmt::Display for CsvProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CsvProblems {}
