use domain::config::Settings;
use domain::{CatalogueSize, VendorConfig, VendorId, WabaId, first_revision, limits};
use flows::problem::{self, Problem};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use platform::tables::VendorRow;
use serde_json::{Value, json};

use crate::behaviour::Behaviour;
use crate::body::{Fields, Wrong, invalid};
use crate::call::{Call, Caller, Scope};
use crate::number::{self, Asked};
use crate::register::Plan;
use crate::routes::Route;
use crate::vendor_shown::{vendor, with_etag};
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/vendors", Scope::Manage, |app, call| {
        Box::pin(app.put_vendor(call))
    }),
    Route::new("GET", "/vendors", Scope::Read, |app, call| {
        Box::pin(app.list_vendors(call))
    })
    .narrowed(),
    Route::new("GET", "/vendors/{vendorId}", Scope::Read, |app, call| {
        Box::pin(app.get_vendor(call))
    }),
];

/// Vendors of one page whose numbers are read at the same time.
const AT_ONCE: usize = 16;

/// What `POST /api/admin/vendors` asks for.
struct Registration {
    vendor_id: VendorId,
    business_name: String,
    number: Asked,
    behaviour: Behaviour,
}

impl App {
    /// Creates a vendor with its first number and secrets, or changes them.
    async fn put_vendor(&self, call: Call<'_>) -> Answer {
        let now = self.platform.clock.now();
        let asked = Registration::read(call.body, &self.default_country)?;
        let vendor_id = &asked.vendor_id;
        let plan = |row: Option<&VendorRow>| Ok(asked.plan(row, now));
        let registering = self.register(vendor_id, &asked.number.secrets, plan);
        let registered = registering.await?;
        let is_new = registered.before.is_none();
        tracing::info!(vendor.id = %vendor_id, created = is_new, "vendor registered");
        self.registry.forget(vendor_id).await;
        let row = self.row(vendor_id).await?;
        let before = registered.before.as_ref().map_or(Value::Null, vendor);
        call.change.note(before, vendor(&row));
        let status = if is_new { 201 } else { 200 };
        let body = self.vendor_shown(&row).await?;
        Ok(with_etag(status, row.config.revision, &body))
    }

    async fn get_vendor(&self, call: Call<'_>) -> Answer {
        let row = self.row(&call.vendor()?).await?;
        let body = self.vendor_shown(&row).await?;
        Ok(with_etag(200, row.config.revision, &body))
    }

    async fn list_vendors(&self, call: Call<'_>) -> Answer {
        let query = call.query;
        let limit = crate::listing::limit(query)?;
        if let Some(found) = self.found(query).await? {
            let caller = call.caller;
            let reached = |row: &&VendorRow| {
                caller.grant.reaches(Some(&row.config.vendor_id)) && caller.knew(&row.config)
            };
            let rows: Vec<_> = found.iter().filter(reached).map(vendor).collect();
            let none: Option<&str> = None;
            return Ok(problem::json(
                200,
                &json!({ "vendors": rows, "nextCursor": none }),
            ));
        }
        let start = query
            .first("cursor")
            .map(VendorId::parse)
            .transpose()
            .map_err(|_| crate::listing::bad_cursor())?;
        if let Some(bound) = &call.caller.grant.vendors {
            return self
                .list_bound((call.caller, bound), limit, start.as_ref())
                .await;
        }
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let listing = self.platform.tables.vendors(limit, start.as_ref());
        let (vendors, next) = listing.await.map_err(|error| unavailable(&error))?;
        let numbers = vendors.into_iter().map(|config| self.with_numbers(config));
        let rows = stream::iter(numbers).buffered(AT_ONCE);
        let rows: Vec<_> = rows.map_ok(|row| vendor(&row)).try_collect().await?;
        Ok(problem::json(
            200,
            &json!({ "vendors": rows, "nextCursor": next.as_ref().map(VendorId::as_str) }),
        ))
    }

    async fn with_numbers(&self, config: VendorConfig) -> Result<VendorRow, Problem> {
        let instances = self.platform.tables.instances(&config.vendor_id).await;
        let instances = instances.map_err(|error| unavailable(&error))?;
        Ok(VendorRow { config, instances })
    }

    /// The vendors that the caller's key is bound to, in the order of their ids.
    async fn list_bound(
        &self,
        (caller, bound): (&Caller, &[VendorId]),
        limit: usize,
        start: Option<&VendorId>,
    ) -> Answer {
        let mut bound: Vec<_> = bound.iter().filter(|id| Some(*id) > start).collect();
        bound.sort_unstable();
        let next = (bound.len() > limit).then(|| bound[limit - 1]);
        let mut rows = Vec::new();
        for id in bound.into_iter().take(limit) {
            let row = self.platform.tables.vendor(id).await;
            let row = row.map_err(|error| unavailable(&error))?;
            let row = row.filter(|row| caller.knew(&row.config));
            rows.extend(row.as_ref().map(vendor));
        }
        Ok(problem::json(
            200,
            &json!({ "vendors": rows, "nextCursor": next.map(VendorId::as_str) }),
        ))
    }
}

impl Registration {
    fn read(body: &[u8], country: &str) -> Result<Self, Problem> {
        let mut wrong = Wrong::default();
        let own = ["vendorId", "businessName"];
        let known = [&own[..], &Behaviour::FIELDS, &number::FIELDS].concat();
        let fields = Fields::checked(body, &known, &mut wrong)?;
        let vendor_id = wrong.checked(vendor_id(&fields));
        let business_name = wrong.checked(business_name(&fields));
        let number = Asked::read(&fields, country, &mut wrong);
        wrong.checked(fields.required("wasenderWebhookSecret"));
        let behaviour = Behaviour::read(&fields, &mut wrong);
        let read = || {
            Some(Self {
                vendor_id: vendor_id?,
                business_name: business_name?,
                number: number?,
                behaviour: behaviour?,
            })
        };
        let read = read();
        wrong.all(read)
    }

    /// The vendor and its first number as they are to be, on what is there.
    fn plan(&self, row: Option<&VendorRow>, now: Timestamp) -> Plan {
        let waba = WabaId::first_of(&self.vendor_id);
        let known = row.and_then(|row| number_of(row, &waba));
        let before = row.map(|row| row.config.clone());
        let config = before.unwrap_or_else(|| begun(&self.vendor_id, now));
        let config = VendorConfig {
            business_name: self.business_name.clone(),
            ..config.changed(now)
        };
        Plan {
            config: self.behaviour.applied(config),
            number: self.number.on(known, (&self.vendor_id, &waba), now),
            known: known.cloned(),
        }
    }
}

/// A number of a vendor, by its id.
pub(crate) fn number_of<'a>(row: &'a VendorRow, waba: &WabaId) -> Option<&'a domain::WabaInstance> {
    row.instances.iter().find(|number| number.waba_id == *waba)
}

fn vendor_id(fields: &Fields) -> Result<VendorId, Problem> {
    let id = fields.required("vendorId")?;
    VendorId::parse(id).map_err(|error| invalid("vendorId", error))
}

pub(crate) fn business_name(fields: &Fields) -> Result<String, Problem> {
    let name = fields.required("businessName")?;
    if name.chars().count() > limits::NAME_CHARS {
        return Err(invalid("businessName", "may have 120 characters"));
    }
    Ok(name.to_owned())
}

/// How a vendor behaves that nothing was said of yet.
fn begun(vendor_id: &VendorId, now: Timestamp) -> VendorConfig {
    VendorConfig {
        vendor_id: vendor_id.clone(),
        business_name: String::new(),
        active: true,
        auto_reply: true,
        language: "fr".to_owned(),
        answer_groups: false,
        typed_pause_minutes: limits::TYPED_PAUSE_MINUTES,
        settings: Settings::default(),
        catalogue: CatalogueSize::default(),
        revision: first_revision(now),
        created_at: now,
        updated_at: now,
    }
}
