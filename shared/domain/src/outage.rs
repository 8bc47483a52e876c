//! What becomes of a message whose engine can't be asked, or gives no answer that can be used: it waits, and at its bound it is answered
//! without the engine, so that no customer meets silence.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversation::Conversation;
use crate::engine::Answer;
use crate::fallback;
use crate::ids::{ConversationId, Fingerprint, MessageId};
use crate::limits;
use crate::vendor::VendorConfig;

/// Why the engine was not asked, or did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It was asked and gave no answer; it may name a wait.
    Unavailable { retry_after: Option<Duration> },
    /// It failed too often, and nobody asks it before this time.
    LeftAlone { until: Timestamp },
    /// As many questions of the vendor as may be are under way.
    Busy,
}

impl Obstacle {
    /// The word for it, one of a few.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::LeftAlone { .. } => "left_alone",
            Self::Busy => "busy",
        }
    }
}

/// How a message waited for its engine so far; kept with its claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waited {
    /// When it waited first.
    pub since: Timestamp,
    pub times: u32,
    /// The conversation that it waited in, and that one's control epoch: under another one somebody else has seen to it.
    conversation: ConversationId,
    epoch: u64,
}

impl Waited {
    /// Whether a person took the conversation over, or gave it back, since the message began to wait.
    pub fn is_superseded(&self, conversation: &Conversation) -> bool {
        self.conversation == conversation.id && self.epoch != conversation.control_epoch
    }
}

/// One message that met an obstacle.
#[derive(Clone, Copy, Debug)]
pub struct Stuck<'a> {
    pub id: &'a MessageId,
    pub received_at: Timestamp,
    pub conversation: &'a Conversation,
    /// How it waited before.
    pub waited: Option<&'a Waited>,
}

/// What it does about that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It comes back after so long.
    Waits(Waited, Duration),
    /// It waited as long, or as often, as a customer can be left without a word.
    Ends,
}

impl Stuck<'_> {
    pub fn patience(self, obstacle: Obstacle, now: Timestamp) -> Patience {
        let times = self.waited.map_or(0, |waited| waited.times);
        let ends = self.received_at.checked_add(limits::ENGINE_AWAITED);
        let left = ends.map_or(Duration::ZERO, |ends| until(ends, now));
        if left.is_zero() || times >= limits::ENGINE_WAITS {
            return Patience::Ends;
        }
        let grown = grown(self.id, times);
        let asked_for = match obstacle {
            Obstacle::Unavailable { retry_after } => retry_after
                .unwrap_or_default()
                .min(limits::ENGINE_ASKS_TO_WAIT_MOST),
            Obstacle::LeftAlone { until: until_then } => until(until_then, now),
            Obstacle::Busy => Duration::ZERO,
        };
        let waited = Waited {
            since: self.waited.map_or(now, |waited| waited.since),
            times: times + 1,
            conversation: self.conversation.id.clone(),
            epoch: self
                .waited
                .filter(|waited| waited.conversation == self.conversation.id)
                .map_or(self.conversation.control_epoch, |waited| waited.epoch),
        };
        Patience::Waits(waited, grown.max(asked_for).min(left))
    }
}

fn until(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}

/// 2 s, doubling to [`limits::ENGINE_WAIT_MOST`], and up to a quarter more, so that what failed together does not come back together.
fn grown(id: &MessageId, times: u32) -> Duration {
    const STEPS: u32 = 1024;
    let wait = Duration::from_secs(2 << times.min(6)).min(limits::ENGINE_WAIT_MOST);
    let step = Fingerprint::of(&["engine", id.as_str(), &times.to_string()]).small() % STEPS;
    wait + wait * step / (4 * STEPS)
}

/// Why a message is answered without the engine that was to answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// It waited for as long as it may.
    Waited,
    /// As many messages of the vendor as may be are waiting already.
    TooMany,
    /// The engine's answer is of no use, and asking again would bring the same.
    Invalid,
}

impl GivenUp {
    /// The word for it, one of a few.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waited => "waited",
            Self::TooMany => "too_many_waiting",
            Self::Invalid => "invalid_answer",
        }
    }
}

/// The outcome of a message whose customer is told nothing, because they were told in the same outage.
pub const ENGINE_DOWN: &str = "engine_down";

impl Conversation {
    /// What is said in the place of the engine, with the outcome as the ledger keeps it: the vendor's fallback text, once in an outage, and
    /// the conversation is a person's. `failing_since` is when the engine's trouble began, if that is known.
    pub fn without_engine(
        &mut self,
        config: &VendorConfig,
        (why, failing_since): (GivenUp, Option<Timestamp>),
        now: Timestamp,
    ) -> (Answer, &'static str) {
        let is_told = self.was_told_of_outage(failing_since, now);
        let mut answer = fallback::answer(config);
        if is_told {
            answer.replies.clear();
        } else {
            self.context.outage_told_at = Some(now);
        }
        let outcome = match why {
            GivenUp::Invalid => "invalid_answer",
            GivenUp::Waited | GivenUp::TooMany if is_told => ENGINE_DOWN,
            GivenUp::Waited | GivenUp::TooMany => "fallback",
        };
        (answer, outcome)
    }

    /// The engine answered in this conversation: the next outage is another one.
    pub const fn engine_answered(&mut self) {
        self.context.outage_told_at = None;
    }

    /// Whether the conversation is a person's because its engine was out, and nobody took it over since.
    pub const fn is_left_by_engine(&self) -> bool {
        self.context.outage_told_at.is_some() && self.attended_by.is_none()
    }

    fn was_told_of_outage(&self, failing_since: Option<Timestamp>, now: Timestamp) -> bool {
        self.context.outage_told_at.is_some_and(|told| {
            let is_this_outage = failing_since.is_none_or(|since| told >= since);
            let again = told.checked_add(limits::OUTAGE_TOLD_AGAIN);
            is_this_outage && again.is_ok_and(|again| now < again)
        })
    }
}

#[cfg(test)]
mod tests;
