//! The breaker of the whole platform: so many doubts over all lanes within a minute are the provider's trouble and no session's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::limits;
use jiff::Timestamp;
use platform::{AwsError, Platform};

use crate::call::Health;

/// Counts a doubt, and holds the platform if it is one too many.
pub async fn doubted(platform: &Platform, now: Timestamp) -> Result<(), AwsError> {
    if platform.tables.count_doubt(now).await? >= limits::PLATFORM_DOUBTS {
        tracing::error!("too many sends are in doubt over all lanes; the platform is held");
        platform.tables.hold_platform(end(now)).await?;
    }
    Ok(())
}

/// What a probe of one lane says of the whole platform, which was held until `held_until` when the probe began: one answer lets it go,
/// and silence holds it on unless another lane had an answer meanwhile.
pub async fn probed(
    platform: &Platform,
    held_until: Timestamp,
    health: Health,
) -> Result<(), AwsError> {
    let tables = &platform.tables;
    match health {
        Health::Silent => {
            let until = end(platform.clock.now());
            tables.hold_platform_on(held_until, until).await
        }
        Health::Well | Health::Down => {
            tracing::warn!("the provider answers again; the platform is released");
            tables.release_platform().await
        }
    }
}

fn end(now: Timestamp) -> Timestamp {
    now.checked_add(limits::PLATFORM_HOLDS).unwrap_or(now)
}

/// Whether the platform is held, as this environment read it last: a sender asks with its other reads, and not each time.
#[derive(Clone, Debug, Default)]
pub struct Held(Arc<Mutex<Option<Reading>>>);

#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Timestamp,
    until: Option<Timestamp>,
}

impl Held {
    /// Until when the platform is held, if that was read lately; `None`: it must be read.
    pub fn known(&self, now: Timestamp) -> Option<HeldUntil> {
        let reading = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let age = Duration::try_from(now.duration_since(reading.at)).unwrap_or(Duration::MAX);
        (age < limits::PLATFORM_CACHE).then_some(HeldUntil(reading.until))
    }

    /// Remembers what was read.
    pub fn keep(&self, until: Option<Timestamp>, now: Timestamp) -> HeldUntil {
        let reading = Reading { at: now, until };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reading);
        HeldUntil(until)
    }
}

/// Until when the platform is held, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldUntil(pub Option<Timestamp>);

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn what_was_read_is_known_for_seconds_and_not_longer() {
        let held = Held::default();
        assert_eq!(held.known(NOW), None);
        let until = Some(NOW + 60.seconds());
        held.keep(until, NOW);
        assert_eq!(held.known(NOW + 4.seconds()), Some(HeldUntil(until)));
        assert_eq!(held.known(NOW + 5.seconds()), None);
        assert_eq!(held.known(NOW - 1.second()), None);
    }
}
