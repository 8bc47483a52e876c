use domain::counting::{Day, FailedSend, Tally, date_of, is_status};
use domain::{VendorId, limits};
use flows::problem::{self, Problem};
use http_api::Query;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::call::{Call, Scope};
use crate::listing::bad_query;
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new(
        "GET",
        "/analytics/waba-instances",
        Scope::Read,
        |app, call| Box::pin(app.count_numbers(call)),
    ),
    Route::new(
        "GET",
        "/analytics/vendor/{vendorId}/messages",
        Scope::Read,
        |app, call| Box::pin(app.count_vendor(call)),
    ),
];

/// Days that are asked for if nothing is said of it.
const DAYS: i32 = 30;
/// Pages of the ledger that are counted while somebody waits.
const PAGES: usize = 4;

/// What is asked about a vendor's messages.
struct Asked<'a> {
    from: Date,
    to: Date,
    status: Option<&'a str>,
}

impl App {
    /// How many numbers there are and how they are, and which messages failed lately.
    async fn count_numbers(&self, _: Call<'_>) -> Answer {
        let tables = &self.platform.tables;
        let (fleet, failures) = tokio::join!(tables.fleet(), tables.failures());
        let fleet = fleet.map_err(|error| unavailable(&error))?;
        let failures = failures.map_err(|error| unavailable(&error))?;
        let (counts, at) = fleet.unzip();
        let counts = counts.unwrap_or_default();
        let connected = counts.by_status.get("connected").copied();
        let answer = json!({
            "countedAt": at.map(|at| at.to_string()),
            "totals": {
                "vendors": counts.vendors,
                "wabaInstances": counts.numbers,
                "connected": connected.unwrap_or_default(),
            },
            "byProvider": counts.by_provider,
            "statusBreakdown": counts.by_status,
            "recentFailures": failures.iter().map(shown_failure).collect::<Vec<_>>(),
        });
        Ok(problem::json(200, &answer))
    }

    /// How many messages a vendor got and sent, day by day.
    async fn count_vendor(&self, call: Call<'_>) -> Answer {
        let (vendor, now) = (call.vendor()?, self.platform.clock.now());
        let asked = Asked::read(call.query, now)?;
        self.known(&vendor).await?;
        let tables = &self.platform.tables;
        let days = tables.days(&vendor, (asked.from, asked.to)).await;
        let days = days.map_err(|error| unavailable(&error))?;
        let (days, until) = self.and_what_is_new(&vendor, &asked, days, now).await?;
        let of_status = |tally: &Tally| match asked.status {
            Some(status) => tally.clone().of(status),
            None => tally.clone(),
        };
        let whole = days
            .iter()
            .fold(Tally::default(), |whole, day| whole.and(&day.shown));
        let mut answer = shown(&of_status(&whole));
        answer["vendorId"] = vendor.as_str().into();
        answer["from"] = asked.from.to_string().into();
        answer["to"] = asked.to.to_string().into();
        answer["countedUntil"] = until.to_string().into();
        let day = |day: &Day| {
            let mut shown = shown(&of_status(&day.shown));
            shown["date"] = day.date.to_string().into();
            shown
        };
        answer["days"] = days.iter().map(day).collect();
        Ok(problem::json(200, &answer))
    }

    /// The counted days, and with them what came since they were counted, as far as a few readings tell; and until when all is counted.
    async fn and_what_is_new(
        &self,
        vendor: &VendorId,
        asked: &Asked<'_>,
        mut days: Vec<Day>,
        now: Timestamp,
    ) -> Result<(Vec<Day>, Timestamp), Problem> {
        let today = date_of(now);
        let mut pages = PAGES;
        let mut until = now;
        for date in [today.yesterday().unwrap_or(today), today] {
            if !(asked.from..=asked.to).contains(&date) {
                continue;
            }
            if !days.iter().any(|day| day.date == date) {
                days.push(Day::begun(date));
            }
            let Some(day) = days.iter_mut().find(|day| day.date == date) else {
                continue;
            };
            let mut stretch = day.uncounted(now);
            while let Some(next) = stretch {
                if pages == 0 {
                    until = until.min(counted_until(day));
                    break;
                }
                pages -= 1;
                let page = self.platform.tables.counted(vendor, &next).await;
                let page = page.map_err(|error| unavailable(&error))?;
                day.shown = std::mem::take(&mut day.shown).and(&page.tally);
                day.through = page.last.clone().or_else(|| day.through.take());
                stretch = next.rest(&page);
            }
        }
        days.retain(|day| !day.shown.by_status.is_empty());
        Ok((days, until))
    }
}

/// Until when a day is surely counted.
fn counted_until(day: &Day) -> Timestamp {
    let place = day.through.as_deref().and_then(|place| place.get(..13));
    let millis = place.and_then(|place| place.parse().ok());
    millis
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .unwrap_or_else(|| domain::counting::start_of(day.date))
}

impl<'a> Asked<'a> {
    fn read(query: &'a Query, now: Timestamp) -> Result<Self, Problem> {
        let date = |name: &str| {
            let read = |text: &str| {
                let parsed = text.parse().ok().filter(|_| text.len() == 10);
                parsed.ok_or_else(|| bad_query(name, "is a day (UTC) such as 2026-11-22"))
            };
            query.first(name).map(read).transpose()
        };
        let to: Date = date("to")?.unwrap_or_else(|| date_of(now));
        let before = |days: i32| to.checked_sub(days.days()).unwrap_or(Date::MIN);
        let from = date("from")?.unwrap_or_else(|| before(DAYS - 1));
        if from > to || from <= before(limits::COUNTS_ASKED_DAYS) {
            let detail = format!(
                "is at most {} days before to, and not after it",
                limits::COUNTS_ASKED_DAYS - 1
            );
            return Err(bad_query("from", detail));
        }
        let status = query.first("status");
        if status.is_some_and(|status| !is_status(status)) {
            return Err(bad_query("status", "is none that a message can have"));
        }
        Ok(Self { from, to, status })
    }
}

fn shown(tally: &Tally) -> Value {
    json!({
        "inbound": tally.inbound(),
        "outbound": tally.outbound(),
        "byStatus": tally.by_status,
        "avgResponseTime": tally.mean_response_ms(),
    })
}

fn shown_failure(failed: &FailedSend) -> Value {
    json!({
        "vendorId": failed.vendor_id.as_str(),
        "wabaId": failed.waba_id.as_str(),
        "messageId": failed.message_id.as_str(),
        "class": failed.class,
        "at": failed.at.to_string(),
    })
}
