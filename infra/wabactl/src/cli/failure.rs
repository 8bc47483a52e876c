use std::process::ExitCode;

use serde_json::{Value, json};
use thiserror::Error;
use wabactl::batch::JournalError;
use wabactl::{ClientError, CsvProblems};

/// How a run ended, for scripts: the exit codes that `docs/WABACTL.md` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    /// It was refused, or something is wrong with what was given.
    Failed,
    /// The command line is wrong.
    Usage,
    /// A part of it was done.
    Partly,
    /// The gateway was not reached, or has no time: it may be run again later.
    NotReached,
    /// The key is wrong, or may not do this.
    Refused,
    /// It may have been done or not.
    InDoubt,
    /// The operator ended it.
    Interrupted,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partly => 3,
            Self::NotReached => 4,
            Self::Refused => 5,
            Self::InDoubt => 6,
            Self::Interrupted => 130,
        }
    }

    /// How a run ends that ends with this error.
    pub(crate) const fn of(error: &ClientError) -> Self {
        match error {
            ClientError::NotReached | ClientError::Lost => Self::NotReached,
            error => match error.status() {
                Some(401 | 403) => Self::Refused,
                Some(429 | 502..=504) => Self::NotReached,
                _ => Self::Failed,
            },
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command has nothing to show.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("{0}\nnothing was migrated; correct the file and run this again")]
    Sheet(CsvProblems),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{0}{hint}", hint = hint(.0))]
    Request(ClientError),
    #[error(
        "{error}; the message may be on its way: to be sure, run this again with --idempotency-key {key}"
    )]
    SendInDoubt { error: ClientError, key: String },
    #[error("{error}; {advice}")]
    InDoubt {
        error: ClientError,
        advice: &'static str,
    },
    #[error("nobody reads the output any more")]
    Unheard,
}

impl Failure {
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::Journal(JournalError::NoSuchRun(_)) => Exit::Usage,
            Self::Sheet(_) | Self::Journal(_) | Self::Unheard => Exit::Failed,
            Self::Request(error) => Exit::of(error),
            Self::SendInDoubt { .. } | Self::InDoubt { .. } => Exit::InDoubt,
        }
    }

    /// The same for machines.
    pub(crate) fn json(&self) -> Value {
        let code = match self {
            Self::Usage(_) => "usage",
            Self::Sheet(_) => "invalid_sheet",
            Self::Journal(_) => "journal",
            Self::Unheard => "output",
            Self::Request(error)
            | Self::SendInDoubt { error, .. }
            | Self::InDoubt { error, .. } => error.code(),
        };
        let mut document = json!({"error": {"code": code, "detail": self.to_string(), "exit": self.exit().code()}});
        if let Self::Sheet(problems) = self {
            document["error"]["problems"] = problems.0.iter().map(problem).collect();
        }
        if let Self::SendInDoubt { key, .. } = self {
            document["error"]["idempotencyKey"] = key.as_str().into();
        }
        document
    }
}

fn problem(problem: &wabactl::CsvProblem) -> Value {
    let column = problem.column.map(wabactl::Column::name);
    json!({"line": problem.line, "column": column, "reason": problem.reason.to_string()})
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_end_has_a_code_of_its_own() {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Partly,
            Exit::NotReached,
            Exit::Refused,
            Exit::InDoubt,
            Exit::Interrupted,
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4, 5, 6, 130]);
    }
}
