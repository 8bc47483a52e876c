use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Owner;
use super::sessions::{respond, with};
use crate::answer;
use crate::hub::Hub;
use crate::op::Op;
use crate::random::random_hex;
use crate::session::{SessionStatus, seconds};

/// `POST /whatsapp-sessions/{id}/connect`: a dropped session comes back by itself, any other needs a new link.
pub(super) async fn connect(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let passkey = answer::object(&body)
        .get("linkMethod")
        .is_some_and(|method| method == "passkey");
    with(&hub, &id, |session| {
        let status = match session.status {
            SessionStatus::Connected | SessionStatus::Connecting => return connected(),
            SessionStatus::Disconnected => SessionStatus::Connected,
            _ if passkey => SessionStatus::NeedPasskey,
            _ => SessionStatus::NeedScan,
        };
        let qr_code = hub.change(|inner, now| {
            inner.set_status(session.number, status.clone(), false, now)?;
            Ok(inner
                .state
                .session(session.number)
                .and_then(|session| session.qr_code.clone()))
        });
        respond(qr_code.map(|qr_code| match status {
            SessionStatus::NeedScan => {
                answer::data(json!({"status": "NEED_SCAN", "qrCode": qr_code}))
            }
            SessionStatus::NeedPasskey => need_passkey(&hub),
            _ => connected(),
        }))
    })
}

fn connected() -> Response {
    let message = "Session already initialized or connecting. No QR code needed.";
    answer::data(json!({"status": "CONNECTED", "message": message}))
}

fn need_passkey(hub: &Hub) -> Response {
    let expires_at = seconds(hub.now() + Duration::from_mins(5));
    answer::data(
        json!({"status": "NEED_PASSKEY", "passkey": {"token": random_hex(32), "expires_at": expires_at}}),
    )
}

/// `POST /whatsapp-sessions/{id}/disconnect`.
pub(super) async fn disconnect(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
) -> Response {
    with(&hub, &id, |session| {
        let done = hub.change(|inner, now| {
            inner.set_status(session.number, SessionStatus::Disconnected, false, now)
        });
        let answer = json!({"status": "disconnected", "message": "WhatsApp session disconnected successfully"});
        respond(done.map(|_| answer::data(answer)))
    })
}

/// `POST /whatsapp-sessions/{id}/restart`: only a connected session.
pub(super) async fn restart(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
) -> Response {
    with(&hub, &id, |session| {
        if !session.is_connected() {
            return answer::error(
                StatusCode::BAD_REQUEST,
                "WhatsApp session is not connected. Cannot restart.",
            );
        }
        Json(json!({"success": true, "message": "WhatsApp session restarted successfully."}))
            .into_response()
    })
}

/// `POST /whatsapp-sessions/{id}/regenerate-key`: the old key dies at once.
pub(super) async fn regenerate_key(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
) -> Response {
    with(&hub, &id, |session| {
        let api_key = random_hex(64);
        let op = Op::SetKey {
            session: session.number,
            api_key: api_key.clone(),
        };
        let done = hub.change(|inner, now| inner.apply(&op, now));
        respond(done.map(|_| Json(json!({"success": true, "api_key": api_key})).into_response()))
    })
}

/// `GET /whatsapp-sessions/{id}/qrcode`: only while it waits to be scanned.
pub(super) async fn qr_code(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
) -> Response {
    with(&hub, &id, |session| {
        match (&session.status, &session.qr_code) {
            (SessionStatus::NeedScan, Some(qr_code)) => answer::data(json!({"qrCode": qr_code})),
            (SessionStatus::NeedScan, None) => answer::error(
                StatusCode::BAD_REQUEST,
                "Failed to get QR code. please re initialize the session.",
            ),
            _ => answer::error(
                StatusCode::BAD_REQUEST,
                "QR code scan requested for a session that is not in NEED_SCAN state. \
             Please call the connect endpoint first to initialize the session.",
            ),
        }
    })
}
