use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::signing::SigningSecrets;
use crate::content::{Content, Media};
use crate::engine::Question;
use crate::phone::PhoneNumber;

/// The version of the contract that requests are made in.
pub const VERSION: u32 = 1;

/// One request to an engine: what is posted, and the headers beside its content type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// The request that asks an engine, signed now. Asking again makes it anew, with the same id.
pub fn request(question: &Question, secrets: &SigningSecrets, now: Timestamp) -> Request {
    let body = body(question).to_string().into_bytes();
    signed(question.message.as_str(), body, secrets, now)
}

/// A request of this id, signed now.
pub fn signed(id: &str, body: Vec<u8>, secrets: &SigningSecrets, now: Timestamp) -> Request {
    let headers = vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", now.as_second().to_string()),
        ("webhook-signature", secrets.sign(id, now, &body)),
        ("idempotency-key", id.to_owned()),
        ("engine-contract-version", VERSION.to_string()),
    ];
    Request { headers, body }
}

fn body(question: &Question) -> Value {
    let context = &question.context;
    json!({
        "version": VERSION,
        "vendor": {
            "id": question.vendor,
            "businessName": question.business_name,
            "language": question.language,
        },
        "message": message(question),
        "conversation": {
            "sessionId": context.session_id,
            "messageCount": context.message_count,
            "currentIntent": context.current_intent,
            "currentStep": context.current_step,
            // Nobody is asked about a conversation that is not.
            "status": "active",
            "lastMessageAt": context.last_message_at,
        },
    })
}

/// Parts that a message does not have are absent, but its text, which is null.
fn message(question: &Question) -> Value {
    let content = &question.content;
    let mut message = Map::new();
    message.insert("id".to_owned(), json!(question.message));
    message.insert("type".to_owned(), content.kind.as_str().into());
    message.insert("text".to_owned(), json!(content.text));
    let from = json!({
        "phone": question.from.phone.as_ref().map(PhoneNumber::expose),
        "name": question.from.name,
    });
    message.insert("from".to_owned(), without_nulls(from));
    message.insert("occurredAt".to_owned(), json!(question.occurred_at));
    for (name, part) in parts(question, content) {
        message.extend(part.map(|part| (name.to_owned(), without_nulls(part))));
    }
    Value::Object(message)
}

fn parts(question: &Question, content: &Content) -> [(&'static str, Option<Value>); 5] {
    let media = |media: &Media| file(question, media);
    let contact = content
        .card
        .as_ref()
        .map(|card| json!({ "name": card.name, "phones": card.phones }));
    let choice = content
        .choice
        .as_ref()
        .map(|choice| json!({ "id": choice.id, "title": choice.title }));
    let poll = content.poll.as_ref().map(|poll| json!(poll));
    let location = content.location.as_ref().map(|place| json!(place));
    [
        ("media", content.media.as_ref().map(media)),
        ("location", location),
        ("contact", contact),
        ("choice", choice),
        ("poll", poll),
    ]
}

/// What may be said of a file: never its address at WhatsApp and never its key. The admin API gives its bytes.
fn file(question: &Question, media: &Media) -> Value {
    let (vendor, id) = (&question.vendor, &question.message);
    json!({
        "mimeType": media.mime_type,
        "fileName": media.file_name,
        "sizeBytes": media.size_bytes,
        "voiceNote": media.voice_note,
        "path": format!("/api/admin/vendors/{vendor}/messages/{id}"),
    })
}

fn without_nulls(mut part: Value) -> Value {
    if let Value::Object(members) = &mut part {
        members.retain(|_, value| !value.is_null());
    }
    part
}
