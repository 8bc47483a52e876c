use thiserror::Error;

/// An AWS call that failed: what was attempted, and the service's or the client's word for why. It holds no item, body or secret.
#[derive(Clone, Debug, Error)]
#[error("{attempted} failed: {code}")]
pub struct AwsError {
    attempted: &'static str,
    code: String,
}

impl AwsError {
    pub(crate) fn of(attempted: &'static str, error: &aws::Error) -> Self {
        let code = match error {
            aws::Error::Refused(refusal) => &refusal.code,
            aws::Error::TimedOut => "timeout",
            aws::Error::NotReached => "not_reached",
            aws::Error::UnreadableAnswer => "unreadable_answer",
            aws::Error::NotSent => "not_sent",
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

    /// A call that is made without AWS's clients and failed with this code.
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
