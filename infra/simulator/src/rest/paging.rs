use serde::Deserialize;
use serde_json::{Value, json};

/// The paging of a log.
#[derive(Deserialize)]
pub(super) struct Paging {
    page: Option<usize>,
    per_page: Option<usize>,
    pub(super) status: Option<String>,
}

/// The framework's page object.
pub(super) fn page(rows: Vec<Value>, paging: &Paging, path: &str) -> Value {
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
