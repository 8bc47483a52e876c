//! Webhooks that were genuine and not understood: shown, and given to the parser again.

use domain::entry::QuarantineEntry;
use domain::limits;
use flows::problem::{self, Problem};
use flows::replay::{self, Replayed};
use platform::{Shelf, Shelved};
use serde_json::{Value, json};

use crate::body::Fields;
use crate::call::{Call, Scope};
use crate::listing::bad_query;
use crate::routes::Route;
use crate::shelves::{Chosen, Verdict, Work, answered, noted, wanted};
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/quarantine", Scope::Admin, |app, call| {
        Box::pin(app.list_quarantine(call))
    }),
    Route::new("POST", "/quarantine/replay", Scope::Admin, |app, call| {
        Box::pin(app.replay_quarantine(call))
    }),
];

impl App {
    /// Some of the webhooks in the quarantine; what customers wrote only if that is asked for.
    async fn list_quarantine(&self, call: Call<'_>) -> Answer {
        let (limit, vendor) = wanted(call.query)?;
        let with_payload = match call.query.first("payload") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(bad_query("payload", "is true or false")),
        };
        if with_payload && limit > limits::SHELF_PAYLOADS {
            let most = limits::SHELF_PAYLOADS;
            let detail = format_args!("with payload, it is a number from 1 to {most}");
            return Err(bad_query("limit", detail));
        }
        let looking = self.look(Shelf::Quarantine, vendor.as_ref(), limit);
        let (seen, total) = looking.await?;
        let quarantine: Vec<_> = seen.iter().map(|one| shown(one, with_payload)).collect();
        let answer =
            json!({ "quarantine": quarantine, "approximateTotal": total, "nextCursor": null });
        Ok(problem::json(200, &answer))
    }

    async fn replay_quarantine(&self, call: Call<'_>) -> Answer {
        let fields = Fields::read(call.body, &["ids", "vendorId", "all"])?;
        let chosen = Chosen::read(&fields)?;
        let working = self.work_through(Shelf::Quarantine, &chosen, Work::Replay);
        let progress = working.await?;
        call.change.note(Value::Null, noted(&chosen, &progress));
        Ok(problem::json(200, &answered(&chosen, &progress)))
    }

    /// Keeps what is understood of one webhook. One of a number that is registered no more stays.
    pub(crate) async fn replay(&self, message: &Shelved) -> Result<Verdict, Problem> {
        let Ok(entry) = QuarantineEntry::from_body(&message.body) else {
            return Ok(Verdict::Stays("unreadable"));
        };
        let numbers = self.platform.tables.instances(&entry.vendor_id).await;
        let numbers = numbers.map_err(|error| unavailable(&error))?;
        if !numbers.iter().any(|number| number.waba_id == entry.waba_id) {
            return Ok(Verdict::Stays("no_such_number"));
        }
        let replayed = replay::replay(&self.platform, &entry).await;
        Ok(match replayed.map_err(|error| unavailable(&error))? {
            Replayed::Understood => Verdict::Done("replayed"),
            Replayed::NotUnderstood => Verdict::Stays("not_understood"),
            Replayed::Unreadable => Verdict::Stays("unreadable"),
        })
    }
}

fn shown(message: &Shelved, with_payload: bool) -> Value {
    let entry = QuarantineEntry::from_body(&message.body).ok();
    let mut shown = json!({
        "id": message.id,
        "vendorId": entry.as_ref().map(|entry| entry.vendor_id.as_str()),
        "wabaId": entry.as_ref().map(|entry| entry.waba_id.as_str()),
        "event": entry.as_ref().map(|entry| &entry.event),
        "reason": entry.as_ref().map(|entry| &entry.reason),
        "receivedAt": entry.as_ref().map(|entry| entry.received_at.to_string()),
        "sizeBytes": message.body.len(),
    });
    if with_payload {
        shown["payload"] = json!(entry.map(|entry| entry.body));
    }
    shown
}
