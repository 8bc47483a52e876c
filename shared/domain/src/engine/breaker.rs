//! Whether an engine is asked at all: after it failed too often it is left alone, and one message at a time finds out whether it is back.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits;

/// What is known of the engine behind one URL, by every function environment together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Breaker {
    state: State,
    /// When its trouble began: it gave no answer that could be used since.
    pub failing_since: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum State {
    /// It is asked. Failures in a row, the first of them at `since`.
    Closed {
        failures: u32,
        since: Option<Timestamp>,
    },
    /// It is left alone until then, the how-manieth time.
    Open { until: Timestamp, times: u32 },
    /// One message asks it, and if nothing comes of that until then, another one does.
    Probing { until: Timestamp, times: u32 },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed {
            failures: 0,
            since: None,
        }
    }
}

/// Whether a message may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    Asks,
    /// It is the one that finds out: it asks once this is written in the place of what was read.
    Probes(Breaker),
    /// Nobody asks before this time.
    LeftAloneUntil(Timestamp),
}

/// What an engine that was asked gave of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An answer that the contract knows.
    Answer,
    /// An answer that it does not know: the engine is there, and of no use.
    Nonsense,
    Nothing,
}

impl Breaker {
    pub fn admits(&self, now: Timestamp) -> Admission {
        let (until, times) = match self.state {
            State::Closed { .. } => return Admission::Asks,
            State::Open { until, times } | State::Probing { until, times } => (until, times),
        };
        if now < until {
            return Admission::LeftAloneUntil(until);
        }
        let state = State::Probing {
            until: after(now, limits::ENGINE_PROBE),
            times,
        };
        Admission::Probes(Self {
            state,
            ..self.clone()
        })
    }

    /// The breaker after somebody asked. `None`: it stays as it is.
    #[must_use]
    pub fn after(&self, sign: Sign, now: Timestamp) -> Option<Self> {
        let next = match sign {
            Sign::Answer => Self::default(),
            Sign::Nonsense => Self {
                state: State::default(),
                failing_since: self.failing_since.or(Some(now)),
            },
            Sign::Nothing => Self {
                state: self.state.failed(now),
                failing_since: self.failing_since.or(Some(now)),
            },
        };
        (next != *self).then_some(next)
    }

    /// The word for its state.
    pub const fn as_str(&self) -> &'static str {
        match self.state {
            State::Closed { .. } => "closed",
            State::Open { .. } => "open",
            State::Probing { .. } => "half_open",
        }
    }

    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    /// When it may be asked next; `None` if it is asked now.
    pub const fn left_alone_until(&self) -> Option<Timestamp> {
        match self.state {
            State::Closed { .. } => None,
            State::Open { until, .. } | State::Probing { until, .. } => Some(until),
        }
    }
}

impl State {
    fn failed(&self, now: Timestamp) -> Self {
        match *self {
            Self::Closed { failures, since } => {
                let begun = since.filter(|begun| now <= after(*begun, limits::ENGINE_WINDOW));
                let failures = begun.map_or(1, |_| failures + 1);
                if failures >= limits::ENGINE_FAILURES {
                    return Self::opened(1, now);
                }
                Self::Closed {
                    failures,
                    since: begun.or(Some(now)),
                }
            }
            // Whoever began to ask before it opened tells nothing new.
            Self::Open { until, times } => Self::Open { until, times },
            Self::Probing { times, .. } => Self::opened(times.saturating_add(1), now),
        }
    }

    /// Left alone for twice as long as the time before.
    fn opened(times: u32, now: Timestamp) -> Self {
        let doublings = times.saturating_sub(1).min(8);
        let wait = limits::ENGINE_LEFT_ALONE * 2_u32.pow(doublings);
        Self::Open {
            until: after(now, wait.min(limits::ENGINE_LEFT_ALONE_MOST)),
            times,
        }
    }
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    fn heard(breaker: &Breaker, heard: Sign, seconds: i64) -> Breaker {
        let after = breaker.after(heard, at(seconds));
        after.unwrap_or_else(|| breaker.clone())
    }

    fn open() -> Breaker {
        (0..i64::from(limits::ENGINE_FAILURES)).fold(Breaker::default(), |breaker, second| {
            heard(&breaker, Sign::Nothing, second)
        })
    }

    #[test]
    fn an_engine_that_answers_changes_nothing() {
        assert_eq!(Breaker::default().after(Sign::Answer, at(0)), None);
        assert_eq!(Breaker::default().admits(at(0)), Admission::Asks);
    }

    #[test]
    fn so_many_failures_in_a_row_open_it_and_one_message_finds_out() {
        let opened = open();
        assert_eq!(
            (opened.as_str(), opened.failing_since),
            ("open", Some(at(0)))
        );
        let until = opened.left_alone_until().unwrap();
        assert_eq!(opened.admits(at(5)), Admission::LeftAloneUntil(until));
        let Admission::Probes(probing) = opened.admits(until) else {
            panic!("somebody asks")
        };
        assert_eq!(probing.as_str(), "half_open");
        assert!(matches!(
            probing.admits(until),
            Admission::LeftAloneUntil(_)
        ));
        assert_eq!(
            probing.after(Sign::Answer, until),
            Some(Breaker::default()),
            "it closes without a person"
        );
    }

    #[test]
    fn a_probe_in_vain_leaves_it_alone_for_longer_up_to_a_bound() {
        let mut breaker = open();
        let mut now = breaker.left_alone_until().unwrap();
        let mut waits = Vec::new();
        for _ in 0..4 {
            let Admission::Probes(probing) = breaker.admits(now) else {
                panic!("somebody asks")
            };
            breaker = probing.after(Sign::Nothing, now).unwrap();
            let until = breaker.left_alone_until().unwrap();
            waits.push(until.duration_since(now).as_secs());
            now = until;
        }
        assert_eq!(waits, [20, 30, 30, 30]);
        assert_eq!(breaker.failing_since, Some(at(0)));
    }

    #[test]
    fn failures_far_apart_or_with_answers_between_them_do_not_open_it() {
        let window = i64::try_from(limits::ENGINE_WINDOW.as_secs()).unwrap();
        let apart = (0..20).fold(Breaker::default(), |breaker, number| {
            heard(&breaker, Sign::Nothing, number * (window + 1))
        });
        assert!(apart.is_closed());
        let flapping = (0..20).fold(Breaker::default(), |breaker, number| {
            let breaker = heard(&breaker, Sign::Nothing, number);
            heard(&breaker, Sign::Answer, number)
        });
        assert_eq!(flapping, Breaker::default());
    }

    #[test]
    fn nonsense_ends_a_probe_and_not_the_trouble() {
        let after = heard(&open(), Sign::Nonsense, 30);
        assert_eq!(
            (after.is_closed(), after.failing_since),
            (true, Some(at(0)))
        );
        assert_eq!(after.after(Sign::Nonsense, at(31)), None, "written once");
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let probing = match open().admits(at(100)) {
            Admission::Probes(probing) => probing,
            other => panic!("{other:?}"),
        };
        for breaker in [Breaker::default(), open(), probing] {
            let kept = serde_json::to_string(&breaker).unwrap();
            assert_eq!(serde_json::from_str::<Breaker>(&kept).unwrap(), breaker);
        }
    }

    /// What is written, on the condition that nothing was written since it was read.
    #[derive(Default)]
    struct Kept {
        breaker: Breaker,
        revision: u32,
    }

    impl Kept {
        fn write(&mut self, read: u32, next: Breaker) -> bool {
            let is_won = read == self.revision;
            if is_won {
                self.breaker = next;
                self.revision += 1;
            }
            is_won
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// An environment reads, perhaps an old state, and asks if it may.
        Asks {
            stale: bool,
        },
        /// One of those that ask hears something.
        Hears(Sign),
        Passes(i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let heard = prop_oneof![
            3 => Just(Sign::Nothing),
            1 => Just(Sign::Answer),
            1 => Just(Sign::Nonsense),
        ];
        let step = prop_oneof![
            3 => any::<bool>().prop_map(|stale| Step::Asks { stale }),
            3 => heard.prop_map(Step::Hears),
            2 => (0_i64..40).prop_map(Step::Passes),
        ];
        prop::collection::vec(step, 1..200)
    }

    proptest! {
        #[test]
        fn one_message_at_a_time_probes_and_nobody_asks_an_engine_that_is_left_alone(steps in steps()) {
            let mut kept = Kept::default();
            let mut older = (Breaker::default(), 0);
            let mut now = 0;
            let mut asking = 0_usize;
            let mut probes_until: Option<Timestamp> = None;
            for step in steps {
                match step {
                    Step::Passes(seconds) => now += seconds,
                    Step::Asks { stale } => {
                        let fresh = (kept.breaker.clone(), kept.revision);
                        let (breaker, revision) = if stale { older.clone() } else { fresh.clone() };
                        older = fresh;
                        match breaker.admits(at(now)) {
                            Admission::Asks => {
                                prop_assert!(breaker.is_closed());
                                asking += 1;
                            }
                            Admission::Probes(next) => if kept.write(revision, next) {
                                prop_assert!(probes_until.is_none_or(|until| until <= at(now)), "two probes");
                                probes_until = kept.breaker.left_alone_until();
                                asking += 1;
                            },
                            Admission::LeftAloneUntil(until) => prop_assert!(until > at(now)),
                        }
                    }
                    Step::Hears(heard) if asking > 0 => {
                        asking -= 1;
                        probes_until = None;
                        let before = kept.breaker.clone();
                        if let Some(next) = before.after(heard, at(now)) {
                            let revision = kept.revision;
                            kept.write(revision, next);
                        }
                        match heard {
                            Sign::Answer => prop_assert_eq!(&kept.breaker, &Breaker::default()),
                            Sign::Nonsense => prop_assert!(kept.breaker.is_closed()),
                            Sign::Nothing => prop_assert!(kept.breaker.failing_since.is_some()),
                        }
                        let opened = before.is_closed() && !kept.breaker.is_closed();
                        prop_assert!(!opened || heard == Sign::Nothing);
                    }
                    Step::Hears(_) => {}
                }
                let left_alone = kept.breaker.left_alone_until();
                let longest = limits::ENGINE_LEFT_ALONE_MOST.max(limits::ENGINE_PROBE);
                prop_assert!(left_alone.is_none_or(|until| until <= after(at(now), longest)));
            }
        }
    }
}
