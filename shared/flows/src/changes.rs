//! Edits and deletions: applied to the message that they name, or held until it is there.

use domain::entry::LaterJob;
use domain::{WaitingChange, limits};
use platform::tables::Changed;
use platform::{AwsError, Platform};

use crate::events::From;

/// Applies a change. If its message is not there yet (what the vendor types is held for a while, and order may be lost in a
/// failure; a message that waits for its engine is not decided), it waits, as often as [`limits::CHANGE_WAITS`] says.
pub async fn change(
    platform: &Platform,
    from: From<'_>,
    waiting: WaitingChange,
) -> Result<(), AwsError> {
    let WaitingChange { change, waits } = waiting;
    let at = (from.vendor, from.waba);
    let changing = platform
        .tables
        .change_message(at, &change, from.received_at);
    match changing.await? {
        Changed::Applied => tracing::info!(vendor.id = %from.vendor, "a message was changed"),
        Changed::Nothing => {}
        Changed::NotThere if waits >= limits::CHANGE_WAITS => {
            tracing::info!(vendor.id = %from.vendor, "a change of a message that is not known is dropped");
        }
        Changed::NotThere => {
            let job = LaterJob::Change(WaitingChange {
                change,
                waits: waits + 1,
            });
            let entry = from.later(job);
            platform.queues.later(&entry, limits::CHANGE_HELD).await?;
        }
    }
    Ok(())
}
