use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::dedup::{Accepted, Deduplication};
use super::digest::{attributes_md5, trace_header_md5};
use super::error::SqsError;
use super::message::{Entry, Message, ReceiptHandle, Standing, seconds, sequence_number};
use super::settings::Settings;
use super::validation::check_entry;

/// Only so many messages from the front of a queue are looked at for a group that is free, and only so many may be in flight:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-fifo.html>.
pub const SCAN_LIMIT: usize = 120_000;

/// One queue: a state machine that knows neither clock nor network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Queue {
    pub(crate) name: String,
    pub(crate) settings: Settings,
    pub(crate) created_at: Timestamp,
    pub(crate) modified_at: Timestamp,
    purged_at: Option<Timestamp>,
    /// By sequence, that is in the order of arrival.
    messages: BTreeMap<u64, Message>,
    /// The same messages by group, in a FIFO queue.
    groups: BTreeMap<String, BTreeSet<u64>>,
    /// Every message that is in flight, and some whose flight is over.
    in_flight: BTreeSet<u64>,
    dedup: Deduplication,
    last_sequence: u64,
    /// No message expires before.
    next_expiry: Timestamp,
}

/// What a receive asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    /// At most so many messages, 1 to 10.
    pub max: usize,
    /// Instead of the queue's own visibility.
    pub visibility_seconds: Option<u32>,
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

/// How many messages a queue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    pub visible: usize,
    pub in_flight: usize,
    pub delayed: usize,
}

/// The messages a receive finds: some to deliver, some that were received too often.
#[derive(Default)]
struct Selection {
    deliver: Vec<u64>,
    dead: Vec<u64>,
}

/// The terms of one receive.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) now: Timestamp,
    pub(crate) take: Take,
    /// Beyond so many receives a message is dead.
    pub(crate) max_receives: Option<u32>,
    pub(crate) scan_limit: usize,
}

impl Queue {
    pub(crate) fn new(now: Timestamp, name: &str, settings: Settings) -> Self {
        Self {
            name: name.to_owned(),
            settings,
            created_at: now,
            modified_at: now,
            purged_at: None,
            messages: BTreeMap::new(),
            groups: BTreeMap::new(),
            in_flight: BTreeSet::new(),
            dedup: Deduplication::default(),
            last_sequence: 0,
            next_expiry: Timestamp::MAX,
        }
    }

    /// Takes new settings. A FIFO queue applies its delay to the messages it holds already, a standard queue does not.
    pub(crate) fn set(&mut self, now: Timestamp, settings: Settings) {
        self.settings = settings;
        self.modified_at = now;
        self.next_expiry = Timestamp::MIN;
        if self.settings.is_fifo() {
            let delay = seconds(self.settings.delay_seconds);
            self.messages
                .values_mut()
                .for_each(|message| message.available_at = message.sent_at + delay);
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
        self.messages.clear();
        self.groups.clear();
        self.in_flight.clear();
        Ok(())
    }

    /// Takes a message in, or answers for the first one of the same deduplication id.
    pub(crate) fn send(&mut self, now: Timestamp, mut entry: Entry) -> Result<Sent, SqsError> {
        check_entry(&entry, &self.settings)?;
        self.dedup.forget(now);
        if self.settings.is_fifo() && entry.dedup.is_none() {
            entry.dedup = Some(hex::encode(Sha256::digest(&entry.body)));
        }
        let key = self.dedup_key(&entry);
        if let Some(accepted) = self.dedup.recall(&key).filter(|_| self.settings.is_fifo()) {
            return Ok(self.receipt(accepted, &entry));
        }
        let accepted = self.append(now, entry.clone());
        let sent = self.receipt(&accepted, &entry);
        if self.settings.is_fifo() {
            self.dedup.remember(now, key, accepted);
        }
        Ok(sent)
    }

    fn dedup_key(&self, entry: &Entry) -> String {
        let dedup = entry.dedup.as_deref().unwrap_or_default();
        match &entry.group {
            Some(group)
                if self
                    .settings
                    .fifo
                    .as_ref()
                    .is_some_and(|fifo| fifo.dedup_per_group) =>
            {
                format!("{group} {dedup}")
            }
            _ => dedup.to_owned(),
        }
    }

    fn receipt(&self, accepted: &Accepted, entry: &Entry) -> Sent {
        Sent {
            message_id: accepted.message_id.clone(),
            sequence_number: self
                .settings
                .is_fifo()
                .then(|| sequence_number(accepted.sequence)),
            body_md5: format!("{:x}", md5::compute(&entry.body)),
            attributes_md5: attributes_md5(&entry.attributes),
            system_attributes_md5: trace_header_md5(entry.trace_header.as_ref()),
        }
    }

    fn append(&mut self, now: Timestamp, entry: Entry) -> Accepted {
        let delay = entry.delay_seconds.unwrap_or(self.settings.delay_seconds);
        let delay = if self.settings.is_fifo() {
            self.settings.delay_seconds
        } else {
            delay
        };
        let message = Message {
            id: self.message_id(),
            sequence: 0,
            entry,
            sent_at: now,
            available_at: now + seconds(delay),
            receives: 0,
            first_received_at: None,
            flight: None,
            dead_letter_source: None,
        };
        let message_id = message.id.clone();
        Accepted {
            message_id,
            sequence: self.insert(message),
        }
    }

    /// An id that only this message has, made from what the machine knows, so that a replay makes the same.
    fn message_id(&self) -> String {
        let seed = format!(
            "{}/{}/{}",
            self.name,
            self.created_at,
            self.last_sequence + 1
        );
        uuid::Builder::from_md5_bytes(md5::compute(seed).0)
            .into_uuid()
            .to_string()
    }

    fn insert(&mut self, mut message: Message) -> u64 {
        self.last_sequence += 1;
        message.sequence = self.last_sequence;
        self.next_expiry = self.next_expiry.min(self.expiry(&message));
        if self.settings.is_fifo() {
            let group = message.group().to_owned();
            self.groups
                .entry(group)
                .or_default()
                .insert(self.last_sequence);
        }
        self.messages.insert(self.last_sequence, message);
        self.last_sequence
    }

    /// Takes in a message that was received too often elsewhere. A FIFO queue counts its retention from now.
    pub(crate) fn bury(&mut self, now: Timestamp, source: &str, mut message: Message) {
        message.dead_letter_source = Some(source.to_owned());
        message.flight = None;
        if self.settings.is_fifo() {
            message.sent_at = now;
            message.available_at = now + seconds(self.settings.delay_seconds);
        }
        self.insert(message);
    }

    /// Hands out messages, and removes those that were received too often.
    pub(crate) fn receive(
        &mut self,
        terms: Terms,
    ) -> Result<(Vec<Received>, Vec<Message>), SqsError> {
        let now = terms.now;
        self.expire(now);
        self.land(now);
        if self.in_flight.len() >= terms.scan_limit {
            return if self.settings.is_fifo() {
                Ok((Vec::new(), Vec::new()))
            } else {
                Err(SqsError::OverLimit)
            };
        }
        let selection = if self.settings.is_fifo() {
            self.select_fifo(terms)
        } else {
            self.select(terms)
        };
        let dead = selection
            .dead
            .iter()
            .filter_map(|sequence| self.remove(*sequence))
            .collect();
        let visibility = terms
            .take
            .visibility_seconds
            .unwrap_or(self.settings.visibility_seconds);
        let delivered = selection.deliver.iter().filter_map(|sequence| {
            let message = self.messages.get_mut(sequence)?;
            message.take(now, visibility);
            self.in_flight.insert(*sequence);
            let receipt_handle = ReceiptHandle::of(&self.name, message).encode();
            Some(Received {
                message: message.clone(),
                receipt_handle,
            })
        });
        Ok((delivered.collect(), dead))
    }

    fn select(&self, terms: Terms) -> Selection {
        let mut selection = Selection::default();
        for message in self.messages.values() {
            if selection.deliver.len() == terms.take.max {
                break;
            }
            if message.standing(terms.now) == Standing::Visible {
                selection.add(message, terms);
            }
        }
        selection
    }

    /// As many messages as possible of the first free group, then of the next. A group is closed while any message of it is in flight.
    fn select_fifo(&self, terms: Terms) -> Selection {
        let mut selection = Selection::default();
        let mut closed: HashSet<&str> = self
            .in_flight
            .iter()
            .filter_map(|sequence| Some(self.messages.get(sequence)?.group()))
            .collect();
        for message in self.messages.values().take(terms.scan_limit) {
            if selection.deliver.len() == terms.take.max {
                break;
            }
            if closed.insert(message.group()) {
                self.select_group(message.group(), terms, &mut selection);
            }
        }
        selection
    }

    fn select_group(&self, group: &str, terms: Terms, selection: &mut Selection) {
        let sequences = self.groups.get(group).into_iter().flatten();
        for message in sequences.filter_map(|sequence| self.messages.get(sequence)) {
            let full = selection.deliver.len() == terms.take.max;
            if full || message.standing(terms.now) != Standing::Visible {
                break;
            }
            selection.add(message, terms);
        }
    }

    pub(crate) fn delete(&mut self, now: Timestamp, handle: &str) -> Result<(), SqsError> {
        self.expire(now);
        let receipt = self.receipt_of(handle)?;
        let Some(message) = self.messages.get(&receipt.sequence) else {
            return Ok(());
        };
        let is_latest = message.receives == receipt.receive;
        if self.settings.is_fifo() && !(is_latest && message.standing(now) == Standing::InFlight) {
            return Err(SqsError::bad_value(
                "ReceiptHandle",
                handle,
                "The receipt handle has expired.",
            ));
        }
        if is_latest {
            self.remove(receipt.sequence);
        }
        Ok(())
    }

    pub(crate) fn change_visibility(
        &mut self,
        now: Timestamp,
        handle: &str,
        visibility_seconds: u32,
    ) -> Result<(), SqsError> {
        self.expire(now);
        let receipt = self.receipt_of(handle)?;
        let Some(message) = self.messages.get_mut(&receipt.sequence) else {
            let reason =
                "Message does not exist or is not available for visibility timeout change.";
            return Err(SqsError::bad_value("ReceiptHandle", handle, reason));
        };
        let Some(flight) = message
            .flight
            .filter(|flight| flight.until > now && message.receives == receipt.receive)
        else {
            return Err(SqsError::MessageNotInflight);
        };
        let until = now + seconds(visibility_seconds);
        if until > flight.since + SignedDuration::from_hours(12) {
            let reason =
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
            return Err(SqsError::bad_value(
                "VisibilityTimeout",
                &visibility_seconds.to_string(),
                reason,
            ));
        }
        message.flight = Some(super::message::Flight { until, ..flight });
        self.land(now);
        Ok(())
    }

    fn receipt_of(&self, handle: &str) -> Result<ReceiptHandle, SqsError> {
        let receipt = ReceiptHandle::parse(handle)?;
        if receipt.queue == self.name {
            Ok(receipt)
        } else {
            Err(SqsError::ReceiptHandleIsInvalid)
        }
    }

    fn remove(&mut self, sequence: u64) -> Option<Message> {
        let message = self.messages.remove(&sequence)?;
        self.in_flight.remove(&sequence);
        if let Some(group) = self.groups.get_mut(message.group()) {
            group.remove(&sequence);
            if group.is_empty() {
                self.groups.remove(message.group());
            }
        }
        Some(message)
    }

    /// Ends the flights whose visibility is over.
    fn land(&mut self, now: Timestamp) {
        let messages = &mut self.messages;
        self.in_flight.retain(|sequence| {
            let Some(message) = messages.get_mut(sequence) else {
                return false;
            };
            let flies = message.flight.is_some_and(|flight| flight.until > now);
            if !flies {
                message.flight = None;
            }
            flies
        });
    }

    /// Drops the messages older than the retention.
    fn expire(&mut self, now: Timestamp) {
        if now < self.next_expiry {
            return;
        }
        let old: Vec<u64> = self
            .messages
            .values()
            .filter(|message| self.expiry(message) <= now)
            .map(|message| message.sequence)
            .collect();
        for sequence in old {
            self.remove(sequence);
        }
        self.next_expiry = self
            .messages
            .values()
            .map(|message| self.expiry(message))
            .min()
            .unwrap_or(Timestamp::MAX);
    }

    fn expiry(&self, message: &Message) -> Timestamp {
        message.sent_at + seconds(self.settings.retention_seconds)
    }

    pub fn depth(&self, now: Timestamp) -> Depth {
        let mut depth = Depth::default();
        for message in self.peek(now) {
            match message.standing(now) {
                Standing::Visible => depth.visible += 1,
                Standing::InFlight => depth.in_flight += 1,
                Standing::Delayed => depth.delayed += 1,
            }
        }
        depth
    }

    /// Every message, in order, without touching it.
    pub fn peek(&self, now: Timestamp) -> impl Iterator<Item = &Message> {
        self.messages
            .values()
            .filter(move |message| self.expiry(message) > now)
    }

    /// When the next message comes out of its delay or its flight.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let flights = self
            .in_flight
            .iter()
            .filter_map(|sequence| self.messages.get(sequence)?.flight)
            .map(|flight| flight.until);
        let delays = self.messages.values().map(|message| message.available_at);
        flights.chain(delays).filter(|at| *at > now).min()
    }
}

impl Selection {
    fn add(&mut self, message: &Message, terms: Terms) {
        let is_dead = terms
            .max_receives
            .is_some_and(|max| message.receives >= max);
        let list = if is_dead {
            &mut self.dead
        } else {
            &mut self.deliver
        };
        list.push(message.sequence);
    }
}
