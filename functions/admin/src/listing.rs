use domain::{MessageId, VendorId};
use flows::problem::{self, Problem};
use lambda_http::aws_lambda_events::query_map::QueryMap;
use platform::tables::{Direction, Listed};
use serde_json::{Value, json};

use crate::{Answer, App, no_such_vendor, unavailable};

/// Rows of a page: by default, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 100;

impl App {
    /// A vendor's messages, newest first.
    pub(crate) async fn list_messages(&self, vendor: &VendorId, query: &QueryMap) -> Answer {
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
        if self
            .platform
            .tables
            .vendor(vendor)
            .await
            .map_err(|error| unavailable(&error))?
            .is_none()
        {
            return Err(no_such_vendor());
        }
        let page = self
            .platform
            .tables
            .list(vendor, direction, limit, start)
            .await
            .map_err(|error| unavailable(&error))?;
        let messages: Vec<_> = page.messages.iter().map(shown).collect();
        let next = page
            .next
            .map(|(place, id)| hex::encode(format!("{place}\n{id}")));
        Ok(problem::json(
            200,
            &json!({ "messages": messages, "nextCursor": next }),
        ))
    }
}

pub(crate) fn limit(query: &QueryMap) -> Result<usize, Problem> {
    let Some(text) = query.first("limit") else {
        return Ok(PAGE);
    };
    let limit = text
        .parse()
        .ok()
        .filter(|limit| (1..=LARGEST_PAGE).contains(limit));
    limit.ok_or_else(|| bad_query("limit", "is a number from 1 to 100"))
}

fn bad_query(field: &str, detail: &str) -> Problem {
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

/// A message as the API shows it; what is absent is null.
fn shown(message: &Listed) -> Value {
    let content = &message.content;
    let media = content.media.as_ref().map(|media| {
        json!({
            "mimeType": media.mime_type,
            "sizeBytes": media.size_bytes,
            "fileName": media.file_name,
            "voiceNote": media.voice_note,
            "viewOnce": media.view_once,
        })
    });
    let location = content.location.as_ref().map(|place| {
        json!({ "latitude": place.latitude, "longitude": place.longitude, "name": place.name, "address": place.address })
    });
    json!({
        "id": message.id.as_str(),
        "direction": message.direction.as_str(),
        "status": message.status,
        "kind": content.kind.as_str(),
        "text": content.text,
        "contact": {
            "phone": message.contact.phone.as_ref().map(domain::PhoneNumber::expose),
            "lid": message.contact.lid.as_ref().map(domain::Lid::expose),
            "name": message.contact.name,
        },
        "group": message.group.as_ref().map(|id| json!({ "id": id })),
        "providerMessageId": message.provider_message_id,
        "replyTo": message.reply_to,
        "media": media,
        "location": location,
        "card": content.card.as_ref().map(|card| json!({ "name": card.name, "phones": card.phones })),
        "reaction": content.reaction.as_ref().map(|reaction| json!({ "emoji": reaction.emoji, "to": reaction.to })),
        "choice": content.choice.as_ref().map(|choice| json!({ "id": choice.id, "title": choice.title })),
        "intent": message.intent,
        "occurredAt": message.occurred_at.to_string(),
        "receivedAt": message.received_at.to_string(),
    })
}
