//! Wasender's REST interface, everything under `/api`.

mod amending;
mod linking;
mod lookups;
mod media;
mod message_logs;
mod messages;
mod misbehaviour;
mod paging;
mod session_logs;
mod sessions;
mod signals;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde_json::json;

use crate::answer;
use crate::hub::Hub;
use crate::options::Plan;
use crate::session::Session;

use media::file;
pub(crate) use media::{LARGEST as LARGEST_FILE, sealed_file};

pub(crate) fn router(hub: &Arc<Hub>) -> Router<Arc<Hub>> {
    Router::new()
        .merge(of_a_session())
        .merge(of_the_account())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(
            Arc::clone(hub),
            misbehaviour::play,
        ))
        // Outside the faults: a request that hangs keeps its place.
        .layer(middleware::from_fn_with_state(
            Arc::clone(hub),
            misbehaviour::one_of_few,
        ))
}

/// With a session's API key.
fn of_a_session() -> Router<Arc<Hub>> {
    Router::new()
        .route("/send-message", post(messages::send))
        .route("/messages/read", post(signals::read))
        .route(
            "/messages/{msgId}",
            put(amending::edit).delete(amending::delete),
        )
        .route("/messages/{msgId}/info", get(messages::info))
        .route("/messages/{msgId}/resend", post(amending::resend))
        .route("/send-presence-update", post(signals::presence))
        .route(
            "/upload",
            post(media::upload).layer(DefaultBodyLimit::max(2 * LARGEST_FILE)),
        )
        .route("/uploaded-media/{name}", get(file))
        .route("/decrypt-media", post(media::decrypt))
        .route("/decrypted-media/{name}", get(file))
        .route("/status", get(lookups::status))
        .route("/user", get(lookups::user_of))
        .route("/pn-from-lid/{lid}", get(lookups::pn_from_lid))
        .route("/lid-from-pn/{pn}", get(lookups::lid_from_pn))
        .route("/on-whatsapp/{who}", get(lookups::on_whatsapp))
        .route("/fetch-username/{who}", get(lookups::username))
        .route("/contacts/{who}/picture", get(lookups::picture))
        .route("/groups/{jid}/metadata", get(lookups::group))
        .route("/groups/{jid}/participants", get(lookups::participants))
}

/// With the account's personal access token.
fn of_the_account() -> Router<Arc<Hub>> {
    Router::new()
        .route("/auth-check", get(auth_check))
        .route(
            "/whatsapp-sessions",
            get(sessions::list).post(sessions::create),
        )
        .route(
            "/whatsapp-sessions/{id}",
            get(sessions::detail)
                .put(sessions::update)
                .delete(sessions::delete),
        )
        .route("/whatsapp-sessions/{id}/connect", post(linking::connect))
        .route(
            "/whatsapp-sessions/{id}/disconnect",
            post(linking::disconnect),
        )
        .route("/whatsapp-sessions/{id}/restart", post(linking::restart))
        .route(
            "/whatsapp-sessions/{id}/regenerate-key",
            post(linking::regenerate_key),
        )
        .route("/whatsapp-sessions/{id}/qrcode", get(linking::qr_code))
        .route(
            "/whatsapp-sessions/{id}/passkey-token",
            get(linking::passkey_token),
        )
        .route(
            "/whatsapp-sessions/{id}/message-logs",
            get(message_logs::list),
        )
        .route(
            "/whatsapp-sessions/{id}/session-logs",
            get(session_logs::list),
        )
}

/// `GET /auth-check`: whether the personal access token is right. No page documents it; a published client asks it.
async fn auth_check(_: Owner) -> Response {
    axum::Json(json!({"success": true})).into_response()
}

async fn not_found() -> Response {
    answer::bare(StatusCode::NOT_FOUND, "The route could not be found.")
}

async fn method_not_allowed() -> Response {
    answer::bare(
        StatusCode::METHOD_NOT_ALLOWED,
        "The method is not supported for this route.",
    )
}

/// A request with a session's API key, and that session.
struct Caller(Session);

impl FromRequestParts<Arc<Hub>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Response> {
        let Some(key) = bearer(&parts.headers) else {
            return Err(answer::message(
                StatusCode::UNAUTHORIZED,
                "API key is required",
            ));
        };
        let session = hub.read(|inner, _| inner.state.session_of_key(key).cloned());
        let session = session.ok_or_else(answer::invalid_api_key)?;
        if hub.options.plan == Plan::Ended {
            let text = "Active subscription or trial is required to use the API";
            return Err(answer::message(StatusCode::FORBIDDEN, text));
        }
        Ok(Self(session))
    }
}

/// A request with the account's personal access token.
struct Owner;

impl FromRequestParts<Arc<Hub>> for Owner {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Response> {
        match bearer(&parts.headers) {
            // The provider's own spelling.
            None => Err(answer::message(StatusCode::UNAUTHORIZED, "Unnotarized")),
            Some(token) if token == hub.options.personal_access_token => Ok(Self),
            Some(_) => Err(answer::invalid_api_key()),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value
        .strip_prefix("Bearer ")
        .map(str::trim)
        .filter(|token| !token.is_empty())
}

/// `{status}` and nothing around it, as `GET /status` answers.
fn bare_status(session: &Session) -> Response {
    axum::Json(json!({"status": session.status})).into_response()
}
