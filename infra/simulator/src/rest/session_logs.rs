use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Owner;
use super::paging::{Paging, page};
use crate::answer;
use crate::hub::Hub;

/// `GET /whatsapp-sessions/{id}/session-logs`: when the session changed or was restarted, newest first.
pub(super) async fn list(
    _: Owner,
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Response {
    let rows = hub.read(|inner, _| {
        let number = inner.state.session_named(&id)?.number;
        let lines = inner.state.activities().iter().enumerate().rev();
        let mine = lines.filter(|(_, line)| line.session == number);
        Some(mine.map(|(index, line)| line.row(index + 1)).collect())
    });
    let Some(rows) = rows else {
        return answer::error(
            StatusCode::NOT_FOUND,
            "The specified session was not found.",
        );
    };
    let path = format!("/api/whatsapp-sessions/{id}/session-logs");
    answer::data(page(rows, &paging, &path))
}
