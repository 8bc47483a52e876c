//! A quarantined webhook given to the parser again: what a later release understands goes the way that it would have gone.

use domain::entry::{InboundEntry, QuarantineEntry};
use platform::{AwsError, Platform};
use providers::wasender;

use crate::ingest::sort;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// All of it is understood, and kept.
    Understood,
    /// A part of it is not; the rest is kept.
    NotUnderstood,
    /// It can't be read, perhaps because it was cut.
    Unreadable,
}

/// Keeps what is understood of a quarantined webhook. It may be replayed any number of times: a message is claimed once, whichever way it
/// came, and a status only raises. What a session told of itself then is not true of it now, and changes nothing.
pub async fn replay(platform: &Platform, entry: &QuarantineEntry) -> Result<Replayed, AwsError> {
    let Ok(received) = wasender::parse(entry.body.as_bytes(), entry.received_at) else {
        return Ok(Replayed::Unreadable);
    };
    let sorted = sort(&received.elements);
    let inbound = sorted.inbound.into_iter().map(|event| InboundEntry {
        vendor_id: entry.vendor_id.clone(),
        waba_id: entry.waba_id.clone(),
        received_at: entry.received_at,
        event,
    });
    let inbound: Vec<_> = inbound.collect();
    if !platform.queues.enqueue_inbound(&inbound).await.is_empty() {
        return Err(AwsError::contended("enqueuing a replayed webhook"));
    }
    let (at, now) = ((&entry.vendor_id, &entry.waba_id), platform.clock.now());
    for update in &sorted.statuses {
        platform.tables.note_status(at, update, now).await?;
    }
    Ok(if sorted.not_understood.is_empty() {
        Replayed::Understood
    } else {
        Replayed::NotUnderstood
    })
}
