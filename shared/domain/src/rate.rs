//! How often somebody may ask: so many times in each window of the clock, counted where all environments count.

use std::collections::HashMap;
use std::num::NonZeroU16;

use jiff::Timestamp;

use crate::limits;

/// So many requests in each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub most: u32,
    seconds: i64,
}

/// A span of the clock in which requests are counted, from a whole second on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    pub begins: i64,
    pub ends: i64,
}

impl Rate {
    pub const fn per_minute(most: u32) -> Self {
        Self { most, seconds: 60 }
    }

    pub const fn per_second(most: u32) -> Self {
        Self { most, seconds: 1 }
    }

    /// What a window is called.
    pub const fn unit(self) -> &'static str {
        if self.seconds == 1 {
            "second"
        } else {
            "minute"
        }
    }

    /// The window that a moment falls into: windows follow each other without a gap.
    pub fn window(self, now: Timestamp) -> Window {
        let begins = now.as_second().div_euclid(self.seconds) * self.seconds;
        Window {
            begins,
            ends: begins + self.seconds,
        }
    }
}

impl Window {
    /// In how many seconds it is certainly over: at least one.
    pub fn over_in(self, now: Timestamp) -> NonZeroU16 {
        let left = u16::try_from(self.ends - now.as_second()).ok();
        left.and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN)
    }
}

/// The windows that an environment knows to be full, so that who floods it costs no more than that.
#[derive(Debug, Default)]
pub struct Full(HashMap<String, Window>);

impl Full {
    /// Whether this window of somebody's is known to be full.
    pub fn holds(&self, subject: &str, window: Window) -> bool {
        self.0.get(subject) == Some(&window)
    }

    pub fn note(&mut self, subject: &str, window: Window) {
        if self.0.len() >= limits::FULL_WINDOWS {
            self.0.retain(|_, kept| kept.ends > window.begins);
        }
        if self.0.len() < limits::FULL_WINDOWS || self.0.contains_key(subject) {
            self.0.insert(subject.to_owned(), window);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_795_000_000_000 + ms).unwrap()
    }

    #[test]
    fn a_minute_begins_with_the_clocks_minute_and_says_when_it_is_over() {
        let rate = Rate::per_minute(100);
        let now: Timestamp = "2026-11-22T10:00:59.999Z".parse().unwrap();
        let window = rate.window(now);
        assert_eq!(
            (window.ends - window.begins, window.over_in(now).get()),
            (60, 1)
        );
        let begin: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(rate.window(begin), window);
        assert_eq!(window.over_in(begin).get(), 60);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut full = Full::default();
        let window = Rate::per_second(1).window(at(0));
        for number in 0..limits::FULL_WINDOWS * 2 {
            full.note(&number.to_string(), window);
        }
        assert_eq!(full.0.len(), limits::FULL_WINDOWS);
        let next = Rate::per_second(1).window(at(1_000));
        full.note("new", next);
        assert!(full.holds("new", next) && !full.holds("0", window));
    }

    proptest! {
        /// Environments that share a counter, each with what it knows to be full, and a clock that goes on for all.
        #[test]
        fn no_window_lets_more_through_than_its_rate_and_none_is_refused_before_it_is_full(
            most in 1_u32..8,
            minute in any::<bool>(),
            steps in prop::collection::vec((0_usize..3, 0_i64..2_000), 1..200),
        ) {
            let rate = if minute { Rate::per_minute(most) } else { Rate::per_second(most) };
            let mut counts: HashMap<Window, u32> = HashMap::new();
            let mut environments = [Full::default(), Full::default(), Full::default()];
            let mut now = 0;
            for (environment, waits) in steps {
                now += waits;
                let window = rate.window(at(now));
                let count = counts.entry(window).or_default();
                let known = environments[environment].holds("a", window);
                if !known && *count < most {
                    *count += 1;
                } else {
                    prop_assert_eq!(*count, most);
                    environments[environment].note("a", window);
                    let again = at(now + 1_000 * i64::from(window.over_in(at(now)).get()));
                    prop_assert_ne!(rate.window(again), window, "whoever waits as told has room");
                }
            }
            prop_assert!(counts.values().all(|count| *count <= most));
        }
    }
}
