mod arguments;
mod commands;
mod target;
mod text;

use thiserror::Error;
use wabactl::{ClientError, CsvProblems};

pub(crate) use arguments::Arguments;
pub(crate) use commands::run;

/// What a command has to show, and whether all of what was asked came to be.
pub(crate) struct Outcome {
    pub(crate) output: String,
    pub(crate) complete: bool,
}

impl Outcome {
    fn complete(output: String) -> Self {
        Self {
            output,
            complete: true,
        }
    }
}

/// Why a command has nothing to show.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("error: {0}")]
    Usage(String),
    #[error("{0}\nnothing was migrated; correct the file and run this again")]
    Sheet(CsvProblems),
    #[error("error: {0}{hint}", hint = hint(.0))]
    Request(ClientError),
    #[error(
        "error: {error}; the message may be on its way: to be sure, run this again with --idempotency-key {key}"
    )]
    SendInDoubt { error: ClientError, key: String },
}

impl Failure {
    /// 2 for what was asked wrongly, 1 for what went wrong.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Sheet(_) | Self::Request(_) | Self::SendInDoubt { .. } => 1,
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Request(error)
    }
}

fn hint(error: &ClientError) -> &'static str {
    match error {
        ClientError::NotReached => "; check --url and that the gateway runs",
        _ if error.status() == Some(401) => "; check the admin key",
        _ => "",
    }
}
