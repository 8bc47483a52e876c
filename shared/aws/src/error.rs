use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Why a call brought no answer that says that it was done. Nothing of what was sent or answered is shown.
#[derive(Debug, Error)]
pub enum Error {
    #[error("refused: {}", .0.code)]
    Refused(Box<Refusal>),
    #[error("not answered in time")]
    TimedOut,
    #[error("not reached")]
    NotReached,
    #[error("an answer that can't be read")]
    UnreadableAnswer,
    #[error("a request that can't be sent")]
    NotSent,
}

/// An answer that is an error.
pub struct Refusal {
    pub status: u16,
    /// The service's word for it, such as `ConditionalCheckFailedException`.
    pub code: String,
    body: Vec<u8>,
}

/// Without the body, which may hold items.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Refusal");
        shown.field("status", &self.status);
        shown.field("code", &self.code).finish_non_exhaustive()
    }
}

impl Error {
    /// The service's word for why it refused; `None` if it did not answer.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(&refusal.code),
            _ => None,
        }
    }

    pub fn is(&self, code: &str) -> bool {
        self.code() == Some(code)
    }

    /// What the service told besides its code; `None` if it did not answer, or told something else.
    pub(crate) fn details<T: DeserializeOwned>(&self) -> Option<T> {
        match self {
            Self::Refused(refusal) => serde_json::from_slice(&refusal.body).ok(),
            _ => None,
        }
    }

    /// Whether the same request may well succeed when it is sent again.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_passing(),
            Self::TimedOut | Self::NotReached => true,
            Self::UnreadableAnswer | Self::NotSent => false,
        }
    }
}

/// The codes by which the services ask for patience, and those of states that pass.
const PASSING: [&str; 19] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "IDPCommunicationError",
    "InternalError",
    "InternalServerError",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// The members of an error that name it; which of them a service sends depends on the service.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    __type: Option<String>,
    code: Option<String>,
}

impl Refusal {
    /// Reads an answer that is no success. `named` is its header `x-amzn-errortype`.
    pub(crate) fn read(status: u16, named: Option<&str>, body: Vec<u8>) -> Self {
        let told: Named = serde_json::from_slice(&body).unwrap_or_default();
        let name = named
            .map(str::to_owned)
            .or(told.__type)
            .or(told.code)
            .unwrap_or_default();
        // `com.amazonaws.sqs#QueueDoesNotExist`, or `ThrottlingException:http://…`.
        let name = name.rsplit('#').next().unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default();
        let code = if name.is_empty() { "unknown" } else { name };
        Self {
            status,
            code: code.to_owned(),
            body,
        }
    }

    fn is_passing(&self) -> bool {
        matches!(self.status, 500 | 502 | 503 | 504) || PASSING.contains(&self.code.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(named: Option<&str>, body: &str) -> String {
        Refusal::read(400, named, body.into()).code
    }

    #[test]
    fn a_refusal_has_the_services_code_wherever_it_stands() {
        let qualified = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}"#;
        assert_eq!(code(None, qualified), "ConditionalCheckFailedException");
        let bare = r#"{"__type":"ResourceNotFoundException","Message":"…"}"#;
        assert_eq!(code(None, bare), "ResourceNotFoundException");
        let named = Some("ThrottlingException:http://internal.amazon.com/coral/");
        assert_eq!(code(named, "{}"), "ThrottlingException");
        assert_eq!(code(None, r#"{"code":"SlowDown"}"#), "SlowDown");
        for nothing in ["", "<html>", "[]", "{}", r#"{"__type":7}"#] {
            assert_eq!(code(None, nothing), "unknown");
        }
    }

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let refused = |status, code: &str| {
            let body = format!(r#"{{"__type":"{code}"}}"#).into_bytes();
            Error::Refused(Box::new(Refusal::read(status, None, body)))
        };
        for passing in [
            refused(503, "ServiceUnavailable"),
            refused(500, "InternalServerError"),
            refused(400, "ProvisionedThroughputExceededException"),
            refused(400, "ThrottlingException"),
            Error::TimedOut,
            Error::NotReached,
        ] {
            assert!(passing.is_passing(), "{passing}");
        }
        for lasting in [
            refused(400, "ConditionalCheckFailedException"),
            refused(400, "TransactionCanceledException"),
            refused(403, "AccessDeniedException"),
            Error::UnreadableAnswer,
            Error::NotSent,
        ] {
            assert!(!lasting.is_passing(), "{lasting}");
        }
    }

    #[test]
    fn what_was_answered_is_not_shown() {
        let body = br#"{"__type":"X","Item":{"text":{"S":"Bonjour"}}}"#;
        let error = Error::Refused(Box::new(Refusal::read(400, None, body.to_vec())));
        let shown = format!("{error:?} {error}");
        assert!(shown.contains('X') && !shown.contains("Bonjour"), "{shown}");
    }
}
