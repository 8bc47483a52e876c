use std::time::Duration;

use jiff::Timestamp;

use crate::ids::{Fingerprint, MessageId};
use crate::limits;
use crate::pacing::Pacing;

const SECONDS_OF_A_DAY: i64 = 86_400;
/// A refusal that comes within so many sends of the last one shows that the gap is too short.
const REPEATS_WITHIN: u32 = 16;
/// After so many sends without a refusal, what was learned shrinks by a quarter.
const SHRINKS_AFTER: u32 = 50;

/// How fast a lane goes: what is configured, what the provider's refusals taught, and what left today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The least time between two sends, as configured.
    pub configured: Duration,
    /// How many messages may leave in a day.
    pub day_cap: Option<u32>,
    /// Whether gaps vary.
    pub jitter: bool,
    /// A longer gap than the configured one, learned from refusals.
    pub learned: Option<Duration>,
    /// Sends taken since the last refusal, the one that is refused next included.
    pub taken: u32,
    /// Refusals in a row, without an accepted send between.
    pub refusals: u32,
    /// The day that `today` counts, in days since 1970 (UTC).
    pub day: i64,
    /// Sends of that day.
    pub today: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self::of(&Pacing::default())
    }
}

impl Pace {
    pub fn of(pacing: &Pacing) -> Self {
        Self {
            configured: pacing.gap(),
            day_cap: pacing.day(),
            jitter: pacing.jitter,
            learned: None,
            taken: 0,
            refusals: 0,
            day: 0,
            today: 0,
        }
    }

    /// The pace configured anew. What was learned under another gap means nothing any more.
    #[must_use]
    pub fn configured_as(self, pacing: &Pacing) -> Self {
        let learned = self.learned.filter(|_| self.configured == pacing.gap());
        Self {
            configured: pacing.gap(),
            day_cap: pacing.day(),
            jitter: pacing.jitter,
            learned,
            ..self
        }
    }

    /// The least time between two sends.
    pub fn gap(&self) -> Duration {
        self.learned.unwrap_or_default().max(self.configured)
    }

    /// The longest time between two sends that its margin and jitter may make of the gap.
    pub fn longest_gap(&self) -> Duration {
        let gap = self.gap();
        gap + gap / 20 + gap / 4
    }

    /// The pace after a send was taken, and how long nothing else may be: the gap, 5 % for clocks that disagree, and its jitter.
    #[must_use]
    pub fn taken(mut self, message: &MessageId, now: Timestamp) -> (Self, Duration) {
        let gap = self.gap();
        let jitter = if self.jitter {
            jitter(message, gap)
        } else {
            Duration::ZERO
        };
        let day = day_of(now);
        self.today = 1 + if self.day == day { self.today } else { 0 };
        self.day = day;
        self.taken = self.taken.saturating_add(1);
        if self.taken.is_multiple_of(SHRINKS_AFTER) {
            let shrunk = self.learned.map(|learned| learned * 3 / 4);
            self.learned = shrunk.filter(|learned| *learned > self.configured);
        }
        (self, gap + gap / 20 + jitter)
    }

    /// The pace after a send that was taken did not leave after all: the day does not count it.
    #[must_use]
    pub fn given_back(mut self, now: Timestamp) -> Self {
        if self.day == day_of(now) {
            self.today = self.today.saturating_sub(1);
        }
        self
    }

    /// Until when nothing may leave because the day's number is reached.
    pub fn capped_until(&self, now: Timestamp) -> Option<Timestamp> {
        let day = day_of(now);
        let is_reached = self.day == day && self.day_cap.is_some_and(|cap| self.today >= cap);
        let midnight = Timestamp::from_second((day + 1) * SECONDS_OF_A_DAY).ok()?;
        is_reached.then_some(midnight)
    }

    /// How long to wait after a refusal that asks for this. One that names no time waits longer each time, and after many in a row
    /// nobody tries more than once a minute.
    pub fn wait(&self, asked: Option<Duration>) -> Duration {
        let in_a_row = self.refusals_with_this();
        let wait = asked.unwrap_or_else(|| backoff(in_a_row));
        if in_a_row > limits::REFUSALS_IN_A_ROW {
            wait.max(limits::PROBE_AFTER)
        } else {
            wait
        }
    }

    /// The pace after the provider refused a send that kept the gap, and asked to wait. The second time this happens shortly after a
    /// send that it took, its gap is longer than ours, and we take it over.
    #[must_use]
    pub fn refused(mut self, wait: Duration) -> Self {
        let after_a_send = self.taken > 1;
        let again = self.refusals > 0 && self.taken <= REPEATS_WITHIN;
        if after_a_send && (again || self.learned.is_some()) && wait <= limits::LEARNED_GAP_MOST {
            let gap = self.gap();
            let longer = if wait > gap { wait } else { gap + wait };
            self.learned = Some(longer.min(limits::LEARNED_GAP_MOST));
        }
        self.refusals = self.refusals_with_this();
        self.taken = 0;
        self
    }

    const fn refusals_with_this(&self) -> u32 {
        if self.taken <= 1 {
            self.refusals.saturating_add(1)
        } else {
            1
        }
    }
}

/// How long to wait before the next of several tries: 1 s, doubling to 30 s.
pub fn backoff(tries: u32) -> Duration {
    Duration::from_secs(1 << tries.saturating_sub(1).min(5)).min(limits::REQUEUE_WAITS)
}

fn day_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(SECONDS_OF_A_DAY)
}

/// Up to a quarter of the gap, always the same for one message.
fn jitter(message: &MessageId, gap: Duration) -> Duration {
    const STEPS: u32 = 1024;
    let step = Fingerprint::of(&["jitter", message.as_str()]).small() % STEPS;
    gap * step / (4 * STEPS)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::*;
    use crate::pacing::{PAID_GAP, PROTECTED_GAP, Plan};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn id(number: u32) -> MessageId {
        MessageId::from_bits(number.into())
    }

    fn taken(pace: Pace, times: u32) -> Pace {
        (0..times).fold(pace, |pace, number| pace.taken(&id(number), NOW).0)
    }

    /// A send is taken and refused.
    fn refused(pace: Pace, seconds: u64) -> Pace {
        taken(pace, 1).refused(Duration::from_secs(seconds))
    }

    fn capped(cap: u32) -> Pace {
        Pace::of(&Pacing {
            daily_cap: NonZeroU32::new(cap),
            ..Pacing::default()
        })
    }

    proptest! {
        #[test]
        fn jitter_only_lengthens_a_gap_and_by_a_quarter_at_most(bits: u128, protected: bool) {
            let pacing = Pacing { account_protection: protected, ..Pacing::default() };
            let gap = pacing.gap();
            let waits = Pace::of(&pacing).taken(&MessageId::from_bits(bits), NOW).1;
            prop_assert!(waits >= gap + gap / 20, "{waits:?}");
            prop_assert!(waits < gap + gap / 20 + gap / 4, "{waits:?}");
        }
    }

    #[test]
    fn jitter_varies_around_an_eighth_of_the_gap_and_is_the_same_for_one_message() {
        let of = |number| jitter(&id(number), PROTECTED_GAP);
        let mean = (0..1_000).map(of).sum::<Duration>() / 1_000;
        let eighth = PROTECTED_GAP / 8;
        assert!(
            (eighth * 9 / 10..eighth * 11 / 10).contains(&mean),
            "{mean:?}"
        );
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn without_jitter_the_paid_plan_is_used_up_to_its_margin() {
        let pacing = Pacing {
            jitter: false,
            ..Pacing::default()
        };
        let waits = Pace::of(&pacing).taken(&id(1), NOW).1;
        let a_minute = 60_000 / waits.as_millis();
        assert!((240..=256).contains(&a_minute), "{a_minute}");
    }

    #[test]
    fn one_refusal_teaches_nothing_and_a_second_after_a_send_does() {
        let first = refused(taken(Pace::default(), 1), 5);
        assert_eq!(first.gap(), PAID_GAP);
        let second = refused(taken(first, 1), 5);
        assert_eq!(second.gap(), Duration::from_secs(5));
    }

    #[test]
    fn refusals_in_a_row_and_refusals_far_apart_teach_nothing() {
        let in_a_row = (0..5).fold(Pace::default(), |pace, _| refused(pace, 5));
        assert_eq!((in_a_row.gap(), in_a_row.refusals), (PAID_GAP, 5));
        let apart = refused(taken(refused(Pace::default(), 5), 30), 5);
        assert_eq!((apart.gap(), apart.refusals), (PAID_GAP, 1));
    }

    #[test]
    fn a_gap_that_is_refused_although_it_was_kept_grows_up_to_a_bound() {
        let pace = Pace {
            learned: Some(Duration::from_secs(5)),
            ..Pace::default()
        };
        let grown = refused(taken(pace, 1), 3);
        assert_eq!(grown.gap(), Duration::from_secs(8));
        let bound = (0..40).fold(grown, |pace, _| refused(taken(pace, 1), 5));
        assert_eq!(bound.gap(), limits::LEARNED_GAP_MOST);
    }

    #[test]
    fn a_quota_that_is_used_up_for_long_is_no_pace() {
        let hour = (0..4).fold(Pace::default(), |pace, _| refused(taken(pace, 1), 3_600));
        assert_eq!(hour.gap(), PAID_GAP);
    }

    #[test]
    fn what_was_learned_is_forgotten_slowly_while_nothing_is_refused() {
        let learned = Pace {
            learned: Some(PROTECTED_GAP),
            ..Pace::default()
        };
        let later = taken(learned.clone(), SHRINKS_AFTER);
        assert_eq!(later.gap(), PROTECTED_GAP * 3 / 4);
        let much_later = taken(learned, 20 * SHRINKS_AFTER);
        assert_eq!(much_later.learned, None);
    }

    #[test]
    fn a_refusal_without_a_time_waits_longer_each_time_and_many_make_it_a_minute() {
        let wait = |refusals, asked: Option<u64>| {
            let pace = Pace {
                refusals,
                taken: 1,
                ..Pace::default()
            };
            pace.wait(asked.map(Duration::from_secs)).as_secs()
        };
        assert_eq!(
            [0, 1, 4, 5, 9].map(|so_many| wait(so_many, None)),
            [1, 2, 16, 30, 30]
        );
        assert_eq!([0, 9].map(|so_many| wait(so_many, Some(5))), [5, 5]);
        assert_eq!([10, 99].map(|so_many| wait(so_many, Some(5))), [60, 60]);
        assert_eq!(wait(99, Some(600)), 600);
    }

    #[test]
    fn a_days_number_stops_the_lane_until_midnight_utc() {
        let noon = NOW + Duration::from_hours(12);
        let pace = (0..2).fold(capped(2), |pace, number| {
            assert_eq!(pace.capped_until(noon), None, "{number}");
            pace.taken(&id(number), noon).0
        });
        let midnight = NOW + Duration::from_hours(24);
        assert_eq!(pace.capped_until(noon), Some(midnight));
        assert_eq!(pace.capped_until(midnight), None);
        assert_eq!(pace.taken(&id(9), midnight).0.today, 1);
    }

    #[test]
    fn what_did_not_leave_is_not_counted_unless_its_day_is_over() {
        let pace = taken(capped(2), 2);
        assert_eq!(pace.clone().given_back(NOW).capped_until(NOW), None);
        let tomorrow = NOW + Duration::from_hours(24);
        assert_eq!(pace.clone().given_back(tomorrow), pace);
    }

    #[test]
    fn configuring_the_same_keeps_what_was_learned_and_another_gap_forgets_it() {
        let learned = Pace {
            learned: Some(Duration::from_secs(8)),
            today: 7,
            ..Pace::default()
        };
        assert_eq!(learned.clone().configured_as(&Pacing::default()), learned);
        let trial = Pacing {
            plan: Plan::Trial,
            ..Pacing::default()
        };
        let now_a_trial = learned.configured_as(&trial);
        assert_eq!((now_a_trial.learned, now_a_trial.today), (None, 7));
    }
}
