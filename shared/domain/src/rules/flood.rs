//! More messages than a person writes, or the same one again and again: two machines that answer each other.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Told;
use crate::fold::fold;
use crate::ids::Fingerprint;
use crate::limits;

/// How many messages of a conversation were answered lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Flood {
    /// When the count began.
    began_at: Timestamp,
    count: u32,
    /// When the last message was counted.
    last_at: Timestamp,
    /// A hash of the last long text, and how often it came in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    repeats: u32,
    /// The message that was too much; until it is calm again, none is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Told>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Flood {
    /// The first message that was too much, while the flood lasts.
    pub(super) const fn since(&self) -> Option<&Told> {
        self.since.as_ref()
    }

    /// The count after one more message.
    pub(super) fn after(mut self, text: Option<&str>, message: Told) -> Self {
        let now = message.at;
        let is_calm = after(self.last_at, limits::FLOOD_CALM) <= now;
        if is_calm {
            (self.since, self.repeats) = (None, 0);
        }
        if is_calm || after(self.began_at, limits::FLOOD_WINDOW) <= now {
            (self.began_at, self.count) = (now, 0);
        }
        let text = text.and_then(fingerprint);
        let is_again = text.is_some() && text == self.text;
        self.repeats = if is_again {
            self.repeats + 1
        } else {
            u32::from(text.is_some())
        };
        self.text = text;
        self.count = self.count.saturating_add(1);
        self.last_at = self.last_at.max(now);
        let is_too_much =
            self.count > limits::FLOOD_MESSAGES || self.repeats > limits::FLOOD_REPEATS;
        if is_too_much && self.since.is_none() {
            self.since = Some(message);
        }
        self
    }

    /// Of two conversations that were found to be one, the one that was busy last.
    pub(super) fn joined(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let busy = |flood: &Self| (flood.since.is_some(), flood.last_at);
        [one, other].into_iter().flatten().max_by_key(busy)
    }
}

fn after(at: Timestamp, wait: std::time::Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// A short text such as a greeting or a choice is repeated by people too.
fn fingerprint(text: &str) -> Option<String> {
    let folded = fold(text);
    let is_long = folded.trim().chars().count() >= limits::FLOOD_TEXT_CHARS;
    is_long.then(|| Fingerprint::of(&["repeated", &folded]).hex()[..16].to_owned())
}
