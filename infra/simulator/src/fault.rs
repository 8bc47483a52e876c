use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::session::Session;

/// Something that goes wrong on demand, until it has happened `times` times or faults are cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    #[serde(rename = "fault")]
    pub kind: FaultKind,
    /// Only for this session: its label, its number or its vendor.
    #[serde(default)]
    pub session: Option<String>,
    /// For request faults, only on paths that begin so, such as `send-message` or `/api/messages`; `*` is any one part, as in
    /// `whatsapp-sessions/*/connect`.
    #[serde(default)]
    pub path: Option<String>,
    /// For webhook faults, only on events of this name.
    #[serde(default)]
    pub event: Option<String>,
    /// How often; absent means until cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// The 429 body's `retry_after`, in seconds; 5 if absent.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// How long `slow` and `delay` take, in milliseconds; 2,000 if absent.
    #[serde(default)]
    pub delay_ms: Option<u64>,
}

/// The kinds of fault: the first group meets requests, the second webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 429 with `retry_after`; nothing is accepted.
    #[serde(rename = "429")]
    TooManyRequests,
    /// 500; nothing is accepted.
    #[serde(rename = "500")]
    ServerError,
    /// 503 in the application's own words; nothing is accepted.
    #[serde(rename = "503")]
    Unavailable,
    /// The request is carried out and answered 500.
    #[serde(rename = "500_after")]
    ServerErrorAfter,
    /// No answer ever; nothing is accepted.
    TimeoutBefore,
    /// The request is carried out and never answered.
    TimeoutAfter,
    /// The connection is closed in place of an answer; nothing is accepted.
    Reset,
    /// The request is carried out and the connection closed in place of the answer.
    ResetAfter,
    /// The request is carried out at once and answered late, so that webhooks overtake the answer.
    Slow,
    /// HTTP 200 with `success: false`; nothing is accepted.
    SuccessFalse,
    /// 401 as for a wrong key.
    Unauthorized,
    /// A send is accepted and then fails: `message.sent` without success, status 0.
    FailLater,
    /// Changed settings are stored with a `warning`; until the session connects anew or is restarted, its webhooks go by the old ones.
    NotSynced,

    /// Each webhook is posted twice.
    Duplicate,
    /// The webhooks of one send leave in reverse order.
    Reorder,
    /// Each webhook leaves later; what follows it overtakes.
    Delay,
    /// Each webhook is lost.
    Drop,
    /// A received message comes under two event names; a send is echoed as `messages.upsert`.
    BothEventNames,
}

impl FaultKind {
    /// Whether the REST layer answers for it, rather than the webhooks.
    pub(crate) fn meets_requests(self) -> bool {
        !matches!(
            self,
            Self::FailLater
                | Self::NotSynced
                | Self::Duplicate
                | Self::Reorder
                | Self::Delay
                | Self::Drop
                | Self::BothEventNames
        )
    }
}

impl Fault {
    /// A fault for every session, path and event, until cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            session: None,
            path: None,
            event: None,
            times: None,
            retry_after: None,
            delay_ms: None,
        }
    }

    /// Limits it to the session of this label, number or vendor.
    #[must_use]
    pub fn session(self, session: &str) -> Self {
        Self {
            session: Some(session.to_owned()),
            ..self
        }
    }

    /// Limits it to request paths that begin so.
    #[must_use]
    pub fn path(self, path: &str) -> Self {
        Self {
            path: Some(path.to_owned()),
            ..self
        }
    }

    /// Limits it to webhooks of this event name.
    #[must_use]
    pub fn event(self, event: &str) -> Self {
        Self {
            event: Some(event.to_owned()),
            ..self
        }
    }

    /// Lets it happen this often and then end.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// What is wrong with it: a field that this kind of fault has no use for, or a count of nothing.
    pub(crate) fn check(&self) -> Result<(), String> {
        use FaultKind::{Delay, Drop, Duplicate, Slow, TooManyRequests};
        let kind = self.kind;
        let webhooks = matches!(kind, Duplicate | Delay | Drop);
        for (field, given, usable, use_of) in [
            (
                "path",
                self.path.is_some(),
                kind.meets_requests(),
                "a fault of requests",
            ),
            (
                "event",
                self.event.is_some(),
                webhooks,
                "duplicate, delay or drop",
            ),
            (
                "retryAfter",
                self.retry_after.is_some(),
                kind == TooManyRequests,
                "429",
            ),
            (
                "delayMs",
                self.delay_ms.is_some(),
                matches!(kind, Slow | Delay),
                "slow or delay",
            ),
        ] {
            if given && !usable {
                return Err(format!("`{field}` is for {use_of} only"));
            }
        }
        match self.times {
            Some(0) => {
                Err("`times` must be at least 1; leave it out for a fault without end".to_owned())
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(2_000))
    }

    pub(crate) fn retry_after(&self) -> u64 {
        self.retry_after.unwrap_or(5)
    }

    pub(crate) fn is_about(&self, session: Option<&Session>) -> bool {
        let Some(wanted) = self.session.as_deref() else {
            return true;
        };
        session.is_some_and(|session| {
            session.label == wanted
                || session.number.to_string() == wanted
                || session.vendor_id.as_deref() == Some(wanted)
        })
    }

    pub(crate) fn is_on_path(&self, path: &str) -> bool {
        let Some(wanted) = self.path.as_deref().map(bare_path) else {
            return true;
        };
        let mut parts = bare_path(path).split('/');
        wanted.split('/').all(|wanted| {
            parts
                .next()
                .is_some_and(|part| wanted == "*" || wanted == part)
        })
    }
}

fn bare_path(path: &str) -> &str {
    let path = path.trim_matches('/');
    path.strip_prefix("api/").unwrap_or(path)
}
