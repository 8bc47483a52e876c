//! The erasure of a vendor that was deleted: how far it got, and when it has ended.
//!
//! It is done in passes, each of which erases what it finds. What was under way when the vendor was deleted may still write for a while, so
//! an erasure ends with a pass that began after that while, saw everything and found nothing.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits;

/// How many things were erased, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Erased {
    /// Messages of the ledger, in both directions.
    pub messages: u64,
    /// What the ledger holds beside messages: providers' ids, receipts, idempotency keys, events that a queue refused.
    pub traces: u64,
    /// Conversations, the names that lead to them, and open sends.
    pub conversations: u64,
    /// Items of numbers and lanes: gaps, pairing codes, lists, counted days.
    pub numbers: u64,
    /// Customers' files.
    pub files: u64,
    /// Entries of the quarantine and of dead-letter queues.
    pub entries: u64,
    /// Customers' orders.
    pub orders: u64,
}

impl Erased {
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            traces: self.traces + other.traces,
            conversations: self.conversations + other.conversations,
            numbers: self.numbers + other.numbers,
            files: self.files + other.files,
            entries: self.entries + other.entries,
            orders: self.orders + other.orders,
        }
    }
}

/// What one pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    pub erased: Erased,
    /// It looked at everything, and did not stop because its time was over.
    pub is_whole: bool,
    /// Something may be out of sight that nobody dealt with: it is to be looked again a while later.
    pub is_in_doubt: bool,
}

/// A vendor's erasure, which stands in the place of its configuration until the vendor's id is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub begun_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// When somebody must go on with it.
    pub due_at: Timestamp,
    /// Until when one pass keeps others away.
    pub lease_until: Option<Timestamp>,
    pub erased: Erased,
    /// Raised by every change, and the condition of the next.
    pub revision: u64,
}

/// What is to be done with an erasure now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Make a pass, after writing this.
    Pass(Erasure),
    /// Nothing of the vendor is left to come: forget that it was there.
    Forget,
    /// Somebody makes a pass, or nothing is due.
    Nothing,
}

impl Erasure {
    /// An erasure that begins at `now`, under a revision that no writer of the configuration has seen.
    pub fn begun(now: Timestamp, revision: u64) -> Self {
        Self {
            begun_at: now,
            finished_at: None,
            due_at: now,
            lease_until: None,
            erased: Erased::default(),
            revision,
        }
    }

    /// Whether nothing that knew the vendor before its deletion is still at work.
    pub fn is_settled(&self, now: Timestamp) -> bool {
        now >= self.settles_at()
    }

    /// When a round must have begun, at the earliest, that sees everything that may still come of the vendor.
    pub fn settles_at(&self) -> Timestamp {
        after(self.begun_at, limits::ERASURE_SETTLES)
    }

    pub fn step(&self, now: Timestamp) -> Step {
        let is_leased = self.lease_until.is_some_and(|until| until > now);
        if is_leased || self.due_at > now {
            return Step::Nothing;
        }
        if self.finished_at.is_some() {
            return Step::Forget;
        }
        let until = after(now, limits::ERASURE_LEASE);
        Step::Pass(Self {
            due_at: until,
            lease_until: Some(until),
            revision: self.revision + 1,
            ..*self
        })
    }

    /// The erasure after a pass that began at `began`.
    #[must_use]
    pub fn passed(self, pass: Pass, began: Timestamp, now: Timestamp) -> Self {
        let was_clean = pass.is_whole && pass.erased == Erased::default();
        let (finished_at, due_at) = if !pass.is_whole {
            (None, now)
        } else if !was_clean || pass.is_in_doubt {
            (None, after(now, limits::ERASURE_EVERY))
        } else if self.is_settled(began) {
            (Some(now), after(now, limits::ERASED_REMEMBERED))
        } else {
            (
                None,
                self.settles_at().max(after(now, limits::ERASURE_EVERY)),
            )
        };
        Self {
            finished_at,
            due_at,
            lease_until: None,
            erased: self.erased.and(pass.erased),
            revision: self.revision + 1,
            ..self
        }
    }
}

fn after(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const CLEAN: Pass = Pass {
        erased: Erased {
            messages: 0,
            traces: 0,
            conversations: 0,
            numbers: 0,
            files: 0,
            entries: 0,
            orders: 0,
        },
        is_whole: true,
        is_in_doubt: false,
    };

    fn found(messages: u64) -> Pass {
        Pass {
            erased: Erased {
                messages,
                ..Erased::default()
            },
            ..CLEAN
        }
    }

    #[test]
    fn a_clean_pass_ends_an_erasure_only_once_nothing_is_under_way_any_more() {
        let begun = Erasure::begun(NOW, 4);
        let early = begun.passed(CLEAN, NOW, NOW);
        assert_eq!(early.finished_at, None);
        assert!(early.is_settled(early.due_at), "it is not looked at before");
        let late = early.due_at;
        assert_eq!(
            early.passed(found(1), late, late).finished_at,
            None,
            "it found something"
        );
        let cut = Pass {
            is_whole: false,
            ..CLEAN
        };
        assert_eq!(early.passed(cut, late, late).due_at, late, "at once");
        let in_doubt = Pass {
            is_in_doubt: true,
            ..CLEAN
        };
        let waits = early.passed(in_doubt, late, late);
        assert_eq!(waits.finished_at, None);
        assert_eq!(waits.due_at, late + limits::ERASURE_EVERY);
        let finished = early.passed(CLEAN, late, late);
        assert_eq!(finished.finished_at, Some(late));
        assert_eq!(finished.step(late), Step::Nothing);
        assert_eq!(finished.step(finished.due_at), Step::Forget);
    }

    #[test]
    fn one_pass_keeps_others_away_and_one_that_died_is_followed() {
        let Step::Pass(leased) = Erasure::begun(NOW, 1).step(NOW) else {
            panic!("a pass is due")
        };
        assert_eq!(leased.revision, 2);
        assert_eq!(leased.step(NOW), Step::Nothing);
        assert!(matches!(leased.step(leased.due_at), Step::Pass(_)));
    }

    proptest! {
        #[test]
        fn an_erasure_counts_everything_and_ends_with_a_clean_pass(
            passes in prop::collection::vec((0_u64..3, any::<bool>()), 0..40)
        ) {
            let (mut erasure, mut now, mut sum) = (Erasure::begun(NOW, 0), NOW, 0);
            for (messages, is_whole) in passes {
                let before = erasure;
                now = now.max(erasure.due_at);
                let Step::Pass(leased) = erasure.step(now) else { break };
                let pass = Pass { is_whole, ..found(messages) };
                erasure = leased.passed(pass, now, now);
                sum += messages;
                prop_assert_eq!(erasure.erased.messages, sum);
                prop_assert!(erasure.revision > before.revision);
                if erasure.finished_at.is_some() {
                    prop_assert!(messages == 0 && is_whole && erasure.is_settled(now));
                }
            }
            // From wherever it stands, two passes that find nothing end it.
            for _ in 0..2 {
                now = now.max(erasure.due_at);
                if let Step::Pass(leased) = erasure.step(now) {
                    erasure = leased.passed(CLEAN, now, now);
                }
            }
            prop_assert!(erasure.finished_at.is_some());
            let ended = erasure.finished_at.map(|at| at.duration_since(NOW));
            prop_assert!(ended < Some(SignedDuration::from_hours(24)));
        }
    }
}
