use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{done, parse, refused};
use crate::hub::Hub;
use crate::linking::Progress;
use crate::session::{SessionSpec, SessionStatus};

pub(super) async fn list(State(hub): State<Arc<Hub>>) -> Response {
    let gateway = &hub.options.gateway_url;
    let sessions: Vec<_> = hub.read(|inner, _| {
        inner
            .state
            .sessions()
            .map(|session| session.summary(gateway))
            .collect()
    });
    Json(json!({"sessions": sessions})).into_response()
}

pub(super) async fn register(State(hub): State<Arc<Hub>>, body: Bytes) -> Response {
    let spec: SessionSpec = match parse(&body) {
        Ok(spec) => spec,
        Err(refusal) => return refusal,
    };
    done(hub.register(spec).map(|_| ()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: SessionStatus,
    #[serde(default)]
    silent: bool,
}

pub(super) async fn set_status(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let NewStatus { status, silent } = match parse(&body) {
        Ok(status) => status,
        Err(refusal) => return refusal,
    };
    match hub.set_status(&id, status, silent).await {
        Ok(answer) => Json(json!({"status": answer})).into_response(),
        Err(error) => refused(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error:#}")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Linking {
    progress: Progress,
    /// What the phone scanned; another code than the one that is shown links nothing.
    #[serde(default)]
    code: Option<String>,
}

/// What the person with the phone does, or fails to do.
pub(super) async fn link(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let Linking { progress, code } = match parse(&body) {
        Ok(linking) => linking,
        Err(refusal) => return refusal,
    };
    match hub.link(&id, progress, code.as_deref()).await {
        Ok(answer) => Json(json!({"status": answer})).into_response(),
        Err(error) => refused(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error:#}")),
    }
}
