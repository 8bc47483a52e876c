//! The way of a webhook: prove, parse, make durable, answer. Nothing is answered 200 that is not kept.

use std::time::Duration;

use domain::admission::Shown;
use domain::entry::{InboundEntry, InboundEvent, QuarantineEntry};
use domain::watch::{Cause, Gap};
use domain::{Element, Event, Pairing, Received, SessionNamed, SessionStatus, StatusUpdate};
use domain::{VendorId, limits};
use platform::telemetry::Metric;
use platform::{Platform, SessionKeys, telemetry};
use providers::wasender::{self, Malformed};
use tokio::time::Instant;

use crate::events::{self, Went};
use crate::naming;
use crate::proving::{self, Proving, Rotations};
use crate::refusals::Refusals;
use crate::tally::Tally;

/// The pipeline that every webhook function runs.
#[derive(Clone, Debug)]
pub struct Ingest {
    platform: Platform,
    refusals: Refusals,
    rotations: Rotations,
    session_keys: SessionKeys,
}

/// How a webhook ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Reception {
    /// Everything in it is kept.
    Received(Tally),
    /// Nothing changed: it is not proved to be genuine.
    Refused,
    /// Nothing changed: its signature is this vendor's, and it names another vendor's session.
    Foreign(Tally),
    /// Nobody can say yet whether it is genuine, because the vendor's secrets are being changed; the provider is to repeat it.
    Rotating,
    /// It is genuine and can't be read.
    Malformed(Malformed),
    /// It could not be proved or kept in time; the provider is to repeat it.
    TryAgain(Tally),
}

/// One webhook of a vendor.
#[derive(Clone, Copy, Debug)]
pub struct Webhook<'a> {
    pub vendor: &'a VendorId,
    pub shown: Shown<'a>,
}

/// What one element waits to be.
#[derive(Default)]
pub(crate) struct Sorted {
    pub(crate) inbound: Vec<InboundEvent>,
    pub(crate) statuses: Vec<StatusUpdate>,
    sessions: Vec<SessionStatus>,
    pairings: Vec<Pairing>,
    pub(crate) not_understood: Vec<&'static str>,
    ignored: usize,
}

impl Ingest {
    pub fn new(platform: Platform) -> Self {
        Self {
            platform,
            refusals: Refusals::default(),
            rotations: Rotations::default(),
            session_keys: SessionKeys::default(),
        }
    }

    /// Opens connections before the first event, see [`Platform::open_connections`].
    pub async fn open_connections(&self) {
        self.platform.open_connections().await;
    }

    /// Receives one webhook. Every answer comes within [`limits::WEBHOOK_BUDGET`] and a little, whatever the stores do.
    pub async fn receive(&self, webhook: Webhook<'_>) -> Reception {
        let deadline = Instant::now() + limits::WEBHOOK_BUDGET;
        let came_at = self.platform.clock.now();
        let work = self.receive_until(webhook, deadline);
        let reception = tokio::time::timeout_at(deadline, work)
            .await
            .unwrap_or_else(|_| Reception::TryAgain(Tally::default()));
        if matches!(reception, Reception::TryAgain(_)) {
            self.refusals.refused(webhook.vendor, came_at);
        }
        reception
    }

    async fn receive_until(&self, webhook: Webhook<'_>, deadline: Instant) -> Reception {
        let (proved, by) =
            match proving::prove(&self.platform, &self.rotations, webhook, deadline).await {
                Proving::Genuine(proved, by) => (proved, by),
                Proving::Refused => return Reception::Refused,
                Proving::Rotating => return Reception::Rotating,
                Proving::Unknown => return Reception::TryAgain(Tally::default()),
            };
        let received_at = self.platform.clock.now();
        let (received, key) = match wasender::parse_named(webhook.shown.body, received_at) {
            Ok(read) => read,
            Err(malformed) => return Reception::Malformed(malformed),
        };
        let from = events::From {
            vendor: webhook.vendor,
            waba: &proved.waba_id,
            received_at,
        };
        let keys = &self.session_keys;
        let by = (webhook.vendor, &*by);
        let named = naming::named(&self.platform, keys, by, key.as_ref(), deadline).await;
        if named == SessionNamed::Anothers {
            let tally = Tally::all_refused(received.elements.len());
            log(from, &received, &tally);
            return Reception::Foreign(tally);
        }
        let tally = self
            .keep(from, &received, webhook.shown.body, deadline)
            .await;
        debug_assert!(tally.balances(), "{tally:?}");
        tally.told(from.vendor);
        log(from, &received, &tally);
        if tally.refused == 0 {
            self.kept_again(from, deadline).await;
            let telling =
                proving::shown_next(&self.platform, &self.rotations, webhook.vendor, &proved);
            // What can't be told in time is told with the next webhook.
            let _ = tokio::time::timeout(half_of(deadline), telling).await;
            Reception::Received(tally)
        } else {
            Reception::TryAgain(tally)
        }
    }

    /// If webhooks of this vendor could not be kept until now, that is a gap in hearing.
    async fn kept_again(&self, from: events::From<'_>, deadline: Instant) {
        let Some(since) = self.refusals.ended(from.vendor) else {
            return;
        };
        let gap = Gap {
            waba: from.waba.clone(),
            cause: Cause::Ingest,
            from: since,
            to: Some(from.received_at),
        };
        let noting = self.platform.tables.note_gap(from.vendor, &gap);
        let noted = tokio::time::timeout(half_of(deadline), noting).await;
        if matches!(noted, Ok(Ok(()))) {
            telemetry::count(Metric::IngestGap, from.vendor);
        } else {
            self.refusals.refused(from.vendor, since);
        }
    }

    /// Keeps every element where it belongs. What can't be kept is counted as refused.
    async fn keep(
        &self,
        from: events::From<'_>,
        received: &Received,
        body: &[u8],
        deadline: Instant,
    ) -> Tally {
        let sorted = sort(&received.elements);
        let mut tally = Tally {
            elements: received.elements.len(),
            ignored: sorted.ignored,
            ..Tally::default()
        };
        let inbound = sorted.inbound.len();
        let lost = self.enqueue(from, sorted.inbound, deadline).await;
        tally.enqueued = inbound - lost;
        tally.refused = lost;
        for update in &sorted.statuses {
            count(
                &mut tally,
                events::status(&self.platform, from, update, half_of(deadline))
                    .await
                    .ok(),
            );
        }
        for status in &sorted.sessions {
            count(
                &mut tally,
                events::session(&self.platform, from, *status, half_of(deadline))
                    .await
                    .ok(),
            );
        }
        for pairing in &sorted.pairings {
            let kept = events::pairing(&self.platform, from, pairing).await;
            count(&mut tally, kept.ok());
        }
        if !sorted.not_understood.is_empty() {
            let kept = self
                .quarantine(from, received, &sorted.not_understood, body)
                .await;
            *(if kept {
                &mut tally.quarantined
            } else {
                &mut tally.refused
            }) += sorted.not_understood.len();
        }
        tally
    }

    /// Enqueues events; those that the queue refuses, or does not take in time, go to the ledger. Answers how many neither took.
    async fn enqueue(
        &self,
        from: events::From<'_>,
        events: Vec<InboundEvent>,
        deadline: Instant,
    ) -> usize {
        if events.is_empty() {
            return 0;
        }
        let entry = |event| InboundEntry {
            vendor_id: from.vendor.clone(),
            waba_id: from.waba.clone(),
            received_at: from.received_at,
            event,
        };
        let entries: Vec<_> = events.into_iter().map(entry).collect();
        if let [only] = entries.as_slice()
            && matches!(only.event, InboundEvent::Message(_))
        {
            telemetry::concerns(from.vendor, Some(&only.message_id()));
        }
        let until = deadline.checked_sub(SPILL_NEEDS).unwrap_or(deadline);
        let enqueueing = self.platform.queues.enqueue_inbound(&entries);
        let refused = tokio::time::timeout_at(until, enqueueing)
            .await
            .unwrap_or_else(|_| (0..entries.len()).collect());
        let (mut lost, at_first) = (0, refused.len());
        for at in refused {
            let spilling = self
                .platform
                .tables
                .spill(&entries[at], self.platform.clock.now());
            let kept = tokio::time::timeout_at(deadline - ANSWER_NEEDS, spilling).await;
            if !matches!(kept, Ok(Ok(()))) {
                lost += 1;
            }
        }
        telemetry::add(Metric::Undispatched, at_first - lost, from.vendor);
        lost
    }

    async fn quarantine(
        &self,
        from: events::From<'_>,
        received: &Received,
        reasons: &[&'static str],
        body: &[u8],
    ) -> bool {
        let entry = QuarantineEntry {
            vendor_id: from.vendor.clone(),
            waba_id: from.waba.clone(),
            received_at: from.received_at,
            event: received.name.clone(),
            reason: reasons.join("; "),
            body: providers::quarantined(body),
        };
        let kept = self.platform.queues.quarantine(&entry).await;
        if let Err(error) = &kept {
            tracing::warn!(error = %error, "the quarantine refused a webhook");
        }
        kept.is_ok()
    }
}

/// What is left of a webhook's budget for keeping it, whatever else is asked before.
pub(crate) const KEEPING_NEEDS: Duration = Duration::from_millis(2_200);
/// What of the budget is kept for the ledger, should the queue be silent.
const SPILL_NEEDS: Duration = Duration::from_millis(1_600);
/// What of the budget is kept for saying that nothing worked.
const ANSWER_NEEDS: Duration = Duration::from_millis(50);

/// Half of what is left: the other store has its turn in the other half.
fn half_of(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()) / 2
}

pub(crate) fn sort(elements: &[Element]) -> Sorted {
    let mut sorted = Sorted::default();
    for element in elements {
        match element {
            Element::Event(Event::Message(message)) => {
                sorted.inbound.push(InboundEvent::Message(message.clone()));
            }
            Element::Event(Event::Echo(echo)) => {
                sorted.inbound.push(InboundEvent::Echo(echo.clone()));
            }
            Element::Event(Event::Change(change)) => {
                sorted.inbound.push(InboundEvent::Change(change.clone()));
            }
            Element::Event(Event::Pairing(pairing)) => sorted.pairings.push(pairing.clone()),
            Element::Event(Event::Status(update)) => sorted.statuses.push(update.clone()),
            Element::Event(Event::Session(status)) => sorted.sessions.push(*status),
            Element::Ignored(_) => sorted.ignored += 1,
            Element::NotUnderstood(reason) => sorted.not_understood.push(reason),
        }
    }
    sorted
}

fn count(tally: &mut Tally, went: Option<Went>) {
    *match went {
        Some(Went::Applied) => &mut tally.applied,
        Some(Went::Duplicate) => &mut tally.duplicate,
        None => &mut tally.refused,
    } += 1;
}

fn log(from: events::From<'_>, received: &Received, tally: &Tally) {
    tracing::info!(
        success = tally.refused == 0,
        vendor.id = %from.vendor,
        waba.id = %from.waba,
        event = received.name,
        elements = tally.elements,
        enqueued = tally.enqueued,
        applied = tally.applied,
        duplicate = tally.duplicate,
        ignored = tally.ignored,
        quarantined = tally.quarantined,
        refused = tally.refused,
        "webhook received"
    );
}
