//! The seam to whatever decides on an answer: the built-in engine, or a service reached over HTTP.

pub mod breaker;
pub mod service;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::contact::Contact;
use crate::content::Content;
use crate::ids::{MessageId, VendorId};
use crate::menu::OpenMenu;
use crate::priority::Priority;

/// What an engine is asked: one customer message and what is known around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub vendor: VendorId,
    pub business_name: String,
    pub language: String,
    /// Our id of the message, and the engine's idempotency key.
    pub message: MessageId,
    pub content: Content,
    pub from: Contact,
    /// It was written in a group chat, where everybody reads the answer.
    pub in_group: bool,
    pub occurred_at: Timestamp,
    pub context: Context,
}

/// What a conversation remembers between two messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// The engine's name of the conversation; it never changes.
    pub session_id: String,
    /// Messages of the customer so far, this one included.
    pub message_count: u64,
    pub current_intent: Option<String>,
    pub current_step: Option<String>,
    pub last_message_at: Option<Timestamp>,
    /// What the customer was last asked to choose from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_menu: Option<OpenMenu>,
    /// When the customer was last told that the engine is out; nothing was heard of it in this conversation since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage_told_at: Option<Timestamp>,
    /// The language of the last answer, an ISO 639 code, where the built-in engine gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(default, skip_serializing_if = "Priority::is_normal")]
    pub priority: Priority,
}

/// What an engine answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// In the order in which they are to be sent.
    pub replies: Vec<Content>,
    pub intent: Option<String>,
    pub next_step: Option<String>,
    /// A person must go on; automatic replies stop for this conversation.
    pub requires_human: bool,
    /// Raises the conversation's; nothing that an engine says lowers it.
    pub priority: Priority,
    /// The language of the replies, an ISO 639 code, if the engine tells.
    pub language: Option<String>,
    /// What the vendor's other systems are to do.
    pub actions: Vec<Action>,
    /// How long the replies wait before they leave.
    pub delay: Duration,
}

/// Something that the vendor's other systems are to do, in the engine's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    #[serde(rename = "type")]
    pub kind: String,
    pub data: Map<String, Value>,
}

/// What comes of asking an engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    Answered(Answer),
    /// It took the question and answers through the admin API.
    Later,
    Failed(Trouble),
}

/// Why an engine gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It was not reached, too slow or too busy: it may be asked again, not before so long.
    Unavailable { retry_after: Option<Duration> },
    /// It answered what the contract does not know: asking again would bring the same. The reason names the part, never its text.
    Invalid { reason: String },
}
