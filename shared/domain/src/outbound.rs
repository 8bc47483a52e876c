use std::time::Duration;

use jiff::Timestamp;

use crate::contact::Contact;
use crate::content::Content;
use crate::delivery::Delivery;
use crate::event::{GroupId, ProviderMessageId, ProviderRef};
use crate::ids::{ConversationId, MessageId, VendorId, WabaId};
use crate::ledger::{Dispatch, status};
use crate::limits;
use crate::reconcile::FollowUp;

/// Who decided that a message is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The engine, in answer to `in_reply_to`. It is sent only while the conversation's control epoch is still `epoch`.
    Automatic { epoch: u64, in_reply_to: MessageId },
    /// The vendor's staff, through the admin API.
    Staff,
    /// Nobody here: the vendor typed it on the phone, and an echo told us.
    Phone,
}

/// A message from a vendor to a customer, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outbound {
    pub id: MessageId,
    pub vendor: VendorId,
    pub waba: WabaId,
    pub conversation: ConversationId,
    pub to: Contact,
    /// The group chat that it goes to, in the place of a person.
    pub group: Option<GroupId>,
    pub content: Content,
    /// WhatsApp's id of the message it quotes.
    pub reply_to: Option<ProviderMessageId>,
    /// Our id of the message it is to quote.
    pub quote: Option<MessageId>,
    /// Whether it was given to the provider with that quote; `None` before it was given, or if it is to quote nothing.
    pub quoted: Option<bool>,
    pub origin: Origin,
    pub dispatch: Dispatch,
    pub delivery: Delivery,
    /// Why it failed, in the provider's words or ours; shown only while it was not delivered.
    pub failure: Option<String>,
    /// Raised by every deliberate re-enqueue: a queue entry of another generation is dropped.
    pub generation: u32,
    /// Decided, but perhaps not in the queue yet.
    pub undispatched: bool,
    /// Tries that surely did not reach the provider's acceptance, the one under way included. What the provider put off is none.
    pub attempts: u32,
    /// Whether it stands on its lane's list of parked messages.
    pub listed: bool,
    /// The lane's epoch that it was taken off the list under.
    pub lane_epoch: Option<u64>,
    /// Until when the invocation that sends it is taken for alive.
    pub lease_until: Option<Timestamp>,
    /// Before when it does not leave; `None` if nothing has it wait.
    pub not_before: Option<Timestamp>,
    /// When it is no longer worth sending.
    pub expires: Option<Timestamp>,
    pub reference: ProviderRef,
    pub follow_up: FollowUp,
    pub created_at: Timestamp,
    /// Where it stands among its lane's messages: they leave in the order of this text.
    pub order: String,
    /// Raised by every decision about it, so that a decision on an older reading fails.
    pub revision: u64,
    /// Who asked for it through the admin API: a key's id, never a key.
    pub asked_by: Option<String>,
}

/// The message that another one quotes, by our id and, if it is known, by WhatsApp's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    pub message: MessageId,
    pub key_id: Option<ProviderMessageId>,
}

/// A message as it is decided on, before anything happens to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub id: MessageId,
    pub vendor: VendorId,
    pub waba: WabaId,
    pub conversation: ConversationId,
    pub to: Contact,
    pub group: Option<GroupId>,
    pub content: Content,
    pub quote: Option<Quote>,
    pub origin: Origin,
    /// Its place among the messages that are decided on together.
    pub index: usize,
}

impl Draft {
    /// The message as the ledger begins with it: queued, and not in the queue yet.
    pub fn queued(self, now: Timestamp) -> Outbound {
        let (quote, reply_to) = match self.quote {
            Some(Quote { message, key_id }) => (Some(message), key_id),
            None => (None, None),
        };
        Outbound {
            order: order(now, self.index, &self.id),
            id: self.id,
            vendor: self.vendor,
            waba: self.waba,
            conversation: self.conversation,
            to: self.to,
            group: self.group,
            content: self.content,
            reply_to,
            quote,
            quoted: None,
            origin: self.origin,
            dispatch: Dispatch::Queued,
            delivery: Delivery::None,
            failure: None,
            generation: 0,
            undispatched: true,
            attempts: 0,
            listed: false,
            lane_epoch: None,
            lease_until: None,
            not_before: None,
            expires: None,
            reference: ProviderRef::default(),
            follow_up: FollowUp::default(),
            created_at: now,
            revision: 0,
            asked_by: None,
        }
    }
}

/// A text by which messages sort in the order in which they were decided: milliseconds, place in the decision, id.
pub fn order(at: Timestamp, index: usize, id: &MessageId) -> String {
    format!("{:013}#{index:02}#{id}", at.as_millisecond().max(0))
}

impl Outbound {
    pub fn status(&self) -> &'static str {
        status(self.dispatch, self.delivery, self.failure.is_some())
    }

    /// The message moved to another state by a decision; an illegal move is a bug and stops a debug build.
    #[must_use]
    pub fn moved_to(mut self, next: Dispatch) -> Self {
        debug_assert!(
            self.dispatch.may_become(next),
            "{:?} may not become {next:?}",
            self.dispatch
        );
        self.dispatch = next;
        self.lease_until = None;
        self.follow_up.looks = 0;
        self.revision += 1;
        self
    }

    /// The message given to the holder of a new lease.
    #[must_use]
    pub fn taken(self, now: Timestamp) -> Self {
        let mut taken = self.moved_to(Dispatch::Sending);
        taken.attempts += 1;
        taken.lease_until = now.checked_add(limits::SEND_LEASE).ok();
        taken.follow_up.begun_at = Some(now);
        taken
    }

    /// The message as it is given to the provider: with the quote that was asked for, or without.
    #[must_use]
    pub fn quoting(self, quoted: bool) -> Self {
        Self {
            quoted: self.quote.as_ref().map(|_| quoted),
            ..self
        }
    }

    /// The message whose last try does not count: the provider put it off, or was not asked.
    #[must_use]
    pub const fn untried(mut self) -> Self {
        self.attempts = self.attempts.saturating_sub(1);
        self
    }

    /// The message on its lane's list. How long it is worth sending is counted from when it first had to wait.
    #[must_use]
    pub fn parked(self, now: Timestamp) -> Self {
        let lives = match self.origin {
            Origin::Automatic { .. } => limits::PARKED_REPLY_LIVES,
            Origin::Staff | Origin::Phone => limits::PARKED_STAFF_LIVES,
        };
        let mut parked = self.moved_to(Dispatch::Parked);
        parked.expires = parked.expires.or_else(|| now.checked_add(lives).ok());
        parked.listed = true;
        parked.lane_epoch = None;
        parked.undispatched = false;
        parked
    }

    /// The message back in the queue, under a new generation and the lane's epoch.
    #[must_use]
    pub fn drained(self, epoch: u64) -> Self {
        let mut drained = self.moved_to(Dispatch::Queued);
        drained.lane_epoch = Some(epoch);
        drained.generation += 1;
        drained.undispatched = true;
        drained
    }

    /// The message still queued, under a new generation: its old queue entry is lost, or means nothing from now on.
    #[must_use]
    pub fn requeued(mut self) -> Self {
        self.generation += 1;
        self.revision += 1;
        self.undispatched = true;
        self
    }

    /// The message enqueued once more, because its entry may be lost. The generation stays: an entry that is only late still counts, and
    /// keeps the place that it has in the queue.
    #[must_use]
    pub fn asked_after(mut self) -> Self {
        self.revision += 1;
        self.undispatched = true;
        self
    }

    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// When the sweep must look at this message again if nobody else does: `None` once it is final.
    pub fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        let after = |wait: Duration| now.checked_add(wait).ok();
        match self.dispatch {
            Dispatch::Queued if self.undispatched => after(limits::UNDISPATCHED_AFTER),
            Dispatch::Queued => after(limits::QUEUED_TOO_LONG),
            Dispatch::Parked => self.expires,
            Dispatch::Sending => self.lease_until,
            Dispatch::Accepted | Dispatch::Unknown => self.look_at(now),
            Dispatch::Rejected | Dispatch::Cancelled | Dispatch::Expired => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::phone::PhoneNumber;

    pub(crate) fn reply(epoch: u64) -> Outbound {
        let vendor = VendorId::parse("vendor_001").unwrap();
        let draft = Draft {
            id: MessageId::derived(&["reply"]),
            waba: WabaId::first_of(&vendor),
            vendor,
            conversation: ConversationId::derived(&["conversation"]),
            to: Contact::by_phone(PhoneNumber::from_provider("221700000001").unwrap()),
            group: None,
            content: Content::text("Bonjour"),
            quote: None,
            origin: Origin::Automatic {
                epoch,
                in_reply_to: MessageId::derived(&["question"]),
            },
            index: 0,
        };
        Outbound {
            undispatched: false,
            ..draft.queued(Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn a_message_that_is_parked_twice_does_not_live_longer() {
        let first = Timestamp::UNIX_EPOCH;
        let parked = reply(0).parked(first);
        let again = parked
            .clone()
            .drained(1)
            .parked(first + limits::PARKED_REPLY_LIVES / 2);
        assert_eq!(again.expires, parked.expires);
    }

    #[test]
    fn draining_makes_every_older_queue_entry_stale() {
        let drained = reply(0).parked(Timestamp::UNIX_EPOCH).drained(7);
        assert_eq!(
            (drained.generation, drained.lane_epoch, drained.undispatched),
            (1, Some(7), true)
        );
    }

    #[test]
    fn whatever_can_still_move_is_looked_at_again() {
        let now = Timestamp::UNIX_EPOCH;
        for message in [
            reply(0),
            reply(0).taken(now),
            reply(0).parked(now),
            reply(0).parked(now).drained(1),
            reply(0).taken(now).moved_to(Dispatch::Unknown),
        ] {
            assert!(
                message.due_at(now).is_some_and(|due| due > now),
                "{:?}",
                message.dispatch
            );
        }
        let rejected = reply(0).taken(now).moved_to(Dispatch::Rejected);
        assert_eq!(rejected.due_at(now), None);
    }
}
