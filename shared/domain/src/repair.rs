//! How often settings that drifted are put back: two tools that each want a session their own way must not fight for ever.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits;

/// The repairs of one session within the last day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repairs {
    /// When the first of them was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When the next may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    #[serde(default)]
    pub count: u32,
}

impl Repairs {
    /// The repairs with one that begins now; `None` if it is too soon, or if there were enough of them. Each waits twice as long as the one
    /// before.
    #[must_use]
    pub fn begun(self, now: Timestamp) -> Option<Self> {
        let after = |at: Timestamp, wait| at.checked_add(wait).unwrap_or(Timestamp::MAX);
        let is_over = |since| after(since, limits::REPAIRS_WITHIN) <= now;
        let before = if self.since.is_none_or(is_over) {
            Self::default()
        } else {
            self
        };
        let is_early = before.next_at.is_some_and(|next| now < next);
        if is_early || before.count >= limits::REPAIRS {
            return None;
        }
        let wait = limits::REPAIR_WAITS * 2_u32.saturating_pow(before.count);
        Some(Self {
            since: before.since.or(Some(now)),
            next_at: Some(after(now, wait)),
            count: before.count + 1,
        })
    }

    /// Whether no more will be made for now, so that a person has to see who else changes the settings.
    pub const fn are_spent(&self) -> bool {
        self.count >= limits::REPAIRS
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, ToSpan};
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn the_first_drift_is_repaired_at_once_and_the_next_after_longer_and_longer() {
        let first = Repairs::default().begun(NOW).unwrap();
        assert_eq!(first.begun(NOW + 9.minutes()), None);
        let second = first.begun(NOW + 10.minutes()).unwrap();
        assert_eq!(second.begun(NOW + 29.minutes()), None);
        assert!(second.begun(NOW + 30.minutes()).is_some());
    }

    #[test]
    fn a_day_later_it_begins_anew() {
        let mut repairs = Repairs::default();
        let mut now = NOW;
        while let Some(next) = repairs.begun(now) {
            repairs = next;
            now = next.next_at.unwrap();
        }
        assert!(repairs.are_spent());
        let anew = repairs.begun(NOW + 24.hours()).unwrap();
        assert_eq!((anew.count, anew.since), (1, Some(NOW + 24.hours())));
    }

    proptest! {
        #[test]
        fn no_fight_has_more_rounds_than_are_allowed_in_a_day(steps in prop::collection::vec(0_i64..7_200, 1..400)) {
            let (mut repairs, mut now, mut begun) = (Repairs::default(), NOW, Vec::new());
            for step in steps {
                now += SignedDuration::from_secs(step);
                if let Some(next) = repairs.begun(now) {
                    repairs = next;
                    begun.push(now);
                }
            }
            // A day may hold the end of one count and the beginning of the next.
            for first in &begun {
                let within = begun.iter().filter(|at| *at >= first && **at < *first + limits::REPAIRS_WITHIN);
                prop_assert!(within.count() <= 2 * limits::REPAIRS as usize);
            }
        }
    }
}
