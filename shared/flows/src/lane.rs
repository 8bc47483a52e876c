//! What stops a lane and what starts it again.

use domain::{Lane, LaneState, Pacing, VendorId, WabaId, limits, turn};
use platform::tables::Commit;
use platform::telemetry::Metric;
use platform::{AwsError, Platform, telemetry};

use crate::{dispatch, settle};

/// How often a change is decided anew because the lane moved meanwhile.
pub(crate) const TRIES: usize = 8;
/// Batches that one drain moves; the settling of what it moved, or the sweep, goes on from there.
const BATCHES: usize = 8;

/// Changes a lane by a decision on what it is now; repeated while others change it too. Answers with the lane as it is then.
pub async fn change(
    platform: &Platform,
    (vendor, waba): (&VendorId, &WabaId),
    decide: impl Fn(Lane) -> Lane,
) -> Result<Lane, AwsError> {
    for _ in 0..TRIES {
        let before = platform.tables.lane(vendor, waba).await?;
        let after = decide(before.clone());
        if platform
            .tables
            .change_lane((vendor, waba), &before, &after, platform.clock.now())
            .await?
            .is_done()
        {
            count_stop(vendor, &before, &after);
            return Ok(after);
        }
    }
    Err(AwsError::contended("changing a lane"))
}

/// Counts a lane that went and stands still now.
pub(crate) fn count_stop(vendor: &VendorId, before: &Lane, after: &Lane) {
    let went = !matches!(before.state, LaneState::Parked { .. });
    if let LaneState::Parked { reason, .. } = after.state
        && went
    {
        telemetry::count_for(Metric::LaneStopped, reason.as_str(), vendor);
    }
}

/// Counts a message that was put on its lane's list, and the lane if it stopped with it.
pub fn count_parked(vendor: &VendorId, before: &Lane, after: &Lane) {
    let reason = match after.state {
        LaneState::Parked { reason, .. } => reason.as_str(),
        LaneState::Open | LaneState::Draining => "behind",
    };
    telemetry::count_for(Metric::SendParked, reason, vendor);
    count_stop(vendor, before, after);
}

/// Applies another pace to a lane, and drains what waited for its limits.
pub async fn pace(
    platform: &Platform,
    (vendor, waba): (&VendorId, &WabaId),
    pacing: &Pacing,
) -> Result<(), AwsError> {
    let now = platform.clock.now();
    let lane = change(platform, (vendor, waba), |lane| lane.paced(pacing, now)).await?;
    if lane.state == LaneState::Draining {
        drain(platform, vendor, waba).await?;
    }
    Ok(())
}

/// Starts a stopped lane again, whatever it was stopped for, and drains it; a lane whose number is not verified is held for that.
pub async fn resume(platform: &Platform, vendor: &VendorId, waba: &WabaId) -> Result<(), AwsError> {
    let lane = change(platform, (vendor, waba), Lane::resumed).await?;
    if lane.state == LaneState::Draining {
        drain(platform, vendor, waba).await?;
    }
    Ok(())
}

/// Puts what is parked back into the queue, oldest first, while no one else does, and opens the lane once its list is empty.
///
/// A message stays on the list until it is settled, so that nothing newer overtakes what is in the queue again.
pub async fn drain(platform: &Platform, vendor: &VendorId, waba: &WabaId) -> Result<(), AwsError> {
    let at = (vendor, waba);
    let Some(claimed) = claim_drain(platform, at).await? else {
        return Ok(());
    };
    let reach = if claimed.drains_singly() {
        1
    } else {
        limits::DRAIN_BATCH * BATCHES
    };
    let moved = move_batches(platform, at, (claimed.epoch, reach)).await;
    let released = change(platform, at, |lane| {
        if lane.epoch == claimed.epoch {
            lane.drain_released()
        } else {
            lane
        }
    })
    .await;
    moved?;
    released.map(|_| ())
}

/// Takes the lane's lease, unless another drains it. A message that parks behind the others meanwhile is no other drainer.
async fn claim_drain(
    platform: &Platform,
    at: (&VendorId, &WabaId),
) -> Result<Option<Lane>, AwsError> {
    for _ in 0..TRIES {
        let (before, now) = (
            platform.tables.lane(at.0, at.1).await?,
            platform.clock.now(),
        );
        let Some(claimed) = before.clone().drain_claimed(now) else {
            return Ok(None);
        };
        let claiming = platform.tables.change_lane(at, &before, &claimed, now);
        if claiming.await?.is_done() {
            return Ok(Some(claimed));
        }
    }
    Err(AwsError::contended("draining a lane"))
}

async fn move_batches(
    platform: &Platform,
    (vendor, waba): (&VendorId, &WabaId),
    (epoch, reach): (u64, usize),
) -> Result<(), AwsError> {
    let reach = i32::try_from(reach).unwrap_or(i32::MAX);
    let places = platform.tables.parked(vendor, waba, reach).await?;
    for batch in places.chunks(limits::DRAIN_BATCH) {
        let ids: Vec<_> = batch.iter().map(|place| place.message.clone()).collect();
        let messages = platform.tables.outbounds(vendor, &ids).await?;
        let (reached, now) = (messages.len(), platform.clock.now());
        let drained = turn::drain(messages, epoch, now);
        let ends = drained.len() < reached;
        let moves: Vec<_> = drained
            .iter()
            .filter(|(before, after)| before != after)
            .cloned()
            .collect();
        if !moves.is_empty()
            && platform
                .tables
                .drain((vendor, waba, epoch), &moves, now)
                .await?
                != Commit::Done
        {
            // The lane stopped again, or a message was decided about: whoever did that goes on.
            return Ok(());
        }
        for (before, after) in &drained {
            if before != after {
                settle::count_cancelled(after);
            }
        }
        let queued: Vec<_> = drained.into_iter().map(|(_, after)| after).collect();
        if dispatch::dispatch(platform, &queued).await? > 0 || ends {
            return Ok(());
        }
    }
    Ok(())
}
