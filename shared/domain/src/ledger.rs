use serde::{Deserialize, Serialize};

use crate::delivery::Delivery;

/// What we did with a message to send. It is ours alone: changed only under a claim, never by a webhook, except that proof settles `Unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dispatch {
    /// In the queue, or about to be.
    Queued,
    /// Waiting on its lane's list, out of the queue, until the session can send again.
    Parked,
    /// Being given to the provider by the holder of the lease.
    Sending,
    /// The provider took it.
    Accepted,
    /// The provider refused it for good.
    Rejected,
    /// It may or may not have been taken. It is never sent again by itself.
    Unknown,
    /// Overtaken by an event before it was sent: a takeover, a stop, a person's decision.
    Cancelled,
    /// It waited longer than it is worth.
    Expired,
}

impl Dispatch {
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Parked,
        Self::Sending,
        Self::Accepted,
        Self::Rejected,
        Self::Unknown,
        Self::Cancelled,
        Self::Expired,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Parked => "parked",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dispatch| dispatch.as_str() == word)
    }

    /// Whether the ledger may move a message from this state to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        use Dispatch::{Accepted, Cancelled, Expired, Parked, Queued, Rejected, Sending, Unknown};
        match self {
            // To `Unknown` only in tables that were restored from a backup: nobody knows what became of it since.
            Queued => matches!(
                next,
                Sending | Parked | Rejected | Cancelled | Expired | Unknown
            ),
            Parked => matches!(next, Queued | Cancelled | Expired | Unknown),
            // Back to `Queued` or `Parked` only where the provider surely did not take it.
            Sending => matches!(next, Accepted | Rejected | Unknown | Queued | Parked),
            // Only by proof from the provider: that it took it, or that it did and failed.
            Unknown => matches!(next, Accepted | Rejected),
            Accepted | Rejected | Cancelled | Expired => false,
        }
    }

    /// Whether it still can be sent.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Parked | Self::Sending)
    }
}

/// The status that the world sees: a pure function of what we did, of how far it got, and of whether the provider reported a failure.
pub const fn status(dispatch: Dispatch, delivery: Delivery, failed: bool) -> &'static str {
    match (delivery, dispatch) {
        // What arrived has arrived, whatever else is said of it.
        (Delivery::Played, _) => "played",
        (Delivery::Read, _) => "read",
        (Delivery::Delivered, _) => "delivered",
        (_, Dispatch::Rejected) => "failed",
        (Delivery::None | Delivery::Pending | Delivery::Sent, _) if failed => "failed",
        (Delivery::Sent, _) => "sent",
        (Delivery::None | Delivery::Pending, dispatch) => dispatch.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_status_is_a_table_over_dispatch_delivery_and_failure() {
        for dispatch in Dispatch::ALL {
            for delivery in Delivery::ALL {
                for failed in [false, true] {
                    let expected = match delivery {
                        Delivery::Delivered => "delivered",
                        Delivery::Read => "read",
                        Delivery::Played => "played",
                        _ if failed || dispatch == Dispatch::Rejected => "failed",
                        Delivery::Sent => "sent",
                        Delivery::None | Delivery::Pending => dispatch.as_str(),
                    };
                    assert_eq!(
                        status(dispatch, delivery, failed),
                        expected,
                        "{dispatch:?} {delivery:?} {failed}"
                    );
                }
            }
        }
    }

    #[test]
    fn better_evidence_never_makes_the_status_worse() {
        let order = ["failed", "sent", "delivered", "read", "played"];
        for dispatch in [Dispatch::Accepted, Dispatch::Unknown, Dispatch::Sending] {
            for pair in Delivery::ALL
                .windows(2)
                .filter(|pair| pair[0] >= Delivery::Sent)
            {
                let place = |delivery| {
                    order
                        .iter()
                        .position(|word| *word == status(dispatch, delivery, false))
                };
                assert!(place(pair[0]) < place(pair[1]), "{pair:?}");
            }
        }
    }

    #[test]
    fn nothing_leaves_a_final_state_and_only_proof_leaves_unknown() {
        for from in Dispatch::ALL {
            let next: Vec<_> = Dispatch::ALL
                .into_iter()
                .filter(|next| from.may_become(*next))
                .collect();
            match from {
                Dispatch::Accepted
                | Dispatch::Rejected
                | Dispatch::Cancelled
                | Dispatch::Expired => assert_eq!(next, []),
                Dispatch::Unknown => {
                    assert_eq!(next, [Dispatch::Accepted, Dispatch::Rejected]);
                }
                Dispatch::Queued | Dispatch::Parked | Dispatch::Sending => {
                    assert!(!next.is_empty());
                }
            }
            assert!(!from.may_become(from), "{from:?}");
        }
    }

    #[test]
    fn every_state_is_read_back_from_its_word() {
        for dispatch in Dispatch::ALL {
            assert_eq!(Dispatch::parse(dispatch.as_str()), Some(dispatch));
        }
        assert_eq!(Dispatch::parse("sent"), None);
    }
}
