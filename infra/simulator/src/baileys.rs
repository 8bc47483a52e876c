//! WhatsApp's own forms as Wasender passes them on: JIDs, message ids, message contents.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::message::Message;
use crate::send_request::{Kind, SendRequest};

/// The JID of a recipient in any form that `send-message` takes. A username has no JID that we could know; it gets a LID of its own.
pub(crate) fn jid(to: &str) -> String {
    if let Some(handle) = to.strip_prefix('@') {
        let digits = handle.bytes().fold(7_u64, |hash, byte| {
            hash.wrapping_mul(131).wrapping_add(u64::from(byte))
        });
        return format!("{}@lid", digits % 1_000_000_000_000_000);
    }
    match to.split_once('@') {
        None => format!("{}@s.whatsapp.net", to.trim_start_matches('+')),
        Some((name, "c.us")) => format!("{name}@s.whatsapp.net"),
        Some(_) => to.to_owned(),
    }
}

/// The id of a message sent through a linked session: 22 characters, no two alike.
pub(crate) fn sent_id(session: u32, msg_id: i64, now: Timestamp) -> String {
    format!(
        "3EB0{:09X}{:03X}{:06X}",
        now.as_millisecond() & 0xF_FFFF_FFFF,
        session & 0xFFF,
        msg_id & 0xFF_FFFF
    )
}

/// The id of a message that a phone sent: 20 characters.
pub(crate) fn received_id(serial: u64, now: Timestamp) -> String {
    format!(
        "3A{:09X}{:09X}",
        now.as_millisecond() & 0xF_FFFF_FFFF,
        serial & 0xF_FFFF_FFFF
    )
}

/// The message object of an accepted send, quoting `quoted` if the request did.
pub(crate) fn content(request: &SendRequest, quoted: Option<&Message>) -> Value {
    let body = &request.body;
    let info = context_info(body, quoted);
    let mut content = match request.kind {
        Kind::Text if info.is_empty() => return json!({"conversation": request.text}),
        Kind::Text => json!({"extendedTextMessage": {"text": request.text}}),
        Kind::Image => media("imageMessage", "image/jpeg", request),
        Kind::Video => media("videoMessage", "video/mp4", request),
        Kind::Audio => media("audioMessage", "audio/ogg; codecs=opus", request),
        Kind::Sticker => media("stickerMessage", "image/webp", request),
        Kind::Document => media("documentMessage", "application/octet-stream", request),
        Kind::Contact => contact(&body["contact"]),
        Kind::Location => location(&body["location"]),
        Kind::Poll => poll(&body["poll"]),
    };
    if let Some(Value::Object(inner)) = content
        .as_object_mut()
        .and_then(|content| content.values_mut().next())
        && !info.is_empty()
    {
        inner.insert("contextInfo".to_owned(), Value::Object(info));
    }
    if body.get("viewOnce") == Some(&Value::Bool(true)) {
        return json!({"viewOnceMessageV2": {"message": content}});
    }
    content
}

/// The same content with another text, or the same file with another caption.
pub(crate) fn edited(content: &Value, text: &str) -> Value {
    let mut content = content.clone();
    for (pointer, field) in [
        ("", "conversation"),
        ("/extendedTextMessage", "text"),
        ("/imageMessage", "caption"),
        ("/videoMessage", "caption"),
        ("/documentMessage", "caption"),
    ] {
        if let Some(Value::Object(inner)) = content.pointer_mut(pointer)
            && (inner.contains_key(field) || !pointer.is_empty())
        {
            inner.insert(field.to_owned(), json!(text));
        }
    }
    content
}

fn context_info(body: &Map<String, Value>, quoted: Option<&Message>) -> Map<String, Value> {
    let mut info = Map::new();
    if let Some(quoted) = quoted {
        info.insert("stanzaId".to_owned(), json!(quoted.key_id));
        info.insert("participant".to_owned(), json!(quoted.remote_jid()));
        info.insert("quotedMessage".to_owned(), quoted.content.clone());
    }
    if let Some(mentions) = body.get("mentions").filter(|mentions| !mentions.is_null()) {
        info.insert("mentionedJid".to_owned(), mentions.clone());
    }
    info
}

fn media(name: &str, mimetype: &str, request: &SendRequest) -> Value {
    let mut media = json!({"url": request.body[request.kind.field()], "mimetype": mimetype});
    if let Some(caption) = &request.text {
        media["caption"] = json!(caption);
    }
    if request.kind == Kind::Audio {
        media["ptt"] = json!(true);
    }
    if request.kind == Kind::Document {
        media["fileName"] = request
            .body
            .get("fileName")
            .cloned()
            .unwrap_or_else(|| json!("document"));
    }
    json!({name: media})
}

fn contact(contact: &Value) -> Value {
    let (name, phone) = (
        contact["name"].as_str().unwrap_or_default(),
        contact["phone"].as_str().unwrap_or_default(),
    );
    let digits = phone.trim_start_matches('+');
    let vcard = format!(
        "BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;type=CELL;type=VOICE;waid={digits}:{phone}\nEND:VCARD"
    );
    json!({"contactMessage": {"displayName": name, "vcard": vcard}})
}

fn location(location: &Value) -> Value {
    let mut message =
        json!({"degreesLatitude": location["latitude"], "degreesLongitude": location["longitude"]});
    for field in ["name", "address"]
        .into_iter()
        .filter(|field| location[*field].is_string())
    {
        message[field] = location[field].clone();
    }
    json!({"locationMessage": message})
}

fn poll(poll: &Value) -> Value {
    let options = poll["options"].as_array().map_or(&[][..], Vec::as_slice);
    let selectable = if poll["multiSelect"] == Value::Bool(true) {
        options.len()
    } else {
        1
    };
    let options: Vec<_> = options
        .iter()
        .map(|option| json!({"optionName": option}))
        .collect();
    json!({"pollCreationMessageV3": {"name": poll["question"], "options": options, "selectableOptionsCount": selectable}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipient_form_has_its_jid() {
        assert_eq!(jid("+221700000001"), "221700000001@s.whatsapp.net");
        assert_eq!(jid("221700000001@c.us"), "221700000001@s.whatsapp.net");
        assert_eq!(jid("12-34@g.us"), "12-34@g.us");
        assert!(jid("@awa").ends_with("@lid"));
    }

    #[test]
    fn message_ids_look_like_whatsapps_and_differ_between_sessions_and_messages() {
        let now = Timestamp::UNIX_EPOCH;
        let ids = [sent_id(1, 7, now), sent_id(2, 7, now), sent_id(1, 8, now)];
        assert!(
            ids.iter()
                .all(|id| id.len() == 22 && id.starts_with("3EB0")),
            "{ids:?}"
        );
        assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
        assert_eq!(received_id(7, now).len(), 20);
    }

    #[test]
    fn contents_have_whatsapps_shape() {
        let content_of = |body: Value| {
            let body = body.as_object().expect("an object").clone();
            content(
                &SendRequest::parse(body, false).expect("a valid request"),
                None,
            )
        };
        let to = "+221700000001";
        assert_eq!(
            content_of(json!({"to": to, "text": "Bonjour"})),
            json!({"conversation": "Bonjour"})
        );
        let image = content_of(
            json!({"to": to, "imageUrl": "https://files.example/a.jpg", "text": "photo", "viewOnce": true}),
        );
        assert_eq!(
            image["viewOnceMessageV2"]["message"]["imageMessage"]["caption"],
            "photo"
        );
        let mention =
            content_of(json!({"to": "12@g.us", "text": "x", "mentions": ["1@s.whatsapp.net"]}));
        assert_eq!(
            mention["extendedTextMessage"]["contextInfo"]["mentionedJid"][0],
            "1@s.whatsapp.net"
        );
        let poll = content_of(
            json!({"to": to, "poll": {"question": "?", "options": ["a", "b"], "multiSelect": true}}),
        );
        assert_eq!(poll["pollCreationMessageV3"]["selectableOptionsCount"], 2);
        let card = content_of(json!({"to": to, "contact": {"name": "Awa", "phone": to}}));
        assert!(
            card["contactMessage"]["vcard"]
                .as_str()
                .expect("a card")
                .contains("waid=221700000001")
        );
    }
}
