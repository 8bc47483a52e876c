use domain::{Contact, Echo, Element, Event, GroupId, IgnoreReason, InboundMessage};
use domain::{ProviderMessageId, ProviderRef};
use jiff::Timestamp;

use super::change;
use super::content::{self, Said, Silence};
use super::key::{self, Chat};
use crate::json::Json;
use crate::{moment, text};

/// Reads one item of a message event: `{key, messageBody?, message?, pushName?, messageTimestamp?}`.
///
/// `fromMe` decides and not the event's name: `messages.upsert` carries what the vendor sent, too.
pub(super) fn read(item: &Json<'_>, received_at: Timestamp) -> Element {
    if !item.is_object() {
        return Element::NotUnderstood("data.messages");
    }
    let chat = key::chat(item);
    if let Some(ignored) = ignored(&chat) {
        return ignored;
    }
    let said = match (content::read(item), key::id(item)) {
        (Ok(said), Some(_)) => said,
        (Ok(_), None) => return Element::NotUnderstood("key.id"),
        (Err(Silence::Empty), Some(_)) => return Element::Ignored(IgnoreReason::Empty),
        (Err(Silence::Empty), None) => return Element::NotUnderstood("key"),
        (Err(Silence::Amendment), _) => return change::message(item, received_at),
    };
    let occurred_at = moment::read(item.at("messageTimestamp"), received_at);
    if key::is_from_me(item) {
        echo(
            item,
            key::reference(item),
            Utterance {
                chat,
                said,
                occurred_at,
            },
        )
    } else {
        inbound(
            item,
            key::id(item),
            Utterance {
                chat,
                said,
                occurred_at,
            },
        )
    }
}

/// What was said, where and when; by whom is told by the key.
pub(super) struct Utterance {
    pub(super) chat: Chat,
    pub(super) said: Said,
    pub(super) occurred_at: Option<Timestamp>,
}

/// A message of the vendor, sent to whom the item's key names.
pub(super) fn echo(item: &Json<'_>, reference: ProviderRef, utterance: Utterance) -> Element {
    let Utterance {
        chat,
        said: Said { content, .. },
        occurred_at,
    } = utterance;
    let Some((contact, group)) = addressee(item, chat) else {
        return Element::NotUnderstood("key.remoteJid");
    };
    Element::Event(Event::Echo(Echo {
        reference,
        contact,
        group,
        content,
        occurred_at,
    }))
}

/// A message to the vendor, by whom the item's key names. Somebody without number and linked id can't be told from others.
pub(super) fn inbound(
    item: &Json<'_>,
    key_id: Option<ProviderMessageId>,
    utterance: Utterance,
) -> Element {
    let Utterance {
        chat,
        said: Said { content, reply_to },
        occurred_at,
    } = utterance;
    let (mut contact, group) = writer(item, chat);
    if contact.identities().next().is_none() {
        return Element::NotUnderstood(if group.is_some() {
            "key.participant"
        } else {
            "key.remoteJid"
        });
    }
    contact.name = item.at("pushName").text().map(text::name);
    let Some(key_id) = key_id else {
        return Element::NotUnderstood("key.id");
    };
    let message = InboundMessage {
        key_id,
        msg_id: key::msg_id(item),
        contact,
        group,
        content,
        reply_to,
        occurred_at,
    };
    Element::Event(Event::Message(message))
}

/// Who wrote a message to the vendor, and in which group.
pub(super) fn writer(item: &Json<'_>, chat: Chat) -> (Contact, Option<GroupId>) {
    match chat {
        Chat::Group(group) => (key::author(item), Some(group)),
        Chat::Person | Chat::Channel | Chat::Broadcast | Chat::Unclear => (key::sender(item), None),
    }
}

/// To whom a message of the vendor went: a person, or a group and nobody in particular. `None` if the key does not tell.
pub(super) fn addressee(item: &Json<'_>, chat: Chat) -> Option<(Contact, Option<GroupId>)> {
    if let Chat::Group(group) = chat {
        return Some((Contact::default(), Some(group)));
    }
    let contact = key::peer(item);
    contact.identities().next()?;
    Some((contact, None))
}

/// Stories, broadcasts and channels are no messages to the vendor.
pub(super) const fn ignored(chat: &Chat) -> Option<Element> {
    match chat {
        Chat::Channel => Some(Element::Ignored(IgnoreReason::Channel)),
        Chat::Broadcast => Some(Element::Ignored(IgnoreReason::Broadcast)),
        Chat::Person | Chat::Group(_) | Chat::Unclear => None,
    }
}
