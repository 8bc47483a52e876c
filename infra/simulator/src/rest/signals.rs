//! What is told to WhatsApp without a message: read, typing, there or not.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::Caller;
use super::sessions::respond;
use crate::answer::{self, FieldErrors};
use crate::contacts::user;
use crate::hub::Hub;
use crate::op::Op;
use crate::session::Session;
use crate::signal::Signal;

/// `POST /messages/read`: the key exactly as the webhook had it.
pub(super) async fn read(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    body: Bytes,
) -> Response {
    let body = answer::object(&body);
    let key = body.get("key").cloned().unwrap_or_default();
    if let Err(field) = check_key(&key) {
        return answer::error(StatusCode::UNPROCESSABLE_ENTITY, &field);
    }
    tell(
        &hub,
        &session,
        Signal::Read { key },
        json!({"status": "read"}),
    )
}

fn check_key(key: &Value) -> Result<(), String> {
    if !key.is_object() {
        return Err("The key field is required and must be an object.".to_owned());
    }
    for field in ["id", "remoteJid"] {
        if key[field].as_str().is_none_or(str::is_empty) {
            return Err(format!(
                "The key.{field} field is required and must be a non-empty string."
            ));
        }
    }
    if key["fromMe"].is_boolean() {
        Ok(())
    } else {
        Err("The key.fromMe field is required and must be a boolean.".to_owned())
    }
}

/// `POST /send-presence-update`: typing to a contact, presence under one's own number.
pub(super) async fn presence(
    State(hub): State<Arc<Hub>>,
    Caller(session): Caller,
    body: Bytes,
) -> Response {
    let body = answer::object(&body);
    let kind = match check_presence(&body) {
        Ok(kind) => kind,
        Err(errors) => return errors.into_response(),
    };
    let jid = body.get("jid").and_then(Value::as_str).unwrap_or_default();
    if !may_show(&session, jid, kind) {
        return answer::error(
            StatusCode::BAD_REQUEST,
            "Error sending presence update: Invalid JID provided.",
        );
    }
    let told = json!({"jid": jid, "type": kind});
    let signal = Signal::Presence {
        jid: jid.to_owned(),
        kind: kind.to_owned(),
    };
    tell(&hub, &session, signal, told)
}

fn check_presence(body: &Map<String, Value>) -> Result<&str, FieldErrors> {
    let mut errors = FieldErrors::default();
    let is_known =
        |kind: &&str| ["composing", "recording", "available", "unavailable"].contains(kind);
    let kind = body.get("type").and_then(Value::as_str).filter(is_known);
    if kind.is_none() {
        errors.add("type", "The selected type is invalid.");
    }
    if body
        .get("jid")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        errors.add("jid", "The jid field is required.");
    }
    if body
        .get("delayMs")
        .is_some_and(|delay| !delay.is_null() && !delay.is_u64())
    {
        errors.add("delayMs", "The delayMs field must be an integer.");
    }
    errors.into_result()?;
    Ok(kind.unwrap_or_default())
}

fn may_show(session: &Session, jid: &str, kind: &str) -> bool {
    let Some((name, "s.whatsapp.net" | "lid" | "g.us")) = jid.split_once('@') else {
        return false;
    };
    let own = user(jid) == user(&session.settings.phone_number);
    !name.is_empty() && own == kind.ends_with("available")
}

fn tell(hub: &Hub, session: &Session, signal: Signal, told: Value) -> Response {
    if !session.is_connected() {
        return answer::not_connected();
    }
    let op = Op::Signal {
        session: session.number,
        signal,
    };
    respond(
        hub.change(|inner, now| inner.apply(&op, now))
            .map(|_| answer::data(told)),
    )
}
