//! The ledger and its conditional writes, each of them whole or not at all, as `platform` makes them.

use std::collections::BTreeMap;

use domain::{Delivery, Dispatch, Lane, MessageId, Origin, Outbound, limits};
use jiff::Timestamp;

use crate::world::State;

/// Conversations of the one lane.
pub(crate) const CONVERSATIONS: usize = 2;

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) rows: BTreeMap<MessageId, Row>,
    pub(crate) lane: Lane,
    pub(crate) lane_due: Option<Timestamp>,
    pub(crate) list: BTreeMap<String, MessageId>,
    /// The conversations' control epochs.
    pub(crate) epochs: [u64; CONVERSATIONS],
    /// Until when each conversation waits for evidence, and of which message.
    pub(crate) doubts: [Option<(Timestamp, MessageId)>; CONVERSATIONS],
}

#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) message: Outbound,
    /// Index of its conversation.
    pub(crate) conversation: usize,
    /// What was decided together has the same number.
    pub(crate) decision: usize,
    pub(crate) due_at: Option<Timestamp>,
}

/// A message with its lane, as they were read or are to be written.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) message: Outbound,
    pub(crate) lane: Lane,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Done,
    Lost,
    /// Everything but what the conversation says still held.
    EpochMoved(u64),
    InDoubt(Timestamp, MessageId),
}

impl Ledger {
    pub(crate) fn message(&self, id: &MessageId) -> Outbound {
        self.rows[id].message.clone()
    }

    pub(crate) fn sendable(&self, id: &MessageId) -> Pair {
        Pair {
            message: self.message(id),
            lane: self.lane.clone(),
        }
    }

    /// What was decided together, in its order.
    pub(crate) fn decided(&self, decision: usize) -> Vec<Outbound> {
        let rows = self.rows.values().filter(|row| row.decision == decision);
        let mut messages: Vec<_> = rows.map(|row| row.message.clone()).collect();
        messages.sort_by(|one, other| one.order.cmp(&other.order));
        messages
    }

    fn is_still(&self, before: &Outbound) -> bool {
        self.rows[&before.id].message.revision == before.revision
    }
}

impl State {
    /// Keeps a new message of a conversation and a decision.
    pub(crate) fn keep(&mut self, message: &Outbound, (conversation, decision): (usize, usize)) {
        let row = Row {
            message: message.clone(),
            conversation,
            decision,
            due_at: message.due_at(self.now),
        };
        self.ledger.rows.insert(message.id.clone(), row);
    }

    /// Writes what a decision changes; what evidence wrote is left alone.
    fn write(&mut self, after: &Outbound) {
        let now = self.now;
        let row = self.ledger.rows.get_mut(&after.id).expect("it is kept");
        self.laws.moved(&row.message, after, now);
        let delivery = row.message.delivery;
        row.message = Outbound {
            delivery,
            ..after.clone()
        };
        row.due_at = after.due_at(now);
    }

    fn write_lane(&mut self, after: &Lane) {
        self.laws.lane_moved(&self.ledger.lane, after);
        self.ledger.lane_due = after.due_at(self.now);
        self.ledger.lane = after.clone();
    }

    /// Takes messages off the list, whatever else the lane does meanwhile.
    fn shorten(&mut self, orders: &[&str]) {
        for order in orders {
            self.ledger.list.remove(*order);
            self.ledger.lane.listed -= 1;
        }
        self.ledger.lane.revision += 1;
    }

    pub(crate) fn decide(&mut self, before: &Outbound, after: &Outbound) -> bool {
        if !self.ledger.is_still(before) {
            return false;
        }
        self.write(after);
        if before.dispatch == Dispatch::Sending && after.dispatch == Dispatch::Unknown {
            let conversation = self.ledger.rows[&after.id].conversation;
            let until = self.now + limits::DOUBT_HOLDS;
            self.ledger.doubts[conversation] = Some((until, after.id.clone()));
        }
        if before.listed && !after.listed {
            self.shorten(&[&before.order]);
        }
        true
    }

    /// The conversation of a message no longer waits for evidence of this one.
    pub(crate) fn undoubt(&mut self, message: &MessageId, of: &MessageId) {
        let doubt = &mut self.ledger.doubts[self.ledger.rows[message].conversation];
        if doubt.as_ref().is_some_and(|(_, doubted)| doubted == of) {
            *doubt = None;
        }
    }

    pub(crate) fn change_lane(&mut self, before: &Lane, after: &Lane) -> bool {
        if before == after {
            return true;
        }
        let holds = self.ledger.lane.revision == before.revision;
        if holds {
            self.write_lane(after);
        }
        holds
    }

    pub(crate) fn park(&mut self, before: &Pair, after: &Pair) -> bool {
        let holds = self.ledger.is_still(&before.message)
            && self.ledger.lane.revision == before.lane.revision;
        if holds {
            self.write(&after.message);
            self.write_lane(&after.lane);
            let place = after.message.order.clone();
            self.ledger.list.insert(place, after.message.id.clone());
        }
        holds
    }

    pub(crate) fn take(&mut self, before: &Pair, after: &Pair) -> Taken {
        if !self.ledger.is_still(&before.message)
            || self.ledger.lane.revision != before.lane.revision
        {
            return Taken::Lost;
        }
        let control = self.ledger.epochs[self.ledger.rows[&after.message.id].conversation];
        if matches!(after.message.origin, Origin::Automatic { epoch, .. } if epoch != control) {
            return Taken::EpochMoved(control);
        }
        let doubt = self.ledger.doubts[self.ledger.rows[&after.message.id].conversation].clone();
        if let Some((until, of)) = doubt.filter(|(until, _)| *until > self.now) {
            return Taken::InDoubt(until, of);
        }
        self.laws
            .settled_before(&after.message, &self.ledger, self.now);
        self.laws.taken(&after.message, &before.lane, control);
        self.write(&after.message);
        self.write_lane(&after.lane);
        Taken::Done
    }

    /// Moves listed messages while the lane still drains under `epoch`.
    pub(crate) fn drain(&mut self, epoch: u64, moves: &[(Outbound, Outbound)]) -> bool {
        let holds = self.ledger.lane.epoch == epoch
            && self.ledger.lane.state == domain::LaneState::Draining
            && moves.iter().all(|(before, _)| self.ledger.is_still(before));
        if holds {
            for (_, after) in moves {
                self.write(after);
            }
            let ended = moves.iter().filter(|(_, after)| !after.listed);
            let places: Vec<_> = ended.map(|(before, _)| before.order.as_str()).collect();
            self.shorten(&places);
        }
        holds
    }

    /// Clears the mark of messages that are in the queue now, each in its generation.
    pub(crate) fn dispatched(&mut self, messages: &[Outbound]) {
        for sent in messages {
            let row = self.ledger.rows.get_mut(&sent.id).expect("it is kept");
            let now = &mut row.message;
            let waits = now.undispatched && now.dispatch == Dispatch::Queued;
            if waits && now.generation == sent.generation {
                now.undispatched = false;
                row.due_at = Some(self.now + limits::QUEUED_TOO_LONG);
            }
        }
    }

    /// Proof that the provider has a message.
    pub(crate) fn proved(&mut self, id: &MessageId) {
        let row = self.ledger.rows.get_mut(id).expect("it is kept");
        row.message.delivery = row.message.delivery.max(Delivery::Pending);
        if row.message.dispatch == Dispatch::Unknown {
            let accepted = row.message.clone().moved_to(Dispatch::Accepted);
            self.write(&accepted);
        }
    }
}
