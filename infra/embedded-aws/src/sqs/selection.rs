use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::backlog::Backlog;
use super::message::{Message, Standing};

/// Only so many messages from the front of a FIFO queue are looked at for a group that is free:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-fifo.html>.
pub const SCAN_LIMIT: usize = 120_000;

/// What a receive asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    /// At most so many messages, 1 to 10.
    pub max: usize,
    /// Instead of the queue's own visibility.
    pub visibility_seconds: Option<u32>,
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

/// The messages a receive finds: some to deliver, some that were received too often.
#[derive(Default)]
pub(crate) struct Selection {
    pub(crate) deliver: Vec<u64>,
    pub(crate) dead: Vec<u64>,
}

impl Selection {
    /// Whatever is visible.
    pub(crate) fn standard(backlog: &Backlog, terms: Terms) -> Self {
        let mut selection = Self::default();
        for message in backlog.all() {
            if selection.is_full(terms) {
                break;
            }
            if message.standing(terms.now) == Standing::Visible {
                selection.add(message, terms);
            }
        }
        selection
    }

    /// As many messages as possible of the first free group, then of the next. A group is closed while any message of it is in flight.
    pub(crate) fn fifo(backlog: &Backlog, terms: Terms) -> Self {
        let mut selection = Self::default();
        let locked = backlog
            .in_flight()
            .filter_map(|sequence| Some(backlog.get(sequence)?.group()));
        let closed: HashSet<&str> = locked.collect();
        for group in backlog.first_groups(terms.scan_limit) {
            if selection.is_full(terms) {
                break;
            }
            if !closed.contains(group) {
                selection.add_group(backlog.group(group), terms);
            }
        }
        selection
    }

    fn add_group<'a>(&mut self, group: impl Iterator<Item = &'a Message>, terms: Terms) {
        for message in group {
            if self.is_full(terms) || message.standing(terms.now) != Standing::Visible {
                break;
            }
            self.add(message, terms);
        }
    }

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

    fn is_full(&self, terms: Terms) -> bool {
        self.deliver.len() == terms.take.max
    }
}
