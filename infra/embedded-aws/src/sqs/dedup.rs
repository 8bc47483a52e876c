use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long SQS remembers a deduplication id, whatever happens to the message meanwhile.
const INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// The deduplication ids of the last five minutes with the message each stands for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Deduplication {
    known: BTreeMap<String, Accepted>,
    oldest_first: VecDeque<(Timestamp, String)>,
}

/// The message that was accepted first under an id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) message_id: String,
    pub(crate) sequence: u64,
}

impl Deduplication {
    pub(crate) fn recall(&self, key: &str) -> Option<&Accepted> {
        self.known.get(key)
    }

    pub(crate) fn remember(&mut self, now: Timestamp, key: String, accepted: Accepted) {
        self.oldest_first.push_back((now + INTERVAL, key.clone()));
        self.known.insert(key, accepted);
    }

    /// Drops what is older than the interval.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        while self
            .oldest_first
            .front()
            .is_some_and(|(until, _)| *until <= now)
        {
            if let Some((_, key)) = self.oldest_first.pop_front() {
                self.known.remove(&key);
            }
        }
    }
}
