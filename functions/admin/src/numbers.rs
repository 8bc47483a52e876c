//! The numbers of a vendor: each has its session at the provider, its lane and its secrets; all share the vendor's webhook address.

use domain::{VendorId, WabaId, WabaInstance, limits};
use flows::problem::{self, Problem};
use jiff::Timestamp;
use platform::tables::VendorRow;
use serde_json::{Value, json};

use crate::body::{Fields, Wrong, invalid};
use crate::call::{Call, Scope, changed_meanwhile};
use crate::number::{self, Asked};
use crate::register::Plan;
use crate::routes::Route;
use crate::vendor_shown::{number as shown, with_etag};
use crate::vendors::number_of;
use crate::{Answer, App, no_such_number, no_such_vendor};

const ALL: &str = "/vendors/{vendorId}/waba-instances";
const ONE: &str = "/vendors/{vendorId}/waba/{wabaId}";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", ALL, Scope::Read, |app, call| {
        Box::pin(app.list_numbers(call))
    }),
    Route::new("POST", ALL, Scope::Manage, |app, call| {
        Box::pin(app.add_number(call))
    }),
    Route::new("GET", ONE, Scope::Read, |app, call| {
        Box::pin(app.get_number(call))
    }),
    Route::new("PUT", ONE, Scope::Manage, |app, call| {
        Box::pin(app.change_number(call))
    }),
];

impl App {
    async fn list_numbers(&self, call: Call<'_>) -> Answer {
        let row = self.row(&call.vendor()?).await?;
        let mut numbers = Vec::with_capacity(row.instances.len());
        for instance in &row.instances {
            numbers.push(self.number_shown(instance).await?);
        }
        Ok(problem::json(200, &json!({ "wabaInstances": numbers })))
    }

    async fn get_number(&self, call: Call<'_>) -> Answer {
        let row = self.row(&call.vendor()?).await?;
        let instance = number_of(&row, &call.waba()?).ok_or_else(no_such_number)?;
        let body = self.number_shown(instance).await?;
        Ok(with_etag(200, instance.revision, &body))
    }

    /// Adds a number to a vendor; the same again brings it up to date.
    async fn add_number(&self, call: Call<'_>) -> Answer {
        let (vendor, now) = (&call.vendor()?, self.platform.clock.now());
        let country = self.country_of(vendor).await?;
        let (asked, waba) = read_added(call.body, &country)?;
        let plan = |row: Option<&VendorRow>| {
            let row = row.ok_or_else(no_such_vendor)?;
            added(row, (&asked, waba.as_ref()), now)
        };
        let registered = self.register(vendor, &asked.secrets, plan).await?;
        let status = if registered.created { 201 } else { 200 };
        self.changed(call, vendor, (status, registered.before, registered.number))
            .await
    }

    /// Changes a number that nobody changed since the caller saw it.
    async fn change_number(&self, call: Call<'_>) -> Answer {
        let (vendor, now) = (&call.vendor()?, self.platform.clock.now());
        let waba = call.waba()?;
        let country = self.country_of(vendor).await?;
        let revision = call.if_match()?;
        let mut wrong = Wrong::default();
        let fields = Fields::checked(call.body, &number::FIELDS, &mut wrong)?;
        let asked = Asked::read(&fields, &country, &mut wrong);
        let asked = wrong.all(asked)?;
        let plan = |row: Option<&VendorRow>| {
            let row = row.ok_or_else(no_such_vendor)?;
            let known = number_of(row, &waba).ok_or_else(no_such_number)?;
            if known.revision != revision {
                return Err(changed_meanwhile());
            }
            Ok(Plan {
                config: row.config.clone(),
                known: Some(known.clone()),
                number: asked.on(Some(known), (vendor, &waba), now),
            })
        };
        let registered = self.register(vendor, &asked.secrets, plan).await?;
        self.changed(call, vendor, (200, registered.before, registered.number))
            .await
    }

    /// The answer to a change: the number as it is now.
    async fn changed(
        &self,
        call: Call<'_>,
        vendor: &VendorId,
        (status, before, number): (u16, Option<VendorRow>, WabaInstance),
    ) -> Answer {
        let waba = &number.waba_id;
        let row = self.row(vendor).await?;
        let instance = number_of(&row, waba).ok_or_else(no_such_number)?;
        let before = before.as_ref().and_then(|row| number_of(row, waba));
        call.change
            .note(before.map_or(Value::Null, shown), shown(instance));
        tracing::info!(vendor.id = %vendor, waba.id = %waba, status, "number registered");
        let body = self.number_shown(instance).await?;
        Ok(with_etag(status, number.revision, &body))
    }

    /// The country that a vendor's national numbers are of: that of its first number.
    async fn country_of(&self, vendor: &VendorId) -> Result<String, Problem> {
        let row = self.row(vendor).await?;
        let first = row.instances.first();
        let country = first.and_then(|number| number.phone.country());
        Ok(country.unwrap_or_else(|| self.default_country.clone()))
    }
}

fn read_added(body: &[u8], country: &str) -> Result<(Asked, Option<WabaId>), Problem> {
    let mut wrong = Wrong::default();
    let known = [&["wabaId"][..], &number::FIELDS[..]].concat();
    let fields = Fields::checked(body, &known, &mut wrong)?;
    let waba = wrong.checked(fields.text("wabaId").and_then(|id| {
        let parsed = id.map(WabaId::parse).transpose();
        parsed.map_err(|error| invalid("wabaId", error))
    }));
    let asked = Asked::read(&fields, country, &mut wrong);
    wrong.checked(fields.required("wasenderWebhookSecret"));
    wrong.all(asked.zip(waba))
}

/// A vendor with one more number, or with one that it has already: by the id that was asked for, else by the number itself.
fn added(
    row: &VendorRow,
    (asked, waba): (&Asked, Option<&WabaId>),
    now: Timestamp,
) -> Result<Plan, Problem> {
    let vendor = &row.config.vendor_id;
    let same = |number: &&WabaInstance| match waba {
        Some(waba) => number.waba_id == *waba,
        None => number.phone == asked.phone,
    };
    if let Some(known) = row.instances.iter().find(same) {
        if known.phone != asked.phone {
            let detail = "wabaId: another number of the vendor has this id";
            return Err(Problem::new(409, "waba_id_taken", "Taken", detail).field("wabaId"));
        }
        return Ok(Plan {
            config: row.config.clone(),
            number: asked.on(Some(known), (vendor, &known.waba_id), now),
            known: Some(known.clone()),
        });
    }
    if row.instances.len() >= limits::NUMBERS {
        let detail = format!("a vendor may have {} numbers", limits::NUMBERS);
        return Err(Problem::new(409, "too_many_numbers", "Too many", detail));
    }
    let waba = waba.cloned().or_else(|| free_id(row));
    let waba = waba.ok_or_else(no_such_number)?;
    Ok(Plan {
        // Whoever pauses or deletes the vendor sees that there is one number more.
        config: row.config.changed(now),
        known: None,
        number: asked.on(None, (vendor, &waba), now),
    })
}

/// The first of a vendor's ids that no number of it has.
fn free_id(row: &VendorRow) -> Option<WabaId> {
    let vendor = &row.config.vendor_id;
    let further = (2..).map(|place| WabaId::further_of(vendor, place));
    std::iter::once(WabaId::first_of(vendor))
        .chain(further)
        .take(limits::NUMBERS + 1)
        .find(|id| number_of(row, id).is_none())
}
