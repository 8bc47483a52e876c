use domain::{Content, Delivery, Echo, Element, Event, Evidence, ProviderRef};
use jiff::Timestamp;

use super::content::{self, Silence};
use super::jid::Jid;
use super::key::{self, Chat};
use super::message::{addressee, ignored};
use super::status::{evidence, failed, told};
use crate::json::Json;
use crate::{moment, text};

/// Reads `message.sent`, which says that a message left, or that it did not. Five shapes are known: `{key, message, success:true}`,
/// `{success:false, error}` without a key, `{id, to, status, type, content}`, `{messages:{key, message}}`, and the first without
/// `success`. `data` is what stands around the item.
pub(super) fn read(data: &Json<'_>, item: &Json<'_>, received_at: Timestamp) -> Element {
    if !item.is_object() {
        return Element::NotUnderstood("data");
    }
    let reference = reference(data, item);
    let occurred_at = moment::read(item.at("messageTimestamp"), received_at);
    let status = evidence(item.at("status"), item.at("error"));
    if [data, item]
        .iter()
        .any(|place| place.at("success").is_false())
        || matches!(status, Some(Evidence::Failed { .. }))
    {
        return failure(data, item, reference);
    }
    let chat = key::chat(item);
    if let Some(ignored) = ignored(&chat) {
        return ignored;
    }
    if let (Some(content), Some((contact, group))) = (said(item), recipient(item, chat))
        && reference != ProviderRef::default()
    {
        return Element::Event(Event::Echo(Echo {
            reference,
            contact,
            group,
            content,
            occurred_at,
        }));
    }
    // What was sent or to whom is not told, but that it was.
    let sent = Evidence::Reached {
        delivery: Delivery::Sent,
    };
    told(reference, status.unwrap_or(sent), occurred_at)
}

fn failure(data: &Json<'_>, item: &Json<'_>, reference: ProviderRef) -> Element {
    if reference == ProviderRef::default() {
        return Element::NotUnderstood("message.sent without key");
    }
    let places = [item.at("error"), data.at("error"), data.at("message")];
    let error = places
        .into_iter()
        .find(|place| place.text().is_some() || place.at("message").text().is_some());
    told(reference, failed(error.unwrap_or(&Json::Null)), None)
}

fn reference(data: &Json<'_>, item: &Json<'_>) -> ProviderRef {
    let reference = key::reference(item);
    ProviderRef {
        msg_id: reference.msg_id.or_else(|| data.at("msgId").integer()),
        ..reference
    }
}

fn said(item: &Json<'_>) -> Option<Content> {
    match content::read(item) {
        Ok(said) => Some(said.content),
        Err(Silence::Empty) => item
            .at("content")
            .text()
            .map(|body| Content::text(text::message(body))),
        Err(Silence::Amendment) => None,
    }
}

fn recipient(item: &Json<'_>, chat: Chat) -> Option<(domain::Contact, Option<domain::GroupId>)> {
    if let Some(told) = addressee(item, chat) {
        return Some(told);
    }
    let to = item.at("to").word()?;
    match Jid::parse(to) {
        Jid::Phone(phone) => Some((domain::Contact::by_phone(phone), None)),
        Jid::Lid(lid) => Some((
            domain::Contact {
                lid: Some(lid),
                ..domain::Contact::default()
            },
            None,
        )),
        Jid::Group(group) => Some((domain::Contact::default(), Some(group))),
        Jid::Channel | Jid::Broadcast => None,
        Jid::Other => domain::PhoneNumber::from_provider(to)
            .map(|phone| (domain::Contact::by_phone(phone), None)),
    }
}
