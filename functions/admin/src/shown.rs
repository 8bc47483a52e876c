//! A message of the ledger as the admin API shows it; what is absent is null.

use domain::{Choice, Content, Identity, Lid, Media, PhoneNumber, RejectClass};
use platform::tables::{Direction, Listed};
use serde_json::{Value, json};

pub(crate) fn shown(message: &Listed) -> Value {
    let mut shown = json!({
        "id": message.id.as_str(),
        "direction": message.direction.as_str(),
        "status": message.status,
        "failure": message.failure.as_ref().map(|failure| {
            json!({ "class": failure.class.map(RejectClass::as_str), "reason": failure.reason })
        }),
        "contact": {
            "phone": message.contact.phone.as_ref().map(PhoneNumber::expose),
            "lid": message.contact.lid.as_ref().map(Lid::expose),
            "name": message.contact.name,
        },
        "group": message.group.as_ref().map(|id| json!({ "id": id })),
        "providerMessageId": message.provider_message_id,
        "replyTo": message.reply_to,
        "quote": message.quote.as_ref().map(|(id, sent)| json!({ "messageId": id.as_str(), "sent": sent })),
        "media": message.content.media.as_ref().map(|media| self::media(media, message.direction)),
        "choice": message.choice.as_ref().or(message.content.choice.as_ref()).map(choice),
        "editedAt": message.changes.edited_at.map(|at| at.to_string()),
        "firstText": message.changes.first_text,
        "deleted": message.changes.deleted_at.is_some(),
        "deletedAt": message.changes.deleted_at.map(|at| at.to_string()),
        "intent": message.intent,
        "occurredAt": message.occurred_at.to_string(),
        "receivedAt": message.received_at.to_string(),
    });
    if let (Some(members), Value::Object(content)) =
        (shown.as_object_mut(), content(&message.content))
    {
        members.extend(content);
    }
    shown
}

/// What needs no more than the content to be shown.
fn content(content: &Content) -> Value {
    json!({
        "kind": content.kind.as_str(),
        "text": content.text,
        "location": content.location.as_ref().map(|place| {
            json!({ "latitude": place.latitude, "longitude": place.longitude, "name": place.name, "address": place.address })
        }),
        "card": content.card.as_ref().map(|card| json!({ "name": card.name, "phones": card.phones })),
        "reaction": content.reaction.as_ref().map(|reaction| json!({ "emoji": reaction.emoji, "to": reaction.to })),
        "poll": content.poll.as_ref().map(|poll| {
            json!({ "question": poll.question, "options": poll.options, "multiSelect": poll.multi_select })
        }),
        "menu": content.menu.as_ref().map(|menu| {
            let options = menu.options.iter().map(|option| {
                json!({ "id": option.id, "title": option.title, "description": option.description })
            });
            json!({ "kind": menu.kind.as_str(), "text": menu.body, "options": options.collect::<Vec<_>>() })
        }),
        "call": content.call.as_ref().map(|call| json!({ "video": call.video, "group": call.group, "status": call.status })),
        "mentions": content.mentions.iter().map(person).collect::<Vec<_>>(),
    })
}

/// A file. The address of one that came in is the provider's, and worth nothing without its key.
fn media(media: &Media, direction: Direction) -> Value {
    let source = media.source.as_ref();
    let own =
        source.filter(|source| direction == Direction::Outbound && source.media_key.is_none());
    json!({
        "mimeType": media.mime_type,
        "sizeBytes": media.size_bytes,
        "fileName": media.file_name,
        "voiceNote": media.voice_note,
        "viewOnce": media.view_once,
        "url": own.map(|source| source.url.as_str()),
    })
}

fn choice(choice: &Choice) -> Value {
    json!({ "id": choice.id, "title": choice.title })
}

/// Somebody who is mentioned, in the form in which a request may name them.
fn person(identity: &Identity) -> String {
    match identity {
        Identity::Phone(phone) => phone.expose().to_owned(),
        Identity::Lid(lid) => format!("{}@lid", lid.expose()),
        Identity::Group(group) => format!("{}@g.us", group.0),
    }
}
