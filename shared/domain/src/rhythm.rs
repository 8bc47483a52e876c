//! How often a vendor is usually written to, so that a silence that is none of its own can be told from a quiet night.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits;

/// What is remembered of the times between messages: the longest one, which fades.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rhythm {
    /// When the newest message that was seen came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// When the first one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The longest usual time between two messages, in milliseconds.
    #[serde(default)]
    pub longest_ms: u64,
    /// Times between messages that were seen.
    #[serde(default)]
    pub seen: u32,
}

impl Rhythm {
    /// The rhythm after a look that found `newest` to be the newest message.
    #[must_use]
    pub fn heard(self, newest: Timestamp) -> Self {
        let Some(before) = self.heard_at else {
            return Self {
                heard_at: Some(newest),
                since: Some(newest),
                ..self
            };
        };
        let Some(between) = between(before, newest) else {
            return self;
        };
        // A time that was taken for a silence counts as the longest that was not, so that one outage does not deafen for weeks.
        let counted = if self.is_known(newest) {
            between.min(self.patience())
        } else {
            between
        };
        let longest = self.faded(between).max(counted);
        Self {
            heard_at: Some(newest),
            longest_ms: u64::try_from(longest.as_millis()).unwrap_or(u64::MAX),
            seen: self.seen.saturating_add(1),
            ..self
        }
    }

    /// Whether nothing came for much longer than usual.
    pub fn is_silent(&self, now: Timestamp) -> bool {
        let silence = self.heard_at.and_then(|heard| between(heard, now));
        self.is_known(now) && silence.is_some_and(|silence| silence > self.patience())
    }

    fn is_known(&self, now: Timestamp) -> bool {
        let known_for = self.since.and_then(|since| between(since, now));
        self.seen >= limits::RHYTHM_SEEN
            && known_for.is_some_and(|known| known >= limits::RHYTHM_KNOWN)
    }

    fn patience(&self) -> Duration {
        let longest = Duration::from_millis(self.longest_ms);
        (longest * 2).max(limits::SILENCE_AT_LEAST)
    }

    fn faded(&self, elapsed: Duration) -> Duration {
        let memory = limits::RHYTHM_MEMORY.as_millis();
        let left = memory.saturating_sub(elapsed.as_millis());
        let faded = u128::from(self.longest_ms) * left / memory;
        Duration::from_millis(u64::try_from(faded).unwrap_or(u64::MAX))
    }
}

/// The time from one moment to a later one.
fn between(from: Timestamp, to: Timestamp) -> Option<Duration> {
    let between = Duration::try_from(to.duration_since(from)).ok()?;
    (!between.is_zero()).then_some(between)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: u64 = 3_600;
    const LOOK: u64 = 300;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Looks every 5 minutes until `end` while messages come at these times; answers when it was taken for silent.
    fn alarms(messages: &[u64], end: u64) -> Vec<u64> {
        let mut rhythm = Rhythm::default();
        let mut alarms = Vec::new();
        for now in (0..end).step_by(usize::try_from(LOOK).unwrap()) {
            if let Some(newest) = messages.iter().rfind(|message| **message <= now) {
                rhythm = rhythm.heard(at(*newest));
            }
            if rhythm.is_silent(at(now)) {
                alarms.push(now);
            }
        }
        alarms
    }

    /// Messages from `opens` to `closes` o'clock of so many days, `every` seconds.
    fn shop(days: u64, (opens, closes): (u64, u64), every: u64) -> Vec<u64> {
        let step = usize::try_from(every).unwrap();
        (0..days)
            .flat_map(|day| ((day * 24 + opens) * HOUR..(day * 24 + closes) * HOUR).step_by(step))
            .collect()
    }

    #[test]
    fn a_busy_session_that_falls_silent_is_noticed() {
        let messages = shop(5, (8, 20), 600);
        // The night is 12 hours, so that a whole day without a word is too long.
        let last = *messages.last().unwrap();
        let alarms = alarms(&messages, 7 * 24 * HOUR);
        let first = alarms.first().expect("it is noticed");
        let after = (first - last) / HOUR;
        assert!((23..=26).contains(&after), "after {after} hours");
    }

    #[test]
    fn a_session_that_never_rests_is_noticed_after_an_hour() {
        let messages: Vec<_> = (0..4 * 24 * HOUR).step_by(240).collect();
        let alarms = alarms(&messages, 5 * 24 * HOUR);
        let after = alarms.first().expect("it is noticed") - messages.last().unwrap();
        assert!((HOUR..=HOUR + 2 * LOOK).contains(&after), "after {after} s");
    }

    #[test]
    fn nothing_is_said_of_a_rhythm_that_is_not_known() {
        assert_eq!(alarms(&[], 10 * 24 * HOUR), Vec::<u64>::new());
        assert_eq!(alarms(&[0, 700, 9_000], 10 * 24 * HOUR), Vec::<u64>::new());
        let two_days = shop(2, (8, 20), 600);
        assert_eq!(alarms(&two_days, 3 * 24 * HOUR), Vec::<u64>::new());
    }

    #[test]
    fn one_outage_does_not_deafen() {
        let mut messages = shop(6, (8, 20), 600);
        messages.extend(
            shop(20, (8, 20), 600)
                .iter()
                .filter(|at| **at > 10 * 24 * HOUR),
        );
        let last = *messages.last().unwrap();
        let alarms = alarms(&messages, 24 * 24 * HOUR);
        let again = alarms.iter().find(|at| **at > last).expect("it is noticed");
        assert!((again - last) / HOUR < 3 * 24, "{}", (again - last) / HOUR);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn nights_do_not_alarm_after_a_few_days(
            opens in 5_u64..12, hours in 6_u64..12, every in 60_u64..7_200, shift in 0_u64..HOUR,
        ) {
            let mut messages = shop(14, (opens, opens + hours), every);
            for message in &mut messages {
                // No two days are alike.
                *message += *message * 7_919 % (shift + 1);
            }
            messages.sort_unstable();
            let last = *messages.last().unwrap();
            let late: Vec<_> = alarms(&messages, last).into_iter().filter(|at| *at > 4 * 24 * HOUR).collect();
            prop_assert_eq!(late, Vec::<u64>::new());
        }

        #[test]
        fn no_time_within_an_hour_is_silence_and_time_alone_never_ends_one(
            gaps in prop::collection::vec(1_u64..200_000, 0..60), wait in 0_u64..2_000_000,
        ) {
            let mut rhythm = Rhythm::default();
            let mut now = 0;
            for gap in gaps {
                now += gap;
                rhythm = rhythm.heard(at(now));
            }
            let soon = at(now + wait.min(HOUR));
            prop_assert!(!rhythm.is_silent(soon));
            let (then, after) = (at(now + wait), at(now + wait * 2));
            prop_assert!(!rhythm.is_silent(then) || rhythm.is_silent(after));
        }

        #[test]
        fn a_look_that_finds_nothing_new_changes_nothing(first in 0_u64..1_000_000, older in 0_u64..1_000_000) {
            let rhythm = Rhythm::default().heard(at(first.max(older)));
            prop_assert_eq!(rhythm.clone().heard(at(first.min(older))), rhythm);
        }
    }
}
