//! What can be done to a message after it was taken.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::Caller;
use super::sessions::respond;
use crate::answer::{self, FieldErrors};
use crate::hub::Hub;
use crate::message::Message;
use crate::op::Op;
use crate::session::Session;

/// "A short period", the pages say; these are WhatsApp's own.
const EDITABLE: Duration = Duration::from_mins(15);
const DELETABLE: Duration = Duration::from_hours(60);

/// `PUT /messages/{msgId}`: another text, for a short time after the send.
pub(super) async fn edit(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    Path(msg_id): Path<String>,
    body: Bytes,
) -> Response {
    let body = answer::object(&body);
    let text = body.get("text").and_then(|text| text.as_str());
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return FieldErrors::one("text", "The text field is required.").into_response();
    };
    let can = |message: &Message, now| {
        if message.request.is_editable() && !message.revoked {
            within(message, EDITABLE, now)
        } else {
            Err("This message can not be edited.")
        }
    };
    changed(&hub, &session, &msg_id, can, |msg_id| {
        let edit = Op::Edit {
            session: session.number,
            msg_id,
            text: text.to_owned(),
        };
        respond(hub.change(|inner, now| {
            inner.apply(&edit, now)?;
            let message = inner.state.message(session.number, msg_id);
            Ok(answer::data(
                message.map(|message| message.edit_answer(now)).into(),
            ))
        }))
    })
}

/// `DELETE /messages/{msgId}`: for everyone, for a short time after the send.
pub(super) async fn delete(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    Path(msg_id): Path<String>,
) -> Response {
    let can = |message: &Message, now| {
        if message.revoked {
            Err("This message is already deleted.")
        } else {
            within(message, DELETABLE, now)
        }
    };
    changed(&hub, &session, &msg_id, can, |msg_id| {
        let revoke = Op::Revoke {
            session: session.number,
            msg_id,
        };
        let done = hub.change(|inner, now| inner.apply(&revoke, now));
        respond(done.map(|_| answer::said("Message deleted successfully.")))
    })
}

/// `POST /messages/{logId}/resend`: only of a message that failed, and was logged.
pub(super) async fn resend(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    Path(log_id): Path<String>,
) -> Response {
    let found = hub.read(|inner, now| {
        let log_id: i64 = log_id.parse().ok()?;
        let mut messages = inner.state.messages().iter();
        let message = messages.find(|message| message.msg_id == log_id)?;
        let mine = inner.state.message(session.number, log_id);
        Some((
            log_id,
            mine.unwrap_or(message).session,
            mine.map(|message| message.log_status(now)),
        ))
    });
    let refused = |status, text| answer::error(status, text);
    match found {
        None => refused(StatusCode::NOT_FOUND, "Message not found."),
        Some((_, owner, _)) if owner != session.number => refused(
            StatusCode::FORBIDDEN,
            "You are not authorized to modify this message.",
        ),
        Some((_, _, status)) if status != Some("failed") => refused(
            StatusCode::BAD_REQUEST,
            "Only messages with status 'failed' can be resent.",
        ),
        Some(_) if !session.settings.log_messages => refused(
            StatusCode::BAD_REQUEST,
            "Message logging must be enabled to resend messages.",
        ),
        Some(_) if !session.is_connected() => answer::not_connected(),
        Some((log_id, ..)) => {
            let done = hub.resend(session.number, log_id);
            respond(done.map(|()| answer::said("Message resend initiated successfully.")))
        }
    }
}

/// Finds the message among the session's own, asks whether it may change, and changes it.
fn changed(
    hub: &Hub,
    session: &Session,
    msg_id: &str,
    can: impl FnOnce(&Message, Timestamp) -> Result<(), &'static str>,
    change: impl FnOnce(i64) -> Response,
) -> Response {
    let found = hub.read(|inner, now| {
        let msg_id = msg_id.parse().ok()?;
        let message = inner.state.message(session.number, msg_id)?;
        Some((msg_id, can(message, now)))
    });
    match found {
        None => answer::message(StatusCode::NOT_FOUND, "Message not found"),
        Some(_) if !session.is_connected() => answer::not_connected(),
        Some((_, Err(text))) => answer::message(StatusCode::BAD_REQUEST, text),
        Some((msg_id, Ok(()))) => change(msg_id),
    }
}

fn within(message: &Message, window: Duration, now: Timestamp) -> Result<(), &'static str> {
    if message.status_at(now) == 0 {
        return Err("This message was not sent.");
    }
    if message.accepted_at + window < now {
        return Err("The time window for changing this message is over.");
    }
    Ok(())
}
