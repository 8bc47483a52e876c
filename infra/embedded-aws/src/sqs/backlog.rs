use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::message::{Message, Standing};

/// The messages of a queue in the order of their arrival, and what must be known of all of them quickly.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub(crate) struct Backlog {
    messages: BTreeMap<u64, Message>,
    /// The same messages by group.
    groups: BTreeMap<String, BTreeSet<u64>>,
    /// The first message of each group: a long group is not looked through for the ones behind it.
    #[serde(skip_serializing)]
    heads: BTreeMap<u64, String>,
    /// Every message in flight, and until the next [`Backlog::land`] some whose flight is over.
    in_flight: BTreeSet<u64>,
    last_sequence: u64,
    /// No message was sent before.
    oldest: Timestamp,
    /// No message's delay ends after.
    #[serde(skip_serializing)]
    delayed_until: Timestamp,
}

/// A backlog as it is written down.
#[derive(Deserialize)]
struct Kept {
    messages: BTreeMap<u64, Message>,
    groups: BTreeMap<String, BTreeSet<u64>>,
    in_flight: BTreeSet<u64>,
    last_sequence: u64,
    oldest: Timestamp,
}

/// How many messages a queue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    pub visible: usize,
    pub in_flight: usize,
    pub delayed: usize,
}

impl Default for Backlog {
    fn default() -> Self {
        Self {
            messages: BTreeMap::new(),
            groups: BTreeMap::new(),
            heads: BTreeMap::new(),
            in_flight: BTreeSet::new(),
            last_sequence: 0,
            oldest: Timestamp::MAX,
            delayed_until: Timestamp::MIN,
        }
    }
}

impl From<Kept> for Backlog {
    fn from(kept: Kept) -> Self {
        let heads = kept
            .groups
            .iter()
            .filter_map(|(group, sequences)| Some((*sequences.first()?, group.clone())))
            .collect();
        let delays = kept.messages.values().map(|message| message.available_at);
        Self {
            heads,
            delayed_until: delays.max().unwrap_or(Timestamp::MIN),
            messages: kept.messages,
            groups: kept.groups,
            in_flight: kept.in_flight,
            last_sequence: kept.last_sequence,
            oldest: kept.oldest,
        }
    }
}

impl Backlog {
    pub(crate) fn next_sequence(&self) -> u64 {
        self.last_sequence + 1
    }

    /// Puts a message last.
    pub(crate) fn push(&mut self, mut message: Message) -> u64 {
        let sequence = self.next_sequence();
        self.last_sequence = sequence;
        self.oldest = self.oldest.min(message.sent_at);
        self.delayed_until = self.delayed_until.max(message.available_at);
        message.sequence = sequence;
        if let Some(group) = &message.entry.group {
            let sequences = self.groups.entry(group.clone()).or_default();
            if sequences.is_empty() {
                self.heads.insert(sequence, group.clone());
            }
            sequences.insert(sequence);
        }
        self.messages.insert(sequence, message);
        sequence
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<&Message> {
        self.messages.get(&sequence)
    }

    pub(crate) fn get_mut(&mut self, sequence: u64) -> Option<&mut Message> {
        self.messages.get_mut(&sequence)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// Gives every message this delay from when it was sent.
    pub(crate) fn delay(&mut self, delay: SignedDuration) {
        for message in self.messages.values_mut() {
            message.available_at = message.sent_at + delay;
            self.delayed_until = self.delayed_until.max(message.available_at);
        }
    }

    /// The groups of the first so many messages, in the order of their first ones.
    pub(crate) fn first_groups(&self, messages: usize) -> impl Iterator<Item = &str> {
        let is_longer = self.messages.len() > messages;
        let end = is_longer.then(|| self.messages.keys().nth(messages));
        let end = end.flatten();
        let heads = self.heads.iter();
        heads
            .take_while(move |(sequence, _)| end.is_none_or(|end| *sequence < end))
            .map(|(_, group)| group.as_str())
    }

    /// The messages of one group, in order.
    pub(crate) fn group(&self, group: &str) -> impl Iterator<Item = &Message> {
        let sequences = self.groups.get(group).into_iter().flatten();
        sequences.filter_map(|sequence| self.messages.get(sequence))
    }

    pub(crate) fn in_flight(&self) -> impl ExactSizeIterator<Item = u64> {
        self.in_flight.iter().copied()
    }

    /// Hands a message to a receiver.
    pub(crate) fn take_off(
        &mut self,
        now: Timestamp,
        sequence: u64,
        visibility_seconds: u32,
    ) -> Option<&Message> {
        let message = self.messages.get_mut(&sequence)?;
        message.take_off(now, visibility_seconds);
        self.in_flight.insert(sequence);
        Some(message)
    }

    /// Ends the flights whose visibility is over.
    pub(crate) fn land(&mut self, now: Timestamp) {
        let messages = &mut self.messages;
        self.in_flight.retain(|sequence| {
            let Some(message) = messages.get_mut(sequence) else {
                return false;
            };
            message.flight = message.flight.filter(|flight| flight.until > now);
            message.flight.is_some()
        });
    }

    pub(crate) fn remove(&mut self, sequence: u64) -> Option<Message> {
        let message = self.messages.remove(&sequence)?;
        self.in_flight.remove(&sequence);
        if let Some(group) = self.groups.get_mut(message.group()) {
            group.remove(&sequence);
            let name = self.heads.remove(&sequence);
            match (name, group.first()) {
                (Some(name), Some(next)) => drop(self.heads.insert(*next, name)),
                (_, Some(_)) => {}
                (_, None) => drop(self.groups.remove(message.group())),
            }
        }
        Some(message)
    }

    /// Drops the messages that are as old as the retention.
    pub(crate) fn expire(&mut self, now: Timestamp, retention: SignedDuration) {
        if self.messages.is_empty() || now < self.oldest + retention {
            return;
        }
        let is_old = |message: &&Message| message.sent_at + retention <= now;
        let old: Vec<u64> = self
            .all()
            .filter(is_old)
            .map(|message| message.sequence)
            .collect();
        for sequence in old {
            self.remove(sequence);
        }
        self.oldest = self
            .all()
            .map(|message| message.sent_at)
            .min()
            .unwrap_or(Timestamp::MAX);
    }

    /// Drops every message. The numbers go on where they were.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            last_sequence: self.last_sequence,
            ..Self::default()
        };
    }

    /// When the next message comes out of its delay or its flight.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let flights = self
            .in_flight()
            .filter_map(|sequence| self.get(sequence)?.flight);
        let flights = flights.map(|flight| flight.until);
        let may_be_delayed = self.delayed_until > now;
        let delays = self.all().map(|message| message.available_at);
        let delays = delays.take_while(|_| may_be_delayed);
        flights.chain(delays).filter(|at| *at > now).min()
    }
}

impl Depth {
    pub(crate) fn of<'a>(messages: impl Iterator<Item = &'a Message>, now: Timestamp) -> Self {
        let mut depth = Self::default();
        for message in messages {
            match message.standing(now) {
                Standing::Visible => depth.visible += 1,
                Standing::InFlight => depth.in_flight += 1,
                Standing::Delayed => depth.delayed += 1,
            }
        }
        depth
    }
}
