use std::sync::Arc;

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
use crate::options::Plan;
use crate::passkey::Passkey;
use crate::random::random_hex;
use crate::session::{Session, SessionStatus};

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
        if hub.options.plan == Plan::Ended {
            return no_subscription();
        }
        let status = match session.status {
            SessionStatus::Connected | SessionStatus::Connecting => return connected(),
            SessionStatus::Disconnected => SessionStatus::Connected,
            _ if passkey => SessionStatus::NeedPasskey,
            _ => SessionStatus::NeedScan,
        };
        let linked = hub.change(|inner, now| {
            inner.set_status(session.number, status, false, now)?;
            Ok(inner
                .state
                .session(session.number)
                .map_or_else(connected, shown))
        });
        respond(linked)
    })
}

/// What a session that is being linked waits for.
fn shown(session: &Session) -> Response {
    match (&session.qr_code, &session.passkey) {
        (Some(qr_code), _) => answer::data(json!({"status": "NEED_SCAN", "qrCode": qr_code})),
        (_, Some(passkey)) => {
            answer::data(json!({"status": "NEED_PASSKEY", "passkey": passkey.shown()}))
        }
        _ => connected(),
    }
}

fn no_subscription() -> Response {
    answer::error(
        StatusCode::FORBIDDEN,
        "You need to have an active subscription to connect a WhatsApp session.",
    )
}

fn connected() -> Response {
    let message = "Session already initialized or connecting. No QR code needed.";
    answer::data(json!({"status": "CONNECTED", "message": message}))
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
        let restart = Op::Restart {
            session: session.number,
        };
        let done = hub.change(|inner, now| inner.apply(&restart, now));
        respond(done.map(|_| answer::said("WhatsApp session restarted successfully.")))
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
        if hub.options.plan == Plan::Ended {
            return no_subscription();
        }
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

/// `GET /whatsapp-sessions/{id}/passkey-token`: the token of the request under way, or a new one if it has expired.
pub(super) async fn passkey_token(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
) -> Response {
    with(&hub, &id, |session| {
        if session.passkey.is_none() {
            return answer::error(
                StatusCode::BAD_REQUEST,
                "Passkey token requested for a session that is not in NEED_PASSKEY state.",
            );
        }
        let token = hub.change(|inner, now| {
            let passkey = session.passkey.as_ref();
            if passkey.is_some_and(|passkey| passkey.has_expired(now)) {
                inner.renew(session.number, now)?;
            }
            let session = inner.state.session(session.number);
            Ok(session.and_then(|session| session.passkey.as_ref().map(Passkey::shown)))
        });
        respond(token.map(|token| answer::data(token.into())))
    })
}
