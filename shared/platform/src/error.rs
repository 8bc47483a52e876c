use std::error::Error as StdError;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use thiserror::Error;

/// An AWS call that failed: what was attempted, and the service's or the SDK's word for why. It holds no item, body or secret.
#[derive(Clone, Debug, Error)]
#[error("{attempted} failed: {code}")]
pub struct AwsError {
    attempted: &'static str,
    code: String,
}

impl AwsError {
    pub(crate) fn from_sdk<E, R>(attempted: &'static str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
        R: std::fmt::Debug,
    {
        let code = match error {
            SdkError::ServiceError(refusal) => refusal.err().code().unwrap_or("unknown"),
            SdkError::TimeoutError(_) => "timeout",
            SdkError::DispatchFailure(_) => "not_reached",
            SdkError::ResponseError(_) => "unreadable_answer",
            _ => "not_sent",
        };
        Self {
            attempted,
            code: code.to_owned(),
        }
    }

    /// An item or a secret that is not of the form this build writes.
    pub(crate) fn unreadable(attempted: &'static str) -> Self {
        let code = "unreadable".to_owned();
        Self { attempted, code }
    }

    /// A call that is made without the SDK and failed with this code.
    pub(crate) fn refused(attempted: &'static str, code: &str) -> Self {
        let code = code.to_owned();
        Self { attempted, code }
    }

    /// Why it failed, for somebody who is to mend it; a code that stays the same whatever service was asked.
    pub(crate) fn trouble(&self) -> &'static str {
        match self.code.rsplit('.').next().unwrap_or_default() {
            "ResourceNotFoundException" | "QueueDoesNotExist" | "NonExistentQueue" => "missing",
            "AccessDeniedException" | "AccessDenied" => "denied",
            "ThrottlingException"
            | "ProvisionedThroughputExceededException"
            | "RequestThrottled" => "throttled",
            "timeout" | "not_reached" => "not_reached",
            "unreadable" => "unreadable",
            _ => "failed",
        }
    }

    /// The service's word for why, or ours.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// A write that lost every race it was repeated for.
    pub fn contended(attempted: &'static str) -> Self {
        let code = "contended".to_owned();
        Self { attempted, code }
    }
}
