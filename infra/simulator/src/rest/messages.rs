use std::sync::Arc;

use anyhow::Result;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Caller;
use crate::answer::{self, FieldErrors};
use crate::hub::Hub;
use crate::limits::{Endpoint, Quota};
use crate::send_request::SendRequest;
use crate::session::Session;

/// `POST /send-message`: counted, validated, and taken if the session is connected.
pub(super) async fn send(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    body: Bytes,
) -> Response {
    limited(&hub, &session, Endpoint::SendMessage, || {
        take(&hub, &session, &body)
    })
}

fn take(hub: &Hub, session: &Session, body: &[u8]) -> Response {
    let request = match SendRequest::parse(answer::object(body), hub.options.allow_lid_recipients) {
        Ok(request) => request,
        Err(errors) => return errors.into_response(),
    };
    if let Some(msg_id) = request.reply_to
        && hub.read(|inner, _| inner.state.message(session.number, msg_id).is_none())
    {
        return FieldErrors::one("replyTo", "The selected replyTo is invalid.").into_response();
    }
    if !session.is_connected() {
        return answer::not_connected();
    }
    let jid = request.to.clone();
    match hub.accept(session.number, request) {
        Ok(msg_id) => answer::data(json!({"msgId": msg_id, "jid": jid, "status": "in_progress"})),
        Err(error) => answer::broken(&error),
    }
}

/// `GET /messages/{msgId}/info`: only the session that sent it finds it.
pub(super) async fn info(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    Path(msg_id): Path<String>,
) -> Response {
    let info = hub.read(|inner, now| {
        let message = inner.state.message(session.number, msg_id.parse().ok()?)?;
        Some(message.info(now))
    });
    info.map_or_else(
        || answer::message(StatusCode::NOT_FOUND, "Message not found"),
        answer::data,
    )
}

/// Runs a request within its rate limit and writes the limit's headers on whatever it answers.
pub(super) fn limited(
    hub: &Hub,
    session: &Session,
    endpoint: Endpoint,
    run: impl FnOnce() -> Response,
) -> Response {
    let quota: Result<Quota> =
        hub.change(|inner, now| Ok(inner.limits.take(session, endpoint, hub.options.plan, now)));
    let quota = match quota {
        Ok(quota) => quota,
        Err(error) => return answer::broken(&error),
    };
    let mut response = match quota.refused {
        Some((retry_after, text)) if hub.options.enforce_limits => {
            answer::too_many(text, retry_after)
        }
        _ => run(),
    };
    // By the simulator's own clock, for a moment in Unix time is compared with the answer's date.
    let (headers, now) = (response.headers_mut(), hub.now());
    headers.insert(header::DATE, answer::date(now));
    if hub.options.rate_limit_headers {
        quota.write(headers, hub.options.reset_header, now);
    }
    response
}
