use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Owner;
use crate::answer;
use crate::hub::{Hub, Inner, random_hex};
use crate::session::{Session, SessionStatus, seconds};
use crate::settings::Settings;
use crate::state::{Op, Refusal};

/// `GET /whatsapp-sessions`.
pub(super) async fn list(_: Owner, State(hub): State<Arc<Hub>>) -> Response {
    let gateway = &hub.options.gateway_url;
    answer::data(hub.read(|inner, _| {
        inner
            .state
            .sessions()
            .map(|session| session.detail(gateway))
            .collect()
    }))
}

/// `POST /whatsapp-sessions`: a session that waits to be linked.
pub(super) async fn create(_: Owner, State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let settings = match Settings::create(&answer::object(&body)) {
        Ok(settings) => settings,
        Err(errors) => return errors.into_response(),
    };
    let op = Op::Create {
        settings,
        api_key: random_hex(64),
        webhook_secret: random_hex(32),
    };
    let created = hub.change(|inner, now| {
        let number = inner.apply(&op, now)?.session;
        detail_of(&hub, inner, number)
    });
    respond(created.map(|detail| (StatusCode::CREATED, answer::data(detail)).into_response()))
}

/// `GET /whatsapp-sessions/{id}`.
pub(super) async fn detail(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
) -> Response {
    with(&hub, &id, |session| {
        answer::data(session.detail(&hub.options.gateway_url))
    })
}

/// `PUT /whatsapp-sessions/{id}`: any of the settings.
pub(super) async fn update(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    with(&hub, &id, |session| {
        let settings = match session.settings.updated(&answer::object(&body)) {
            Ok(settings) => settings,
            Err(errors) => return errors.into_response(),
        };
        let updated = hub.change(|inner, now| {
            inner.apply(
                &Op::Update {
                    session: session.number,
                    settings,
                },
                now,
            )?;
            detail_of(&hub, inner, session.number)
        });
        respond(updated.map(answer::data))
    })
}

/// `DELETE /whatsapp-sessions/{id}`.
pub(super) async fn delete(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
) -> Response {
    with(&hub, &id, |session| {
        let deleted = hub.change(|inner, now| {
            inner.apply(
                &Op::Delete {
                    session: session.number,
                },
                now,
            )
        });
        respond(deleted.map(|_| StatusCode::NO_CONTENT.into_response()))
    })
}

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

/// The paging of the message log.
#[derive(Deserialize)]
pub(super) struct Paging {
    page: Option<usize>,
    per_page: Option<usize>,
    status: Option<String>,
}

/// `GET /whatsapp-sessions/{id}/message-logs`: what was sent through the API, newest first.
pub(super) async fn message_logs(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Response {
    with(&hub, &id, |session| {
        let rows = hub.read(|inner, now| {
            let mine = inner
                .state
                .messages()
                .iter()
                .rev()
                .filter(|message| message.session == session.number);
            let wanted = mine.filter(|message| {
                paging
                    .status
                    .as_ref()
                    .is_none_or(|status| message.log_status(now) == status)
            });
            wanted
                .map(|message| message.log_row(now, session.settings.log_messages))
                .collect()
        });
        answer::data(page(
            rows,
            &paging,
            &format!("/api/whatsapp-sessions/{id}/message-logs"),
        ))
    })
}

fn page(rows: Vec<Value>, paging: &Paging, path: &str) -> Value {
    let per_page = paging.per_page.unwrap_or(10).clamp(1, 100);
    let (current, total) = (paging.page.unwrap_or(1).max(1), rows.len());
    let last = total.div_ceil(per_page).max(1);
    let skipped = (current - 1).saturating_mul(per_page);
    let rows: Vec<_> = rows.into_iter().skip(skipped).take(per_page).collect();
    let url = |page: usize| format!("{path}?page={page}");
    json!({
        "current_page": current,
        "first_page_url": url(1),
        "from": (!rows.is_empty()).then_some(skipped + 1),
        "last_page": last,
        "last_page_url": url(last),
        "next_page_url": (current < last).then(|| url(current + 1)),
        "path": path,
        "per_page": per_page,
        "prev_page_url": (current > 1).then(|| url(current - 1)),
        "to": (!rows.is_empty()).then_some(skipped + rows.len()),
        "total": total,
        "data": rows,
    })
}

/// Runs with a copy of the session of this number or label.
fn with(hub: &Hub, id: &str, run: impl FnOnce(&Session) -> Response) -> Response {
    match hub.read(|inner, _| inner.state.session_named(id).cloned()) {
        Some(session) => run(&session),
        None => answer::error(StatusCode::NOT_FOUND, "WhatsApp session not found."),
    }
}

fn detail_of(hub: &Hub, inner: &Inner, number: u32) -> Result<Value> {
    Ok(inner
        .state
        .session(number)
        .ok_or(Refusal::UnknownSession)?
        .detail(&hub.options.gateway_url))
}

fn respond(result: Result<Response>) -> Response {
    result.unwrap_or_else(|error| answer::broken(&error))
}
