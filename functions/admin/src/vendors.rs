use domain::{
    ApiKey, InstanceSecrets, Observed, Pacing, PhoneNumber, Provider, SecretRing, VendorConfig,
    VendorId, VendorSecrets, WabaId, WabaInstance, WebhookSecret, limits,
};
use flows::problem::{self, Problem};
use jiff::{SignedDuration, Timestamp};
use platform::tables::VendorRow;
use serde_json::{Value, json};

use crate::behaviour::Behaviour;
use crate::body::{Fields, invalid};
use crate::call::{Call, Scope};
use crate::pacing::{self, PacingChange};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/vendors", Scope::Manage, |app, call| {
        Box::pin(app.put_vendor(call))
    }),
    Route::new("GET", "/vendors", Scope::Read, |app, call| {
        Box::pin(app.list_vendors(call))
    }),
    Route::new("GET", "/vendors/{vendorId}", Scope::Read, |app, call| {
        Box::pin(app.get_vendor(call))
    }),
];

/// The fields of a registration; the CSV's columns have their names.
const FIELDS: [&str; 13] = [
    "vendorId",
    "businessName",
    "phoneNumber",
    "provider",
    "wasenderInstanceId",
    "wasenderWebhookSecret",
    "wasenderApiKey",
    "plan",
    "accountProtection",
    "dailyCap",
    "jitter",
    "answerGroups",
    "typedPauseMinutes",
];
/// How long a replaced webhook secret stays good: what the provider had under way is still accepted.
const PREVIOUS_LIVES: SignedDuration = SignedDuration::from_hours(24);

/// What `POST /api/admin/vendors` asks for.
pub(crate) struct Registered {
    pub(crate) config: VendorConfig,
    pub(crate) instance: WabaInstance,
    webhook_secret: WebhookSecret,
    pub(crate) api_key: Option<ApiKey>,
    pacing: PacingChange,
    behaviour: Behaviour,
}

impl App {
    /// Creates a vendor with its number and secrets, or changes them. Every step can be repeated: tables first, the secret last, for the
    /// secret is what opens the vendor's webhook.
    async fn put_vendor(&self, call: Call<'_>) -> Answer {
        let now = self.platform.clock.now();
        let mut asked = self.registered(call.body, now)?;
        let vendor = asked.config.vendor_id.clone();
        let before = self
            .platform
            .tables
            .vendor(&vendor)
            .await
            .map_err(|error| unavailable(&error))?;
        let known = before.as_ref().and_then(|row| {
            row.instances
                .iter()
                .find(|known| known.waba_id == asked.instance.waba_id)
        });
        let pacing_before = known.map_or_else(Pacing::default, |known| known.pacing);
        asked.instance.pacing = asked.pacing.on(pacing_before);
        if let Some(row) = &before {
            let config = row.config.clone();
            asked.config = VendorConfig {
                business_name: asked.config.business_name,
                updated_at: now,
                ..config
            };
        }
        asked.config = asked.behaviour.applied(asked.config);
        let stored = self.stored_secrets(&vendor).await?;
        let is_held = self.register(&asked, known, stored.as_deref(), now).await?;
        let kept = known.filter(|_| !is_held);
        asked.instance.observed = kept.map_or_else(Observed::default, |it| it.observed.clone());
        let goes_on = self.paced(&asked.instance, now).await?;
        self.store_secrets(&asked, stored.as_deref(), now).await?;
        let at = (&vendor, &asked.instance.waba_id);
        if (is_held || goes_on)
            && let Err(error) = flows::session::verify_soon(&self.platform, at).await
        {
            // The sweep looks at every lane that is held or drains.
            tracing::warn!(vendor.id = %vendor, error = %error, "a number is verified later");
        }
        tracing::info!(vendor.id = %vendor, created = before.is_none(), "vendor registered");
        self.registry.forget(&vendor);
        let row = self.row(&vendor).await?;
        Ok(problem::json(
            if before.is_none() { 201 } else { 200 },
            &self.shown(&row).await?,
        ))
    }

    async fn get_vendor(&self, call: Call<'_>) -> Answer {
        let row = self.row(&call.vendor()?).await?;
        Ok(problem::json(200, &self.shown(&row).await?))
    }

    /// A vendor by itself, with what its numbers' ways out are like.
    async fn shown(&self, row: &VendorRow) -> Result<Value, Problem> {
        let mut answer = shown(row);
        for (place, instance) in row.instances.iter().enumerate() {
            answer["wabaInstances"][place]["lane"] = self.lane_of(instance).await?;
        }
        Ok(answer)
    }

    async fn list_vendors(&self, call: Call<'_>) -> Answer {
        let query = call.query;
        let limit = crate::listing::limit(query)?;
        if let Some(found) = self.found(query).await? {
            let rows: Vec<_> = found.iter().map(shown).collect();
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
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let listing = self.platform.tables.vendors(limit, start.as_ref());
        let (vendors, next) = listing.await.map_err(|error| unavailable(&error))?;
        let mut rows = Vec::with_capacity(vendors.len());
        for config in vendors {
            let instances = self
                .platform
                .tables
                .instances(&config.vendor_id)
                .await
                .map_err(|error| unavailable(&error))?;
            rows.push(shown(&VendorRow { config, instances }));
        }
        Ok(problem::json(
            200,
            &json!({ "vendors": rows, "nextCursor": next.as_ref().map(VendorId::as_str) }),
        ))
    }

    fn registered(&self, body: &[u8], now: Timestamp) -> Result<Registered, Problem> {
        let fields = Fields::read(body, &FIELDS)?;
        let vendor_id = fields
            .required("vendorId")
            .and_then(|id| VendorId::parse(id).map_err(|error| invalid("vendorId", error)))?;
        let business_name = fields.required("businessName")?;
        if business_name.chars().count() > 120 {
            return Err(invalid("businessName", "may have 120 characters"));
        }
        if fields
            .text("provider")?
            .is_some_and(|provider| provider != Provider::Wasender.as_str())
        {
            return Err(invalid("provider", "only wasender is supported"));
        }
        let phone = fields.required("phoneNumber")?;
        let phone = PhoneNumber::parse(phone, &self.default_country)
            .map_err(|error| invalid("phoneNumber", error))?;
        let instance_id = instance_id(&fields)?;
        let secret = fields.required("wasenderWebhookSecret")?;
        let secret = WebhookSecret::parse(secret)
            .map_err(|error| invalid("wasenderWebhookSecret", error))?;
        let api_key = fields
            .text("wasenderApiKey")?
            .filter(|key| !key.is_empty())
            .map(ApiKey::parse)
            .transpose();
        let instance = unheard((&vendor_id, phone), instance_id, now);
        let api_key = api_key.map_err(|error| invalid("wasenderApiKey", error))?;
        Ok(Registered {
            config: begun(vendor_id, business_name, now),
            instance,
            webhook_secret: secret,
            api_key,
            pacing: PacingChange::read(&fields)?,
            behaviour: Behaviour::read(&fields)?,
        })
    }

    /// A secret that is replaced stays good for a while, and a key that is not given stays as it is.
    async fn store_secrets(
        &self,
        asked: &Registered,
        stored: Option<&VendorSecrets>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let vendor = &asked.config.vendor_id;
        let mut secrets = stored.cloned().unwrap_or_default();
        let current = secrets
            .of(&asked.instance.waba_id)
            .map(|before| before.webhook.current.expose());
        let is_replaced = current.is_some_and(|current| current != asked.webhook_secret.expose());
        let fresh = |before: Option<&InstanceSecrets>| InstanceSecrets {
            waba_id: asked.instance.waba_id.clone(),
            api_key: asked
                .api_key
                .clone()
                .or_else(|| before.and_then(|before| before.api_key.clone())),
            webhook: match before {
                Some(before) => before
                    .webhook
                    .rotated_to(asked.webhook_secret.clone(), now + PREVIOUS_LIVES),
                None => SecretRing::only(asked.webhook_secret.clone()),
            },
        };
        replace(&mut secrets, &asked.instance.waba_id, fresh);
        if is_replaced {
            // Until no other environment's cache can hold the older reading.
            secrets.rotating_until = now.checked_add(limits::SECRET_CACHE).ok();
        }
        self.platform
            .secrets
            .store_vendor(vendor, &secrets)
            .await
            .map_err(|error| unavailable(&error))
    }
}

/// How a vendor behaves that nothing was said of yet.
fn begun(vendor_id: VendorId, business_name: &str, now: Timestamp) -> VendorConfig {
    VendorConfig {
        vendor_id,
        business_name: business_name.to_owned(),
        active: true,
        auto_reply: true,
        language: "fr".to_owned(),
        answer_groups: false,
        typed_pause_minutes: limits::TYPED_PAUSE_MINUTES,
        created_at: now,
        updated_at: now,
    }
}

/// A vendor's first number as it is before anything was heard of it.
fn unheard(
    (vendor, phone): (&VendorId, PhoneNumber),
    provider_instance_id: &str,
    now: Timestamp,
) -> WabaInstance {
    WabaInstance {
        waba_id: WabaId::first_of(vendor),
        vendor_id: vendor.clone(),
        provider: Provider::Wasender,
        phone,
        provider_instance_id: provider_instance_id.to_owned(),
        provider_session_id: None,
        status: "pending".to_owned(),
        pacing: Pacing::default(),
        observed: Observed::default(),
        created_at: now,
        updated_at: now,
    }
}

fn replace(
    secrets: &mut VendorSecrets,
    waba: &WabaId,
    fresh: impl FnOnce(Option<&InstanceSecrets>) -> InstanceSecrets,
) {
    match secrets
        .instances
        .iter_mut()
        .find(|instance| instance.waba_id == *waba)
    {
        Some(instance) => *instance = fresh(Some(instance)),
        None => secrets.instances.push(fresh(None)),
    }
}

pub(crate) fn taken(field: &'static str, code: &'static str) -> Problem {
    Problem::new(
        409,
        code,
        "Taken",
        format!("{field}: it belongs to another vendor"),
    )
    .field(field)
}

/// The owner's name of the session.
fn instance_id(fields: &Fields) -> Result<&str, Problem> {
    let id = fields.required("wasenderInstanceId")?;
    let usable = id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic());
    let detail = "has 1 to 128 visible ASCII characters";
    usable
        .then_some(id)
        .ok_or_else(|| invalid("wasenderInstanceId", detail))
}

/// A vendor as the API shows it. No secret is in it.
fn shown(row: &VendorRow) -> Value {
    let instance = |instance: &WabaInstance| {
        json!({
            "wabaId": instance.waba_id.as_str(),
            "provider": instance.provider.as_str(),
            "phoneNumber": instance.phone.expose(),
            "wasenderInstanceId": instance.provider_instance_id,
            "status": instance.status,
            "pacing": pacing::shown(instance.pacing),
            "identity": instance.observed.identity.as_str(),
            "verifiedAt": instance.observed.verified_at.map(|at| at.to_string()),
            "drift": instance.observed.drift,
            "providerAccountProtection": instance.observed.account_protection,
            "loggingOn": instance.observed.logging_on,
            "createdAt": instance.created_at.to_string(),
            "updatedAt": instance.updated_at.to_string(),
        })
    };
    let first = row.instances.first();
    json!({
        "vendorId": row.config.vendor_id.as_str(),
        "businessName": row.config.business_name,
        "phoneNumber": first.map(|instance| instance.phone.expose()),
        "provider": first.map(|instance| instance.provider.as_str()),
        "wasenderInstanceId": first.map(|instance| instance.provider_instance_id.as_str()),
        "status": first.map(|instance| instance.status.as_str()),
        "active": row.config.active,
        "autoReply": row.config.auto_reply,
        "language": row.config.language,
        "answerGroups": row.config.answer_groups,
        "typedPauseMinutes": row.config.typed_pause_minutes,
        "wabaInstances": row.instances.iter().map(instance).collect::<Vec<_>>(),
        "createdAt": row.config.created_at.to_string(),
        "updatedAt": row.config.updated_at.to_string(),
    })
}
