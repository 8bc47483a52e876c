//! What is not known of a send, and when it is asked after: nothing stays in doubt that can be known.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::delivery::Delivery;
use crate::ids::MessageId;
use crate::ledger::Dispatch;
use crate::limits;
use crate::outbound::Outbound;

/// What followed on a send, and what people did about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowUp {
    /// When its last call began.
    pub begun_at: Option<Timestamp>,
    /// How often it was asked after in its present state.
    pub looks: u32,
    /// When a person closed it although nobody knows what became of it.
    pub discarded_at: Option<Timestamp>,
    /// The moment of the restore from backup that brought it into doubt: it may have been sent at any time until then.
    pub restored_at: Option<Timestamp>,
    /// The message that it repeats.
    pub retry_of: Option<MessageId>,
    /// The message that repeats it.
    pub retried_by: Option<MessageId>,
}

/// What a provider's log says of a send that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logged {
    /// It is on its way, or left.
    Taken,
    /// It failed; the reason has no digits.
    Failed(String),
}

/// A row of a provider's log that has the recipient and the content of a send and belongs to no message yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub msg_id: i64,
    pub at: Timestamp,
    pub state: Logged,
}

/// A send with the same recipient and content, of which the provider's number is not known; the one that is asked after is among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    pub message: MessageId,
    pub begun_at: Timestamp,
    /// Until when it may have begun, if that is not known more closely.
    pub begun_by: Option<Timestamp>,
    /// Its call may be under way: what it becomes is not known yet.
    pub in_flight: bool,
}

/// A row may be stamped this much before its send began, because clocks differ and stamps are whole seconds.
const EARLY: SignedDuration = SignedDuration::from_secs(5);
/// Most rows are stamped within this of the beginning of their send.
const SOON: SignedDuration = SignedDuration::from_secs(30);
/// A row of a send is stamped within this.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// The row that proves `message`, if there is one: the oldest send has the oldest row, and no row has two sends. As long as one of the
/// sends that are alike may be under way, no row proves another.
pub fn row_of<'r>(message: &MessageId, alike: &[Alike], rows: &'r [Row]) -> Option<&'r Row> {
    if alike
        .iter()
        .any(|send| send.in_flight && send.message != *message)
    {
        return None;
    }
    let mut sends: Vec<_> = alike.iter().collect();
    sends.sort_by_key(|send| send.begun_at);
    let mut free: Vec<_> = rows.iter().collect();
    free.sort_by_key(|row| row.at);
    // First what lies close together, so that an old send in doubt does not take the row of its repetition.
    for reach in [Some(SOON), Some(LATE), None] {
        let mut left = Vec::new();
        for send in sends {
            let fits = |row: &&Row| {
                let since = row.at.duration_since(send.begun_at);
                let is_in_reach = match reach {
                    Some(reach) => since <= reach,
                    None => send.begun_by.is_some_and(|by| row.at <= by),
                };
                since >= -EARLY && is_in_reach
            };
            match free.iter().position(fits) {
                Some(at) if send.message == *message => return Some(free[at]),
                Some(at) => drop(free.remove(at)),
                None => left.push(send),
            }
        }
        sends = left;
    }
    None
}

impl Outbound {
    /// When this send is asked after again: one in doubt, or an accepted one that WhatsApp's id is not known of. `None` if there is nothing
    /// to ask, or if it was asked often enough.
    pub(crate) fn look_at(&self, now: Timestamp) -> Option<Timestamp> {
        let looks = usize::try_from(self.follow_up.looks).unwrap_or(usize::MAX);
        let wait = match self.dispatch {
            Dispatch::Unknown if self.follow_up.discarded_at.is_none() => {
                limits::UNKNOWN_LOOKS.get(looks)
            }
            Dispatch::Accepted if self.is_unjoined() => limits::UNJOINED_LOOKS.get(looks),
            Dispatch::Unknown
            | Dispatch::Accepted
            | Dispatch::Queued
            | Dispatch::Parked
            | Dispatch::Sending
            | Dispatch::Rejected
            | Dispatch::Cancelled
            | Dispatch::Expired => None,
        };
        now.checked_add(*wait?).ok()
    }

    /// Whether the provider took it and what is told of it under WhatsApp's id may not find it.
    pub fn is_unjoined(&self) -> bool {
        let numbered = self.reference.msg_id.is_some() && self.reference.key_id.is_none();
        self.dispatch == Dispatch::Accepted && numbered && self.delivery < Delivery::Sent
    }

    /// The send looked at once more.
    #[must_use]
    pub fn looked_at(mut self) -> Self {
        self.follow_up.looks += 1;
        self.revision += 1;
        self
    }

    /// The send closed by a person, who will not know either: nobody asks after it any more. What is heard of it still counts.
    #[must_use]
    pub fn discarded(mut self, now: Timestamp) -> Self {
        self.follow_up.discarded_at = Some(now);
        self.revision += 1;
        self
    }

    /// Whether a send in doubt is too young for a person to decide on.
    pub fn is_settling(&self, now: Timestamp) -> bool {
        let begun = self.follow_up.begun_at.unwrap_or(self.created_at);
        let age = Duration::try_from(now.duration_since(begun)).unwrap_or_default();
        self.dispatch == Dispatch::Unknown && age < limits::SETTLES_WITHIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::tests::reply;
    use jiff::ToSpan;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn at(seconds: i64) -> Timestamp {
        NOW + seconds.seconds()
    }

    fn send(name: &str, begun: i64) -> Alike {
        Alike {
            message: MessageId::derived(&[name]),
            begun_at: at(begun),
            begun_by: None,
            in_flight: false,
        }
    }

    fn row(msg_id: i64, seconds: i64) -> Row {
        Row {
            msg_id,
            at: at(seconds),
            state: Logged::Taken,
        }
    }

    fn proof(name: &str, alike: &[Alike], rows: &[Row]) -> Option<i64> {
        row_of(&MessageId::derived(&[name]), alike, rows).map(|row| row.msg_id)
    }

    #[test]
    fn a_row_within_its_time_is_proof_and_no_row_is_none() {
        let alike = [send("a", 100)];
        for (seconds, expected) in [(94, None), (95, Some(1)), (700, Some(1)), (701, None)] {
            assert_eq!(
                proof("a", &alike, &[row(1, seconds)]),
                expected,
                "{seconds}"
            );
        }
        assert_eq!(proof("a", &alike, &[]), None);
    }

    #[test]
    fn of_two_sends_that_are_alike_the_older_has_the_older_row() {
        let alike = [send("younger", 10), send("older", 0)];
        let rows = [row(2, 11), row(1, 1)];
        assert_eq!(proof("older", &alike, &rows), Some(1));
        assert_eq!(proof("younger", &alike, &rows), Some(2));
        assert_eq!(proof("older", &alike, &rows[..1]), Some(2));
        assert_eq!(proof("younger", &alike, &rows[..1]), None);
    }

    #[test]
    fn the_row_of_a_repetition_is_not_taken_by_what_it_repeats() {
        let alike = [send("first", 0), send("repeated", 130)];
        let rows = [row(1, 131)];
        assert_eq!(proof("first", &alike, &rows), None);
        assert_eq!(proof("repeated", &alike, &rows), Some(1));
    }

    #[test]
    fn while_one_that_is_alike_is_under_way_nothing_is_proved() {
        let under_way = Alike {
            in_flight: true,
            ..send("other", 20)
        };
        assert_eq!(proof("a", &[send("a", 0), under_way], &[row(1, 1)]), None);
    }

    #[test]
    fn a_send_in_doubt_is_asked_after_at_growing_times_and_then_left_to_a_person() {
        let mut message = reply(0).taken(NOW).moved_to(Dispatch::Unknown);
        let mut now = NOW;
        let mut looks = Vec::new();
        while let Some(due) = message.look_at(now) {
            looks.push(due.as_second());
            now = due;
            message = message.looked_at();
        }
        assert_eq!(looks, [15, 60, 300, 1_800, 10_800]);
        let fresh = reply(0).taken(NOW).moved_to(Dispatch::Unknown);
        assert_eq!(fresh.discarded(NOW).look_at(NOW), None);
    }

    #[test]
    fn an_accepted_send_is_asked_after_while_its_ids_are_not_joined() {
        let mut accepted = reply(0).taken(NOW).moved_to(Dispatch::Accepted);
        assert_eq!(accepted.look_at(NOW), None, "there is no number to ask by");
        accepted.reference.msg_id = Some(7);
        assert_eq!(accepted.look_at(NOW), Some(at(30)));
        let known = |change: fn(&mut Outbound)| {
            let mut known = accepted.clone();
            change(&mut known);
            known.look_at(NOW)
        };
        assert_eq!(known(|it| it.delivery = Delivery::Sent), None);
        assert_eq!(
            known(|it| it.reference.key_id = crate::event::ProviderMessageId::parse("3EB0")),
            None
        );
        assert_eq!(known(|it| it.follow_up.looks = 4), None);
    }

    #[test]
    fn a_young_doubt_settles_by_itself() {
        let unknown = reply(0).taken(NOW).moved_to(Dispatch::Unknown);
        assert!(unknown.is_settling(at(119)) && !unknown.is_settling(at(120)));
        assert!(!reply(0).is_settling(NOW));
    }

    proptest! {
        #[test]
        fn no_row_proves_two_sends(
            begun in prop::collection::vec(0_i64..900, 1..6),
            stamps in prop::collection::vec(0_i64..1_600, 0..6),
        ) {
            let alike: Vec<_> = begun.iter().enumerate().map(|(n, at)| send(&n.to_string(), *at)).collect();
            let rows: Vec<_> = (1..).zip(&stamps).map(|(n, at)| row(n, *at)).collect();
            let mut proofs: Vec<_> =
                (0..alike.len()).filter_map(|n| proof(&n.to_string(), &alike, &rows)).collect();
            let found = proofs.len();
            proofs.sort_unstable();
            proofs.dedup();
            prop_assert_eq!(proofs.len(), found);
        }
    }
}
