use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::SqsError;

/// A message as its sender hands it in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub body: String,
    /// Standard queues only, at most 900.
    pub delay_seconds: Option<u32>,
    pub group: Option<String>,
    pub dedup: Option<String>,
    pub attributes: BTreeMap<String, MessageAttribute>,
    pub trace_header: Option<String>,
    /// Who sends: the access key id of the request.
    pub sender: String,
}

impl Entry {
    /// A message for a standard queue.
    pub fn new(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            ..Self::default()
        }
    }

    /// A message for a FIFO queue.
    pub fn fifo(
        body: impl Into<String>,
        group: impl Into<String>,
        dedup: impl Into<String>,
    ) -> Self {
        Self {
            group: Some(group.into()),
            dedup: Some(dedup.into()),
            ..Self::new(body)
        }
    }
}

/// A user's attribute of a message, under the names the protocol uses. Exactly one of the two values is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageAttribute {
    pub data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// Base64, as on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

impl MessageAttribute {
    /// The bytes that count for size and digest.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match (&self.string_value, &self.binary_value) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(encoded)) => BASE64_STANDARD.decode(encoded).unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }
}

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: String,
    pub sequence: u64,
    pub entry: Entry,
    pub sent_at: Timestamp,
    /// The end of its delay.
    pub available_at: Timestamp,
    /// Receives so far, over all queues it went through.
    pub receives: u32,
    pub first_received_at: Option<Timestamp>,
    /// The last receive, until its visibility ends or is set to nothing.
    pub flight: Option<Flight>,
    /// The queue it was moved away from, when it is a dead letter.
    pub dead_letter_source: Option<String>,
}

/// Somebody holds the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    pub since: Timestamp,
    pub until: Timestamp,
}

/// Where a message stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Delayed,
    InFlight,
    Visible,
}

impl Message {
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.flight.is_some_and(|flight| flight.until > now) {
            Standing::InFlight
        } else if self.available_at > now {
            Standing::Delayed
        } else {
            Standing::Visible
        }
    }

    pub fn group(&self) -> &str {
        self.entry.group.as_deref().unwrap_or_default()
    }

    pub fn body_md5(&self) -> String {
        format!("{:x}", md5::compute(&self.entry.body))
    }

    /// The sequence number in the twenty digits SQS shows.
    pub fn sequence_number(&self) -> String {
        sequence_number(self.sequence)
    }

    /// Hands the message to a receiver.
    pub(crate) fn take_off(&mut self, now: Timestamp, visibility_seconds: u32) {
        self.receives += 1;
        self.first_received_at.get_or_insert(now);
        self.flight = Some(Flight {
            since: now,
            until: now + seconds(visibility_seconds),
        });
    }
}

pub(crate) fn sequence_number(sequence: u64) -> String {
    format!("{sequence:020}")
}

pub(crate) fn seconds(count: u32) -> SignedDuration {
    SignedDuration::from_secs(i64::from(count))
}

/// One receive of one message. A later receive of the same message has another handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceiptHandle {
    pub(crate) queue: String,
    pub(crate) sequence: u64,
    pub(crate) receive: u32,
}

impl ReceiptHandle {
    pub(crate) fn of(queue: &str, message: &Message) -> Self {
        Self {
            queue: queue.to_owned(),
            sequence: message.sequence,
            receive: message.receives,
        }
    }

    pub(crate) fn encode(&self) -> String {
        BASE64_STANDARD.encode(format!("{}/{}/{}", self.queue, self.sequence, self.receive))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, SqsError> {
        Self::decode(text).ok_or(SqsError::ReceiptHandleIsInvalid)
    }

    fn decode(text: &str) -> Option<Self> {
        let plain = String::from_utf8(BASE64_STANDARD.decode(text).ok()?).ok()?;
        let mut parts = plain.split('/');
        let handle = Self {
            queue: parts.next()?.to_owned(),
            sequence: parts.next()?.parse().ok()?,
            receive: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(handle)
    }
}
