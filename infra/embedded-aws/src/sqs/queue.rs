use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::backlog::{Backlog, Depth};
use super::dedup::{Accepted, Deduplication};
use super::digest::{attributes_md5, trace_header_md5};
use super::error::SqsError;
use super::message::{Entry, Message, Standing, seconds, sequence_number};
use super::settings::Settings;
use super::validation::check_entry;

/// One queue: a state machine that knows neither clock nor network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Queue {
    pub(super) name: String,
    pub(crate) settings: Settings,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Timestamp,
    purged_at: Option<Timestamp>,
    pub(super) backlog: Backlog,
    dedup: Deduplication,
}

/// A message handed to a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub message: Message,
    pub receipt_handle: String,
}

/// What the sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub message_id: String,
    pub sequence_number: Option<String>,
    pub body_md5: String,
    pub attributes_md5: Option<String>,
    pub system_attributes_md5: Option<String>,
}

impl Queue {
    pub(crate) fn new(now: Timestamp, name: &str, settings: Settings) -> Self {
        Self {
            name: name.to_owned(),
            settings,
            created_at: now,
            modified_at: now,
            purged_at: None,
            backlog: Backlog::default(),
            dedup: Deduplication::default(),
        }
    }

    /// Takes new settings. A FIFO queue applies its delay to the messages it holds already, a standard queue does not.
    pub(crate) fn set(&mut self, now: Timestamp, settings: Settings) {
        self.settings = settings;
        self.modified_at = now;
        if self.settings.is_fifo() {
            self.backlog.delay(seconds(self.settings.delay_seconds));
        }
    }

    pub(crate) fn purge(&mut self, now: Timestamp) -> Result<(), SqsError> {
        if self
            .purged_at
            .is_some_and(|at| now < at + SignedDuration::from_mins(1))
        {
            return Err(SqsError::PurgeQueueInProgress);
        }
        self.purged_at = Some(now);
        self.backlog.clear();
        Ok(())
    }

    /// Takes a message in, or answers for the first one of the same deduplication id.
    pub(crate) fn send(&mut self, now: Timestamp, mut entry: Entry) -> Result<Sent, SqsError> {
        check_entry(&entry, &self.settings)?;
        if !self.settings.is_fifo() {
            let accepted = self.accept(now, entry.clone());
            return Ok(self.receipt(&accepted, &entry));
        }
        self.dedup.forget(now);
        let dedup = entry
            .dedup
            .take()
            .unwrap_or_else(|| hex::encode(Sha256::digest(&entry.body)));
        let key = self
            .settings
            .dedup_key(entry.group.as_deref().unwrap_or_default(), &dedup);
        entry.dedup = Some(dedup);
        if let Some(accepted) = self.dedup.recall(&key) {
            return Ok(self.receipt(accepted, &entry));
        }
        let accepted = self.accept(now, entry.clone());
        let sent = self.receipt(&accepted, &entry);
        self.dedup.remember(now, key, accepted);
        Ok(sent)
    }

    fn receipt(&self, accepted: &Accepted, entry: &Entry) -> Sent {
        let number = sequence_number(accepted.sequence);
        Sent {
            message_id: accepted.message_id.clone(),
            sequence_number: self.settings.is_fifo().then_some(number),
            body_md5: format!("{:x}", md5::compute(&entry.body)),
            attributes_md5: attributes_md5(&entry.attributes),
            system_attributes_md5: trace_header_md5(entry.trace_header.as_ref()),
        }
    }

    fn accept(&mut self, now: Timestamp, entry: Entry) -> Accepted {
        let delay = entry.delay_seconds.filter(|_| !self.settings.is_fifo());
        let message_id = self.message_id();
        let message = Message {
            id: message_id.clone(),
            sequence: 0,
            entry,
            sent_at: now,
            available_at: now + seconds(delay.unwrap_or(self.settings.delay_seconds)),
            receives: 0,
            first_received_at: None,
            flight: None,
            dead_letter_source: None,
        };
        Accepted {
            message_id,
            sequence: self.backlog.push(message),
        }
    }

    /// An id that only the next message has, made from what the machine knows, so that a replay makes the same.
    fn message_id(&self) -> String {
        let seed = format!(
            "{}/{}/{}",
            self.name,
            self.created_at,
            self.backlog.next_sequence()
        );
        uuid::Builder::from_md5_bytes(md5::compute(seed).0)
            .into_uuid()
            .to_string()
    }

    /// Takes in a message that was received too often elsewhere. A FIFO queue counts its retention from now.
    pub(crate) fn bury(&mut self, now: Timestamp, source: &str, mut message: Message) {
        message.dead_letter_source = Some(source.to_owned());
        message.flight = None;
        if self.settings.is_fifo() {
            message.sent_at = now;
            message.available_at = now + seconds(self.settings.delay_seconds);
        }
        self.backlog.push(message);
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        self.backlog
            .expire(now, seconds(self.settings.retention_seconds));
    }

    pub fn depth(&self, now: Timestamp) -> Depth {
        Depth::of(self.peek(now), now)
    }

    /// Whether no message is visible or in flight. Delayed ones may be there.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.peek(now)
            .all(|message| message.standing(now) == Standing::Delayed)
    }

    /// Every message, in order, without touching it.
    pub fn peek(&self, now: Timestamp) -> impl Iterator<Item = &Message> {
        let retention = seconds(self.settings.retention_seconds);
        self.backlog
            .all()
            .filter(move |message| message.sent_at + retention > now)
    }

    /// When the first message after this moment comes out of its delay or its flight.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.backlog.next_change(now)
    }
}
