//! Wasender's REST interface, everything under `/api`.

mod linking;
mod lookups;
mod media;
mod message_logs;
mod messages;
mod sessions;

use std::future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use crate::answer;
use crate::fault::FaultKind;
use crate::hub::Hub;
use crate::session::Session;

use media::file;
pub(crate) use media::{LARGEST as LARGEST_FILE, sealed_file};

pub(crate) fn router(hub: &Arc<Hub>) -> Router<Arc<Hub>> {
    Router::new()
        .route("/send-message", post(messages::send))
        .route("/messages/{msgId}/info", get(messages::info))
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
            "/whatsapp-sessions/{id}/message-logs",
            get(message_logs::list),
        )
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(Arc::clone(hub), misbehave))
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
        session.map(Self).ok_or_else(answer::invalid_api_key)
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

/// Plays the armed request faults.
async fn misbehave(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let fault = hub.change(|inner, _| {
        inner.count(&path);
        let by_key = bearer(request.headers()).and_then(|key| inner.state.session_of_key(key));
        let by_path = || {
            path.split('/')
                .skip_while(|part| *part != "whatsapp-sessions")
                .nth(1)
                .and_then(|id| inner.state.session_named(id))
        };
        let session = by_key.or_else(by_path).cloned();
        Ok(inner.faults.for_request(session.as_ref(), &path))
    });
    let fault = match fault {
        Ok(Some(fault)) => fault,
        Ok(None) => return next.run(request).await,
        Err(error) => return answer::broken(&error),
    };
    match fault.kind {
        FaultKind::TooManyRequests => answer::too_many("Too Many Attempts.", fault.retry_after()),
        FaultKind::ServerError => answer::bare(StatusCode::INTERNAL_SERVER_ERROR, "Server Error"),
        FaultKind::Unavailable => {
            answer::message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        }
        FaultKind::SuccessFalse => answer::message(StatusCode::OK, "Failed to process the request"),
        FaultKind::Unauthorized => answer::invalid_api_key(),
        FaultKind::Reset => answer::hang_up(),
        FaultKind::TimeoutBefore => {
            drop(request);
            future::pending().await
        }
        FaultKind::TimeoutAfter => {
            next.run(request).await;
            future::pending().await
        }
        FaultKind::ResetAfter => {
            next.run(request).await;
            answer::hang_up()
        }
        FaultKind::ServerErrorAfter => {
            next.run(request).await;
            answer::bare(StatusCode::INTERNAL_SERVER_ERROR, "Server Error")
        }
        FaultKind::Slow => {
            let response = next.run(request).await;
            hub.options
                .clock
                .sleep_until(hub.now() + fault.delay())
                .await;
            response
        }
        _ => next.run(request).await,
    }
}

/// `{status}` and nothing around it, as `GET /status` answers.
fn bare_status(session: &Session) -> Response {
    axum::Json(json!({"status": session.status})).into_response()
}
