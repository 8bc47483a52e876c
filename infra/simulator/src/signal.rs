use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a session told WhatsApp without sending a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "signal", rename_all = "snake_case")]
pub enum Signal {
    /// A received message was marked as read.
    Read {
        /// The message's key, as the request gave it.
        key: Value,
    },
    /// Somebody types, records, is there or is not.
    Presence {
        /// Who is shown it.
        jid: String,
        /// `composing`, `recording`, `available` or `unavailable`.
        #[serde(rename = "type")]
        kind: String,
    },
}

/// A signal and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignalRecord {
    /// The session's label.
    pub session: String,
    /// What was told.
    #[serde(flatten)]
    pub signal: Signal,
    /// When.
    pub at: Timestamp,
}
