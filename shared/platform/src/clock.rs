use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

/// The one reader of the machine's clock.
///
/// A system clock is the real time. A skewable clock is the real time plus an offset that tests move
/// forward, so that a lease of 17 s or a visibility of 72 s ends at once and in the same order as in production.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    skew: Option<Arc<Skew>>,
}

#[derive(Debug, Default)]
struct Skew {
    millis: AtomicI64,
    moved: Notify,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock whose clones all move together by [`Clock::advance`].
    pub fn skewable() -> Self {
        Self {
            skew: Some(Arc::default()),
        }
    }

    /// The present moment.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one reader of the clock"
    )]
    pub fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let Some(skew) = &self.skew else { return now };
        let skew = SignedDuration::from_millis(skew.millis.load(Ordering::SeqCst));
        now.checked_add(skew).unwrap_or(Timestamp::MAX)
    }

    /// Moves a skewable clock forward and wakes everyone who sleeps on it. A system clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Some(skew) = &self.skew {
            let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            skew.millis.fetch_add(millis, Ordering::SeqCst);
            skew.moved.notify_waiters();
        }
    }

    /// Waits until this clock shows `due`; returns at once when it already does.
    pub async fn sleep_until(&self, due: Timestamp) {
        loop {
            let moved = self.skew.as_ref().map(|skew| skew.moved.notified());
            let left = due.duration_since(self.now());
            let Ok(left) = Duration::try_from(left) else {
                return;
            };
            if left.is_zero() {
                return;
            }
            // One millisecond more, because the timer may fire a little before its time.
            let sleep = tokio::time::sleep(left + Duration::from_millis(1));
            match moved {
                Some(moved) => tokio::select! { () = sleep => {}, () = moved => {} },
                None => sleep.await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved_past_its_time() {
        let clock = Clock::skewable();
        let due = clock.now() + SignedDuration::from_secs(3600);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(due).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(3601));
        sleeper.await.expect("the sleeper ends");
        assert!(clock.now() >= due);
    }

    #[test]
    fn clones_of_a_skewable_clock_move_together() {
        let clock = Clock::skewable();
        let before = clock.now();
        let twin = clock.clone();
        twin.advance(Duration::from_mins(1));
        assert!(clock.now().duration_since(before) >= SignedDuration::from_mins(1));
    }
}
