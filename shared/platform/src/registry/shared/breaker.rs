use domain::limits;
use jiff::Timestamp;

/// Whether Redis is left alone, because it did not answer lately.
#[derive(Debug, Default)]
pub(super) struct Breaker(Option<Timestamp>);

impl Breaker {
    pub(super) fn is_open(&mut self, now: Timestamp) -> bool {
        self.0.is_some_and(|until| now < until)
    }

    pub(super) fn failed(&mut self, now: Timestamp) {
        self.0 = now.checked_add(limits::REDIS_LEFT_ALONE).ok();
    }
}
