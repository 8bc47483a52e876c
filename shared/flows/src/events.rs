//! Status and session events, applied at once; what the tables refuse goes to the `later` queue.

use std::time::Duration;

use domain::entry::{LaterEntry, LaterJob};
use domain::{Pairing, SessionStatus, StatusUpdate, VendorId, WabaId};
use jiff::Timestamp;
use platform::tables::Noted;
use platform::{AwsError, Platform};

use crate::session;

/// Whose event it is, and when it came.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    pub vendor: &'a VendorId,
    pub waba: &'a WabaId,
    pub received_at: Timestamp,
}

impl From<'_> {
    pub(crate) fn later(&self, job: LaterJob) -> LaterEntry {
        LaterEntry {
            vendor_id: self.vendor.clone(),
            waba_id: self.waba.clone(),
            received_at: self.received_at,
            job,
        }
    }
}

/// Where an event went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    Applied,
    Duplicate,
}

/// Notes a status. `Err` only if neither the table nor the queue took it.
pub async fn status(
    platform: &Platform,
    from: From<'_>,
    update: &StatusUpdate,
    patience: Duration,
) -> Result<Went, AwsError> {
    let noting =
        platform
            .tables
            .note_status((from.vendor, from.waba), update, platform.clock.now());
    match in_time(noting, patience).await {
        Some(Ok(Noted::Applied(_) | Noted::Kept)) => Ok(Went::Applied),
        Some(Ok(Noted::Old)) => Ok(Went::Duplicate),
        refused => {
            spilled(refused.and_then(Result::err).as_ref());
            platform
                .queues
                .later(
                    &from.later(LaterJob::Status(update.clone())),
                    Duration::from_secs(5),
                )
                .await?;
            Ok(Went::Applied)
        }
    }
}

/// Applies a session's status. `Err` only if neither the table nor the queue took it.
pub async fn session(
    platform: &Platform,
    from: From<'_>,
    status: SessionStatus,
    patience: Duration,
) -> Result<Went, AwsError> {
    // Boxed: it is rare and long, and every webhook's future would have its size.
    let telling = Box::pin(session::told(platform, (from.vendor, from.waba), status));
    match in_time(telling, patience).await {
        Some(Ok(())) => Ok(Went::Applied),
        refused => {
            spilled(refused.and_then(Result::err).as_ref());
            platform
                .queues
                .later(
                    &from.later(LaterJob::Session(status)),
                    Duration::from_secs(1),
                )
                .await?;
            Ok(Went::Applied)
        }
    }
}

/// Keeps the last code by which a session can be linked. `Err` if the table did not take it: a queue is no place for a secret.
pub async fn pairing(
    platform: &Platform,
    from: From<'_>,
    pairing: &Pairing,
) -> Result<Went, AwsError> {
    let is_last = platform
        .tables
        .keep_pairing((from.vendor, from.waba), pairing, from.received_at)
        .await?;
    Ok(if is_last {
        Went::Applied
    } else {
        Went::Duplicate
    })
}

async fn in_time<T>(work: impl Future<Output = T>, patience: Duration) -> Option<T> {
    tokio::time::timeout(patience, work).await.ok()
}

fn spilled(error: Option<&AwsError>) {
    let cause = error.map_or_else(|| "no answer in time".to_owned(), ToString::to_string);
    tracing::warn!(error = %cause, "an event is applied later");
}
