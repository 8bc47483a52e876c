//! From the ledger into the queue: after a decision, after a crash, after a stop.

use domain::entry::OutboundEntry;
use domain::{Dispatch, Outbound};
use platform::{AwsError, Platform};

/// Enqueues messages that the ledger holds as queued, in their order, and clears their mark. What the queue refuses keeps its mark
/// for the sweep; the answer is how many that are.
pub async fn dispatch(platform: &Platform, messages: &[Outbound]) -> Result<usize, AwsError> {
    let waiting: Vec<_> = messages
        .iter()
        .filter(|message| message.undispatched && message.dispatch == Dispatch::Queued)
        .cloned()
        .collect();
    if waiting.is_empty() {
        return Ok(0);
    }
    let entries: Vec<_> = waiting.iter().map(entry).collect();
    let refused = platform.queues.enqueue_outbound(&entries).await;
    let taken = waiting
        .into_iter()
        .enumerate()
        .filter(|(at, _)| !refused.contains(at))
        .map(|(_, message)| message);
    platform
        .tables
        .dispatched(&taken.collect::<Vec<_>>(), platform.clock.now())
        .await?;
    Ok(refused.len())
}

/// Enqueues what was decided together before and is perhaps not in the queue yet; the answer is how many the queue refused. What stands
/// on a lane's list is left to the lane's drainer, which knows its order.
pub async fn again(platform: &Platform, mut messages: Vec<Outbound>) -> Result<usize, AwsError> {
    messages.retain(|message| !message.listed);
    dispatch(platform, &messages).await
}

/// The queue entry of a message in its present generation.
pub fn entry(message: &Outbound) -> OutboundEntry {
    OutboundEntry {
        vendor_id: message.vendor.clone(),
        waba_id: message.waba.clone(),
        message_id: message.id.clone(),
        generation: message.generation,
    }
}
