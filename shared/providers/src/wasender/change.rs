//! Edits and deletions of earlier messages, which come as messages of their own, as updates, and as `messages.delete`.

use domain::{Alteration, Content, Element, Event, MessageChange, ProviderMessageId};
use jiff::Timestamp;

use super::content::{self, Amendment};
use super::key;
use super::message::{addressee, ignored, writer};
use crate::json::Json;
use crate::{moment, text};

/// Reads one item of `messages.delete`: a key, or something with a `key`.
pub(super) fn deletion(item: &Json<'_>) -> Element {
    match key::id(item) {
        Some(target) => told(item, target, Alteration::Deleted, None),
        None => Element::NotUnderstood("messages.delete"),
    }
}

/// Reads a message that does nothing but change an earlier one: `protocolMessage{type, key, editedMessage?}`, wrapped or not.
pub(super) fn message(item: &Json<'_>, received_at: Timestamp) -> Element {
    let at = moment::read(item.at("messageTimestamp"), received_at);
    match content::protocol(item.at("message")) {
        Some(protocol) => by_protocol(item, protocol, at, received_at),
        None => Element::NotUnderstood("message.protocolMessage"),
    }
}

/// Reads an item of `messages.update` that carries an edit or a deletion beside or instead of a status; `None` if it carries neither.
pub(super) fn update(item: &Json<'_>, received_at: Timestamp) -> Option<Element> {
    let update = item.at("update");
    let given = |name| update.at(name).given().unwrap_or_else(|| item.at(name));
    let (message, stub) = (given("message"), given("messageStubType"));
    let at = moment::read(given("messageTimestamp"), received_at);
    if let Some(protocol) = content::protocol(message) {
        return Some(by_protocol(item, protocol, at, received_at));
    }
    let is_revoked = stub.integer() == Some(1) || stub.word() == Some("REVOKE");
    if is_revoked && message.is_blank() {
        let target = key::id(item);
        return Some(target.map_or(Element::NotUnderstood("key.id"), |target| {
            told(item, target, Alteration::Deleted, at)
        }));
    }
    let edited = message.at("editedMessage").at("message");
    if !edited.is_object() {
        return None;
    }
    Some(match (key::id(item), new_content(edited, item)) {
        (Some(target), Some(content)) => {
            told(item, target, Alteration::Edited(Box::new(content)), at)
        }
        (None, _) => Element::NotUnderstood("key.id"),
        (_, None) => Element::NotUnderstood("message.editedMessage"),
    })
}

fn by_protocol(
    item: &Json<'_>,
    protocol: &Json<'_>,
    at: Option<Timestamp>,
    received_at: Timestamp,
) -> Element {
    let Some(target) = key::message_id(protocol.at("key").at("id")) else {
        return Element::NotUnderstood("protocolMessage.key");
    };
    let at = moment::read(protocol.at("timestampMs"), received_at).or(at);
    match content::amendment(protocol) {
        Some(Amendment::Deletion) => told(item, target, Alteration::Deleted, at),
        Some(Amendment::Edit) => match new_content(protocol.at("editedMessage"), item) {
            Some(content) => told(item, target, Alteration::Edited(Box::new(content)), at),
            None => Element::NotUnderstood("protocolMessage.editedMessage"),
        },
        None => Element::NotUnderstood("protocolMessage.type"),
    }
}

/// What the message says now; Wasender's unified text only where the edit itself says nothing.
fn new_content(edited: &Json<'_>, item: &Json<'_>) -> Option<Content> {
    let inner = edited.at("message");
    let edited = if inner.is_object() { inner } else { edited };
    let body = || item.at("messageBody").text().map(text::message);
    match content::said(edited, &Json::Null) {
        Ok(said) => Some(said.content),
        Err(_) => body().map(Content::text),
    }
}

/// The event of this change, by whom the item's key names.
fn told(
    item: &Json<'_>,
    target: ProviderMessageId,
    alteration: Alteration,
    occurred_at: Option<Timestamp>,
) -> Element {
    let chat = key::chat(item);
    if let Some(ignored) = ignored(&chat) {
        return ignored;
    }
    let from_me = key::is_from_me(item);
    let who = if from_me {
        addressee(item, chat)
    } else {
        let (contact, group) = writer(item, chat);
        let is_known = group.is_some() || contact.identities().next().is_some();
        is_known.then_some((contact, group))
    };
    let Some((contact, group)) = who else {
        return Element::NotUnderstood("key.remoteJid");
    };
    Element::Event(Event::Change(MessageChange {
        target,
        from_me,
        contact,
        group,
        alteration,
        occurred_at,
    }))
}
