//! What is done with the session behind a number: linked, let go, restarted. The codes that link it are in no log and no record.

use domain::{Pairing, PairingKind, SessionStatus, VendorId, WabaId, WabaInstance};
use flows::problem::{self, Problem};
use flows::session;
use platform::AwsError;
use serde_json::{Value, json};

use crate::body::{Fields, invalid};
use crate::call::{Call, Scope};
use crate::provider::{number, refused};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(
        "POST",
        "/vendors/{vendorId}/connect",
        Scope::Manage,
        |app, call| Box::pin(app.connect(call)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/disconnect",
        Scope::Manage,
        |app, call| Box::pin(app.disconnect(call)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/restart",
        Scope::Manage,
        |app, call| Box::pin(app.restart(call)),
    ),
    Route::new(
        "POST",
        "/vendors/{vendorId}/passkey",
        Scope::Manage,
        |app, call| Box::pin(app.passkey(call)),
    ),
];

impl App {
    /// Begins to link a number's session, or brings back one that was dropped; answers with what it waits for.
    async fn connect(&self, call: Call<'_>) -> Answer {
        let fields = fields(&call, &["wabaId", "linkMethod"])?;
        let by = fields.text("linkMethod")?.map(link_method).transpose()?;
        let number = self.meant(&call, &fields).await?;
        let connecting = self.owner().await?.connect(&number, by).await;
        let (_, told) = connecting.map_err(|refusal| refused(&refusal))?;
        let at = (&number.vendor_id, &number.waba_id);
        let expires_at = match &told.pairing {
            Some(code) => self.keep(at, code).await?,
            None => None,
        };
        self.ask_soon(at).await;
        noted(&call, &number, "connect", told.status);
        let pairing = told.pairing.as_ref();
        Ok(problem::json(
            200,
            &json!({
                "wabaId": number.waba_id.as_str(),
                "status": told.status.as_str(),
                "qr": pairing.and_then(|code| code.code.as_ref()),
                "token": pairing.and_then(|code| code.token.as_ref()),
                "expiresAt": expires_at.or_else(|| pairing.and_then(ends)),
            }),
        ))
    }

    /// Lets a session go: nothing leaves from it, and nothing comes, until it is connected again.
    async fn disconnect(&self, call: Call<'_>) -> Answer {
        let number = self.meant(&call, &fields(&call, &["wabaId"])?).await?;
        let disconnecting = self.owner().await?.disconnect(&number).await;
        disconnecting.map_err(|refusal| refused(&refusal))?;
        let (at, status) = (
            (&number.vendor_id, &number.waba_id),
            SessionStatus::Disconnected,
        );
        // Its own word of it may come late, or get lost.
        let telling = session::told(&self.platform, at, status).await;
        telling.map_err(|error| unavailable(&error))?;
        noted(&call, &number, "disconnect", status);
        Ok(problem::json(200, &done(&number, Some(status))))
    }

    /// Starts a connected session anew, so that it goes by the settings that are stored.
    async fn restart(&self, call: Call<'_>) -> Answer {
        let number = self.meant(&call, &fields(&call, &["wabaId"])?).await?;
        let restarting = self.owner().await?.restart(&number).await;
        restarting.map_err(|refusal| refused(&refusal))?;
        self.ask_soon((&number.vendor_id, &number.waba_id)).await;
        noted(&call, &number, "restart", SessionStatus::Connecting);
        Ok(problem::json(200, &done(&number, None)))
    }

    /// The token by which a session that waits for a passkey is linked.
    async fn passkey(&self, call: Call<'_>) -> Answer {
        let number = self.meant(&call, &fields(&call, &["wabaId"])?).await?;
        let asking = self.owner().await?.passkey_token(&number).await;
        let (_, pairing) = asking.map_err(|refusal| refused(&refusal))?;
        noted(&call, &number, "passkey", SessionStatus::NeedPasskey);
        Ok(problem::json(
            200,
            &json!({
                "wabaId": number.waba_id.as_str(),
                "token": pairing.token,
                "expiresAt": ends(&pairing),
            }),
        ))
    }

    pub(crate) async fn meant(
        &self,
        call: &Call<'_>,
        fields: &Fields,
    ) -> Result<WabaInstance, Problem> {
        let row = self.row(&call.vendor()?).await?;
        number(&row, fields.text("wabaId")?).cloned()
    }

    /// Keeps a QR code for those who look at it next, and says until when. What links by passkey is told step by step in webhooks, which
    /// this would overwrite.
    pub(crate) async fn keep(
        &self,
        at: (&VendorId, &WabaId),
        code: &Pairing,
    ) -> Result<Option<String>, Problem> {
        if code.kind != PairingKind::Qr {
            return Ok(None);
        }
        let now = self.platform.clock.now();
        let expires_at = now.checked_add(domain::limits::QR_CODE_LIVES).ok();
        let code = Pairing {
            expires_at,
            ..code.clone()
        };
        let keeping = self.platform.tables.keep_pairing(at, &code, now).await;
        keeping.map_err(|error| unavailable(&error))?;
        Ok(expires_at.map(|at| at.to_string()))
    }

    /// Has the session asked what became of it, should its own word get lost.
    async fn ask_soon(&self, at: (&VendorId, &WabaId)) {
        if let Err(error) = session::confirm_soon(&self.platform, at).await {
            not_asked(at.0, &error);
        }
    }
}

fn not_asked(vendor: &VendorId, error: &AwsError) {
    // The sweep looks at its settings within minutes, which tell its status too.
    tracing::warn!(vendor.id = %vendor, error = %error, "a session is asked later");
}

/// The body's fields; no body has none.
pub(crate) fn fields(call: &Call<'_>, known: &[&str]) -> Result<Fields, Problem> {
    let is_empty = call.body.iter().all(u8::is_ascii_whitespace);
    Fields::read(if is_empty { b"{}" } else { call.body }, known)
}

fn link_method(word: &str) -> Result<PairingKind, Problem> {
    PairingKind::parse(word).ok_or_else(|| invalid("linkMethod", "is qr or passkey"))
}

/// For the record of changes: what was done, and the status before and after.
fn noted(call: &Call<'_>, number: &WabaInstance, what: &str, status: SessionStatus) {
    let waba = number.waba_id.as_str();
    let before = json!({ "wabaId": waba, "status": number.status });
    let after = json!({ "wabaId": waba, "status": status.as_str(), "action": what });
    call.change.note(before, after);
}

fn done(number: &WabaInstance, status: Option<SessionStatus>) -> Value {
    json!({
        "wabaId": number.waba_id.as_str(),
        "status": status.map(SessionStatus::as_str),
    })
}

fn ends(pairing: &Pairing) -> Option<String> {
    pairing.expires_at.map(|at| at.to_string())
}
