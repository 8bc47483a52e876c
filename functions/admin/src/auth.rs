//! Who asks: a bearer key whose hash is known.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::access::{KeyId, Standing};
use flows::problem::Problem;
use http_api::http::HeaderMap;
use http_api::http::header::AUTHORIZATION;
use jiff::Timestamp;
use platform::Platform;
use platform::tables::StoredKey;
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
            return Ok(Caller::bootstrap());
        }
        known(platform, shown, &hash).await
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

/// Whose a key is that stands in the table. It is looked up by the id that it names, and its hash compared in constant time; a key of the
/// first release is looked up by its hash. Either is one consistent reading, so that a revoked key opens nothing from then on.
async fn known(platform: &Platform, shown: &str, hash: &[u8; 32]) -> Result<Caller, Problem> {
    let (now, hash) = (platform.clock.now(), hex::encode(hash));
    let named = KeyId::named_by(shown);
    let is_old = named.is_none();
    let id = named.or_else(|| KeyId::parse(&hash).ok());
    let id = id.ok_or_else(unauthorized)?;
    let found = platform.tables.admin_key(&id).await;
    let found = found.map_err(|error| unavailable(&error))?;
    let is_right = |stored: &StoredKey| stored.hash.as_bytes().ct_eq(hash.as_bytes()).into();
    let key = found.filter(is_right).ok_or_else(unauthorized)?.key;
    let ended = match key.standing(now) {
        Standing::Good => None,
        Standing::Expired => Some("this key has expired"),
        Standing::Revoked => Some("this key was revoked"),
    };
    if let Some(detail) = ended {
        let mut refusal = unauthorized();
        detail.clone_into(&mut refusal.detail);
        return Err(refusal);
    }
    let unnoted = key.use_is_worth_noting(now).then(|| key.id.clone());
    Ok(Caller {
        name: if is_old {
            key.name.clone()
        } else {
            format!("key:{}", key.id)
        },
        label: key.name,
        grant: key.grant,
        expires_at: key.expires_at,
        bound_at: None,
        unnoted,
        is_bootstrap: false,
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let usable = scheme.eq_ignore_ascii_case("bearer") && (16..=256).contains(&key.len());
    usable.then_some(key)
}

pub(crate) fn unauthorized() -> Problem {
    Problem::new(
        401,
        "unauthorized",
        "Not authorized",
        "send an admin key as Authorization: Bearer <key>",
    )
}
