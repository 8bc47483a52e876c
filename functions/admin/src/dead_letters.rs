//! Queue entries that were given up: shown beside what the ledger knows of them, and given back to their queues.

use std::time::Duration;

use domain::entry::{InboundEntry, InboundEvent, LaterEntry, OutboundEntry, vendor_of};
use domain::{Dispatch, MessageId, Outbound, VendorId, WabaId};
use flows::dispatch;
use flows::problem::{self, Problem};
use jiff::Timestamp;
use platform::{Shelf, Shelved};
use serde_json::{Value, json};

use crate::actions::Cancelled;
use crate::body::{Fields, Wrong, invalid};
use crate::call::{Call, Scope};
use crate::listing::bad_query;
use crate::routes::Route;
use crate::shelves::{Chosen, Verdict, Work, answered, noted, wanted};
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/dead-letters", Scope::Admin, |app, call| {
        Box::pin(app.list_dead_letters(call))
    }),
    Route::new(
        "POST",
        "/dead-letters/redrive",
        Scope::Admin,
        |app, call| Box::pin(app.redrive_dead_letters(call)),
    ),
];

/// How often a message is decided on anew because it moved meanwhile.
const TRIES: usize = 6;

/// What an entry says of itself, as far as this build can read it.
struct Said {
    kind: &'static str,
    waba: WabaId,
    /// The message of the ledger that it is about, if it is one.
    message: Option<MessageId>,
    received_at: Option<Timestamp>,
    generation: Option<u32>,
}

impl App {
    /// Some of what lies in a dead-letter queue, with what the ledger knows of each message; no texts, no numbers.
    async fn list_dead_letters(&self, call: Call<'_>) -> Answer {
        let name = call.query.first("queue").unwrap_or_default();
        let place = place(name).ok_or_else(|| bad_query("queue", QUEUES))?;
        let (limit, vendor) = wanted(call.query)?;
        let (seen, total) = self.look(place, vendor.as_ref(), limit).await?;
        let mut letters = Vec::with_capacity(seen.len());
        for message in &seen {
            letters.push(self.shown_letter(place, name, message).await?);
        }
        let answer =
            json!({ "deadLetters": letters, "approximateTotal": total, "nextCursor": null });
        Ok(problem::json(200, &answer))
    }

    async fn redrive_dead_letters(&self, call: Call<'_>) -> Answer {
        let known = ["queue", "ids", "vendorId", "all", "discard"];
        let fields = Fields::read(call.body, &known)?;
        let mut wrong = Wrong::default();
        let queue = fields.required("queue");
        let queue = queue.and_then(|name| place(name).ok_or_else(|| invalid("queue", QUEUES)));
        let queue = wrong.checked(queue);
        let discard = wrong.checked(fields.flag("discard")).flatten();
        let chosen = wrong.checked(Chosen::read(&fields));
        let (Some(place), Some(chosen)) = (queue, chosen) else {
            return wrong.none().and_then(|()| Err(invalid("queue", QUEUES)));
        };
        wrong.none()?;
        let work = if discard.unwrap_or_default() {
            Work::Discard
        } else {
            Work::Redrive
        };
        let progress = self.work_through(place, &chosen, work).await?;
        let mut record = noted(&chosen, &progress);
        record["queue"] = fields.members()["queue"].clone();
        record["discard"] = (work == Work::Discard).into();
        call.change.note(Value::Null, record);
        Ok(problem::json(200, &answered(&chosen, &progress)))
    }

    /// Gives an entry back to the queue that it came from.
    pub(crate) async fn redrive(
        &self,
        place: Shelf,
        message: &Shelved,
    ) -> Result<Verdict, Problem> {
        let queues = &self.platform.queues;
        let given = match place {
            Shelf::OutboundDead => {
                let Ok(entry) = OutboundEntry::from_body(&message.body) else {
                    return Ok(Verdict::Stays("unreadable"));
                };
                return self.send_after_all(&entry).await;
            }
            Shelf::InboundDead => {
                let Ok(entry) = InboundEntry::from_body(&message.body) else {
                    return Ok(Verdict::Stays("unreadable"));
                };
                queues.redrive_inbound(&entry, message).await
            }
            Shelf::LaterDead | Shelf::Quarantine => {
                let Ok(entry) = LaterEntry::from_body(&message.body) else {
                    return Ok(Verdict::Stays("unreadable"));
                };
                queues.later(&entry, Duration::ZERO).await
            }
        };
        given.map_err(|error| unavailable(&error))?;
        Ok(Verdict::Done("redriven"))
    }

    /// Removes an entry for good. A message that it was to send is not sent any more, or the sweep would bring it back.
    pub(crate) async fn discard_dead(
        &self,
        place: Shelf,
        message: &Shelved,
    ) -> Result<Verdict, Problem> {
        let entry = OutboundEntry::from_body(&message.body);
        let Some(entry) = entry.ok().filter(|_| place == Shelf::OutboundDead) else {
            return Ok(Verdict::Done("discarded"));
        };
        let Some(waiting) = self.waiting(&entry).await? else {
            return Ok(Verdict::Done("settled"));
        };
        match self.cancelled(waiting).await? {
            Cancelled::Now { before, .. } => {
                if before.listed {
                    self.go_on(&before.vendor, &before.waba).await;
                }
                Ok(Verdict::Done("cancelled"))
            }
            Cancelled::Before(_) | Cancelled::Not(..) => Ok(Verdict::Done("settled")),
        }
    }

    /// Enqueues a message that is to be sent anew, by a decision of its own: another entry of it may be on its way, and means nothing then.
    async fn send_after_all(&self, entry: &OutboundEntry) -> Result<Verdict, Problem> {
        for _ in 0..TRIES {
            let Some(message) = self.waiting(entry).await? else {
                return Ok(Verdict::Done("settled"));
            };
            let (tables, now) = (&self.platform.tables, self.platform.clock.now());
            let again = message.clone().requeued();
            let written = tables.decide_outbound(&message, &again, now).await;
            if written.map_err(|error| unavailable(&error))?.is_done() {
                if let Err(error) = dispatch::dispatch(&self.platform, &[again]).await {
                    tracing::warn!(message.id = %message.id, error = %error, "a message is enqueued later");
                }
                return Ok(Verdict::Done("redriven"));
            }
        }
        Err(crate::actions::busy())
    }

    /// The message that an entry is to send, if it still waits for this entry.
    async fn waiting(&self, entry: &OutboundEntry) -> Result<Option<Outbound>, Problem> {
        let tables = &self.platform.tables;
        let found = tables.outbound(&entry.vendor_id, &entry.message_id).await;
        let found = found.map_err(|error| unavailable(&error))?;
        Ok(found.filter(|message| {
            message.dispatch == Dispatch::Queued && message.generation == entry.generation
        }))
    }

    async fn shown_letter(
        &self,
        place: Shelf,
        queue: &str,
        message: &Shelved,
    ) -> Result<Value, Problem> {
        let (vendor, said) = (vendor_of(&message.body), said(place, &message.body));
        let about = said.as_ref().and_then(|said| said.message.as_ref());
        let ledger = match (&vendor, about) {
            (Some(vendor), Some(id)) => self.in_ledger(vendor, id).await?,
            _ => Value::Null,
        };
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Ok(json!({
            "id": message.id,
            "queue": queue,
            "kind": said.as_ref().map_or("unreadable", |said| said.kind),
            "vendorId": vendor.as_ref().map(VendorId::as_str),
            "wabaId": said.as_ref().map(|said| said.waba.as_str()),
            "messageId": about.map(MessageId::as_str),
            "generation": said.as_ref().and_then(|said| said.generation),
            "receivedAt": time(said.as_ref().and_then(|said| said.received_at)),
            "sentAt": time(message.sent_at),
            "firstReceivedAt": time(message.first_received_at),
            "receiveCount": message.receives,
            "sizeBytes": message.body.len(),
            "ledger": ledger,
        }))
    }

    /// What the ledger knows of a message; null if it has none.
    async fn in_ledger(&self, vendor: &VendorId, id: &MessageId) -> Result<Value, Problem> {
        let found = self.platform.tables.message(vendor, id).await;
        let found = found.map_err(|error| unavailable(&error))?;
        let known = found.map(|(listed, outbound)| {
            let outbound = outbound.as_ref();
            json!({
                "status": listed.status,
                "dispatch": outbound.map(|message| message.dispatch.as_str()),
                "generation": outbound.map(|message| message.generation),
            })
        });
        Ok(known.unwrap_or_default())
    }
}

const QUEUES: &str = "is inbound, outbound or later";

fn place(queue: &str) -> Option<Shelf> {
    match queue {
        "inbound" => Some(Shelf::InboundDead),
        "outbound" => Some(Shelf::OutboundDead),
        "later" => Some(Shelf::LaterDead),
        _ => None,
    }
}

fn said(place: Shelf, body: &str) -> Option<Said> {
    match place {
        Shelf::InboundDead => {
            let entry = InboundEntry::from_body(body).ok()?;
            let is_message = matches!(entry.event, InboundEvent::Message(_));
            Some(Said {
                kind: entry.event.as_str(),
                message: is_message.then(|| entry.message_id()),
                received_at: Some(entry.received_at),
                generation: None,
                waba: entry.waba_id,
            })
        }
        Shelf::OutboundDead => {
            let entry = OutboundEntry::from_body(body).ok()?;
            Some(Said {
                kind: "send",
                message: Some(entry.message_id),
                received_at: None,
                generation: Some(entry.generation),
                waba: entry.waba_id,
            })
        }
        Shelf::LaterDead | Shelf::Quarantine => {
            let entry = LaterEntry::from_body(body).ok()?;
            Some(Said {
                kind: entry.job.as_str(),
                message: entry.job.message().cloned(),
                received_at: Some(entry.received_at),
                generation: None,
                waba: entry.waba_id,
            })
        }
    }
}
