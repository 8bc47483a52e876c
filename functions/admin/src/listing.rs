use domain::MessageId;
use flows::problem::{self, Problem};
use http_api::Query;
use platform::tables::Direction;
use serde_json::json;

use crate::call::{Call, Scope};
use crate::routes::Route;
use crate::shown::shown;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[Route::new(
    "GET",
    "/vendors/{vendorId}/messages",
    Scope::Read,
    |app, call| Box::pin(app.list_messages(call)),
)];

/// Rows of a page: by default, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 100;

impl App {
    /// A vendor's messages, newest first.
    async fn list_messages(&self, call: Call<'_>) -> Answer {
        let (vendor, query) = (&call.vendor()?, call.query);
        let direction = match query.first("direction") {
            None => None,
            Some("inbound") => Some(Direction::Inbound),
            Some("outbound") => Some(Direction::Outbound),
            Some(_) => return Err(bad_query("direction", "is inbound or outbound")),
        };
        let limit = limit(query)?;
        let start = query
            .first("cursor")
            .map(|cursor| read_cursor(cursor).ok_or_else(bad_cursor))
            .transpose()?;
        self.known(vendor).await?;
        let is_first = start.is_none();
        let page = self
            .platform
            .tables
            .list(vendor, direction, limit, start)
            .await
            .map_err(|error| unavailable(&error))?;
        let ends = (is_first, page.next.is_none());
        let gaps = self.gaps_around(vendor, &page.messages, ends).await?;
        let messages = page.messages.iter();
        let messages = messages.map(|message| shown(message, self.media(message).as_ref()));
        let messages: Vec<_> = messages.collect();
        let next = page
            .next
            .map(|(place, id)| hex::encode(format!("{place}\n{id}")));
        Ok(problem::json(
            200,
            &json!({ "messages": messages, "gaps": gaps, "nextCursor": next }),
        ))
    }
}

pub(crate) fn limit(query: &Query) -> Result<usize, Problem> {
    let Some(text) = query.first("limit") else {
        return Ok(PAGE);
    };
    let limit = text
        .parse()
        .ok()
        .filter(|limit| (1..=LARGEST_PAGE).contains(limit));
    limit.ok_or_else(|| bad_query("limit", "is a number from 1 to 100"))
}

pub(crate) fn bad_query(field: &str, detail: impl std::fmt::Display) -> Problem {
    Problem::new(
        400,
        "invalid_query",
        "Invalid query",
        format!("{field}: {detail}"),
    )
    .field(field)
}

pub(crate) fn bad_cursor() -> Problem {
    bad_query(
        "cursor",
        "is not one that this API gave; leave it out to begin anew",
    )
}

fn read_cursor(cursor: &str) -> Option<(String, MessageId)> {
    let text = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
    let (place, id) = text.split_once('\n')?;
    Some((place.to_owned(), MessageId::parse(id).ok()?))
}
