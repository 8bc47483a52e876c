//! Bodies of Wasender's webhooks, made to measure: real shapes with one's own text, number and ids. Numbers are digits with or
//! without `+`. What a test needs otherwise it changes in the [`Value`].

use serde_json::{Value, json};

/// What Wasender puts into the top level of an event: the session's API key. No output may hold it.
pub const SESSION_ID: &str = "api_key_abc";

/// When the messages made here were written, in seconds of Unix time: 2026-11-22, 10:00 in Dakar.
pub const WRITTEN_AT: i64 = 1_795_341_600;

/// The headers that a webhook of Wasender carries with this secret.
pub fn headers(secret: &str) -> [(&'static str, &str); 2] {
    [
        ("content-type", "application/json"),
        ("x-webhook-signature", secret),
    ]
}

/// `messages.received`: one text of a customer, `data.messages` an object.
pub fn received(text: &str, from: &str, key_id: &str) -> Value {
    event(
        "messages.received",
        &json!({ "messages": message(text, from, key_id) }),
    )
}

/// `messages.upsert` with the same message, `data.messages` an array.
pub fn upsert(text: &str, from: &str, key_id: &str) -> Value {
    event(
        "messages.upsert",
        &json!({ "messages": [message(text, from, key_id)] }),
    )
}

/// `messages.received` of a customer of whom only the linked id is known.
pub fn received_from_lid(text: &str, lid: &str, key_id: &str) -> Value {
    let mut message = message(text, lid, key_id);
    message["key"] = json!({ "id": key_id, "fromMe": false, "remoteJid": format!("{lid}@lid") });
    event("messages.received", &json!({ "messages": message }))
}

/// `messages.received` of an author in a group.
pub fn received_in_group(text: &str, from: &str, group: &str, key_id: &str) -> Value {
    let mut message = message(text, from, key_id);
    let participant = jid(from);
    message["key"] = json!({
        "id": key_id, "fromMe": false, "remoteJid": format!("{group}@g.us"),
        "participant": participant, "participantPn": participant, "cleanedParticipantPn": digits(from),
    });
    event("messages-group.received", &json!({ "messages": message }))
}

/// `messages.upsert` with `fromMe`: what left from the vendor's number, through the API or typed on the phone.
pub fn echo(text: &str, to: &str, key_id: &str) -> Value {
    let mut message = message(text, to, key_id);
    message["key"] = json!({ "id": key_id, "fromMe": true, "remoteJid": jid(to) });
    event("messages.upsert", &json!({ "messages": message }))
}

/// `message.sent`, with Wasender's log number if there is one.
pub fn sent(text: &str, to: &str, key_id: &str, msg_id: Option<i64>) -> Value {
    let key = json!({ "id": key_id, "fromMe": true, "remoteJid": jid(to) });
    let mut data = json!({ "key": key, "message": { "conversation": text }, "success": true });
    if let Some(msg_id) = msg_id {
        data["msgId"] = msg_id.into();
    }
    event("message.sent", &data)
}

/// `messages.update`: the message of this id reached this status, 0 (error) to 5 (played).
pub fn update(key_id: &str, to: &str, status: u8) -> Value {
    let key = json!({ "id": key_id, "fromMe": true, "remoteJid": jid(to) });
    event(
        "messages.update",
        &json!({ "update": { "status": status }, "key": key }),
    )
}

/// `session.status` with this word.
pub fn session_status(status: &str) -> Value {
    event("session.status", &json!({ "status": status }))
}

/// Any event with this `data`, in Wasender's envelope.
pub fn event(name: &str, data: &Value) -> Value {
    let millis = WRITTEN_AT * 1000;
    json!({ "event": name, "sessionId": SESSION_ID, "timestamp": millis, "data": data })
}

/// The same body under another event name, as Wasender posts a message once for each event subscribed to.
pub fn renamed(mut body: Value, name: &str) -> Value {
    body["event"] = name.into();
    body
}

fn message(text: &str, from: &str, key_id: &str) -> Value {
    json!({
        "key": {
            "id": key_id, "fromMe": false, "remoteJid": jid(from),
            "senderPn": jid(from), "cleanedSenderPn": digits(from),
        },
        "messageBody": text,
        "message": { "conversation": text },
        "pushName": "Awa Ndiaye",
        "messageTimestamp": WRITTEN_AT,
    })
}

fn jid(number: &str) -> String {
    format!("{}@s.whatsapp.net", digits(number))
}

fn digits(number: &str) -> &str {
    number.trim_start_matches('+')
}
