use std::time::Duration;

use super::answer;
use crate::engine::{Answer, Asked, Trouble};
use crate::limits;

/// What an engine replied over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub content_type: Option<String>,
    pub retry_after: Option<String>,
    pub body: Vec<u8>,
}

/// Why there is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoReply {
    /// Its address is not to be called.
    Forbidden,
    /// Nobody was there, it took too long, or it broke off.
    Unreachable,
    TooLarge,
}

impl NoReply {
    pub fn asked(self) -> Asked {
        match self {
            Self::Unreachable => unavailable(None),
            Self::Forbidden => invalid("its address is not to be called"),
            Self::TooLarge => {
                let most = limits::ENGINE_ANSWER_BYTES;
                invalid(&format!("the body has more than {most} bytes"))
            }
        }
    }
}

impl Reply {
    /// Whether the engine did not believe that we asked.
    pub const fn is_refusal(&self) -> bool {
        matches!(self.status, 401 | 403)
    }

    /// What comes of it.
    pub fn asked(&self) -> Asked {
        match self.status {
            200 => self.answered(),
            202 => Asked::Later,
            204 => Asked::Answered(Answer::default()),
            408 | 425 | 429 | 500..=599 => unavailable(self.retry_after()),
            401 | 403 => invalid("refused: it does not accept the signature"),
            status => invalid(&format!("the status {status} is not of the contract")),
        }
    }

    fn answered(&self) -> Asked {
        if !self.is_json() {
            return invalid("the content type is not application/json");
        }
        match answer::read(&self.body) {
            Ok(answer) => Asked::Answered(answer),
            Err(reason) => invalid(&reason),
        }
    }

    fn is_json(&self) -> bool {
        let named = self.content_type.as_deref().unwrap_or_default();
        let mut parts = named.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let is_utf8 = |parameter: &str| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            !name.eq_ignore_ascii_case("charset")
                || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        };
        kind.eq_ignore_ascii_case("application/json") && parts.all(is_utf8)
    }

    /// Whole seconds; a date is not waited for.
    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.retry_after.as_deref()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(limits::ENGINE_RETRY_AFTER))
    }
}

const fn unavailable(retry_after: Option<Duration>) -> Asked {
    Asked::Failed(Trouble::Unavailable { retry_after })
}

fn invalid(reason: &str) -> Asked {
    let reason = reason.to_owned();
    Asked::Failed(Trouble::Invalid { reason })
}
