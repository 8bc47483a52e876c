use domain::{Call, Contact, Content, Element, Event, GroupId, InboundMessage, Kind};
use jiff::Timestamp;

use super::jid::Jid;
use super::key;
use crate::json::Json;
use crate::{moment, text};

/// Reads one item of `call`: `{id, from, date?, isGroup?, isVideo?, status?}`. All statuses of a call have its id.
pub(super) fn read(item: &Json<'_>, received_at: Timestamp) -> Element {
    let Some(key_id) = key::message_id(item.at("id")) else {
        return Element::NotUnderstood("call.id");
    };
    let contact = caller(item);
    if contact.identities().next().is_none() {
        return Element::NotUnderstood("call.from");
    }
    let group = group(item);
    let status = item.at("status").word().unwrap_or("offer");
    let call = Call {
        video: item.at("isVideo").is_true(),
        group: group.is_some() || item.at("isGroup").is_true(),
        status: text::cut_chars(status, 32).to_ascii_lowercase(),
    };
    let at = ["date", "timestamp"]
        .into_iter()
        .find_map(|name| moment::read(item.at(name), received_at));
    Element::Event(Event::Message(InboundMessage {
        key_id,
        msg_id: None,
        contact,
        group,
        content: Content {
            call: Some(call),
            ..Content::of(Kind::Call)
        },
        reply_to: None,
        occurred_at: at,
    }))
}

fn caller(item: &Json<'_>) -> Contact {
    let jids = || {
        ["callerPn", "from", "chatId"]
            .into_iter()
            .filter_map(|name| item.at(name).word())
            .map(Jid::parse)
    };
    Contact {
        phone: jids().find_map(Jid::phone),
        lid: jids().find_map(Jid::lid),
        name: None,
    }
}

fn group(item: &Json<'_>) -> Option<GroupId> {
    let jids = ["groupJid", "chatId", "from"].into_iter();
    jids.filter_map(|name| item.at(name).word())
        .find_map(|jid| match Jid::parse(jid) {
            Jid::Group(group) => Some(group),
            Jid::Phone(_) | Jid::Lid(_) | Jid::Channel | Jid::Broadcast | Jid::Other => None,
        })
}
