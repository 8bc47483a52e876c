//! The record of changes, as an administrator reads it.

use domain::audit::{Place, Record};
use domain::{VendorId, limits};
use flows::problem::{self, Problem};
use jiff::{SignedDuration, Timestamp};
use platform::tables::Sought;
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::listing::{bad_cursor, bad_query, limit};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[Route::new("GET", "/audit", Scope::Admin, |app, call| {
    Box::pin(app.list_changes(call))
})];

impl App {
    /// Who changed what, newest first.
    async fn list_changes(&self, call: Call<'_>) -> Answer {
        let (now, query) = (self.platform.clock.now(), call.query);
        let vendor = query.first("vendorId").map(VendorId::parse);
        let vendor = vendor
            .transpose()
            .map_err(|error| bad_query("vendorId", error))?;
        let time = |name: &str| {
            let read = query.first(name).map(str::parse::<Timestamp>).transpose();
            read.map_err(|_| bad_query(name, "is a time such as 2026-11-22T10:00:00Z"))
        };
        let after = query.first("cursor").map(read_cursor);
        let limit = limit(query)?;
        // Before that, what DynamoDB did not delete yet is forgotten too.
        let kept = SignedDuration::from_hours(24 * limits::AUDIT_DAYS);
        let oldest = now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        let mut sought = Sought {
            vendor: vendor.as_ref(),
            from: time("from")?.unwrap_or(oldest).max(oldest),
            to: time("to")?.unwrap_or(now).min(now),
            after: after.transpose()?,
            limit: limit + 1,
        };
        if sought.from > sought.to {
            sought.to = sought.from;
            sought.limit = 0;
        }
        let records = self.platform.tables.records(&sought).await;
        let mut records = records.map_err(|error| unavailable(&error))?;
        let more = records.len() > limit;
        records.truncate(limit);
        let next = records.last().filter(|_| more);
        let next = next.map(|record| hex::encode(record.place.as_str()));
        let records: Vec<_> = records.iter().map(shown).collect();
        Ok(problem::json(
            200,
            &json!({ "records": records, "nextCursor": next }),
        ))
    }
}

fn read_cursor(cursor: &str) -> Result<Place, Problem> {
    let text = hex::decode(cursor)
        .ok()
        .and_then(|it| String::from_utf8(it).ok());
    text.and_then(|text| Place::parse(&text))
        .ok_or_else(bad_cursor)
}

fn shown(record: &Record) -> Value {
    let ended = record.ended.as_ref();
    json!({
        "at": record.place.at.to_string(),
        "who": record.who,
        "label": record.label,
        "method": record.method,
        "route": record.route,
        "parameters": record.parameters,
        "vendorId": record.vendor.as_ref().map(VendorId::as_str),
        "outcome": if ended.is_some() { "ended" } else { "begun" },
        "status": ended.map(|it| it.status),
        "before": ended.map(|it| &it.before),
        "after": ended.map(|it| &it.after),
    })
}
