use flows::problem::{self, Problem};
use flows::setup::{self, SecretFound, SetUp};
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::provider::refused;
use crate::routes::Route;
use crate::sessions::fields;
use crate::{Answer, App};

pub(crate) const ROUTES: &[Route] = &[Route::new(
    "POST",
    "/vendors/{vendorId}/setup-wasender-webhook",
    Scope::Manage,
    |app, call| Box::pin(app.set_up_webhook(call)),
)];

impl App {
    /// Sets the session behind a number up at the provider: where its webhooks go and which events they tell; reads its secret back.
    async fn set_up_webhook(&self, call: Call<'_>) -> Answer {
        let (vendor, fields) = (call.vendor()?, fields(&call, &["wabaId"])?);
        self.meant(&call, &fields).await?;
        let owner = self.owner().await?;
        let public_url = call.public_url.ok_or_else(no_public_url)?;
        let setting_up = self.with_secrets(&vendor, async {
            // As it is now, for another request may have changed it until this one had its turn.
            let number = self.meant(&call, &fields).await?;
            let set_up = setup::set_up(&self.platform, &owner, (&number, public_url)).await;
            Ok((number, set_up.map_err(|refusal| refused(&refusal))?))
        });
        let (number, set_up) = Box::pin(setting_up).await?;
        let waba = number.waba_id.as_str();
        let before = json!({
            "wabaId": waba, "providerSessionId": number.provider_session_id, "drift": number.observed.drift,
        });
        let after = shown(waba, &set_up);
        call.change.note(before, after.clone());
        Ok(problem::json(200, &after))
    }
}

fn shown(waba: &str, set_up: &SetUp) -> Value {
    let secret = match set_up.secret {
        SecretFound::Known => "known",
        SecretFound::Adopted => "adopted",
        SecretFound::Untold => "untold",
    };
    json!({
        "wabaId": waba,
        "providerSessionId": set_up.session,
        "webhookUrl": set_up.webhook_url,
        "events": set_up.settings.webhook_events,
        "verified": set_up.drift.is_empty(),
        "drift": set_up.drift,
        "webhookSecret": secret,
        "warning": set_up.warning,
        "hint": hint(set_up),
    })
}

fn hint(set_up: &SetUp) -> Option<&'static str> {
    if !set_up.drift.is_empty() {
        Some("another tool may have changed the settings meanwhile; do it again")
    } else if set_up.warning.is_some() {
        Some(
            "the running session does not go by the settings yet; do it again, or restart the session",
        )
    } else if set_up.secret == SecretFound::Untold {
        Some("Wasender told no webhook secret; copy it from its dashboard")
    } else {
        None
    }
}

fn no_public_url() -> Problem {
    let detail = "the gateway does not know where Wasender can reach it";
    Problem::new(409, "no_public_url", "Conflict", detail).hint("deploy it with PublicUrl")
}
