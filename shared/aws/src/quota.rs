use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What may be spent on repeating requests: a service that fails is not asked twice as often for long. Successes give a little back.
///
/// The figures are those of the SDKs' standard retries.
#[derive(Clone, Debug)]
pub(crate) struct Quota(Arc<AtomicU32>);

const FULL: u32 = 500;
const REPEATING: u32 = 5;
const REPEATING_AFTER_TIME_OUT: u32 = 10;

impl Default for Quota {
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(FULL)))
    }
}

impl Quota {
    /// Takes what a repetition costs; `false` if there is not so much left.
    pub(crate) fn spend(&self, timed_out: bool) -> bool {
        let cost = if timed_out {
            REPEATING_AFTER_TIME_OUT
        } else {
            REPEATING
        };
        let spend = |left: u32| left.checked_sub(cost);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
            .is_ok()
    }

    /// Notes a success; one that needed a repetition gives back what that cost.
    pub(crate) fn succeeded(&self, repeated: bool) {
        let gained = if repeated { REPEATING } else { 1 };
        let gain = |left: u32| (left < FULL).then(|| (left + gained).min(FULL));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, gain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_bounded_and_earned_back_by_successes() {
        let quota = Quota::default();
        let spent = (0..1000).filter(|_| quota.spend(false)).count();
        assert_eq!(spent, 100);
        for _ in 0..4 {
            quota.succeeded(false);
        }
        assert!(!quota.spend(false));
        quota.succeeded(false);
        assert!(quota.spend(false) && !quota.spend(false));
        quota.succeeded(true);
        assert!(!quota.spend(true) && quota.spend(false));
    }
}
