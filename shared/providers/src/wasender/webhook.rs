use domain::{
    ApiKey, Echo, Element, Event, IgnoreReason, InboundMessage, MessageChange, ProviderRef,
};
use domain::{Received, SessionStatus, StatusUpdate};
use jiff::Timestamp;

use super::envelope::{self, ChatItem};
use super::malformed::Malformed;
use super::{call, change, dialect, message, pairing, poll, reaction, sent, status};
use crate::json::{self, Json};
use crate::moment;

/// Reads a webhook's body into what it tells.
///
/// Every item that the body carries becomes exactly one element, in order, and a bad one spoils nothing beside it; a body without
/// items is one element. Top-level `sessionId` is the session's API key (documented so): it is never part of the answer.
/// `received_at` only serves to recognise absurd times.
pub fn parse(body: &[u8], received_at: Timestamp) -> Result<Received, Malformed> {
    parse_named(body, received_at).map(|(received, _)| received)
}

/// Reads a webhook's body as [`parse`] does, and apart from it the key by which the webhook names its session, if it names one.
pub fn parse_named(
    body: &[u8],
    received_at: Timestamp,
) -> Result<(Received, Option<ApiKey>), Malformed> {
    let text =
        std::str::from_utf8(body).map_err(|error| Malformed::NotUtf8(error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    json::with(text, |root| {
        Ok((webhook(root, received_at)?, session_key(root)))
    })?
}

fn session_key(root: &Json<'_>) -> Option<ApiKey> {
    let named = root.at("sessionId").word()?;
    ApiKey::parse(named).ok()
}

fn webhook(root: &Json<'_>, received_at: Timestamp) -> Result<Received, Malformed> {
    if !root.is_object() {
        return Err(Malformed::NotAnObject);
    }
    let event = root.at("event").word().ok_or(Malformed::NoEventName)?;
    let data = root.at("data").given().unwrap_or(root);
    let webhook = Webhook {
        data,
        root,
        received_at,
    };
    let mut elements = webhook.elements(&event.to_ascii_lowercase());
    if elements.is_empty() {
        elements.push(Element::Ignored(IgnoreReason::Empty));
    }
    if data.at("test").is_true() {
        elements.fill(Element::Ignored(IgnoreReason::Test));
    }
    number(&mut elements, data.at("msgId"));
    date(
        &mut elements,
        moment::read(root.at("timestamp"), received_at),
    );
    Ok(Received {
        name: name(event),
        elements,
    })
}

/// Gives the event's own time to what left or arrived without one. A customer's message keeps the time of its phone, or none.
fn date(elements: &mut [Element], event_at: Option<Timestamp>) {
    for element in elements {
        if let Element::Event(
            Event::Status(StatusUpdate { occurred_at, .. })
            | Event::Echo(Echo { occurred_at, .. })
            | Event::Change(MessageChange { occurred_at, .. }),
        ) = element
        {
            *occurred_at = occurred_at.or(event_at);
        }
    }
}

/// Gives Wasender's number that stands in `data` to the only message there.
fn number(elements: &mut [Element], number: &Json<'_>) {
    let [Element::Event(event)] = elements else {
        return;
    };
    if let Event::Message(InboundMessage { msg_id, .. })
    | Event::Echo(Echo {
        reference: ProviderRef { msg_id, .. },
        ..
    }) = event
    {
        *msg_id = msg_id.or_else(|| number.integer());
    }
}

struct Webhook<'j, 'a> {
    data: &'j Json<'a>,
    root: &'j Json<'a>,
    received_at: Timestamp,
}

impl Webhook<'_, '_> {
    /// The elements of the event of this name, in the documented spellings and in those of the SDKs and of older versions.
    fn elements(&self, event: &str) -> Vec<Element> {
        let (data, at) = (self.data, self.received_at);
        match event {
            "messages.received"
            | "message.received"
            | "messages.recieved"
            | "messages.upsert"
            | "message.upsert"
            | "messages-personal.received"
            | "messages-group.received" => {
                each(envelope::messages(data), |item| message::read(item, at))
            }
            "messages-newsletter.received" => {
                ignored(envelope::messages(data), IgnoreReason::Channel)
            }
            "messages.update" | "message.update" | "message.status" | "messages.status" => {
                each(envelope::messages(data), |item| status::read(item, at))
            }
            "message.sent" | "messages.sent" => {
                each(envelope::messages(data), |item| sent::read(data, item, at))
            }
            "message-receipt.update" | "messages-receipt.update" => {
                each(envelope::receipts(data), |item| status::receipt(item, at))
            }
            "messages.reaction" | "message.reaction" => {
                each(envelope::items(data, "messages"), |item| {
                    reaction::read(item, at)
                })
            }
            "messages.delete" | "messages.deleted" | "message.delete" | "message.deleted" => {
                each(envelope::items(data, "keys"), change::deletion)
            }
            "poll.results" | "poll.result" => poll::results(data),
            "call" | "call.received" => {
                each(envelope::items(data, "call"), |item| call::read(item, at))
            }
            "qrcode.updated" => vec![pairing::qr(data)],
            "passkey.updated" => vec![pairing::passkey(data, at)],
            "session.status" => vec![self.session()],
            "chats.upsert" | "chats.update" => self.chats(),
            "message" => each(data.one_or_many().iter().collect(), |item| {
                dialect::message(item, at)
            }),
            "status" => each(data.one_or_many().iter().collect(), |item| {
                dialect::status(item, at)
            }),
            "connection_status" => vec![dialect::connection(data)],
            other => self.harmless(other),
        }
    }

    fn session(&self) -> Element {
        let places = [self.data.at("status"), self.root.at("status"), self.data];
        places
            .into_iter()
            .find_map(Json::word)
            .map_or(Element::NotUnderstood("data.status"), |word| {
                Element::Event(Event::Session(SessionStatus::parse(word)))
            })
    }

    fn chats(&self) -> Vec<Element> {
        each(envelope::chats(self.data), |item| match item {
            ChatItem::Message(item) => message::read(item, self.received_at),
            ChatItem::Chat => Element::Ignored(IgnoreReason::PhoneBook),
        })
    }

    /// Events that are known to need no work, and those that are not known: an event that is not known is one element, for it is not
    /// known either what its items are.
    fn harmless(&self, event: &str) -> Vec<Element> {
        let (field, reason) = match event {
            "chats.delete" => ("chats", IgnoreReason::PhoneBook),
            "contacts.upsert" | "contacts.update" => ("contacts", IgnoreReason::PhoneBook),
            "groups.upsert" | "groups.update" | "group-participants.update" => {
                ("groups", IgnoreReason::PhoneBook)
            }
            "presence.update" => ("", IgnoreReason::Presence),
            _ => return vec![Element::NotUnderstood("event")],
        };
        ignored(envelope::items(self.data, field), reason)
    }
}

fn each<T>(items: Vec<T>, read: impl FnMut(T) -> Element) -> Vec<Element> {
    items.into_iter().map(read).collect()
}

fn ignored<T>(items: Vec<T>, reason: IgnoreReason) -> Vec<Element> {
    each(items, |_| Element::Ignored(reason))
}

/// The event's name as it may be logged: 64 characters of `a-z A-Z 0-9 . _ -`, others as `_`.
fn name(event: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    event
        .chars()
        .take(64)
        .map(|c| if safe(c) { c } else { '_' })
        .collect()
}
