//! A number's session as the provider has it now, beside what is stored of it. A provider that does not answer is part of the answer.

use domain::drift;
use domain::identity::Answered;
use domain::{ApiKey, SessionStatus, WabaInstance};
use flows::owner::Owner;
use flows::problem::{self, Problem};
use flows::{call as provider_call, webhook};
use futures_util::future::join_all;
use platform::tables::Session;
use providers::wasender::{self, SessionDetail};
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::provider::{number, refused};
use crate::routes::Route;
use crate::{Answer, App, pacing, unavailable};

pub(crate) const ROUTES: &[Route] = &[Route::new(
    "GET",
    "/vendors/{vendorId}/wasender-status",
    Scope::Read,
    |app, call| Box::pin(app.wasender_status(call)),
)];

impl App {
    /// The numbers of a vendor, or the one that is named: what is stored, what the session tells, and what the account does.
    async fn wasender_status(&self, call: Call<'_>) -> Answer {
        let vendor = call.vendor()?;
        let row = self.row(&vendor).await?;
        let numbers: Vec<_> = match call.query.first("wabaId") {
            Some(named) => vec![number(&row, Some(named))?],
            None => row.instances.iter().collect(),
        };
        let owner = self.owner().await;
        let public_url = call.public_url;
        let looking = numbers.iter().map(|number| async {
            let owner = owner.as_ref().map_err(Problem::clone);
            self.number_status(number, (owner, public_url)).await
        });
        let mut shown = Vec::with_capacity(numbers.len());
        for looked in join_all(looking).await {
            shown.push(looked?);
        }
        let open = self.platform.tables.on_their_way(&vendor).await;
        let open = open.map_err(|error| unavailable(&error))?;
        for number in &mut shown {
            let waba = number["wabaId"].as_str().unwrap_or_default();
            number["open"] = json!(open.get(waba).cloned().unwrap_or_default());
        }
        let body =
            json!({ "vendorId": vendor.as_str(), "active": row.config.active, "numbers": shown });
        Ok(problem::json(200, &body))
    }

    async fn number_status(
        &self,
        number: &WabaInstance,
        (owner, public_url): (Result<&Owner<'_>, Problem>, Option<&str>),
    ) -> Result<Value, Problem> {
        let at = (&number.vendor_id, &number.waba_id);
        let now = self.platform.clock.now();
        let session = self.platform.tables.session(at, now).await;
        let session = session.map_err(|error| unavailable(&error))?;
        let secrets = self.stored_secrets(&number.vendor_id).await?;
        let own = secrets.as_deref().and_then(|secrets| secrets.of(at.1));
        let api_key = own.and_then(|own| own.api_key.as_ref());
        let ((live, live_reason), account) = tokio::join!(self.live(api_key), async {
            owner?
                .detail(number)
                .await
                .map_err(|refusal| refused(&refusal))
        });
        let (account, account_reason) = match account {
            Ok((session, detail)) => {
                let wanted =
                    public_url.map(|base| format!("{base}{}{}", webhook::PATH, number.vendor_id));
                (Some(told(session, &detail, wanted.as_deref())), None)
            }
            Err(problem) => (None, Some(problem.code)),
        };
        let mut shown = stored(number, &session);
        shown["live"] = json!(live.map(|status| json!({ "status": status.as_str() })));
        shown["liveReason"] = json!(live_reason);
        shown["account"] = json!(account);
        shown["accountReason"] = json!(account_reason);
        shown["lane"] = self.lane_of(number).await?;
        Ok(shown)
    }

    /// What the session tells by its own key, or why it does not.
    async fn live(
        &self,
        api_key: Option<&ApiKey>,
    ) -> (Option<SessionStatus>, Option<&'static str>) {
        let Some(api_key) = api_key else {
            return (None, Some("no_api_key"));
        };
        let base_url = self.wasender_api_url.as_str();
        let request = wasender::Session { base_url, api_key }.status();
        let patience = domain::limits::OWNER_CALL;
        let answer = provider_call::perform_within(&self.platform.http, request, patience).await;
        let Ok(answer) = answer else {
            return (None, Some("provider_unavailable"));
        };
        match wasender::read_connection(answer.status().as_u16(), answer.body()) {
            Answered::Told(status) => (Some(status), None),
            Answered::KeyRefused => (None, Some("api_key_refused")),
            Answered::NotConnected => (Some(SessionStatus::Disconnected), None),
            Answered::Busy => (None, Some("provider_unavailable")),
            Answered::Unreadable => (None, Some("provider_refused")),
        }
    }
}

fn stored(number: &WabaInstance, session: &Session) -> Value {
    let observed = &number.observed;
    let gaps = session.watch.open.iter();
    let gaps =
        gaps.map(|(cause, from)| json!({ "cause": cause.as_str(), "from": from.to_string() }));
    let heard_at = session.watch.rhythm.heard_at;
    json!({
        "wabaId": number.waba_id.as_str(),
        "provider": number.provider.as_str(),
        "providerSessionId": number.provider_session_id,
        "stored": {
            "status": number.status,
            "identity": observed.identity.as_str(),
            "verifiedAt": observed.verified_at.map(|at| at.to_string()),
            "drift": observed.drift,
            "updatedAt": number.updated_at.to_string(),
        },
        "pacing": pacing::shown(number.pace()),
        "heardAt": heard_at.map(|at| at.to_string()),
        "lookedAt": session.watch.looked_at.to_string(),
        "openGaps": gaps.collect::<Vec<_>>(),
    })
}

/// What the account tells of a session, without its secrets. An address may carry a key of another tool's behind its path.
fn told(session: i64, detail: &SessionDetail, wanted: Option<&str>) -> Value {
    let settings = &detail.settings;
    let url = settings.webhook_url.as_deref();
    let url = url.map(|url| url.split(['?', '#']).next().unwrap_or_default());
    json!({
        "providerSessionId": session,
        "status": settings.status.map(SessionStatus::as_str),
        "webhookUrl": url,
        "webhookEnabled": settings.webhook_enabled,
        "webhookEvents": settings.webhook_events,
        "ignoreGroups": settings.ignore_groups,
        "accountProtection": settings.account_protection,
        "loggingOn": settings.log_messages,
        "drift": drift::drift(settings, wanted),
    })
}
