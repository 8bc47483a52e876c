//! The HTTP API in front of the functions: its routes, its limits, and what it answers when a function does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::PhoneNumber;
use embedded_aws::Faults;
use http_api::Answer;
use serde_json::{Value, json};
use simulator::{SessionSpec, Simulator};
use tokio::net::TcpListener;

use crate::event::{to_event, to_response};
use crate::functions::{COUNTRY, Functions, Http, context};

/// The largest request that API Gateway takes, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

/// What stands behind the routes.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) functions: Functions,
    pub(crate) faults: Faults,
    pub(crate) simulator: Simulator,
    /// Whether the stack is as a newcomer is to find it; `/health` says so.
    pub(crate) ready: Arc<AtomicBool>,
}

/// Serves until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, gateway: Gateway) {
    let router = Router::new().fallback(answer).with_state(gateway);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(error = %error, "the gateway stopped");
    }
}

async fn answer(State(gateway): State<Gateway>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(Body::new(body), LARGEST).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    if parts.uri.path() == "/health" && !gateway.ready.load(Ordering::SeqCst) {
        return message(StatusCode::SERVICE_UNAVAILABLE, "Starting");
    }
    let Some((function, route)) = route(parts.uri.path()) else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let event = to_event((&parts.method, &parts.uri, &parts.headers), &body, route);
    let of_vendor = registered(parts.uri.path()).filter(|_| parts.method == "POST");
    let Some(vendor) = of_vendor else {
        return invoke(&gateway, function, event).await;
    };
    let _linking = gateway.functions.linking().await;
    let answer = invoke(&gateway, function, event).await;
    link_session(&gateway.simulator, vendor, &body, &answer);
    answer
}

/// Whose number a path registers: that of the vendor in it, or of the one in the body, which is empty here.
fn registered(path: &str) -> Option<&str> {
    match path.strip_prefix("/api/admin/vendors")? {
        "" => Some(""),
        rest => rest.strip_prefix('/')?.strip_suffix("/waba-instances"),
    }
}

/// The routes of `template.yaml`.
fn route(path: &str) -> Option<(Http, &'static str)> {
    if path == "/health" {
        return Some((Http::Messages, "GET /health"));
    }
    if path.starts_with("/api/admin/") {
        return Some((Http::Admin, "ANY /api/admin/{proxy+}"));
    }
    let rest = path.strip_prefix("/api/webhooks/wasender/")?;
    let parts: Vec<_> = rest.split('/').collect();
    match parts.as_slice() {
        [_] => Some((Http::Messages, "ANY /api/webhooks/wasender/{vendorId}")),
        [_, "status"] => Some((Http::Status, "ANY /api/webhooks/wasender/{vendorId}/status")),
        [_, "connection"] => Some((
            Http::Connection,
            "ANY /api/webhooks/wasender/{vendorId}/connection",
        )),
        _ => None,
    }
}

/// Runs a function through the same adapter as on Lambda; a crash or a time-out is answered as API Gateway does.
async fn invoke(gateway: &Gateway, function: Http, event: Value) -> Response {
    let Ok(request) = http_api::Request::from_event(&event.to_string()) else {
        return message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    let invocation = gateway
        .functions
        .http(function, request.with_context(context()));
    tokio::select! {
        answer = invocation => {
            serde_json::to_value(Answer(answer)).map_or_else(|_| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"), |answer| to_response(&answer))
        }
        () = gateway.faults.crashed(function.name()) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        () = tokio::time::sleep(function.timeout()) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "message": text }))).into_response()
}

/// A vendor that was registered has a connected session in the simulator at once, as if its number had been linked there before.
fn link_session(simulator: &Simulator, vendor: &str, body: &Bytes, answer: &Response) {
    if !answer.status().is_success() {
        return;
    }
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let text = |name: &str| asked[name].as_str().unwrap_or_default().trim().to_owned();
    let phone = text("phoneNumber");
    let phone = PhoneNumber::parse(&phone, COUNTRY).map_or(phone, String::from);
    let spec = SessionSpec {
        vendor_id: if vendor.is_empty() {
            text("vendorId")
        } else {
            vendor.to_owned()
        },
        instance_id: text("wasenderInstanceId"),
        phone,
        api_key: text("wasenderApiKey"),
        webhook_secret: text("wasenderWebhookSecret"),
    };
    if let Err(error) = simulator.add_session(spec) {
        tracing::warn!(error = %error, "the simulator has no session for a vendor");
    }
}
