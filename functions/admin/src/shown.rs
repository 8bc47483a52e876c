//! A message of the ledger as the admin API shows it; what is absent is null.

use domain::{Choice, Content, Identity, Lid, PhoneNumber, RejectClass};
use platform::tables::Listed;
use serde_json::{Value, json};

pub(crate) fn shown(message: &Listed, media: Option<&Value>) -> Value {
    let mut shown = json!({
        "id": message.id.as_str(),
        "wabaId": message.waba,
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
        "media": media,
        "choice": message.choice.as_ref().or(message.content.choice.as_ref()).map(choice),
        "editedAt": message.changes.edited_at.map(|at| at.to_string()),
        "firstText": message.changes.first_text,
        "deleted": message.changes.deleted_at.is_some(),
        "deletedAt": message.changes.deleted_at.map(|at| at.to_string()),
        "intent": message.intent,
        "outcome": message.outcome,
        "outcomeReason": message.outcome_reason,
        "actions": message.actions.as_ref().map(|told| json!({ "state": told.state.as_str(), "list": told.actions })),
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
