//! What must hold whatever happens; the first breach is kept, with what led to it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Dispatch, Lane, LaneState, MessageId, Origin, Outbound, limits};
use jiff::Timestamp;

use crate::ledger::Ledger;
use crate::queue::Queue;
use crate::world::State;

/// Outcomes in a row that may be unknown before the lane stops.
const DOUBTS: u32 = 2;

#[derive(Default)]
pub(crate) struct Laws {
    breach: Option<String>,
    pub(crate) story: Vec<String>,
    /// Who was the how-manieth to come into the queue for the first time.
    queued: BTreeMap<MessageId, usize>,
    offered: BTreeMap<MessageId, String>,
    pub(crate) took: BTreeSet<MessageId>,
    /// When the gap of the last send ends, with the gap that its lane had.
    gap_ends: Option<Timestamp>,
    /// A day (in days since 1970) and the sends of it that the provider has, or may have, or refused for good.
    left: (i64, u32),
    /// What came into doubt, and when.
    doubted: BTreeMap<MessageId, Timestamp>,
    doubts: u32,
}

impl Laws {
    fn breaks(&mut self, law: String) {
        self.breach.get_or_insert(law);
    }

    fn hold(&mut self, holds: bool, law: &str) {
        if !holds {
            self.breaks(law.to_owned());
        }
    }

    pub(crate) fn tells(&mut self, event: String) {
        self.story.push(event);
    }

    /// The queue took these, in this order.
    pub(crate) fn queued(&mut self, messages: &[Outbound], ledger: &Ledger) {
        for message in messages {
            let together = ledger.decided(ledger.rows[&message.id].decision);
            let mut before = together.iter().take_while(|it| it.id != message.id);
            let follows = before.all(|it| self.queued.contains_key(&it.id));
            self.hold(follows, "a decision came into the queue out of its order");
            let place = self.queued.len();
            self.queued.entry(message.id.clone()).or_insert(place);
            self.tells(format!("queued {} #{}", name(message), message.generation));
        }
    }

    /// A decision about a message was written.
    pub(crate) fn moved(&mut self, before: &Outbound, after: &Outbound, now: Timestamp) {
        if after.dispatch == Dispatch::Unknown && before.dispatch != Dispatch::Unknown {
            self.doubted.insert(after.id.clone(), now);
        }
        self.tells(format!(
            "{}: {:?} -> {:?}, lane epoch {:?}",
            name(after),
            before.dispatch,
            after.dispatch,
            after.lane_epoch
        ));
        let legal = before.dispatch == after.dispatch || before.dispatch.may_become(after.dispatch);
        self.hold(legal, "an illegal move was written");
        let unsure = before.dispatch == Dispatch::Unknown;
        self.hold(
            !unsure || matches!(after.dispatch, Dispatch::Accepted | Dispatch::Unknown),
            "a message in doubt did not stay so",
        );
        self.hold(
            after.revision > before.revision,
            "a decision did not raise the message's revision",
        );
    }

    pub(crate) fn lane_moved(&mut self, before: &Lane, after: &Lane) {
        self.tells(format!("lane {:?} #{}", after.state, after.epoch));
        self.hold(
            after.revision > before.revision,
            "a change did not raise the lane's revision",
        );
        let stands = |lane: &Lane| matches!(lane.state, LaneState::Parked { .. });
        self.hold(
            stands(before) == stands(after) || after.epoch > before.epoch,
            "a stop or a start did not raise the epoch",
        );
        if after.doubts > before.doubts {
            self.doubts += 1;
        } else if after.doubts == 0 || stands(before) != stands(after) {
            self.doubts = 0;
        }
        self.hold(
            self.doubts < DOUBTS || stands(after),
            "the lane goes on in doubt",
        );
    }

    /// Nothing of the same conversation came into doubt within the last minute and is still in doubt.
    pub(crate) fn settled_before(&mut self, message: &Outbound, ledger: &Ledger, now: Timestamp) {
        let conversation = ledger.rows[&message.id].conversation;
        let doubtful = |id: &MessageId| {
            let row = &ledger.rows[id];
            row.conversation == conversation && row.message.dispatch == Dispatch::Unknown
        };
        let waits = self
            .doubted
            .iter()
            .any(|(id, at)| doubtful(id) && *at + limits::DOUBT_HOLDS > now);
        self.hold(
            !waits,
            "a message was taken while its conversation was in doubt",
        );
    }

    /// A send was taken, under a conversation's control epoch.
    pub(crate) fn taken(&mut self, message: &Outbound, lane: &Lane, control: u64) {
        let automatic =
            matches!(message.origin, Origin::Automatic { epoch, .. } if epoch != control);
        self.hold(!automatic, "a reply was taken after a takeover");
        self.hold(
            self.doubts < DOUBTS,
            "a send was taken after two doubts in a row",
        );
        self.hold(
            !lane.unverified,
            "a send was taken before the session's number was verified",
        );
        let at = message.lease_until.expect("a taken message has a lease") - limits::SEND_LEASE;
        let paced = self.gap_ends.is_none_or(|end| at >= end);
        self.hold(paced, "two sends were closer than the gap");
        self.gap_ends = Some(at + lane.pace.gap());
        self.holds_the_cap(lane, at);
    }

    /// As many sends of a day as may have left are not more than the lane's number for that day.
    fn holds_the_cap(&mut self, lane: &Lane, at: Timestamp) {
        let day = at.as_second().div_euclid(86_400);
        if self.left.0 != day {
            self.left = (day, 0);
        }
        let below = lane.pace.day_cap.is_none_or(|cap| self.left.1 < cap);
        self.hold(below, "more left in a day than may");
    }

    /// The provider has a message, or may have it.
    pub(crate) const fn left(&mut self) {
        self.left.1 += 1;
    }

    /// A message reached the provider, which takes it or does not.
    pub(crate) fn offered(&mut self, message: &Outbound, takes: bool, ledger: &Ledger) {
        self.tells(format!("offered {}, taken: {takes}", name(message)));
        let state = ledger.rows[&message.id].message.dispatch;
        self.hold(
            matches!(state, Dispatch::Sending | Dispatch::Unknown),
            "a message was offered that was not taken",
        );
        if takes {
            let once = self.took.insert(message.id.clone());
            self.hold(once, "a message was accepted twice");
            self.in_order(message);
        }
        self.offered
            .insert(message.id.clone(), message.order.clone());
    }

    /// Nothing newer, that also came into the queue later, was offered before.
    fn in_order(&mut self, message: &Outbound) {
        let newer = |(id, order): &(&MessageId, &String)| {
            **order > message.order && self.queued[*id] > self.queued[&message.id]
        };
        let overtaken = self.offered.iter().any(|offered| newer(&offered));
        self.hold(!overtaken, "a message was overtaken");
    }
}

impl State {
    /// The first breach so far, with the state as it is between two steps.
    pub(crate) fn breach(&mut self) -> Option<String> {
        let Self {
            ledger,
            queue,
            laws,
            ..
        } = self;
        list(ledger, laws);
        attended(ledger, queue, laws);
        laws.breach.clone()
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_quiet(&self) -> bool {
        let open = |message: &Outbound| message.dispatch.is_open();
        !self.ledger.rows.values().any(|row| open(&row.message))
            && self.ledger.lane.state == LaneState::Open
            && self.queue.is_empty()
    }

    /// The breach at the end, once nothing is left to do.
    pub(crate) fn breach_at_the_end(&mut self) -> Option<String> {
        for row in self.ledger.rows.values() {
            let taken = self.laws.took.contains(&row.message.id);
            let told = match row.message.dispatch {
                Dispatch::Accepted => taken,
                Dispatch::Unknown => true,
                Dispatch::Rejected | Dispatch::Cancelled | Dispatch::Expired => !taken,
                Dispatch::Queued | Dispatch::Parked | Dispatch::Sending => false,
            };
            self.laws
                .hold(told, "the ledger ends with something else than happened");
        }
        self.breach()
    }
}

/// The lane counts what stands on its list, and a lane with a list is not open.
fn list(ledger: &Ledger, laws: &mut Laws) {
    let counted = usize::try_from(ledger.lane.listed) == Ok(ledger.list.len());
    laws.hold(counted, "the lane does not count its list");
    laws.hold(
        ledger.lane.state != LaneState::Open || ledger.list.is_empty(),
        "a lane is open with messages on its list",
    );
    let stands = |row: &Outbound| ledger.list.get(&row.order) == Some(&row.id);
    let agree = ledger
        .rows
        .values()
        .all(|row| row.message.listed == stands(&row.message));
    laws.hold(agree, "a message and the list disagree");
}

/// Whatever can still move is in the queue, or is looked at again; so is a lane that is not open.
fn attended(ledger: &Ledger, queue: &Queue, laws: &mut Laws) {
    for row in ledger.rows.values() {
        let message = &row.message;
        // What is in doubt is looked at so often and no more.
        let in_doubt = message.dispatch == Dispatch::Unknown;
        laws.hold(
            in_doubt || row.due_at.is_some() == message.dispatch.is_open(),
            "an open message is never looked at, or a final one is",
        );
        let looks = usize::try_from(message.follow_up.looks).unwrap_or(usize::MAX);
        laws.hold(
            !in_doubt || row.due_at.is_some() == (looks < limits::UNKNOWN_LOOKS.len()),
            "a message in doubt is not looked at, or for ever",
        );
        let queued = message.dispatch == Dispatch::Queued && !message.undispatched;
        laws.hold(
            !queued || queue.holds(&message.id, message.generation),
            "a message counts as queued and is not in the queue",
        );
        laws.hold(
            message.dispatch != Dispatch::Parked || message.listed,
            "a parked message is not on the list",
        );
    }
    laws.hold(
        ledger.lane.state == LaneState::Open || ledger.lane_due.is_some(),
        "a lane stands still and is never looked at",
    );
}

/// The text of a message, which is its name in a story.
fn name(message: &Outbound) -> &str {
    message.content.text.as_deref().unwrap_or_default()
}
