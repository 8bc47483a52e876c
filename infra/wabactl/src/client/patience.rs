//! When a request is sent again, and after how long: decided without a clock.

use std::time::Duration;

use crate::client_error::ClientError;

/// The longest pause before a request is sent again by ourselves.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// The longest that the gateway may ask us to wait at once.
const LONGEST_ASKED: Duration = Duration::from_mins(2);
/// How long one request waits in all because the gateway asks for it.
const ASKED_IN_ALL: Duration = Duration::from_mins(10);

/// How patiently a client repeats what it may repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a request is sent again that was not answered well.
    again: u32,
    /// The longest pause before the first repetition; it doubles each time.
    pause: Duration,
}

impl Patience {
    /// Every request is sent once.
    pub const NONE: Self = Self::new(0, Duration::ZERO);
    /// An operator's: a gateway that restarts is waited for, one that is gone is not.
    pub const USUAL: Self = Self::new(4, Duration::from_millis(400));

    pub const fn new(again: u32, pause: Duration) -> Self {
        Self { again, pause }
    }

    /// The same pauses, but so many repetitions.
    #[must_use]
    pub const fn times(self, again: u32) -> Self {
        Self { again, ..self }
    }

    /// How long to wait before a request is sent again, if it is. `chance` is between 0 and 1: clients that failed together do not return together.
    pub(super) fn wait(
        self,
        so_far: SoFar,
        error: &ClientError,
        is_repeatable: bool,
        chance: f64,
    ) -> Option<Duration> {
        if self.again == 0 {
            return None;
        }
        let doubled = self.pause.saturating_mul(1 << so_far.again.min(16));
        let pause = doubled.min(LONGEST_PAUSE).mul_f64(chance.clamp(0.0, 1.0));
        if error.status() == Some(429) {
            let asked = error.retry_after().unwrap_or(Duration::ZERO);
            let wait = asked + pause;
            let fits = asked <= LONGEST_ASKED && so_far.asked + wait <= ASKED_IN_ALL;
            return fits.then_some(wait);
        }
        let surely_nothing_done = *error == ClientError::NotReached;
        let may_pass = match error {
            ClientError::NotReached | ClientError::Lost => true,
            other => matches!(other.status(), Some(502..=504)),
        };
        let goes_again = so_far.again < self.again && may_pass;
        (goes_again && (surely_nothing_done || is_repeatable)).then_some(pause)
    }
}

/// What a request cost until this moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SoFar {
    /// How often it was sent again.
    pub(super) again: u32,
    /// How long it waited because the gateway asked for it.
    pub(super) asked: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, retry_after: Option<&str>) -> ClientError {
        ClientError::from_answer(status, retry_after, b"{}")
    }

    #[track_caller]
    fn check(error: &ClientError, is_repeatable: bool, expected: Option<u64>) {
        let wait = Patience::USUAL.wait(SoFar::default(), error, is_repeatable, 1.0);
        assert_eq!(wait, expected.map(Duration::from_millis), "{error}");
    }

    #[test]
    fn only_what_may_pass_and_can_do_no_harm_is_sent_again() {
        check(&ClientError::NotReached, false, Some(400));
        check(&ClientError::Lost, true, Some(400));
        check(&ClientError::Lost, false, None);
        check(&refusal(503, None), true, Some(400));
        check(&refusal(503, None), false, None);
        check(&refusal(409, None), true, None);
        check(&refusal(500, None), true, None);
    }

    #[test]
    fn the_gateway_is_asked_again_when_it_says_and_within_a_bound() {
        check(&refusal(429, Some("7")), false, Some(7_400));
        check(&refusal(429, None), false, Some(400));
        check(&refusal(429, Some("3600")), false, None);
        let tired = SoFar {
            again: 40,
            asked: ASKED_IN_ALL,
        };
        let busy = refusal(429, Some("1"));
        assert_eq!(Patience::USUAL.wait(tired, &busy, true, 0.0), None);
    }

    #[test]
    fn pauses_grow_to_a_bound_and_repetitions_end() {
        let wait = |again, chance| {
            let so_far = SoFar {
                again,
                ..SoFar::default()
            };
            let patience = Patience::USUAL.times(20);
            patience.wait(so_far, &ClientError::NotReached, true, chance)
        };
        assert_eq!(wait(1, 0.5), Some(Duration::from_millis(400)));
        assert_eq!(wait(19, 1.0), Some(LONGEST_PAUSE));
        assert_eq!(wait(20, 1.0), None);
    }
}
