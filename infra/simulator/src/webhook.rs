use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A webhook that will leave at `due`, or that a fault swallowed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Planned {
    pub(crate) event: String,
    pub(crate) data: Value,
    /// The envelope's time stamp; its unit depends on the event.
    pub(crate) timestamp: Option<i64>,
    /// The WhatsApp id it speaks of.
    pub(crate) key_id: Option<String>,
    pub(crate) due: Timestamp,
    pub(crate) dropped: bool,
}

/// How a webhook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered 2xx.
    Delivered,
    /// Answered with something else below 500, which is not tried again.
    Refused,
    /// Every try ended in a 5xx, no connection or no answer in time.
    GaveUp,
    /// A fault swallowed it.
    Dropped,
    /// The session has no URL, or one that is neither on this machine nor the gateway's.
    Unaddressed,
}

/// A webhook that was posted, or given up.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookRecord {
    /// Counts the simulator's webhooks.
    pub serial: u64,
    /// The session's label.
    pub session: String,
    /// The event's name.
    pub event: String,
    /// The WhatsApp id it speaks of.
    pub key_id: Option<String>,
    /// The event's `data`. The session's key, which Wasender puts beside it, is left out.
    pub data: Value,
    /// How it ended.
    pub outcome: Outcome,
    /// The last answer's HTTP status, if one came.
    pub status: Option<u16>,
    /// How often it was posted.
    pub tries: u32,
    /// When it ended.
    pub at: Timestamp,
}

/// The end of one webhook.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Settled {
    pub(crate) outcome: Outcome,
    pub(crate) status: Option<u16>,
    pub(crate) tries: u32,
}

/// What waits to be posted, a queue per session in order of due time, and what was posted.
#[derive(Default)]
pub(crate) struct Outbox {
    queues: BTreeMap<u32, BTreeMap<(Timestamp, u64), Planned>>,
    records: VecDeque<WebhookRecord>,
    last_serial: u64,
}

/// Older records are forgotten.
const RECORDS: usize = 50_000;

impl Outbox {
    pub(crate) fn last_serial(&self) -> u64 {
        self.last_serial
    }

    /// Queues a webhook and says its serial; a dropped one goes straight to the records.
    pub(crate) fn push(
        &mut self,
        session: u32,
        label: &str,
        webhook: Planned,
        now: Timestamp,
    ) -> Option<u64> {
        self.last_serial += 1;
        let serial = self.last_serial;
        if webhook.dropped {
            self.record(
                serial,
                label,
                webhook,
                Settled {
                    outcome: Outcome::Dropped,
                    status: None,
                    tries: 0,
                },
                now,
            );
            return None;
        }
        self.queues
            .entry(session)
            .or_default()
            .insert((webhook.due, serial), webhook);
        Some(serial)
    }

    /// Ends a webhook. One that a reset has cleared meanwhile is nobody's business.
    pub(crate) fn settle(
        &mut self,
        session: u32,
        label: &str,
        serial: u64,
        settled: Settled,
        now: Timestamp,
    ) {
        let Some(queue) = self.queues.get_mut(&session) else {
            return;
        };
        let Some(slot) = queue.keys().find(|(_, queued)| *queued == serial).copied() else {
            return;
        };
        let Some(webhook) = queue.remove(&slot) else {
            return;
        };
        if queue.is_empty() {
            self.queues.remove(&session);
        }
        self.record(serial, label, webhook, settled, now);
    }

    /// The first webhook of every session that has one.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (u32, u64, &Planned)> {
        self.queues.iter().filter_map(|(session, queue)| {
            let ((_, serial), webhook) = queue.first_key_value()?;
            Some((*session, *serial, webhook))
        })
    }

    /// Whether this webhook has not ended yet.
    pub(crate) fn holds(&self, serial: u64) -> bool {
        self.queues
            .values()
            .flat_map(BTreeMap::keys)
            .any(|(_, queued)| *queued == serial)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    pub(crate) fn records(&self) -> Vec<WebhookRecord> {
        self.records.iter().cloned().collect()
    }

    pub(crate) fn forget_session(&mut self, session: u32) {
        self.queues.remove(&session);
    }

    pub(crate) fn clear(&mut self) {
        self.queues.clear();
        self.records.clear();
    }

    fn record(
        &mut self,
        serial: u64,
        label: &str,
        webhook: Planned,
        settled: Settled,
        now: Timestamp,
    ) {
        if self.records.len() == RECORDS {
            self.records.pop_front();
        }
        self.records.push_back(WebhookRecord {
            serial,
            session: label.to_owned(),
            event: webhook.event,
            key_id: webhook.key_id,
            data: webhook.data,
            outcome: settled.outcome,
            status: settled.status,
            tries: settled.tries,
            at: now,
        });
    }
}
