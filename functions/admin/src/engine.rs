use domain::engine::service::Service;
use flows::problem;
use jiff::Timestamp;
use platform::tables::{EngineKey, EngineUse};
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[Route::new(
    "GET",
    "/vendors/{vendorId}/engine",
    Scope::Read,
    |app, call| Box::pin(app.show_engine(call)),
)];

impl App {
    /// Which engine answers for a vendor, whether it does, and what waits for it.
    async fn show_engine(&self, call: Call<'_>) -> Answer {
        let vendor = call.vendor()?;
        let config = self.row(&vendor).await?.config;
        let Some(service) = Service::of(&config, self.engine_url.as_deref()) else {
            return Ok(problem::json(200, &built_in()));
        };
        let source = if config.settings.engine.is_some() {
            "vendor"
        } else {
            "platform"
        };
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        let breaker = tables.engine_breaker(&EngineKey::of(service)).await;
        let breaker = breaker.map_err(|error| unavailable(&error))?.breaker;
        let used = tables.engine_use(&vendor, now).await;
        let used = used.map_err(|error| unavailable(&error))?;
        let mut shown = shown(&used);
        shown["source"] = source.into();
        shown["origin"] = service.origin().into();
        shown["timeoutMs"] = u64::try_from(service.timeout.as_millis()).ok().into();
        shown["state"] = breaker.as_str().into();
        shown["failingSince"] = time(breaker.failing_since);
        shown["leftAloneUntil"] = time(breaker.left_alone_until());
        Ok(problem::json(200, &shown))
    }
}

fn built_in() -> Value {
    let mut shown = shown(&EngineUse::default());
    shown["source"] = "builtin".into();
    shown["state"] = "closed".into();
    shown
}

fn shown(used: &EngineUse) -> Value {
    json!({
        "source": null,
        "origin": null,
        "timeoutMs": null,
        "state": null,
        "failingSince": null,
        "leftAloneUntil": null,
        "asking": used.asking,
        "waiting": used.waiting,
        "lastFailure": used.last_failure.as_ref().map(|failure| {
            json!({ "at": failure.at.to_string(), "reason": failure.reason })
        }),
    })
}

fn time(at: Option<Timestamp>) -> Value {
    at.map(|at| at.to_string()).into()
}
