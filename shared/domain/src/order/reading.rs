use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{Order, OrderItem, STATUSES};
use crate::config::{Reading, WrongPart};
use crate::ids::{OrderId, is_id};
use crate::limits;
use crate::phone::PhoneNumber;

/// What may be told of an order, beside its id.
pub const FIELDS: [&str; 10] = [
    "customerPhone",
    "status",
    "statusText",
    "total",
    "currency",
    "items",
    "placedAt",
    "expectedAt",
    "trackingUrl",
    "updatedAt",
];

impl Order {
    /// Reads an order. A number without a country code is of `country`; what does not say as of when it is so, is so now.
    pub fn read(
        order_id: OrderId,
        document: &Map<String, Value>,
        (country, now): (&str, Timestamp),
    ) -> Result<Self, Vec<WrongPart>> {
        let mut all = Reading::of(document, &FIELDS);
        let customer_phone = customer_phone(&mut all, country);
        let status = status(&mut all);
        let status_text = status_text(&mut all, status.as_deref());
        let total = all.has("total").then(|| all.amount("total"));
        let has_currency = total.is_some() || all.has("currency");
        let currency = has_currency.then(|| all.currency("currency"));
        let items = items(&mut all);
        let placed_at = time(&mut all, "placedAt");
        let expected_at = day(&mut all, "expectedAt");
        let tracking_url = all.address("trackingUrl", limits::TRACKING_URL_BYTES);
        let updated_at = time(&mut all, "updatedAt").unwrap_or(now);
        let (customer_phone, status) = all.end((customer_phone, status))?;
        // What is missing was noted.
        let (Some(customer_phone), Some(status)) = (customer_phone, status) else {
            return Err(Vec::new());
        };
        Ok(Self {
            order_id,
            customer_phone,
            status,
            status_text,
            total: total.flatten(),
            currency: currency.flatten(),
            items,
            placed_at,
            expected_at,
            tracking_url,
            updated_at,
        })
    }
}

fn customer_phone(all: &mut Reading<'_>, country: &str) -> Option<PhoneNumber> {
    let text = all.line("customerPhone", 40)?;
    let phone = PhoneNumber::parse(&text, country);
    phone
        .map_err(|error| all.wrong("customerPhone", error.to_string()))
        .ok()
}

fn status(all: &mut Reading<'_>) -> Option<String> {
    let text = all.line("status", 64)?;
    if !is_id(&text) {
        let detail = "has 1 to 64 characters of a-z, A-Z, 0-9, '_' and '-'";
        all.wrong("status", detail);
        return None;
    }
    Some(text)
}

fn status_text(all: &mut Reading<'_>, status: Option<&str>) -> Option<String> {
    let text = all.text("statusText", limits::ORDER_TEXT_BYTES);
    let is_known = |status: &str| STATUSES.iter().any(|(word, _, _)| *word == status);
    if status.is_some_and(|it| !is_known(it)) && !all.has("statusText") {
        let known = STATUSES.map(|(word, _, _)| word).join(", ");
        let detail = format!("must say what the status means, which is none of {known}");
        all.wrong("statusText", detail);
    }
    text
}

fn items(all: &mut Reading<'_>) -> Vec<OrderItem> {
    let listed = all.list("items", limits::ORDER_ITEMS).unwrap_or_default();
    let item = |(place, value): (usize, _)| {
        let at = format!("items[{place}]");
        all.item((&at, value), &["name", "quantity"], |item| {
            let name = item.line("name", limits::NAME_CHARS);
            let quantity = item.whole("quantity", 1..=1_000_000);
            Some(OrderItem {
                name: name?,
                quantity: quantity.unwrap_or(1),
            })
        })
    };
    listed.iter().enumerate().filter_map(item).collect()
}

fn time(all: &mut Reading<'_>, name: &str) -> Option<Timestamp> {
    let text = all.get(name)?.as_str();
    let time = text.and_then(|text| text.trim().parse().ok());
    if time.is_none() {
        all.wrong(name, "is a time of RFC 3339 such as 2026-11-22T10:00:00Z");
    }
    time
}

/// A day, or the day of a time, as it was written there.
fn day(all: &mut Reading<'_>, name: &str) -> Option<Date> {
    let text = all.get(name)?.as_str().map(str::trim).unwrap_or_default();
    let (day, is_time) = match text.split_once('T') {
        Some((day, _)) => (day, text.parse::<Timestamp>().is_ok()),
        None => (text, true),
    };
    let day = day.parse().ok().filter(|_| is_time);
    if day.is_none() {
        all.wrong(name, "is a day such as 2026-11-25, or a time of RFC 3339");
    }
    day
}
