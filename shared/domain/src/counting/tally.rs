use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The statuses of messages that came in.
pub const INBOUND: [&str; 3] = ["received", "answered", "handled"];
/// The statuses of messages that go out.
pub const OUTBOUND: [&str; 12] = [
    "queued",
    "parked",
    "sending",
    "accepted",
    "unknown",
    "cancelled",
    "expired",
    "failed",
    "sent",
    "delivered",
    "read",
    "played",
];

/// Whether a message may have this status.
pub fn is_status(word: &str) -> bool {
    INBOUND.contains(&word) || OUTBOUND.contains(&word)
}

/// Messages, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tally {
    /// How many have each status; a message that came in has other statuses than one that goes out.
    pub by_status: BTreeMap<String, u64>,
    /// Messages that got an answer which the provider took.
    pub responses: u64,
    /// The time from their receipt to that, in sum.
    pub response_ms: u64,
}

impl Tally {
    /// Counts one message: its status, and the time that it took if it is the answer to another.
    pub fn add(&mut self, status: &str, response: Option<Duration>) {
        *self.by_status.entry(status.to_owned()).or_default() += 1;
        if let Some(response) = response {
            self.responses += 1;
            let millis = u64::try_from(response.as_millis()).unwrap_or(u64::MAX);
            self.response_ms = self.response_ms.saturating_add(millis);
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (status, count) in &other.by_status {
            *self.by_status.entry(status.clone()).or_default() += count;
        }
        self.responses += other.responses;
        self.response_ms = self.response_ms.saturating_add(other.response_ms);
        self
    }

    /// The messages of one status; how fast answers were stays.
    #[must_use]
    pub fn of(mut self, status: &str) -> Self {
        self.by_status.retain(|word, _| word == status);
        self
    }

    pub fn inbound(&self) -> u64 {
        self.sum(&INBOUND)
    }

    pub fn outbound(&self) -> u64 {
        self.sum(&OUTBOUND)
    }

    /// The mean time to an answer, in milliseconds.
    pub fn mean_response_ms(&self) -> Option<u64> {
        self.response_ms.checked_div(self.responses)
    }

    fn sum(&self, statuses: &[&str]) -> u64 {
        let count = |status: &&str| self.by_status.get(*status).copied().unwrap_or_default();
        statuses.iter().map(count).sum()
    }
}
