use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::SqsError;
use super::message::Entry;
use super::queue::{Received, Sent};
use super::selection::Take;

/// What can be done to the queues.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Operation {
    CreateQueue {
        queue: String,
        attributes: BTreeMap<String, String>,
    },
    DeleteQueue {
        queue: String,
    },
    SetAttributes {
        queue: String,
        attributes: BTreeMap<String, String>,
    },
    Purge {
        queue: String,
    },
    Send {
        queue: String,
        entries: Vec<Entry>,
    },
    Receive {
        queue: String,
        take: Take,
    },
    Delete {
        queue: String,
        handles: Vec<String>,
    },
    ChangeVisibility {
        queue: String,
        changes: Vec<(String, u32)>,
    },
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Sent(Vec<Result<Sent, SqsError>>),
    /// Delivered messages, and the dead-letter queue that took others.
    Received {
        messages: Vec<Received>,
        buried_in: Option<String>,
    },
    Each(Vec<Result<(), SqsError>>),
}

impl Operation {
    /// The queue it is about.
    pub fn queue(&self) -> &str {
        match self {
            Self::CreateQueue { queue, .. }
            | Self::DeleteQueue { queue }
            | Self::SetAttributes { queue, .. }
            | Self::Purge { queue }
            | Self::Send { queue, .. }
            | Self::Receive { queue, .. }
            | Self::Delete { queue, .. }
            | Self::ChangeVisibility { queue, .. } => queue,
        }
    }
}

impl Outcome {
    /// Whether anything is another than before.
    pub fn is_change(&self) -> bool {
        match self {
            Self::Done => true,
            Self::Sent(each) => each.iter().any(Result::is_ok),
            Self::Each(each) => each.iter().any(Result::is_ok),
            Self::Received {
                messages,
                buried_in,
            } => !messages.is_empty() || buried_in.is_some(),
        }
    }
}
