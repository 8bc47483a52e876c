use std::sync::Arc;

use anyhow::Result;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::Owner;
use crate::answer;
use crate::fault::FaultKind;
use crate::hub::Hub;
use crate::inner::Inner;
use crate::op::{Op, Refusal};
use crate::random::random_hex;
use crate::session::Session;
use crate::settings::Settings;

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
    let limit = hub.options.session_limit;
    if limit.is_some_and(|limit| hub.read(|inner, _| inner.state.sessions().count()) >= limit) {
        return answer::error(
            StatusCode::FORBIDDEN,
            "You have reached your WhatsApp session limit. Please upgrade your plan to add more sessions.",
        );
    }
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

const NOT_SYNCED: &str =
    "WhatsApp session updated but failed to sync webhook settings: Connection error";

/// `PUT /whatsapp-sessions/{id}`: any of the settings. With a warning they are stored, and the running session goes on with the old ones.
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
        let is_switched_on = settings.webhook_enabled && !session.settings.webhook_enabled;
        let makes_secret = hub.options.secret_when_switched_on && is_switched_on;
        let updated = hub.change(|inner, now| {
            let unsynced = inner.faults.for_session(FaultKind::NotSynced, session);
            inner.apply(
                &Op::Update {
                    session: session.number,
                    settings,
                    synced: !unsynced,
                    webhook_secret: makes_secret.then(|| random_hex(32)),
                },
                now,
            )?;
            let warning = unsynced.then_some(NOT_SYNCED);
            Ok(answer::data_with(
                &detail_of(&hub, inner, session.number)?,
                warning,
            ))
        });
        respond(updated)
    })
}

/// `DELETE /whatsapp-sessions/{id}`.
pub(super) async fn delete(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
) -> Response {
    with(&hub, &id, |session| {
        let deleted = hub.change(|inner, now| inner.delete(session.number, now));
        respond(deleted.map(|()| StatusCode::NO_CONTENT.into_response()))
    })
}

/// Runs with a copy of the session of this number or label.
pub(super) fn with(hub: &Hub, id: &str, run: impl FnOnce(&Session) -> Response) -> Response {
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

pub(super) fn respond(result: Result<Response>) -> Response {
    result.unwrap_or_else(|error| answer::broken(&error))
}
