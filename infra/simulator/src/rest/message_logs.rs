use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::Owner;
use super::paging::{Paging, page};
use super::sessions::with;
use crate::answer;
use crate::hub::Hub;

/// `GET /whatsapp-sessions/{id}/message-logs`: what was sent through the API, newest first.
pub(super) async fn list(
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
