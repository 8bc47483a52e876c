use std::fmt;

use thiserror::Error;

/// A column of the sheet, in the order of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    VendorId,
    BusinessName,
    PhoneNumber,
    WasenderInstanceId,
    WasenderWebhookSecret,
    WasenderApiKey,
    /// A sheet may do without it.
    AccountProtection,
}

impl Column {
    /// How many of [`Self::ALL`] every sheet has.
    pub(super) const NEEDED: usize = 6;
    pub(super) const ALL: [Self; 7] = [
        Self::VendorId,
        Self::BusinessName,
        Self::PhoneNumber,
        Self::WasenderInstanceId,
        Self::WasenderWebhookSecret,
        Self::WasenderApiKey,
        Self::AccountProtection,
    ];

    /// The column's name in the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::VendorId => "vendorId",
            Self::BusinessName => "businessName",
            Self::PhoneNumber => "phoneNumber",
            Self::WasenderInstanceId => "wasenderInstanceId",
            Self::WasenderWebhookSecret => "wasenderWebhookSecret",
            Self::WasenderApiKey => "wasenderApiKey",
            Self::AccountProtection => "accountProtection",
        }
    }
}

/// What is wrong at one place of a sheet. It never holds what the file says there: that may be a secret or a number.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    #[error("the file is not UTF-8 here; save it as \"CSV UTF-8\"")]
    Encoding,
    #[error(
        "the first line must be exactly {}, or that and accountProtection",
        header(Column::NEEDED)
    )]
    Header,
    #[error(
        "the columns are separated by semicolons; save the file with commas, the first line being exactly {}",
        header(Column::NEEDED)
    )]
    Semicolons,
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

/// The first line of a sheet with so many columns.
pub(super) fn header(columns: usize) -> String {
    Column::ALL.map(Column::name)[..columns].join(",")
}
