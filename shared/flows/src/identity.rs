//! Whose number a session is: looked at before anything leaves from a session that was linked, or has a new key.

use domain::identity::{Answered, Finding, Identity, compare, find};
use domain::{
    ApiKey, Lane, LaneState, ParkReason, PhoneNumber, SessionStatus, VendorId, WabaId,
    WabaInstance, limits,
};
use platform::telemetry::Metric;
use platform::{AwsError, Platform, telemetry};
use providers::ProviderRequest;
use providers::wasender::{self, AccountSession, Session};

use crate::{account, call, lane, session};

/// Looks whose number a held session is, and starts its lane if it is the registered one, or if nobody can tell and nothing contradicts.
/// A session that is linked anew meanwhile is looked at anew; one that nobody looks at is found by the sweep.
pub async fn verify(
    platform: &Platform,
    base_url: &str,
    at: (&VendorId, &WabaId),
) -> Result<(), AwsError> {
    for _ in 0..limits::VERIFY_TRIES {
        let held = platform.tables.lane(at.0, at.1).await?;
        if !held.is_held_for_its_number() {
            // Whoever verified it before may have died while it drained.
            return lane::drain(platform, at.0, at.1).await;
        }
        let Some(instance) = instance(platform, at).await? else {
            return Ok(());
        };
        let now = platform.clock.now();
        match look(platform, base_url, &instance).await? {
            Finding::Later => return Ok(()),
            Finding::Down(status) => return session::looked_at(platform, at, status).await,
            Finding::KeyRefused => {
                tracing::error!(vendor.id = %at.0, "a session's key is refused; its lane stays held");
                telemetry::count_for(Metric::LaneStopped, ParkReason::Credentials.as_str(), at.0);
                let probe_at = now.checked_add(limits::PROBE_AFTER).ok();
                let refused = |lane: Lane| lane.parked(ParkReason::Credentials, probe_at);
                return lane::change(platform, at, refused).await.map(|_| ());
            }
            Finding::Known(identity) => {
                if settled(platform, (at, held.epoch), identity).await? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Looks again at a number that is not verified though messages leave from it, and holds its lane if it is another.
pub async fn verify_open(
    platform: &Platform,
    base_url: &str,
    instance: &WabaInstance,
) -> Result<(), AwsError> {
    let at = (&instance.vendor_id, &instance.waba_id);
    let now = platform.clock.now();
    match look(platform, base_url, instance).await? {
        Finding::Known(Identity::Mismatch) => {
            lane::change(platform, at, |lane| lane.registered(now)).await?;
            noted(platform, at, Identity::Mismatch).await
        }
        Finding::Known(identity) if identity != instance.observed.identity => {
            noted(platform, at, identity).await
        }
        Finding::Down(status) => session::looked_at(platform, at, status).await,
        Finding::Known(_) | Finding::KeyRefused | Finding::Later => Ok(()),
    }
}

/// Asks the provider for a session's status with the key that the store has now, and applies it. What it does not tell changes nothing.
pub async fn confirm(
    platform: &Platform,
    base_url: &str,
    at: (&VendorId, &WabaId),
) -> Result<Answered<SessionStatus>, AwsError> {
    let Some(api_key) = api_key(platform, at).await? else {
        return Ok(Answered::Unreadable);
    };
    let status = connection(platform, base_url, &api_key).await;
    if let Answered::Told(status) = status {
        session::looked_at(platform, at, status).await?;
        verify(platform, base_url, at).await?;
    }
    Ok(status)
}

/// A vendor's number, if it is registered.
pub async fn instance(
    platform: &Platform,
    (vendor, waba): (&VendorId, &WabaId),
) -> Result<Option<WabaInstance>, AwsError> {
    let instances = platform.tables.instances(vendor).await?;
    Ok(instances.into_iter().find(|it| it.waba_id == *waba))
}

/// Notes what was found and starts the lane if it may start. `false`: the session was linked anew meanwhile.
async fn settled(
    platform: &Platform,
    (at, epoch): ((&VendorId, &WabaId), u64),
    identity: Identity,
) -> Result<bool, AwsError> {
    noted(platform, at, identity).await?;
    let now_is = if identity == Identity::Mismatch {
        platform.tables.lane(at.0, at.1).await?
    } else {
        lane::change(platform, at, |lane| lane.verified(epoch)).await?
    };
    if now_is.state == LaneState::Draining {
        lane::drain(platform, at.0, at.1).await?;
    }
    Ok(!now_is.is_held_for_its_number() || now_is.epoch == epoch)
}

async fn noted(
    platform: &Platform,
    at: (&VendorId, &WabaId),
    identity: Identity,
) -> Result<(), AwsError> {
    match identity {
        Identity::Pending | Identity::Verified => {}
        Identity::Mismatch => {
            tracing::error!(vendor.id = %at.0, waba.id = %at.1, "a session is another number than the registered one; nothing leaves from it");
            telemetry::count(Metric::IdentityMismatch, at.0);
        }
        Identity::Unverified => {
            tracing::warn!(vendor.id = %at.0, waba.id = %at.1, "the provider does not tell whose number a session is");
            telemetry::count(Metric::IdentityUnverified, at.0);
        }
    }
    let now = platform.clock.now();
    platform.tables.note_identity(at, identity, now).await
}

async fn look(
    platform: &Platform,
    base_url: &str,
    instance: &WabaInstance,
) -> Result<Finding, AwsError> {
    let at = (&instance.vendor_id, &instance.waba_id);
    let Some(api_key) = api_key(platform, at).await? else {
        return Ok(Finding::KeyRefused);
    };
    let status = connection(platform, base_url, &api_key).await;
    let user = user(platform, base_url, &api_key).await;
    let found = find(&instance.phone, status, &user);
    if found == Finding::Known(Identity::Unverified) {
        let listed = listed_number(platform, base_url, &api_key).await?;
        return Ok(Finding::Known(compare(&instance.phone, listed.as_slice())));
    }
    Ok(found)
}

/// The number that the account's list has for the session of this key: by its key alone, for a number proves nothing of itself.
async fn listed_number(
    platform: &Platform,
    base_url: &str,
    api_key: &ApiKey,
) -> Result<Option<PhoneNumber>, AwsError> {
    let sessions = account::sessions(platform, base_url).await?;
    let has_key = |session: &AccountSession| {
        let key = session.api_key.as_ref();
        key.is_some_and(|key| key.expose() == api_key.expose())
    };
    let own = sessions.into_iter().flatten().find(has_key);
    Ok(own.and_then(|session| session.phone))
}

async fn connection(
    platform: &Platform,
    base_url: &str,
    api_key: &ApiKey,
) -> Answered<SessionStatus> {
    let request = Session { base_url, api_key }.status();
    asked(platform, request, wasender::read_connection).await
}

async fn user(platform: &Platform, base_url: &str, api_key: &ApiKey) -> Answered<Vec<PhoneNumber>> {
    let request = Session { base_url, api_key }.user();
    asked(platform, request, wasender::read_user).await
}

async fn asked<T>(
    platform: &Platform,
    request: ProviderRequest,
    read: fn(u16, &[u8]) -> Answered<T>,
) -> Answered<T> {
    match call::perform(&platform.http, request).await {
        Ok(answer) => read(answer.status().as_u16(), answer.body()),
        Err(_) => Answered::Busy,
    }
}

/// The key that the store has now.
async fn api_key(
    platform: &Platform,
    (vendor, waba): (&VendorId, &WabaId),
) -> Result<Option<ApiKey>, AwsError> {
    let secrets = platform.secrets.read(vendor).await?.secrets;
    let instance = secrets.as_ref().and_then(|secrets| secrets.of(waba));
    Ok(instance.and_then(|instance| instance.api_key.clone()))
}
