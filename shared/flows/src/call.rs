//! Calls to a provider's API: the request is `providers`', the performance `platform`'s.

use std::time::Duration;

use domain::{ApiKey, SendOutcome, SessionStatus, VendorId, WabaId};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use platform::{Http, NoAnswer, Platform};
use providers::ProviderRequest;
use providers::wasender::{self, Session};
use secrecy::ExposeSecret;

/// Performs a provider's request once.
pub async fn perform(http: &Http, request: ProviderRequest) -> Result<Response<Vec<u8>>, NoAnswer> {
    http.perform(to_http(request).ok_or(NoAnswer::NotReached)?)
        .await
}

/// Performs a provider's request once, with a time-out of its own.
pub async fn perform_within(
    http: &Http,
    request: ProviderRequest,
    timeout: Duration,
) -> Result<Response<Vec<u8>>, NoAnswer> {
    let request = to_http(request).ok_or(NoAnswer::NotReached)?;
    http.perform_within(request, timeout).await
}

fn to_http(request: ProviderRequest) -> Option<Request<Vec<u8>>> {
    let mut builder = Request::builder().method(request.method).uri(request.url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let mut bearer =
        HeaderValue::from_str(&format!("Bearer {}", request.bearer.expose_secret())).ok()?;
    bearer.set_sensitive(true);
    builder
        .header(AUTHORIZATION, bearer)
        .body(request.body)
        .ok()
}

/// Asks the provider for a session's status, with the key that the store has now; `None` if it did not tell.
pub async fn session_status(
    platform: &Platform,
    base_url: &str,
    vendor: &VendorId,
    waba: &WabaId,
) -> Option<SessionStatus> {
    let api_key = fresh_key(platform, vendor, waba).await?;
    let session = Session {
        base_url,
        api_key: &api_key,
    };
    let answer = perform(&platform.http, session.status()).await.ok()?;
    wasender::read_status(answer.status().as_u16(), answer.body())
}

/// How a session does that came into doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is connected, and sends are answered.
    Well,
    /// The provider answers, and the session can't send.
    Down,
    /// The provider does not answer, or not so that it can be understood, or could not be asked.
    Silent,
}

/// Probes a session in doubt: by its status, and on the way that sends take. There it is asked to send nothing to nobody, which a provider
/// that is well refuses, and which can't become a message if it is not.
pub async fn health(
    platform: &Platform,
    base_url: &str,
    vendor: &VendorId,
    waba: &WabaId,
) -> Health {
    let Some(api_key) = fresh_key(platform, vendor, waba).await else {
        return Health::Silent;
    };
    let session = Session {
        base_url,
        api_key: &api_key,
    };
    let Ok(status) = perform(&platform.http, session.status()).await else {
        return Health::Silent;
    };
    match wasender::read_status(status.status().as_u16(), status.body()) {
        Some(SessionStatus::Connected) => {}
        None if status.status().is_server_error() => return Health::Silent,
        Some(_) | None => return Health::Down,
    }
    let Ok(answer) = perform(&platform.http, session.send_nothing()).await else {
        return Health::Silent;
    };
    match wasender::read_send(answer.status().as_u16(), answer.headers(), answer.body()) {
        SendOutcome::Rejected { .. }
        | SendOutcome::RetryLater { .. }
        | SendOutcome::Accepted { .. } => Health::Well,
        SendOutcome::NotConnected | SendOutcome::Unauthorized => Health::Down,
        SendOutcome::Unavailable { .. } | SendOutcome::Unknown => Health::Silent,
    }
}

async fn fresh_key(platform: &Platform, vendor: &VendorId, waba: &WabaId) -> Option<ApiKey> {
    let at_hand = platform.secrets.read(vendor).await.ok()?;
    at_hand.secrets?.of(waba)?.api_key.clone()
}
