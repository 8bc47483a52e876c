use std::error::Error as StdError;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use thiserror::Error;

/// An AWS call that failed: what was attempted, and whether trying again may help. It holds no item, body or secret.
#[derive(Debug, Error)]
#[error("{attempted} failed: {code}")]
pub struct AwsError {
    attempted: &'static str,
    code: String,
    transient: bool,
}

impl AwsError {
    /// Sorts an SDK error: refusals by throttling or by the service, and everything that had no answer, may pass.
    pub(crate) fn from_sdk<E, R>(attempted: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
        R: std::fmt::Debug,
    {
        let (code, transient) = match error {
            SdkError::ServiceError(refusal) => {
                let code = refusal.err().code().unwrap_or("unknown").to_owned();
                let transient = !PERMANENT.contains(&code.as_str());
                (code, transient)
            }
            SdkError::TimeoutError(_) => ("timeout".to_owned(), true),
            SdkError::DispatchFailure(_) => ("not_reached".to_owned(), true),
            SdkError::ResponseError(_) => ("unreadable_answer".to_owned(), true),
            _ => ("not_sent".to_owned(), false),
        };
        Self {
            attempted,
            code,
            transient,
        }
    }

    /// An item or a secret that is not of the form this build writes.
    pub(crate) fn unreadable(attempted: &'static str) -> Self {
        Self {
            attempted,
            code: "unreadable".to_owned(),
            transient: false,
        }
    }

    /// A write that lost every race it was repeated for.
    pub fn contended(attempted: &'static str) -> Self {
        Self {
            attempted,
            code: "contended".to_owned(),
            transient: true,
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        self.transient
    }
}

/// Codes that say that the request itself is wrong.
const PERMANENT: [&str; 6] = [
    "ValidationException",
    "AccessDeniedException",
    "ResourceNotFoundException",
    "InvalidParameterValue",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
];
