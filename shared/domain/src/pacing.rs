use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often the paid plans let a session send: 256 times a minute (Wasender's rate-limit page, as the next two).
pub const PAID_GAP: Duration = Duration::from_millis(60_000 / 256);
/// How often a session with account protection may send, on a paid plan.
pub const PROTECTED_GAP: Duration = Duration::from_secs(5);
/// How often a trial may send, protected or not.
pub const TRIAL_GAP: Duration = Duration::from_mins(1);
/// How many messages a trial may send in a day.
pub const TRIAL_DAY: u32 = 50;

/// What a vendor's plan with the provider allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    Trial,
    #[default]
    Paid,
}

impl Plan {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Paid => "paid",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Trial, Self::Paid]
            .into_iter()
            .find(|plan| plan.as_str() == word)
    }
}

/// How a number is registered to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    pub plan: Plan,
    /// The provider's guard against bans, which it applies on a paid plan.
    pub account_protection: bool,
    /// How many messages may leave in a day (UTC), which keeps a young number from being banned.
    pub daily_cap: Option<NonZeroU32>,
    /// Lengthens each gap by up to a quarter, so that a number does not send like a clock.
    pub jitter: bool,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            plan: Plan::Paid,
            account_protection: false,
            daily_cap: None,
            jitter: true,
        }
    }
}

impl Pacing {
    /// The least time between two sends.
    pub const fn gap(&self) -> Duration {
        match self.plan {
            Plan::Trial => TRIAL_GAP,
            Plan::Paid if self.account_protection => PROTECTED_GAP,
            Plan::Paid => PAID_GAP,
        }
    }

    /// How many messages may leave in a day: the plan's number or the vendor's own, whichever is less.
    pub fn day(&self) -> Option<u32> {
        let own = self.daily_cap.map(NonZeroU32::get);
        match self.plan {
            Plan::Trial => Some(own.map_or(TRIAL_DAY, |own| own.min(TRIAL_DAY))),
            Plan::Paid => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(plan: Plan, account_protection: bool, cap: u32, expected: (Duration, Option<u32>)) {
        let pacing = Pacing {
            plan,
            account_protection,
            daily_cap: NonZeroU32::new(cap),
            ..Pacing::default()
        };
        assert_eq!((pacing.gap(), pacing.day()), expected, "{pacing:?}");
    }

    #[test]
    fn a_trial_goes_before_protection_and_protection_before_the_paid_plan() {
        check(Plan::Paid, false, 0, (PAID_GAP, None));
        check(Plan::Paid, true, 0, (PROTECTED_GAP, None));
        check(Plan::Trial, false, 0, (TRIAL_GAP, Some(50)));
        check(Plan::Trial, true, 0, (TRIAL_GAP, Some(50)));
    }

    #[test]
    fn the_smaller_of_two_caps_counts() {
        check(Plan::Paid, true, 200, (PROTECTED_GAP, Some(200)));
        check(Plan::Trial, false, 200, (TRIAL_GAP, Some(50)));
        check(Plan::Trial, false, 20, (TRIAL_GAP, Some(20)));
    }

    #[test]
    fn a_plan_is_read_by_its_word() {
        for plan in [Plan::Trial, Plan::Paid] {
            assert_eq!(Plan::parse(plan.as_str()), Some(plan));
        }
        assert_eq!(Plan::parse("Gold"), None);
    }
}
