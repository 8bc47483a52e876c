//! From the ledger into the queue: after a decision, after a crash, after a stop.

use std::time::Duration;

use domain::entry::{LaterEntry, LaterJob, OutboundEntry};
use domain::{Dispatch, MessageId, Outbound, VendorId};
use jiff::Timestamp;
use platform::{AwsError, Platform};

/// Enqueues messages that the ledger holds as queued, in their order, and clears their mark. What the queue refuses keeps its mark
/// for the sweep; the answer is how many that are.
pub async fn dispatch(platform: &Platform, messages: &[Outbound]) -> Result<usize, AwsError> {
    let waiting: Vec<_> = messages
        .iter()
        .filter(|message| message.undispatched && message.dispatch == Dispatch::Queued)
        .cloned()
        .collect();
    let now = platform.clock.now();
    let (waits, waiting): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|message| message.waits(now));
    // Boxed: few messages wait, and every dispatch's future would have their size.
    let held = if waits.is_empty() {
        0
    } else {
        Box::pin(held(platform, &waits, now)).await
    };
    let waiting = if waiting.iter().any(|message| message.not_before.is_some()) {
        Box::pin(behind_others(platform, waiting)).await?
    } else {
        waiting
    };
    if waiting.is_empty() {
        return Ok(held);
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
    Ok(refused.len() + held)
}

/// Has messages that wait before they leave enqueued in time, each decision's by its last; the answer is how many the queue refused.
async fn held(platform: &Platform, messages: &[Outbound], now: Timestamp) -> usize {
    let mut refused = 0;
    for decided in messages.chunk_by(|one, next| one.conversation == next.conversation) {
        let Some(last) = decided.last() else { continue };
        let later = LaterEntry {
            vendor_id: last.vendor.clone(),
            waba_id: last.waba.clone(),
            received_at: now,
            job: LaterJob::Release {
                message_id: last.id.clone(),
            },
        };
        let wait = last.not_before.map(|until| until.duration_since(now));
        let wait = wait.and_then(|wait| Duration::try_from(wait).ok());
        if let Err(error) = platform
            .queues
            .later(&later, wait.unwrap_or_default())
            .await
        {
            tracing::warn!(message.id = %last.id, error = %error, "a message that waits is enqueued later");
            refused += decided.len();
        }
    }
    refused
}

/// Messages that had to wait, each behind those of its conversation that waited before it and are not in the queue yet.
async fn behind_others(
    platform: &Platform,
    messages: Vec<Outbound>,
) -> Result<Vec<Outbound>, AwsError> {
    let mut all: Vec<Outbound> = Vec::with_capacity(messages.len());
    for message in messages {
        if message.not_before.is_some() && !message.listed {
            let tables = &platform.tables;
            let (vendor, conversation) = (&message.vendor, &message.conversation);
            let found = tables.conversation(vendor, conversation).await?;
            let held = found.map(|found| found.held).unwrap_or_default();
            let is_new = |id: &MessageId| *id != message.id && all.iter().all(|it| it.id != *id);
            let ids = held.into_iter().map(|held| held.message);
            let ids: Vec<_> = ids.filter(is_new).collect();
            let mut before = tables.outbounds(vendor, &ids).await?;
            before.retain(|it| {
                let is_open = it.undispatched && it.dispatch == Dispatch::Queued && !it.listed;
                is_open && it.order < message.order
            });
            all.extend(before);
        }
        if all.iter().all(|it| it.id != message.id) {
            all.push(message);
        }
    }
    Ok(all)
}

/// Enqueues a message that has waited as long as it had to.
pub async fn release(
    platform: &Platform,
    vendor: &VendorId,
    id: &MessageId,
) -> Result<(), AwsError> {
    let message = platform.tables.outbound(vendor, id).await?;
    let message: Vec<_> = message.into_iter().collect();
    again(platform, message).await.map(|_| ())
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
