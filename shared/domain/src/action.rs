//! What a person may decide about a message that was to be sent: to repeat it, to stop it, or to close it in doubt.

use jiff::Timestamp;

use crate::delivery::Delivery;
use crate::ids::MessageId;
use crate::ledger::Dispatch;
use crate::outbound::{Draft, Origin, Outbound};
use crate::reconcile::FollowUp;

/// Why a person's decision can't be carried out now, or ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is in doubt, and so young that its evidence may still come.
    Settling,
    /// A call to the provider may be under way.
    Sending,
    /// It is on its way or arrived: there is nothing to repeat.
    NotRetryable,
    /// It ended, or left.
    NotCancellable,
    /// What became of it is known.
    NotDiscardable,
    /// It was closed for good.
    Discarded,
}

impl Refusal {
    /// Stable; callers decide on it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Settling => "settling",
            Self::Sending => "sending",
            Self::NotRetryable => "not_retryable",
            Self::NotCancellable => "not_cancellable",
            Self::NotDiscardable => "not_discardable",
            Self::Discarded => "discarded",
        }
    }

    pub const fn advice(self) -> &'static str {
        match self {
            Self::Settling => {
                "nobody knows yet whether it was sent; wait until it is two minutes old, its evidence may still come"
            }
            Self::Sending => "it is being sent; ask again in half a minute",
            Self::NotRetryable => {
                "only a message that is unknown, failed, expired or cancelled can be sent again"
            }
            Self::NotCancellable => "only a message that is queued or parked can be cancelled",
            Self::NotDiscardable => "only a message that is unknown can be discarded",
            Self::Discarded => "it was discarded; write a new message",
        }
    }
}

/// A message sent again: the old one leads to the new one, so that a late echo of the old one is seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    pub old: Outbound,
    pub new: Outbound,
}

/// The id of the message that repeats another: there is one, however often it is asked for.
pub fn retry_id(id: &MessageId) -> MessageId {
    MessageId::derived(&["retry", id.as_str()])
}

/// Sends a message again, as a new one of the staff.
pub fn retry(message: &Outbound, now: Timestamp) -> Result<Retry, Refusal> {
    if message.is_settling(now) {
        return Err(Refusal::Settling);
    }
    match message.dispatch {
        Dispatch::Sending => return Err(Refusal::Sending),
        Dispatch::Unknown if message.follow_up.discarded_at.is_some() => {
            return Err(Refusal::Discarded);
        }
        Dispatch::Unknown if message.delivery < Delivery::Pending => {}
        Dispatch::Expired | Dispatch::Cancelled => {}
        Dispatch::Unknown
        | Dispatch::Rejected
        | Dispatch::Accepted
        | Dispatch::Queued
        | Dispatch::Parked => {
            if message.status() != "failed" {
                return Err(Refusal::NotRetryable);
            }
        }
    }
    let id = retry_id(&message.id);
    let mut old = message.clone();
    old.follow_up.retried_by = Some(id.clone());
    old.revision += 1;
    Ok(Retry {
        new: repeated(message, id, now),
        old,
    })
}

fn repeated(message: &Outbound, id: MessageId, now: Timestamp) -> Outbound {
    let draft = Draft {
        id,
        vendor: message.vendor.clone(),
        waba: message.waba.clone(),
        conversation: message.conversation.clone(),
        to: message.to.clone(),
        group: message.group.clone(),
        content: message.content.clone(),
        quote: None,
        origin: Origin::Staff,
        index: 0,
    };
    Outbound {
        reply_to: message.reply_to.clone(),
        quote: message.quote.clone(),
        follow_up: FollowUp {
            retry_of: Some(message.id.clone()),
            ..FollowUp::default()
        },
        ..draft.queued(now)
    }
}

/// Stops a message that did not leave yet. `None`: it is stopped already.
pub fn cancel(message: &Outbound) -> Result<Option<Outbound>, Refusal> {
    match message.dispatch {
        Dispatch::Cancelled => Ok(None),
        Dispatch::Queued | Dispatch::Parked => {
            Ok(Some(message.clone().moved_to(Dispatch::Cancelled)))
        }
        Dispatch::Sending => Err(Refusal::Sending),
        Dispatch::Accepted | Dispatch::Rejected | Dispatch::Unknown | Dispatch::Expired => {
            Err(Refusal::NotCancellable)
        }
    }
}

/// Closes a message in doubt for good. `None`: it is closed already.
pub fn discard(message: &Outbound, now: Timestamp) -> Result<Option<Outbound>, Refusal> {
    if message.dispatch != Dispatch::Unknown {
        return Err(Refusal::NotDiscardable);
    }
    let open = message.follow_up.discarded_at.is_none();
    Ok(open.then(|| message.clone().discarded(now)))
}

/// Whether the customer may have a message twice: it is proved after all, and its repetition was sent as well or is on its way.
pub fn duplicate_suspected(old: &Outbound, repeated: &Outbound) -> bool {
    let proved = matches!(
        old.status(),
        "accepted" | "sent" | "delivered" | "read" | "played"
    );
    let sent = matches!(
        repeated.dispatch,
        Dispatch::Sending | Dispatch::Accepted | Dispatch::Unknown
    );
    proved && sent && repeated.status() != "failed"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ProviderRef;
    use crate::limits;
    use crate::outbound::tests::reply;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn in_state(dispatch: Dispatch) -> Outbound {
        Outbound {
            dispatch,
            ..reply(0).taken(NOW)
        }
    }

    fn late() -> Timestamp {
        NOW + limits::SETTLES_WITHIN
    }

    #[test]
    fn every_state_may_be_repeated_stopped_or_closed_or_says_why_not() {
        use Refusal::{NotCancellable, NotDiscardable, NotRetryable, Sending};
        for (dispatch, repeats, stops, closes) in [
            (
                Dispatch::Queued,
                Err(NotRetryable),
                Ok(()),
                Err(NotDiscardable),
            ),
            (
                Dispatch::Parked,
                Err(NotRetryable),
                Ok(()),
                Err(NotDiscardable),
            ),
            (
                Dispatch::Sending,
                Err(Sending),
                Err(Sending),
                Err(NotDiscardable),
            ),
            (
                Dispatch::Accepted,
                Err(NotRetryable),
                Err(NotCancellable),
                Err(NotDiscardable),
            ),
            (
                Dispatch::Rejected,
                Ok(()),
                Err(NotCancellable),
                Err(NotDiscardable),
            ),
            (Dispatch::Unknown, Ok(()), Err(NotCancellable), Ok(())),
            (Dispatch::Cancelled, Ok(()), Ok(()), Err(NotDiscardable)),
            (
                Dispatch::Expired,
                Ok(()),
                Err(NotCancellable),
                Err(NotDiscardable),
            ),
        ] {
            let message = in_state(dispatch);
            assert_eq!(retry(&message, late()).map(drop), repeats, "{dispatch:?}");
            assert_eq!(cancel(&message).map(drop), stops, "{dispatch:?}");
            assert_eq!(discard(&message, late()).map(drop), closes, "{dispatch:?}");
        }
    }

    #[test]
    fn a_message_in_doubt_is_repeated_only_when_its_evidence_had_its_time() {
        let unknown = in_state(Dispatch::Unknown);
        assert_eq!(retry(&unknown, NOW), Err(Refusal::Settling));
        assert!(retry(&unknown, late()).is_ok());
        let closed = unknown.discarded(late());
        assert_eq!(retry(&closed, late()), Err(Refusal::Discarded));
        assert_eq!(discard(&closed, late()), Ok(None));
    }

    #[test]
    fn what_was_taken_and_failed_may_be_repeated_and_what_arrived_may_not() {
        let failed = Outbound {
            failure: Some("no reason given".to_owned()),
            ..in_state(Dispatch::Accepted)
        };
        assert!(retry(&failed, NOW).is_ok());
        let arrived = Outbound {
            delivery: Delivery::Delivered,
            ..failed
        };
        assert_eq!(retry(&arrived, NOW), Err(Refusal::NotRetryable));
    }

    #[test]
    fn a_repetition_is_a_fresh_message_of_the_staff_and_leads_both_ways() {
        let mut unknown = in_state(Dispatch::Unknown);
        unknown.reference.msg_id = Some(7);
        let Retry { old, new } = retry(&unknown, late()).unwrap();
        assert_eq!(old.follow_up.retried_by, Some(new.id.clone()));
        assert_eq!(new.follow_up.retry_of, Some(old.id.clone()));
        assert_eq!(new.id, retry_id(&old.id));
        assert_eq!(
            (new.origin, new.dispatch, new.attempts),
            (Origin::Staff, Dispatch::Queued, 0)
        );
        assert_eq!(
            (new.reference, new.revision, new.undispatched),
            (ProviderRef::default(), 0, true)
        );
        assert_eq!((new.content, new.to), (old.content, old.to));
    }

    #[test]
    fn a_late_proof_of_what_was_repeated_is_a_suspected_duplicate() {
        let unknown = in_state(Dispatch::Unknown);
        let repeated = in_state(Dispatch::Accepted);
        assert!(!duplicate_suspected(&unknown, &repeated));
        let proved = unknown.moved_to(Dispatch::Accepted);
        assert!(duplicate_suspected(&proved, &repeated));
        assert!(!duplicate_suspected(&proved, &in_state(Dispatch::Queued)));
        assert!(!duplicate_suspected(&proved, &in_state(Dispatch::Rejected)));
    }
}
