use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Owner;
use super::sessions::with;
use crate::answer;
use crate::hub::Hub;

/// The paging of the message log.
#[derive(Deserialize)]
pub(super) struct Paging {
    page: Option<usize>,
    per_page: Option<usize>,
    status: Option<String>,
}

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
