//! The budget of a session's calls that send nothing. One that is not allowed now is made later or not at all; sending knows nothing of it.

use std::time::Duration;

use domain::{VendorId, WabaId, side};
use platform::Platform;

/// Whether a call with this session's key may be made now; a yes is used up by asking. A table that does not answer says no.
pub async fn may_call(platform: &Platform, vendor: &VendorId, waba: &WabaId) -> bool {
    let now = platform.clock.now();
    let taking = platform
        .tables
        .take_side_call((vendor, waba), now, side::next_call(now));
    taking.await.unwrap_or_else(|error| {
        tracing::warn!(vendor.id = %vendor, error = %error, "a call beside sending is not made");
        false
    })
}

/// The provider answered such a call with "wait" (429): it slows these calls and never a send.
pub async fn told_to_wait(platform: &Platform, vendor: &VendorId, waba: &WabaId, wait: Duration) {
    let until = side::held_until(wait, platform.clock.now());
    if let Err(error) = platform.tables.hold_side_calls((vendor, waba), until).await {
        tracing::warn!(vendor.id = %vendor, error = %error, "a wait beside sending is not kept");
    }
}
