//! What this environment knows of engines that fail, shared with the others through the tables.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::engine::breaker::{Breaker, Sign};
use domain::{VendorId, limits};
use jiff::Timestamp;
use platform::tables::{EngineKey, KeptBreaker};
use platform::telemetry::{Metric, count_for};
use platform::{AwsError, Platform};

/// How often a sign is written anew because somebody else wrote meanwhile; what is lost then, the next sign tells.
const TRIES: usize = 4;

/// Breakers as they were read last, each with when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breakers(Arc<Mutex<HashMap<EngineKey, (KeptBreaker, Timestamp)>>>);

impl Breakers {
    /// What is known of an engine, read lately.
    pub(crate) async fn of(
        &self,
        platform: &Platform,
        engine: &EngineKey,
    ) -> Result<KeptBreaker, AwsError> {
        let now = platform.clock.now();
        let known = self.known().get(engine).cloned();
        let lately = known.filter(|(_, at)| {
            let age = now.duration_since(*at);
            age.unsigned_abs() < limits::ENGINE_CACHE
        });
        match lately {
            Some((kept, _)) => Ok(kept),
            None => self.read(platform, engine).await,
        }
    }

    /// Becomes the one message that finds out whether an engine is back. `false`: another one is.
    pub(crate) async fn probes(
        &self,
        platform: &Platform,
        engine: &EngineKey,
        (read, probing): (&KeptBreaker, Breaker),
    ) -> Result<bool, AwsError> {
        let now = platform.clock.now();
        let tables = &platform.tables;
        let written = tables.write_engine_breaker(engine, read, probing, now);
        let Some(kept) = written.await? else {
            self.read(platform, engine).await?;
            return Ok(false);
        };
        self.note(engine, &kept, now);
        Ok(true)
    }

    /// Notes what an engine gave of itself when it was asked for a vendor, and answers with when its trouble began, if it is in any.
    pub(crate) async fn note_sign(
        &self,
        platform: &Platform,
        (engine, vendor): (&EngineKey, &VendorId),
        sign: Sign,
    ) -> Result<Option<Timestamp>, AwsError> {
        let mut kept = self.of(platform, engine).await?;
        for _ in 0..TRIES {
            let now = platform.clock.now();
            let Some(next) = kept.breaker.after(sign, now) else {
                break;
            };
            let tables = &platform.tables;
            let written = tables.write_engine_breaker(engine, &kept, next, now);
            if let Some(written) = written.await? {
                tell(&kept.breaker, &written.breaker, vendor);
                self.note(engine, &written, now);
                return Ok(written.breaker.failing_since);
            }
            kept = self.read(platform, engine).await?;
        }
        Ok(kept.breaker.failing_since)
    }

    async fn read(&self, platform: &Platform, engine: &EngineKey) -> Result<KeptBreaker, AwsError> {
        let kept = platform.tables.engine_breaker(engine).await?;
        self.note(engine, &kept, platform.clock.now());
        Ok(kept)
    }

    fn note(&self, engine: &EngineKey, kept: &KeptBreaker, now: Timestamp) {
        let mut known = self.known();
        if known.len() >= limits::ENGINES_REMEMBERED && !known.contains_key(engine) {
            known.clear();
        }
        known.insert(engine.clone(), (kept.clone(), now));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<EngineKey, (KeptBreaker, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells whoever watches that an engine is left alone from now on, or is asked again.
fn tell(before: &Breaker, after: &Breaker, vendor: &VendorId) {
    match (before.is_closed(), after.is_closed()) {
        (true, false) => {
            tracing::warn!(vendor.id = %vendor, "an engine fails too often and is left alone");
            count_for(Metric::EngineBreaker, "opened", vendor);
        }
        (false, true) => {
            tracing::info!(vendor.id = %vendor, "an engine answers again");
            count_for(Metric::EngineBreaker, "closed", vendor);
        }
        (true, true) | (false, false) => {}
    }
}
