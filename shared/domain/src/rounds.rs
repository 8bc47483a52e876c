//! Rounds through the queues that nobody consumes, on behalf of every vendor that is being erased.
//!
//! SQS shows what nobody has received lately. So an empty answer proves that everything was seen only if nobody else, an operator's request
//! or a round that died, keeps something out of sight. One round at a time goes through the queues, and its word counts for all vendors
//! that were deleted long enough before it began.

use jiff::Timestamp;

use crate::limits;

/// How far the rounds are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounds {
    /// Until when a round keeps others away; nothing if none is under way.
    pub lease_until: Option<Timestamp>,
    /// When the round began that is under way, or that was cut short and is to be gone on with.
    pub began_at: Option<Timestamp>,
    /// Until when a round that died may keep something out of sight.
    pub hidden_until: Option<Timestamp>,
    /// Until when an operator's request may keep something out of sight.
    pub looked_until: Option<Timestamp>,
    /// When the last round began that saw everything.
    pub whole_since: Option<Timestamp>,
    /// Raised by every change, and the condition of the next of a round.
    pub revision: u64,
}

impl Rounds {
    /// Whether a round that saw everything began then or later.
    pub fn covers(&self, since: Timestamp) -> bool {
        self.whole_since.is_some_and(|began| began >= since)
    }

    /// The rounds with one under way from now on. `None`: another is.
    #[must_use]
    pub fn begun(&self, now: Timestamp) -> Option<Self> {
        if self.lease_until.is_some_and(|until| until > now) {
            return None;
        }
        // Whoever had the lease did not give it back.
        let died = self.lease_until.map(|until| until + limits::SCRUB_HIDES);
        Some(Self {
            lease_until: Some(now + limits::ERASURE_LEASE),
            began_at: self.began_at.or(Some(now)),
            hidden_until: self.hidden_until.max(died),
            revision: self.revision + 1,
            ..*self
        })
    }

    /// The rounds after the one under way; `saw_all` if it came to the end of every queue.
    #[must_use]
    pub fn ended(&self, saw_all: bool) -> Self {
        let hidden = self.hidden_until.max(self.looked_until);
        let whole = self.began_at.filter(|began| hidden <= Some(*began));
        Self {
            lease_until: None,
            began_at: self.began_at.filter(|_| !saw_all),
            whole_since: self.whole_since.max(whole.filter(|_| saw_all)),
            revision: self.revision + 1,
            ..*self
        }
    }

    /// The rounds while an operator's request may keep something out of sight.
    #[must_use]
    pub fn looked_at(&self, now: Timestamp) -> Self {
        Self {
            looked_until: self.looked_until.max(Some(now + limits::SHELF_LOOK)),
            revision: self.revision + 1,
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn after(seconds: u64) -> Timestamp {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn a_round_that_saw_everything_counts_from_when_it_began() {
        let begun = Rounds::default().begun(after(5)).unwrap();
        assert_eq!(begun.begun(after(6)), None, "one at a time");
        let ended = begun.ended(true);
        assert!(ended.covers(after(5)) && !ended.covers(after(6)));
        let cut = begun.ended(false);
        assert!(!cut.covers(after(5)));
        let gone_on = cut.begun(after(9)).unwrap().ended(true);
        assert!(gone_on.covers(after(5)) && !gone_on.covers(after(6)));
    }

    #[test]
    fn what_an_operator_or_a_dead_round_may_hide_was_not_seen() {
        let looked = Rounds::default().looked_at(NOW);
        let during = looked.begun(after(5)).unwrap().ended(true);
        assert!(!during.covers(NOW));
        let until = limits::SHELF_LOOK.as_secs();
        let behind = during.begun(after(until)).unwrap().ended(true);
        assert!(behind.covers(after(until)));
        let under_way = Rounds::default().begun(NOW).unwrap();
        assert!(!under_way.looked_at(after(1)).ended(true).covers(NOW));
        let lease = limits::ERASURE_LEASE.as_secs().unsigned_abs();
        let next = under_way.begun(after(lease)).unwrap().ended(true);
        assert!(!next.covers(NOW), "the first died");
        let seen_again = lease + limits::SCRUB_HIDES.as_secs();
        let last = next.begun(after(seen_again)).unwrap().ended(true);
        assert!(last.covers(after(seen_again)));
    }

    /// An entry of a deleted vendor, and who keeps it out of sight until when.
    #[derive(Clone, Copy, Debug)]
    enum Act {
        Round { dies: bool, cut: bool },
        Look,
    }

    fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
        let act = prop_oneof![
            4 => (any::<bool>(), any::<bool>()).prop_map(|(dies, cut)| Act::Round { dies, cut }),
            2 => Just(Act::Look),
        ];
        prop::collection::vec((1_u64..400, act), 1..60)
    }

    proptest! {
        #[test]
        fn no_round_vouches_for_a_queue_that_holds_an_entry(acts in acts()) {
            let (mut rounds, mut now) = (Rounds::default(), NOW);
            // The vendor was deleted at the epoch, and its entry is there until a round deals with it.
            let (mut is_there, mut hidden_until) = (true, NOW);
            for (wait, act) in acts {
                now += Duration::from_secs(wait);
                let sees = is_there && hidden_until <= now;
                match act {
                    Act::Look => {
                        rounds = rounds.looked_at(now);
                        if sees {
                            hidden_until = now + limits::SHELF_HIDES;
                        }
                    }
                    Act::Round { dies, cut } => {
                        let Some(begun) = rounds.begun(now) else { continue };
                        rounds = begun;
                        if dies {
                            // It died between seeing the entry and deleting it.
                            if sees { hidden_until = now + limits::SCRUB_HIDES; }
                        } else {
                            if sees && !cut { is_there = false; }
                            rounds = rounds.ended(!cut);
                        }
                    }
                }
                prop_assert!(!is_there || rounds.whole_since.is_none());
            }
        }
    }
}
