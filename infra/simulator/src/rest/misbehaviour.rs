//! Refusals that have nothing to do with what was asked: faults on demand, and too many requests at once.

use std::future;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::bearer;
use crate::answer;
use crate::fault::FaultKind;
use crate::hub::Hub;

/// Lets so many requests of a session through at once, and refuses the next.
pub(super) async fn one_of_few(
    State(hub): State<Arc<Hub>>,
    request: Request,
    next: Next,
) -> Response {
    let session = bearer(request.headers()).and_then(|key| {
        hub.read(|inner, _| {
            inner
                .state
                .session_of_key(key)
                .map(|session| session.number)
        })
    });
    let Some(session) = session.filter(|_| hub.options.enforce_limits) else {
        return next.run(request).await;
    };
    match hub.slots.take(session, hub.options.concurrency) {
        Some(_slot) => next.run(request).await,
        None => answer::too_many("Too many concurrent requests.", 1),
    }
}

/// Plays the armed request faults.
pub(super) async fn play(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let fault = hub.change(|inner, _| {
        inner.count(&path);
        let by_key = bearer(request.headers()).and_then(|key| inner.state.session_of_key(key));
        let by_path = || {
            path.split('/')
                .skip_while(|part| *part != "whatsapp-sessions")
                .nth(1)
                .and_then(|id| inner.state.session_named(id))
        };
        let session = by_key.or_else(by_path).cloned();
        Ok(inner.faults.for_request(session.as_ref(), &path))
    });
    let fault = match fault {
        Ok(Some(fault)) => fault,
        Ok(None) => return next.run(request).await,
        Err(error) => return answer::broken(&error),
    };
    match fault.kind {
        FaultKind::TooManyRequests => answer::too_many("Too Many Attempts.", fault.retry_after()),
        FaultKind::ServerError => answer::bare(StatusCode::INTERNAL_SERVER_ERROR, "Server Error"),
        FaultKind::Unavailable => {
            answer::message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        }
        FaultKind::SuccessFalse => success_false(&path),
        FaultKind::Unauthorized => answer::invalid_api_key(),
        FaultKind::Reset => answer::hang_up(),
        FaultKind::TimeoutBefore => {
            drop(request);
            future::pending().await
        }
        FaultKind::TimeoutAfter => {
            next.run(request).await;
            future::pending().await
        }
        FaultKind::ResetAfter => {
            next.run(request).await;
            answer::hang_up()
        }
        FaultKind::ServerErrorAfter => {
            next.run(request).await;
            answer::bare(StatusCode::INTERNAL_SERVER_ERROR, "Server Error")
        }
        FaultKind::Slow => {
            let response = next.run(request).await;
            hub.options
                .clock
                .sleep_until(hub.now() + fault.delay())
                .await;
            response
        }
        _ => next.run(request).await,
    }
}

/// In the error form of the endpoint: most of those that are not for sending use the second.
fn success_false(path: &str) -> Response {
    let text = "Failed to process the request";
    let path = path.trim_start_matches("/api").trim_matches('/');
    let second = [
        "whatsapp-sessions",
        "messages/read",
        "send-presence-update",
        "pn-from-lid",
        "lid-from-pn",
        "upload",
        "decrypt-media",
    ];
    if second.iter().any(|start| path.starts_with(start)) || path.ends_with("/resend") {
        answer::error(StatusCode::OK, text)
    } else {
        answer::message(StatusCode::OK, text)
    }
}
