use std::time::Duration;

use serde_json::Value;
use thiserror::Error;

/// Why a call to the admin API has no good answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClientError {
    /// The gateway answered with a problem.
    #[error("{detail} ({status} {code})")]
    Problem {
        status: u16,
        /// The problem's stable code; `unknown` if what answered was not the gateway but something before it.
        code: String,
        /// Why, and what to do about it: everything that is wrong with the request.
        detail: String,
        /// After how long the gateway wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// What was to go into this header can't; nothing was asked.
    #[error("{0} is one line of visible ASCII characters")]
    Header(&'static str),
    /// No byte of the request left: it surely had no effect.
    #[error("the gateway could not be reached")]
    NotReached,
    /// The connection broke or the time ran out while the request was under way: it may have had its effect.
    #[error("the gateway's answer was lost")]
    Lost,
    /// The gateway accepted the request, but its answer is not what the admin API promises.
    #[error("the gateway's answer of status {status} was not understood")]
    Unreadable { status: u16 },
}

impl ClientError {
    /// Reads a refusal: the gateway's problem document, or what can be told of an answer that is none.
    pub(crate) fn from_answer(status: u16, retry_after: Option<&str>, body: &[u8]) -> Self {
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| document[name].as_str().map(plain);
        let seconds = retry_after.and_then(|text| text.trim().parse().ok());
        let mut detail = all_wrong(&document)
            .or_else(|| text("detail"))
            .or_else(|| text("title"))
            .unwrap_or_else(|| "refused without a reason".to_owned());
        if let Some(hint) = text("hint") {
            detail = format!("{detail}; {hint}");
        }
        Self::Problem {
            status,
            code: text("code").unwrap_or_else(|| "unknown".to_owned()),
            detail,
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    pub(crate) fn from_transport(error: &reqwest::Error) -> Self {
        if error.is_connect() || error.is_builder() {
            Self::NotReached
        } else {
            Self::Lost
        }
    }

    /// The HTTP status of the answer, if there was one.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Problem { status, .. } | Self::Unreadable { status } => Some(*status),
            Self::Header(_) | Self::NotReached | Self::Lost => None,
        }
    }

    /// After how long the gateway wants to be asked again, if it said so.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Problem { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// A stable word for machines: the problem's code, or one of `invalid_header`, `not_reached`, `lost` and `unreadable`.
    pub fn code(&self) -> &str {
        match self {
            Self::Problem { code, .. } => code,
            Self::Header(_) => "invalid_header",
            Self::NotReached => "not_reached",
            Self::Lost => "lost",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    /// Whether the request may have had its effect although no good answer came.
    pub const fn is_in_doubt(&self) -> bool {
        match self {
            Self::Problem { status, .. } => *status >= 500,
            Self::Lost | Self::Unreadable { .. } => true,
            Self::Header(_) | Self::NotReached => false,
        }
    }
}

/// Every wrong field, if the gateway tells of several.
fn all_wrong(document: &Value) -> Option<String> {
    let errors = document["errors"].as_array()?.iter();
    let details: Vec<_> = errors
        .filter_map(|error| error["detail"].as_str())
        .map(plain)
        .take(50)
        .collect();
    (details.len() > 1).then(|| details.join("; "))
}

/// One line of a text that came over the network, safe to print.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, printed: &str) {
        let error = ClientError::from_answer(status, None, body.as_bytes());
        assert_eq!(error.to_string(), printed);
    }

    #[test]
    fn a_refusal_is_told_as_well_as_its_answer_allows() {
        let problem = r#"{"title":"Conflict","status":409,"code":"phone_taken","detail":"the number is another vendor's"}"#;
        check(
            409,
            problem,
            "the number is another vendor's (409 phone_taken)",
        );
        check(
            403,
            r#"{"message":"Forbidden"}"#,
            "refused without a reason (403 unknown)",
        );
        check(503, r#"{"title":"Busy","code":7}"#, "Busy (503 unknown)");
        check(
            400,
            r#"{"code":"x","detail":"a\u001b[2J\nb"}"#,
            "a[2Jb (400 x)",
        );
        check(502, "<html>", "refused without a reason (502 unknown)");
        check(
            422,
            r#"{"code":"invalid_field","detail":"a: is wrong","errors":[{"detail":"a: is wrong"},{"detail":"b: too"}],"hint":"mend both"}"#,
            "a: is wrong; b: too; mend both (422 invalid_field)",
        );
    }
}
