//! Whether a genuine webhook names another vendor's session: two addresses that were mixed up, which no signature tells.

use domain::{ApiKey, KeyOwner, SessionNamed, VendorId, VendorSecrets, limits};
use platform::telemetry::Metric;
use platform::{AwsError, Platform, SessionKeys, telemetry};
use tokio::time::Instant;

use crate::ingest::KEEPING_NEEDS;

/// What the key makes of the webhook. The vendor's own costs nothing; another one is looked up once, and remembered.
pub(crate) async fn named(
    platform: &Platform,
    keys: &SessionKeys,
    (vendor, secrets): (&VendorId, &VendorSecrets),
    key: Option<&ApiKey>,
    deadline: Instant,
) -> SessionNamed {
    let by_secrets = SessionNamed::by_secrets(secrets, key);
    let named = match (by_secrets, key) {
        (Some(named), _) => named,
        (None, None) => SessionNamed::Fits,
        (None, Some(key)) => {
            let owner = owner(platform, keys, (vendor, key), deadline).await;
            let owner = owner.as_ref().map_or(KeyOwner::Untold, |owner| {
                owner.as_ref().map_or(KeyOwner::Nobody, KeyOwner::Vendor)
            });
            SessionNamed::by_owner(vendor, owner)
        }
    };
    match named {
        SessionNamed::Fits => {}
        SessionNamed::Anothers => {
            tracing::error!(vendor.id = %vendor, "a webhook with this vendor's signature names another vendor's session");
            telemetry::count(Metric::ForeignSession, vendor);
        }
        SessionNamed::Unchecked => telemetry::count(Metric::SessionUnchecked, vendor),
    }
    named
}

/// Whose the key is; `None` if it is not told in time.
async fn owner(
    platform: &Platform,
    keys: &SessionKeys,
    (vendor, key): (&VendorId, &ApiKey),
    deadline: Instant,
) -> Option<Option<VendorId>> {
    let now = platform.clock.now();
    if let Some(known) = keys.owner(key, vendor, now) {
        return Some(known);
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let patience = left.saturating_sub(KEEPING_NEEDS);
    let patience = patience.min(limits::SESSION_KEY_LOOK);
    if patience.is_zero() || !keys.may_look_up(vendor, now) {
        return None;
    }
    let looking = tokio::time::timeout(patience, looked_up(platform, key));
    match looking.await.ok()? {
        Ok(owner) => {
            keys.keep(key, owner.clone(), now);
            Some(owner)
        }
        Err(error) => {
            tracing::warn!(vendor.id = %vendor, error = %error, "whose a session is was not told");
            None
        }
    }
}

async fn looked_up(platform: &Platform, key: &ApiKey) -> Result<Option<VendorId>, AwsError> {
    let mark = platform.secrets.mark_key().await?.api_key(key);
    platform.tables.owner_of_mark(&mark).await
}
