//! Calls to a provider's API: the request is `providers`', the performance `platform`'s.

use domain::{ApiKey, SessionStatus, WabaId};
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
    vendor: &domain::VendorId,
    waba: &WabaId,
) -> Option<SessionStatus> {
    let at_hand = platform.secrets.read(vendor).await.ok()?;
    let api_key: ApiKey = at_hand.secrets?.of(waba)?.api_key.clone()?;
    let answer = perform(
        &platform.http,
        Session {
            base_url,
            api_key: &api_key,
        }
        .status(),
    )
    .await
    .ok()?;
    wasender::read_status(answer.status().as_u16(), answer.body())
}
