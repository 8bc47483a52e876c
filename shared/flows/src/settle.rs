//! The end of a message: written once, and its lane's list goes on.

use domain::{Delivery, Dispatch, Failure, Outbound, RejectClass};
use jiff::Timestamp;
use platform::tables::Commit;
use platform::{AwsError, Platform, telemetry};

use crate::lane;

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
        telemetry::count("SendUnknown", &ended.vendor);
        lane::change(platform, at, |lane| lane.doubted(now)).await?;
    }
    if ended.dispatch == Dispatch::Rejected {
        let failure = Failure::read(ended.failure.as_deref().unwrap_or_default());
        let class = failure.class.unwrap_or(RejectClass::Other);
        telemetry::count_for("SendFailed", class.as_str(), &ended.vendor);
    }
    list_shorter(platform, before).await?;
    Ok(true)
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
