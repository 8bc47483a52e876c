//! The owner's older dialect, from before Wasender's own webhooks: `message`, `status` and `connection_status`.

use domain::{Contact, Content, Element, Event, Fingerprint, IgnoreReason, InboundMessage, Kind};
use domain::{PhoneNumber, ProviderMessageId, SessionStatus};
use jiff::Timestamp;

use super::jid::Jid;
use super::{key, status};
use crate::json::Json;
use crate::{moment, text};

/// Reads `data` of `message`: `{from, message, type, id?, time?}`.
pub(super) fn message(data: &Json<'_>, received_at: Timestamp) -> Element {
    let from = data.at("from").word().unwrap_or_default();
    let Some(mut contact) = contact(data.at("from")) else {
        return match Jid::parse(from) {
            Jid::Broadcast => Element::Ignored(IgnoreReason::Broadcast),
            Jid::Channel => Element::Ignored(IgnoreReason::Channel),
            Jid::Phone(_) | Jid::Lid(_) | Jid::Group(_) | Jid::Other => {
                Element::NotUnderstood("data.from")
            }
        };
    };
    contact.name = data.at("name").text().map(text::name);
    let body = data
        .at("message")
        .text()
        .or_else(|| data.at("message").at("text").text());
    let Some(content) = content(data.at("type"), body.map(text::message)) else {
        return Element::Ignored(IgnoreReason::Empty);
    };
    let Some(key_id) = key::message_id(data.at("id")).or_else(|| derived_id(data, received_at))
    else {
        return Element::NotUnderstood("data.id");
    };
    let occurred_at = moment::read(data.at("time"), received_at);
    let message = InboundMessage {
        key_id,
        msg_id: None,
        contact,
        group: None,
        content,
        reply_to: None,
        occurred_at,
    };
    Element::Event(Event::Message(message))
}

/// Reads `status`: `{messageId, status, timestamp}`, where the id is Wasender's log number or WhatsApp's.
pub(super) fn status(update: &Json<'_>, received_at: Timestamp) -> Element {
    let Some(evidence) = status::evidence(update.at("status"), update.at("error")) else {
        return Element::NotUnderstood("status");
    };
    let reference = key::named(update.at("messageId"));
    if reference == domain::ProviderRef::default() {
        return Element::NotUnderstood("messageId");
    }
    status::told(
        reference,
        evidence,
        moment::read(update.at("timestamp"), received_at),
    )
}

/// Reads `connection_status`: `{status}`.
pub(super) fn connection(update: &Json<'_>) -> Element {
    update
        .at("status")
        .word()
        .map_or(Element::NotUnderstood("status"), |word| {
            Element::Event(Event::Session(SessionStatus::parse(word)))
        })
}

fn contact(from: &Json<'_>) -> Option<Contact> {
    if let Json::Integer(number) = from {
        return PhoneNumber::from_provider(&number.to_string()).map(Contact::by_phone);
    }
    let from = from.word()?;
    match Jid::parse(from) {
        Jid::Phone(phone) => Some(Contact::by_phone(phone)),
        Jid::Lid(lid) => Some(Contact {
            lid: Some(lid),
            ..Contact::default()
        }),
        Jid::Group(_) | Jid::Channel | Jid::Broadcast => None,
        Jid::Other => PhoneNumber::from_provider(from).map(Contact::by_phone),
    }
}

/// The dialect carries no files: of a picture it tells the kind and the caption.
fn content(kind: &Json<'_>, body: Option<String>) -> Option<Content> {
    let word = kind.word().unwrap_or("text").to_ascii_lowercase();
    let kind = match word.as_str() {
        "text" | "chat" | "conversation" => return body.map(Content::text),
        "image" => Kind::Image,
        "video" => Kind::Video,
        "audio" | "voice" | "ptt" => Kind::Audio,
        "document" | "file" => Kind::Document,
        "sticker" => Kind::Sticker,
        _ => Kind::Unsupported,
    };
    Some(Content {
        text: body,
        ..Content::of(kind)
    })
}

/// The id of a message that came without one, the same however often it is delivered. One that names no time either is told from
/// its like by the hour in which it came: a customer may say "Oui" again another day.
fn derived_id(data: &Json<'_>, received_at: Timestamp) -> Option<ProviderMessageId> {
    let time = data.at("time");
    let time = match (time.integer(), time.word()) {
        (Some(number), _) => number.to_string(),
        (None, Some(word)) => word.to_owned(),
        (None, None) => format!("hour {}", received_at.as_second().div_euclid(3600)),
    };
    let from = contact(data.at("from"))?.identities().next()?.key();
    let part = |name| data.at(name).word().unwrap_or_default();
    let hash = Fingerprint::of(&["message", &from, part("type"), part("message"), &time]).short();
    ProviderMessageId::parse(&format!("derived-{hash}"))
}
