//! A FIFO queue with one group, as SQS keeps it.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{MessageId, limits};
use jiff::Timestamp;

/// How long SQS remembers a deduplication id, also after the entry was deleted.
const REMEMBERED: Duration = Duration::from_mins(5);

#[derive(Default)]
pub(crate) struct Queue {
    entries: Vec<Waiting>,
    remembered: BTreeMap<(MessageId, u32), Timestamp>,
    receipts: u64,
    /// How many entries of the next call are taken before the rest is refused.
    pub(crate) takes_only: Option<u8>,
}

struct Waiting {
    message: MessageId,
    generation: u32,
    /// In flight, or given back with a wait, until then; meanwhile nobody gets the group.
    hidden_until: Option<Timestamp>,
    receipt: u64,
}

/// An entry in the hands of a sender.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) message: MessageId,
    pub(crate) generation: u32,
    receipt: u64,
}

impl Queue {
    /// Takes entries in their order and answers how many; one whose id is remembered is answered for, and swallowed.
    pub(crate) fn send(&mut self, entries: &[(MessageId, u32)], now: Timestamp) -> usize {
        let taken = self.takes_only.take().map_or(entries.len(), usize::from);
        let taken = taken.min(entries.len());
        for (message, generation) in &entries[..taken] {
            let key = (message.clone(), *generation);
            let known = self
                .remembered
                .get(&key)
                .is_some_and(|at| *at + REMEMBERED > now);
            if !known {
                self.remembered.insert(key, now);
                self.entries.push(Waiting {
                    message: message.clone(),
                    generation: *generation,
                    hidden_until: None,
                    receipt: 0,
                });
            }
        }
        taken
    }

    /// The oldest entry, unless any of the group is hidden.
    pub(crate) fn receive(&mut self, now: Timestamp) -> Option<Record> {
        if self.next_visible(now).is_some() {
            return None;
        }
        self.receipts += 1;
        let first = self.entries.first_mut()?;
        first.hidden_until = Some(now + limits::OUTBOUND_VISIBILITY);
        first.receipt = self.receipts;
        Some(Record {
            message: first.message.clone(),
            generation: first.generation,
            receipt: first.receipt,
        })
    }

    pub(crate) fn delete(&mut self, record: &Record) {
        self.entries
            .retain(|entry| entry.receipt != record.receipt || entry.receipt == 0);
    }

    /// Hides an entry for `wait`, in whole seconds.
    pub(crate) fn hide(&mut self, record: &Record, wait: Duration, now: Timestamp) {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        if let Some(entry) = self
            .entries
            .iter_mut()
            .find(|entry| entry.receipt == record.receipt)
        {
            entry.hidden_until = Some(now + Duration::from_secs(seconds));
        }
    }

    /// When the group is free again, if it is not.
    pub(crate) fn next_visible(&self, now: Timestamp) -> Option<Timestamp> {
        self.entries
            .iter()
            .filter_map(|entry| entry.hidden_until)
            .find(|until| *until > now)
    }

    pub(crate) fn holds(&self, message: &MessageId, generation: u32) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.message == *message && entry.generation == generation)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
