//! Another webhook secret or API key for a number, while its traffic goes on.

use domain::{WabaId, WabaInstance, WebhookSecret, limits};
use flows::owner::Refusal;
use flows::problem::{self, Problem};
use flows::rotation::{NotRotated, Rotated, Rotation};
use providers::wasender::Refused;
use serde_json::json;
use tokio::time::Instant;

use crate::body::{Fields, Wrong, invalid};
use crate::call::{Call, Scope};
use crate::provider::{number, refused};
use crate::routes::Route;
use crate::{Answer, App, no_such_number, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(
        "POST",
        "/vendors/{vendorId}/rotate-webhook-secret",
        Scope::Manage,
        |app, call| Box::pin(app.rotate_webhook_secret(call)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/regenerate-api-key",
        Scope::Manage,
        |app, call| Box::pin(app.regenerate_api_key(call)),
    ),
];

impl App {
    /// Has the provider make another webhook secret and reads it back, or takes the one that was made at its dashboard.
    async fn rotate_webhook_secret(&self, call: Call<'_>) -> Answer {
        let fields = fields(call.body, &["wabaId", "newSecret", "promote"])?;
        let row = self.row(&call.vendor()?).await?;
        let mut wrong = Wrong::default();
        let waba = wrong.checked(waba(&fields));
        let secret = wrong.checked(new_secret(&fields)).flatten();
        let promote = wrong.checked(fields.flag("promote")).flatten();
        if promote.is_some() && !fields.has("newSecret") {
            wrong.checked::<()>(Err(invalid(
                "promote",
                "is about newSecret, which is missing",
            )));
        }
        wrong.none()?;
        let instance = number(&row, waba.flatten().as_ref().map(WabaId::as_str))?;
        let rotation = self.rotation(instance);
        let rotating = match &secret {
            Some(secret) => {
                let promote = promote.unwrap_or_default();
                rotation.take_webhook_secret(secret, promote).await
            }
            None => rotation.renew_webhook_secret().await,
        };
        let rotated = rotating.map_err(not_rotated)?;
        let state = match rotated {
            Rotated::Yes => "rotated",
            Rotated::Waiting => "waiting",
            Rotated::Unchanged => "unchanged",
        };
        let waba = instance.waba_id.as_str();
        if rotated != Rotated::Unchanged {
            let before = json!({ "wabaId": waba, "webhookSecret": "former" });
            call.change
                .note(before, json!({ "wabaId": waba, "webhookSecret": state }));
        }
        let answer = json!({
            "wabaId": waba, "rotated": rotated == Rotated::Yes, "state": state, "hint": hint(rotated, secret.is_some()),
        });
        Ok(problem::json(200, &answer))
    }

    /// Has the provider make another API key. The number's messages wait until the new key was seen to be this number's.
    async fn regenerate_api_key(&self, call: Call<'_>) -> Answer {
        let fields = fields(call.body, &["wabaId"])?;
        let row = self.row(&call.vendor()?).await?;
        let instance = number(&row, waba(&fields)?.as_ref().map(WabaId::as_str))?;
        let renewing = self.rotation(instance).renew_api_key().await;
        renewing.map_err(not_rotated)?;
        let waba = instance.waba_id.as_str();
        call.change.note(
            json!({ "wabaId": waba, "apiKey": "former" }),
            json!({ "wabaId": waba, "apiKey": "regenerated" }),
        );
        let lane = self.lane_of(instance).await?;
        let answer = json!({ "wabaId": waba, "regenerated": true, "lane": lane });
        Ok(problem::json(200, &answer))
    }

    fn rotation<'a>(&'a self, instance: &'a WabaInstance) -> Rotation<'a> {
        Rotation {
            platform: &self.platform,
            base_url: &self.wasender_api_url,
            instance,
            until: Instant::now() + limits::ADMIN_PROVIDER_CALLS,
        }
    }
}

/// The fields of a body that may be left out.
fn fields(body: &[u8], known: &[&str]) -> Result<Fields, Problem> {
    let body = if body.is_empty() { b"{}" } else { body };
    Fields::read(body, known)
}

fn waba(fields: &Fields) -> Result<Option<WabaId>, Problem> {
    let asked = fields.text("wabaId")?.map(WabaId::parse);
    asked.transpose().map_err(|error| invalid("wabaId", error))
}

fn new_secret(fields: &Fields) -> Result<Option<WebhookSecret>, Problem> {
    let given = fields.text("newSecret")?.map(WebhookSecret::parse);
    given
        .transpose()
        .map_err(|error| invalid("newSecret", error))
}

const fn hint(rotated: Rotated, is_given: bool) -> Option<&'static str> {
    match (rotated, is_given) {
        (Rotated::Yes, _) => None,
        (Rotated::Waiting, _) => Some(
            "put the secret in use at the provider; it is promoted by the first webhook that shows it, or by this request with promote",
        ),
        (Rotated::Unchanged, true) => Some("this secret is in use already"),
        (Rotated::Unchanged, false) => Some(
            "the provider kept its secret; make another at its dashboard and send it as newSecret",
        ),
    }
}

fn not_rotated(reason: NotRotated) -> Problem {
    match reason {
        NotRotated::Busy => {
            let detail =
                "another request changes this vendor's secrets; repeat this one in some seconds";
            Problem::new(409, "rotation_under_way", "Conflict", detail)
        }
        NotRotated::NoSecrets => no_such_number(),
        NotRotated::Taken => {
            let detail = "newSecret: another number has it";
            Problem::new(409, "secret_in_use", "Taken", detail).field("newSecret")
        }
        NotRotated::NoToken => refused(&Refusal::NoToken),
        NotRotated::NoSession => refused(&Refusal::NoSession),
        NotRotated::Refused(status) => {
            let reason = format!("it answered {status}, and nothing changed");
            refused(&Refusal::Provider(Refused::Other(reason)))
        }
        NotRotated::Unanswered => {
            let detail = "Wasender did not answer; what it may have done is found out and finished";
            Problem::new(503, "provider_unavailable", "Provider unavailable", detail)
                .hint("repeat the request")
        }
        NotRotated::Store(error) => unavailable(&error),
    }
}
