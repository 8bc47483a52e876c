//! The end of a message: written once, and its lane's list goes on.

use domain::entry::{LaterEntry, LaterJob};
use domain::{Delivery, Dispatch, Failure, Outbound, RejectClass, limits};
use jiff::Timestamp;
use platform::tables::Commit;
use platform::telemetry::Metric;
use platform::{AwsError, Platform, telemetry};

use crate::{breaker, lane};

/// Writes a message that ends here, and goes on with its lane's list if it stood there. `false`: it moved meanwhile.
pub async fn end(
    platform: &Platform,
    before: &Outbound,
    ended: Outbound,
    now: Timestamp,
) -> Result<bool, AwsError> {
    let ended = Outbound {
        listed: false,
        ..ended
    };
    if platform.tables.decide_outbound(before, &ended, now).await? != Commit::Done {
        return Ok(false);
    }
    if ended.dispatch == Dispatch::Unknown && !is_proved(platform, &ended, now).await? {
        let at = (&ended.vendor, &ended.waba);
        lane::change(platform, at, |lane| lane.doubted(now)).await?;
        // Boxed: it is rare and long, and every sender's future would have its size.
        Box::pin(in_doubt(platform, &ended, now)).await;
    }
    count_cancelled(&ended);
    if ended.dispatch == Dispatch::Rejected {
        let failure = Failure::read(ended.failure.as_deref().unwrap_or_default());
        let class = failure.class.unwrap_or(RejectClass::Other);
        telemetry::count_for(Metric::SendRejected, class.as_str(), &ended.vendor);
    }
    list_shorter(platform, before).await?;
    Ok(true)
}

/// Counts a message that will not be sent because its time was over, or because somebody spoke before it.
pub(crate) fn count_cancelled(ended: &Outbound) {
    let reason = match ended.dispatch {
        Dispatch::Expired => "expired",
        Dispatch::Cancelled => "superseded",
        Dispatch::Queued
        | Dispatch::Parked
        | Dispatch::Sending
        | Dispatch::Accepted
        | Dispatch::Rejected
        | Dispatch::Unknown => return,
    };
    telemetry::count_for(Metric::SendCancelled, reason, &ended.vendor);
}

/// A doubt counts for the whole platform, and is looked at soon. The sweep looks too, should this fail.
async fn in_doubt(platform: &Platform, message: &Outbound, now: Timestamp) {
    telemetry::count(Metric::SendUnknown, &message.vendor);
    let first = LaterEntry {
        vendor_id: message.vendor.clone(),
        waba_id: message.waba.clone(),
        received_at: now,
        job: LaterJob::Reconcile(message.id.clone()),
    };
    let (counted, asked) = tokio::join!(
        breaker::doubted(platform, now),
        platform.queues.later(&first, limits::UNKNOWN_LOOKS[0]),
    );
    for error in [counted.err(), asked.err()].into_iter().flatten() {
        tracing::warn!(message.id = %message.id, error = %error, "a doubt is followed by the sweep alone");
    }
}

/// Whether an echo that came just before the doubt was written proves the message; then it is accepted.
async fn is_proved(
    platform: &Platform,
    ended: &Outbound,
    now: Timestamp,
) -> Result<bool, AwsError> {
    let Some(message) = platform.tables.outbound(&ended.vendor, &ended.id).await? else {
        return Ok(false);
    };
    if message.dispatch == Dispatch::Unknown && message.delivery >= Delivery::Pending {
        let accepted = message.clone().moved_to(Dispatch::Accepted);
        platform
            .tables
            .decide_outbound(&message, &accepted, now)
            .await?;
        return Ok(true);
    }
    Ok(message.dispatch == Dispatch::Accepted)
}

/// A message that stood on its lane's list is settled: the next ones may be drained, or the lane opened.
pub async fn list_shorter(platform: &Platform, before: &Outbound) -> Result<(), AwsError> {
    if before.listed {
        lane::drain(platform, &before.vendor, &before.waba).await
    } else {
        Ok(())
    }
}
