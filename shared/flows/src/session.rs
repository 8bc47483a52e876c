//! What a session tells of itself: the instance record, the lane, the gaps in hearing, and what is asked of it then.

use std::time::Duration;

use domain::entry::{LaterEntry, LaterJob};
use domain::watch::{Ask, Change, Watch};
use domain::{Lane, SessionStatus, VendorId, WabaId, limits};
use jiff::Timestamp;
use platform::tables::{Commit, TOLD_INSTANCE};
use platform::{AwsError, Platform};

use crate::lane::{self, TRIES};

/// Applies what a session told, and has it confirmed: a link at once, by looking whose number it is, anything else after a while.
pub async fn told(
    platform: &Platform,
    at: (&VendorId, &WabaId),
    status: SessionStatus,
) -> Result<(), AwsError> {
    let told = |lane: Lane, watch: Watch, now| {
        let is_held = lane.is_held_for_its_number();
        (lane.told(status, now), watch.told(status, is_held, now))
    };
    if let Some(ask) = apply(platform, at, status, told).await? {
        let asking = match ask {
            Ask::Number => verify_soon(platform, at).await,
            Ask::Status => confirm_soon(platform, at).await,
        };
        if let Err(error) = asking {
            // The sweep looks at a lane that is held, and at a session that is to be confirmed.
            tracing::warn!(vendor.id = %at.0, error = %error, "a session is asked later");
        }
    }
    Ok(())
}

/// Applies what the provider answered about a session's status.
pub async fn looked_at(
    platform: &Platform,
    at: (&VendorId, &WabaId),
    status: SessionStatus,
) -> Result<(), AwsError> {
    let seen = |lane: Lane, watch: Watch, now| {
        let confirmed = Watch {
            confirming_until: None,
            ..watch
        };
        let change = confirmed.is_connected(status, now);
        (lane.looked_at(status, now), (change, None))
    };
    apply(platform, at, status, seen).await.map(|_| ())
}

/// Has the number behind a session looked at, now.
pub async fn verify_soon(platform: &Platform, at: (&VendorId, &WabaId)) -> Result<(), AwsError> {
    later(platform, at, LaterJob::Verify {}, Duration::ZERO).await
}

/// Has the number behind a session looked at, after so long.
pub async fn verify_after(
    platform: &Platform,
    at: (&VendorId, &WabaId),
    wait: Duration,
) -> Result<(), AwsError> {
    later(platform, at, LaterJob::Verify {}, wait).await
}

/// Has a session asked for its status, after a while.
pub async fn confirm_soon(platform: &Platform, at: (&VendorId, &WabaId)) -> Result<(), AwsError> {
    later(platform, at, LaterJob::Confirm {}, limits::CONFIRM_AFTER).await
}

async fn apply(
    platform: &Platform,
    at: (&VendorId, &WabaId),
    status: SessionStatus,
    decide: impl Fn(Lane, Watch, Timestamp) -> (Lane, (Change, Option<Ask>)),
) -> Result<Option<Ask>, AwsError> {
    for _ in 0..TRIES {
        let now = platform.clock.now();
        let before = platform.tables.session(at, now).await?;
        let (after, (watched, ask)) = decide(before.lane.clone(), before.watch.clone(), now);
        let writing = platform
            .tables
            .told(at, &before, (&after, &watched), status, now);
        match writing.await? {
            Commit::Done => {
                lane::count_stop(at.0, &before.lane, &after);
                return Ok(ask);
            }
            Commit::Lost(parts) if parts.contains(&TOLD_INSTANCE) => {
                tracing::warn!(vendor.id = %at.0, "a session told something whose number is not registered");
                return Ok(None);
            }
            Commit::Lost(_) => {}
        }
    }
    Err(AwsError::contended("noting a session's status"))
}

async fn later(
    platform: &Platform,
    (vendor, waba): (&VendorId, &WabaId),
    job: LaterJob,
    delay: Duration,
) -> Result<(), AwsError> {
    let entry = LaterEntry {
        vendor_id: vendor.clone(),
        waba_id: waba.clone(),
        received_at: platform.clock.now(),
        job,
    };
    platform.queues.later(&entry, delay).await
}
