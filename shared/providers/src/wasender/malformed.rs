use thiserror::Error;

use crate::json::Unreadable;

/// Why a body is no webhook at all. The text may be shown to the sender: it names places and fields, never a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    #[error("the body is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    #[error("the body is not JSON: it can't be read at line {line}, column {column}")]
    NotJson { line: usize, column: usize },
    #[error("the body is JSON, but not an object")]
    NotAnObject,
    #[error("the body is nested more than 64 levels deep")]
    TooDeep,
    #[error("the body holds more than 250000 values")]
    TooManyValues,
    #[error("the field \"event\" is missing, or is not a text")]
    NoEventName,
}

impl Malformed {
    /// The stable code of it, for clients and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotUtf8(_) => "body_not_utf8",
            Self::NotJson { .. } => "body_not_json",
            Self::NotAnObject => "body_not_an_object",
            Self::TooDeep => "body_too_deep",
            Self::TooManyValues => "body_too_many_values",
            Self::NoEventName => "event_missing",
        }
    }
}

impl From<Unreadable> for Malformed {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Syntax { line, column } => Self::NotJson { line, column },
            Unreadable::TooDeep => Self::TooDeep,
            Unreadable::TooManyValues => Self::TooManyValues,
        }
    }
}
