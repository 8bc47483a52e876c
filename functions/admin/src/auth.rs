//! Who may ask: a bearer key whose hash is known.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flows::problem::Problem;
use jiff::Timestamp;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::AUTHORIZATION;
use platform::Platform;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::call::Caller;
use crate::unavailable;

/// The hash of the bootstrap key, remembered for a while.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    bootstrap: Arc<Mutex<Option<Remembered>>>,
}

/// A key's hash, and when it was read.
type Remembered = (Timestamp, [u8; 32]);

/// How long the bootstrap key's hash is remembered.
const LIVES: Duration = Duration::from_mins(5);

impl Keys {
    /// Whose the request's key is, and what it may do.
    pub(crate) async fn authorized(
        &self,
        platform: &Platform,
        headers: &HeaderMap,
    ) -> Result<Caller, Problem> {
        let shown = bearer(headers).ok_or_else(unauthorized)?;
        let hash: [u8; 32] = Sha256::digest(shown.as_bytes()).into();
        if let Some(bootstrap) = self.bootstrap(platform).await?
            && bool::from(bootstrap.ct_eq(&hash))
        {
            return Ok(Caller::unbounded("bootstrap"));
        }
        // Found by its hash, so that no comparison tells how much of a key was right.
        let found = platform
            .tables
            .admin_key(&hex::encode(hash))
            .await
            .map_err(|error| unavailable(&error))?;
        found
            .map(|name| Caller::unbounded(&name))
            .ok_or_else(unauthorized)
    }

    async fn bootstrap(&self, platform: &Platform) -> Result<Option<[u8; 32]>, Problem> {
        let now = platform.clock.now();
        let remembered = *self
            .bootstrap
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let young = |read_at: Timestamp| {
            Duration::try_from(now.duration_since(read_at)).unwrap_or_default() < LIVES
        };
        if let Some((_, hash)) = remembered.filter(|(read_at, _)| young(*read_at)) {
            return Ok(Some(hash));
        }
        let Some(key) = platform
            .secrets
            .bootstrap_admin_key()
            .await
            .map_err(|error| unavailable(&error))?
        else {
            return Ok(None);
        };
        let hash = Sha256::digest(key.expose().as_bytes()).into();
        *self
            .bootstrap
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some((now, hash));
        Ok(Some(hash))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let usable = scheme.eq_ignore_ascii_case("bearer") && (16..=256).contains(&key.len());
    usable.then_some(key)
}

fn unauthorized() -> Problem {
    Problem::new(
        401,
        "unauthorized",
        "Not authorized",
        "send an admin key as Authorization: Bearer <key>",
    )
}
