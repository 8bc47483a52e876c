//! Changing what a vendor is, on the condition that nobody else did; pausing it and having it go on.

use domain::restore::record::What;
use domain::{Provider, VendorConfig, VendorId, WabaId};
use flows::problem::{self, Problem};
use jiff::Timestamp;
use platform::AwsError;
use platform::tables::{VendorRow, VendorWrite};
use serde_json::json;

use crate::behaviour::Behaviour;
use crate::body::{Fields, Wrong, invalid};
use crate::call::{Call, Scope, changed_meanwhile};
use crate::routes::Route;
use crate::vendor_shown::{vendor as shown, with_etag};
use crate::vendors::{business_name, number_of};
use crate::{Answer, App, no_such_number, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("PUT", "/vendors/{vendorId}", Scope::Manage, |app, call| {
        Box::pin(app.change_vendor(call))
    }),
    Route::new(
        "POST",
        "/vendors/{vendorId}/pause",
        Scope::Manage,
        |app, call| Box::pin(app.set_active(call, false)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/resume",
        Scope::Manage,
        |app, call| Box::pin(app.set_active(call, true)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/switch-provider",
        Scope::Manage,
        |app, call| Box::pin(app.switch_provider(call)),
    ),
];

/// How often a vendor is paused anew because it was changed meanwhile.
const TRIES: usize = 8;

/// What `PUT /vendors/{vendorId}` asks for; what it leaves out stays as it is.
struct Asked {
    business_name: String,
    active: Option<bool>,
    behaviour: Behaviour,
}

impl Asked {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        let mut wrong = Wrong::default();
        let own = ["businessName", "active"];
        let known = [&own[..], &Behaviour::FIELDS[..]].concat();
        let fields = Fields::checked(body, &known, &mut wrong)?;
        let business_name = wrong.checked(business_name(&fields));
        let active = wrong.checked(fields.flag("active"));
        let behaviour = Behaviour::read(&fields, &mut wrong);
        let read = || {
            Some(Self {
                business_name: business_name?,
                active: active?,
                behaviour: behaviour?,
            })
        };
        let read = read();
        wrong.all(read)
    }

    fn on(&self, before: &VendorConfig, now: Timestamp) -> VendorConfig {
        let after = VendorConfig {
            business_name: self.business_name.clone(),
            active: self.active.unwrap_or(before.active),
            ..before.changed(now)
        };
        self.behaviour.applied(after)
    }
}

impl App {
    async fn change_vendor(&self, call: Call<'_>) -> Answer {
        let (vendor, now) = (&call.vendor()?, self.platform.clock.now());
        let before = self.row(vendor).await?;
        let revision = call.if_match()?;
        let asked = Asked::read(call.body)?;
        let after = asked.on(&before.config, now);
        if before.config.revision != revision || !self.written(&before, &after, now).await? {
            return Err(changed_meanwhile());
        }
        if before.config.active != after.active {
            let what = What::Active(vendor.clone(), after.active);
            self.recorded_outside(what).await?;
        }
        self.vendor_changed(call, vendor, &before).await
    }

    /// Pauses a vendor, or has it go on. Messages are kept all the same; what was decided by then does not leave any more.
    async fn set_active(&self, call: Call<'_>, active: bool) -> Answer {
        let vendor = &call.vendor()?;
        for _ in 0..TRIES {
            let (before, now) = (self.row(vendor).await?, self.platform.clock.now());
            let after = VendorConfig {
                active,
                ..before.config.changed(now)
            };
            if before.config.active == active || self.written(&before, &after, now).await? {
                let what = What::Active(vendor.clone(), active);
                self.recorded_outside(what).await?;
                tracing::info!(vendor.id = %vendor, active, "vendor paused or resumed");
                return self.vendor_changed(call, vendor, &before).await;
            }
        }
        Err(unavailable(&AwsError::contended("pausing a vendor")))
    }

    async fn written(
        &self,
        before: &VendorRow,
        after: &VendorConfig,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        let numbers: Vec<_> = before.instances.iter().map(|it| &it.waba_id).collect();
        let write = VendorWrite {
            before: &before.config,
            after,
            numbers: &numbers,
        };
        let writing = self.platform.tables.change_vendor(write, now).await;
        writing.map_err(|error| unavailable(&error))
    }

    /// The answer to a change: the vendor as it is now.
    async fn vendor_changed(
        &self,
        call: Call<'_>,
        vendor: &VendorId,
        before: &VendorRow,
    ) -> Answer {
        self.registry.forget(vendor).await;
        let row = self.row(vendor).await?;
        call.change.note(shown(before), shown(&row));
        let body = self.vendor_shown(&row).await?;
        Ok(with_etag(200, row.config.revision, &body))
    }

    /// Moves a number to another provider, once one is prepared; to the one that it is at already is no change.
    async fn switch_provider(&self, call: Call<'_>) -> Answer {
        let row = self.row(&call.vendor()?).await?;
        let mut wrong = Wrong::default();
        let fields = Fields::checked(call.body, &["provider", "wabaId"], &mut wrong)?;
        let provider = wrong.checked(fields.required("provider").and_then(known_provider));
        let waba = wrong.checked(fields.text("wabaId").and_then(|id| {
            let parsed = id.map(WabaId::parse).transpose();
            parsed.map_err(|error| invalid("wabaId", error))
        }));
        let (provider, waba) = wrong.all(provider.zip(waba))?;
        let number = match &waba {
            Some(waba) => number_of(&row, waba),
            None => row.instances.first(),
        };
        let number = number.ok_or_else(no_such_number)?;
        if provider == number.provider.as_str() {
            let answer = json!({ "wabaId": number.waba_id.as_str(), "provider": provider });
            return Ok(problem::json(200, &answer));
        }
        let detail = format!("provider: the gateway has no adapter for {provider} yet");
        let prepared = Problem::new(409, "provider_not_prepared", "Not prepared", detail);
        Err(prepared
            .field("provider")
            .hint("the number stays at its provider; nothing was changed"))
    }
}

/// The providers that a number can be at, now or later.
const PROVIDERS: [&str; 3] = [Provider::Wasender.as_str(), "meta", "unipile"];

fn known_provider(name: &str) -> Result<&'static str, Problem> {
    let known = PROVIDERS.into_iter().find(|known| *known == name);
    known.ok_or_else(|| invalid("provider", format!("is one of {}", PROVIDERS.join(", "))))
}
