//! Deleting a number, and a vendor with all that was kept of it.

use domain::erasure::Erasure;
use domain::restore::record::What;
use domain::{InstanceSecrets, VendorId, VendorSecrets, WabaId, limits};
use flows::erasure;
use flows::problem::{self, Problem};
use platform::tables::{Active, Commit};
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::listing::bad_query;
use crate::routes::Route;
use crate::{Answer, App, no_such_number, no_such_vendor, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(
        "DELETE",
        "/vendors/{vendorId}",
        Scope::Manage,
        |app, call| Box::pin(app.delete_vendor(call)),
    ),
    Route::new(
        "DELETE",
        "/vendors/{vendorId}/waba/{wabaId}",
        Scope::Manage,
        |app, call| Box::pin(app.delete_number(call)),
    ),
    Route::new(
        "GET",
        "/vendors/{vendorId}/erasure",
        Scope::Read,
        |app, call| Box::pin(app.get_erasure(call)),
    ),
];

/// Pages of a deleted number's gaps that are erased at once.
const GAP_PAGES: usize = 10;

impl App {
    /// Deletes one number. Repeated, it makes good for what was not done the first time.
    async fn delete_number(&self, call: Call<'_>) -> Answer {
        let (vendor, waba) = (&call.vendor()?, &call.waba()?);
        let deleting = Box::pin(self.delete_number_alone(&call, vendor, waba));
        let active = self.with_secrets(vendor, deleting).await?;
        if let Err(error) = flows::session::verify_soon(&self.platform, (vendor, waba)).await {
            // The sweep looks at every lane that drains.
            tracing::warn!(vendor.id = %vendor, error = %error, "what waits is cancelled later");
        }
        let answer = json!({
            "vendorId": vendor.as_str(),
            "wabaId": waba.as_str(),
            "deleted": true,
            "sends": shown(active),
        });
        Ok(problem::json(200, &answer))
    }

    async fn delete_number_alone(
        &self,
        call: &Call<'_>,
        vendor: &VendorId,
        waba: &WabaId,
    ) -> Result<Active, Problem> {
        let row = self.row(vendor).await?;
        let number = row.instances.iter().find(|number| number.waba_id == *waba);
        let mut active = Active::default();
        if let Some(number) = number {
            if_unchanged(call, number.revision)?;
            active = self.active(vendor, Some(waba)).await?;
            refuse_unless_forced(call, active)?;
            let closing = erasure::close(&self.platform, number).await;
            if !closing.map_err(|error| unavailable(&error))? {
                return Err(crate::call::changed_meanwhile());
            }
            tracing::info!(vendor.id = %vendor, waba.id = %waba, "a number was deleted");
            call.change
                .note(json!({ "wabaId": waba.as_str() }), Value::Null);
        } else if !self.was_deleted(vendor, waba).await? {
            return Err(no_such_number());
        }
        self.recorded_outside(What::NumberDeleted(vendor.clone(), waba.clone()))
            .await?;
        self.forget_secret_of(vendor, waba).await?;
        self.forget_gaps_of(vendor, waba).await?;
        Ok(active)
    }

    /// Deletes a vendor: it is gone with the answer, and its data is erased after it.
    async fn delete_vendor(&self, call: Call<'_>) -> Answer {
        let vendor = &call.vendor()?;
        let found = self.platform.tables.vendor(vendor).await;
        let Some(row) = found.map_err(|error| unavailable(&error))? else {
            // Asked for twice: what the first time left undone is done.
            let erasure = self.erasure(vendor).await?.ok_or_else(no_such_vendor)?;
            return self.erased_soon(vendor, &erasure).await;
        };
        if_unchanged(&call, row.config.revision)?;
        let active = self.active(vendor, None).await?;
        refuse_unless_forced(&call, active)?;
        let begun = Erasure::begun(self.platform.clock.now(), row.config.revision + 1);
        let beginning = self
            .platform
            .tables
            .begin_erasure(&row.config, &begun)
            .await;
        if beginning.map_err(|error| unavailable(&error))? != Commit::Done {
            return Err(crate::call::changed_meanwhile());
        }
        tracing::info!(vendor.id = %vendor, "a vendor was deleted");
        let numbers: Vec<_> = row.instances.iter().map(|it| it.waba_id.as_str()).collect();
        let before = json!({ "vendorId": vendor.as_str(), "wabaIds": numbers });
        call.change.note(before, json!({ "state": "erasing" }));
        self.erased_soon(vendor, &begun).await
    }

    /// Stops everything, and has the erasure gone on with. Should anything fail, the sweep does it.
    async fn erased_soon(&self, vendor: &VendorId, erasure: &Erasure) -> Answer {
        if erasure.finished_at.is_none() {
            // Before it is answered; a pass does it again before it erases anything.
            let recording = erasure::record(&self.platform, vendor, erasure).await;
            let stopping = erasure::stop(&self.platform, vendor).await;
            let going_on = erasure::go_on_soon(&self.platform, vendor, std::time::Duration::ZERO);
            for error in [stopping.err(), going_on.await.err()].into_iter().flatten() {
                tracing::warn!(vendor.id = %vendor, error = %error, "a vendor's erasure is left to the sweep");
            }
            recording.map_err(|error| unavailable(&error))?;
        }
        Ok(problem::json(202, &erasure_shown(vendor, erasure)))
    }

    async fn get_erasure(&self, call: Call<'_>) -> Answer {
        let vendor = &call.vendor()?;
        let erasure = self.erasure(vendor).await?.ok_or_else(no_such_erasure)?;
        Ok(problem::json(200, &erasure_shown(vendor, &erasure)))
    }

    async fn erasure(&self, vendor: &VendorId) -> Result<Option<Erasure>, Problem> {
        let erasure = self.platform.tables.erasure(vendor).await;
        erasure.map_err(|error| unavailable(&error))
    }

    /// A deleted vendor's messages are gone for everybody before they are erased.
    pub(crate) async fn not_deleted(&self, vendor: &VendorId) -> Result<(), Problem> {
        match self.erasure(vendor).await? {
            Some(_) => Err(no_such_vendor()),
            None => Ok(()),
        }
    }

    /// Makes an id whose erasure has ended free, for a vendor that is to be registered under it.
    pub(crate) async fn free(&self, vendor: &VendorId) -> Result<(), Problem> {
        let Some(erasure) = self.erasure(vendor).await? else {
            return Ok(());
        };
        if erasure.finished_at.is_none() {
            return Err(being_erased());
        }
        let forgetting = self.platform.tables.forget_erased(vendor, &erasure).await;
        forgetting.map_err(|error| unavailable(&error)).map(|_| ())
    }

    async fn active(&self, vendor: &VendorId, waba: Option<&WabaId>) -> Result<Active, Problem> {
        let now = self.platform.clock.now();
        let active = self.platform.tables.active_sends(vendor, waba, now).await;
        active.map_err(|error| unavailable(&error))
    }

    async fn was_deleted(&self, vendor: &VendorId, waba: &WabaId) -> Result<bool, Problem> {
        let deleted = self.platform.tables.deleted_numbers(vendor).await;
        Ok(deleted.map_err(|error| unavailable(&error))?.contains(waba))
    }

    /// The secret goes last: without its number it opens nothing but the door to a closed lane.
    async fn forget_secret_of(&self, vendor: &VendorId, waba: &WabaId) -> Result<(), Problem> {
        let Some(stored) = self.stored_secrets(vendor).await? else {
            return Ok(());
        };
        if stored.of(waba).is_none() {
            return Ok(());
        }
        let others = |instance: &&InstanceSecrets| instance.waba_id != *waba;
        let left = VendorSecrets {
            instances: stored.instances.iter().filter(others).cloned().collect(),
            ..(*stored).clone()
        };
        let storing = self.platform.secrets.store_vendor(vendor, &left).await;
        storing.map_err(|error| unavailable(&error))
    }

    async fn forget_gaps_of(&self, vendor: &VendorId, waba: &WabaId) -> Result<(), Problem> {
        use platform::tables::Erasable;
        let mut start = None;
        for _ in 0..GAP_PAGES {
            let erasing = self
                .platform
                .tables
                .erase(vendor, Erasable::Gaps(waba), start);
            start = erasing.await.map_err(|error| unavailable(&error))?.next;
            if start.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// `If-Match` is not needed here; whoever sends it deletes nothing that was changed since.
fn if_unchanged(call: &Call<'_>, revision: u64) -> Result<(), Problem> {
    if call.headers.contains_key("if-match") && call.if_match()? != revision {
        return Err(crate::call::changed_meanwhile());
    }
    Ok(())
}

/// `?force=true`: sends that are not settled are given up.
fn refuse_unless_forced(call: &Call<'_>, active: Active) -> Result<(), Problem> {
    let is_forced = match call.query.first("force") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(bad_query("force", "is true or false")),
    };
    if is_forced || active.total() == 0 {
        return Ok(());
    }
    let Active {
        queued,
        parked,
        sending,
        unknown,
    } = active;
    let detail = format!(
        "sends are not settled: {queued} queued, {parked} parked, {sending} being sent, {unknown} in doubt; \
        with force=true those that did not leave are cancelled"
    );
    Err(Problem::new(
        409,
        "sends_active",
        "Sends are active",
        detail,
    ))
}

fn shown(active: Active) -> Value {
    json!({
        "queued": active.queued,
        "parked": active.parked,
        "sending": active.sending,
        "unknown": active.unknown,
    })
}

fn erasure_shown(vendor: &VendorId, erasure: &Erasure) -> Value {
    let remembered = |at: jiff::Timestamp| at.checked_add(limits::ERASED_REMEMBERED).ok();
    json!({
        "vendorId": vendor.as_str(),
        "state": if erasure.finished_at.is_some() { "finished" } else { "erasing" },
        "begunAt": erasure.begun_at.to_string(),
        "finishedAt": erasure.finished_at.map(|at| at.to_string()),
        "rememberedUntil": erasure.finished_at.and_then(remembered).map(|at| at.to_string()),
        "erased": erasure.erased,
    })
}

fn no_such_erasure() -> Problem {
    let detail = "no vendor with this id was deleted of late";
    Problem::new(404, "no_such_erasure", "Not found", detail)
}

fn being_erased() -> Problem {
    let detail = "a vendor with this id was deleted, and its data is still being erased; see its erasure, and repeat the request";
    Problem::new(409, "being_erased", "Being erased", detail).field("vendorId")
}
