//! `/_sim`: what was sent, a customer who writes, faults on demand.

use std::sync::Arc;

use anyhow::{Result, ensure};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::contacts::Contact;
use crate::fault::Fault;
use crate::groups::Group;
use crate::hub::Hub;
use crate::inbound::Inbound;
use crate::inner::Inner;
use crate::message::Message;
use crate::op::Op;
use crate::rest;

mod sessions;

pub(crate) fn router() -> Router<Arc<Hub>> {
    Router::new()
        .route("/sends", get(sends))
        .route("/messages", get(messages))
        .route("/webhooks", get(webhooks))
        .route(
            "/inbound",
            post(inbound).layer(DefaultBodyLimit::max(2 * rest::LARGEST_FILE)),
        )
        .route("/media/{name}", get(rest::sealed_file))
        .route("/contacts", post(contacts))
        .route("/groups", post(groups))
        .route("/signals", get(signals))
        .route("/faults", get(faults).post(arm).delete(clear_faults))
        .route("/sessions", get(sessions::list).post(sessions::register))
        .route("/sessions/{id}/status", post(sessions::set_status))
        .route("/sessions/{id}/link", post(sessions::link))
        .route("/reset", post(reset))
        .route("/idle", post(idle))
        .fallback(async || refused(StatusCode::NOT_FOUND, "there is no such control"))
}

async fn sends(State(hub): State<Arc<Hub>>) -> Response {
    let sends: Vec<_> =
        hub.read(|inner, _| inner.state.messages().iter().map(Message::send).collect());
    Json(json!({"sends": sends})).into_response()
}

async fn messages(State(hub): State<Arc<Hub>>) -> Response {
    let messages: Vec<_> = hub.read(|inner, now| {
        inner
            .state
            .messages()
            .iter()
            .map(|message| message.view(now))
            .collect()
    });
    Json(json!({"messages": messages})).into_response()
}

async fn webhooks(State(hub): State<Arc<Hub>>) -> Response {
    Json(json!({"webhooks": hub.read(|inner, _| inner.state.outbox.records())})).into_response()
}

async fn inbound(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let inbound: Inbound = match parse(&body) {
        Ok(inbound) => inbound,
        Err(refusal) => return refusal,
    };
    match hub.receive(inbound).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => refused(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error:#}")),
    }
}

async fn contacts(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let contact: Contact = match parse(&body) {
        Ok(contact) => contact,
        Err(refusal) => return refusal,
    };
    done(hub.change(|inner, now| inner.apply(&Op::Learn { contact }, now).map(|_| ())))
}

async fn groups(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let group: Group = match parse(&body) {
        Ok(group) => group,
        Err(refusal) => return refusal,
    };
    done(hub.change(|inner, now| inner.apply(&Op::LearnGroup { group }, now).map(|_| ())))
}

async fn signals(State(hub): State<Arc<Hub>>) -> Response {
    let signals = hub.read(|inner, _| json!(inner.state.signals()));
    Json(json!({ "signals": signals })).into_response()
}

async fn faults(State(hub): State<Arc<Hub>>) -> Response {
    Json(json!({"faults": hub.read(|inner, _| inner.faults.armed().to_vec())})).into_response()
}

async fn arm(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let fault: Fault = match parse(&body) {
        Ok(fault) => fault,
        Err(refusal) => return refusal,
    };
    let armed = hub.change(|inner, _| {
        fault.check().map_err(anyhow::Error::msg)?;
        let mut sessions = inner.state.sessions();
        ensure!(
            fault.session.is_none() || sessions.any(|session| fault.is_about(Some(session))),
            "there is no such session"
        );
        inner.faults.arm(fault);
        Ok(())
    });
    done(armed)
}

async fn clear_faults(State(hub): State<Arc<Hub>>) -> Response {
    let cleared = hub.change(|inner, _| {
        inner.faults.clear();
        Ok(())
    });
    done(cleared)
}

async fn reset(State(hub): State<Arc<Hub>>) -> Response {
    done(hub.change(Inner::reset))
}

async fn idle(State(hub): State<Arc<Hub>>) -> Response {
    hub.idle().await;
    done(Ok(()))
}

#[expect(clippy::result_large_err, reason = "a refusal is a response")]
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body)
        .map_err(|error| refused(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()))
}

fn done(result: Result<()>) -> Response {
    match result {
        Ok(()) => Json(json!({"status": "done"})).into_response(),
        Err(error) => refused(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error:#}")),
    }
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(Value::from_iter([("error", error)]))).into_response()
}
