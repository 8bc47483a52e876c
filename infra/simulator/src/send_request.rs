use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::FieldErrors;

/// A `send-message` request that passed validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SendRequest {
    /// As the request gave it.
    pub(crate) to: String,
    pub(crate) kind: Kind,
    /// The text, the caption or the poll's question.
    pub(crate) text: Option<String>,
    /// The `msgId` of the quoted message.
    pub(crate) reply_to: Option<i64>,
    /// The whole body.
    pub(crate) body: Map<String, Value>,
}

/// What a message is, told by the one field that is present: Wasender has no type field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Text,
    Image,
    Video,
    Document,
    Audio,
    Sticker,
    Contact,
    Location,
    Poll,
}

impl Kind {
    const WITH_A_FIELD: [Self; 8] = [
        Self::Image,
        Self::Video,
        Self::Document,
        Self::Audio,
        Self::Sticker,
        Self::Contact,
        Self::Location,
        Self::Poll,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
            Self::Audio => "audio",
            Self::Sticker => "sticker",
            Self::Contact => "contact",
            Self::Location => "location",
            Self::Poll => "poll",
        }
    }

    /// The field that makes a message of this kind.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "imageUrl",
            Self::Video => "videoUrl",
            Self::Document => "documentUrl",
            Self::Audio => "audioUrl",
            Self::Sticker => "stickerUrl",
            Self::Contact => "contact",
            Self::Location => "location",
            Self::Poll => "poll",
        }
    }

    fn is_viewable_once(self) -> bool {
        matches!(self, Self::Image | Self::Video | Self::Audio)
    }
}

impl SendRequest {
    /// Validates a body. `allow_lid` also takes a `…@lid` as `to`.
    pub(crate) fn parse(body: Map<String, Value>, allow_lid: bool) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let to = check_recipient(&body, allow_lid, &mut errors);
        let kind = find_kind(&body, &mut errors);
        check_text(&body, kind, &mut errors);
        check_content(&body, kind, &mut errors);
        check_options(&body, kind, &to, &mut errors);
        errors.into_result()?;
        let text = match kind {
            Kind::Poll => body["poll"]["question"].as_str(),
            _ => body.get("text").and_then(Value::as_str),
        };
        let (text, reply_to) = (
            text.map(str::to_owned),
            body.get("replyTo").and_then(Value::as_i64),
        );
        Ok(Self {
            to,
            kind,
            text,
            reply_to,
            body,
        })
    }

    /// The content as the message log keeps it: everything but the recipient.
    pub(crate) fn logged(&self) -> String {
        let mut content = self.body.clone();
        content.remove("to");
        Value::Object(content).to_string()
    }
}

fn check_recipient(body: &Map<String, Value>, allow_lid: bool, errors: &mut FieldErrors) -> String {
    let Some(to) = body
        .get("to")
        .and_then(Value::as_str)
        .filter(|to| !to.is_empty())
    else {
        errors.add("to", "The to field is required.");
        return String::new();
    };
    if !is_recipient(to, allow_lid) {
        errors.add(
            "to",
            "The to field must be a valid phone number, JID or username.",
        );
    }
    to.to_owned()
}

fn is_recipient(to: &str, allow_lid: bool) -> bool {
    let is_number = |digits: &str| (7..=15).contains(&digits.len()) && is_digits(digits);
    if let Some(handle) = to.strip_prefix('@') {
        return !handle.is_empty()
            && handle
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
    }
    match to.split_once('@') {
        None => is_number(to.strip_prefix('+').unwrap_or(to)),
        Some((name, "s.whatsapp.net" | "c.us")) => is_number(name),
        Some((name, "g.us")) => !name.is_empty() && name.split('-').all(is_digits),
        Some((name, "newsletter")) => is_digits(name),
        Some((name, "lid")) => allow_lid && is_digits(name),
        Some(_) => false,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has(body: &Map<String, Value>, field: &str) -> bool {
    body.get(field).is_some_and(|value| !value.is_null())
}

fn find_kind(body: &Map<String, Value>, errors: &mut FieldErrors) -> Kind {
    let mut kinds = Kind::WITH_A_FIELD
        .into_iter()
        .filter(|kind| has(body, kind.field()));
    let kind = kinds.next().unwrap_or(Kind::Text);
    for other in kinds {
        errors.add(
            other.field(),
            format!(
                "The {} field can not be combined with {}.",
                other.field(),
                kind.field()
            ),
        );
    }
    kind
}

fn check_text(body: &Map<String, Value>, kind: Kind, errors: &mut FieldErrors) {
    match (body.get("text").filter(|text| !text.is_null()), kind) {
        (Some(Value::String(text)), Kind::Text) if text.trim().is_empty() => errors.add(
            "text",
            "The text field is required when no media is present.",
        ),
        (Some(Value::String(_)), Kind::Sticker) => {
            errors.add("text", "The text field is not allowed with stickerUrl.")
        }
        (Some(Value::String(_)), _) => {}
        (Some(_), _) => errors.add("text", "The text field must be a string."),
        (None, Kind::Text) => errors.add(
            "text",
            "The text field is required when no media is present.",
        ),
        (None, _) => {}
    }
}

fn check_content(body: &Map<String, Value>, kind: Kind, errors: &mut FieldErrors) {
    let content = body.get(kind.field()).unwrap_or(&Value::Null);
    match kind {
        Kind::Text => {}
        Kind::Contact => check_contact(content, errors),
        Kind::Location => check_location(content, errors),
        Kind::Poll => check_poll(content, errors),
        media => {
            let url = content.as_str().unwrap_or_default();
            if !["http://", "https://"]
                .iter()
                .any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
            {
                errors.add(
                    media.field(),
                    format!("The {} field must be a valid URL.", media.field()),
                );
            }
        }
    }
}

fn check_contact(contact: &Value, errors: &mut FieldErrors) {
    for field in ["name", "phone"] {
        if contact[field].as_str().is_none_or(str::is_empty) {
            errors.add(
                &format!("contact.{field}"),
                format!("The contact.{field} field is required."),
            );
        }
    }
}

fn check_location(location: &Value, errors: &mut FieldErrors) {
    for (field, limit) in [("latitude", 90.0), ("longitude", 180.0)] {
        if location[field]
            .as_f64()
            .is_none_or(|degrees| degrees.abs() > limit)
        {
            errors.add(
                &format!("location.{field}"),
                format!(
                    "The location.{field} field must be a number between -{limit} and {limit}."
                ),
            );
        }
    }
    for field in ["name", "address"] {
        if !location[field].is_null() && !location[field].is_string() {
            errors.add(
                &format!("location.{field}"),
                format!("The location.{field} field must be a string."),
            );
        }
    }
}

fn check_poll(poll: &Value, errors: &mut FieldErrors) {
    if poll["question"].as_str().is_none_or(str::is_empty) {
        errors.add("poll.question", "The poll.question field is required.");
    }
    let is_option = |option: &Value| option.as_str().is_some_and(|text| !text.is_empty());
    let options = poll["options"]
        .as_array()
        .filter(|options| (2..=12).contains(&options.len()));
    if !options.is_some_and(|options| options.iter().all(is_option)) {
        errors.add(
            "poll.options",
            "The poll.options field must have between 2 and 12 items.",
        );
    }
    if !poll["multiSelect"].is_null() && !poll["multiSelect"].is_boolean() {
        errors.add(
            "poll.multiSelect",
            "The poll.multiSelect field must be true or false.",
        );
    }
}

fn check_options(body: &Map<String, Value>, kind: Kind, to: &str, errors: &mut FieldErrors) {
    let view_once = body.get("viewOnce").unwrap_or(&Value::Null);
    if !view_once.is_null() && !view_once.is_boolean() {
        errors.add("viewOnce", "The viewOnce field must be true or false.");
    } else if view_once == &Value::Bool(true) && !kind.is_viewable_once() {
        errors.add(
            "viewOnce",
            "The viewOnce field needs an imageUrl, videoUrl or audioUrl.",
        );
    }
    if has(body, "replyTo") && !body["replyTo"].is_i64() {
        errors.add("replyTo", "The replyTo field must be an integer.");
    }
    if has(body, "mentions") {
        let is_jid = |jid: &Value| jid.as_str().is_some_and(|jid| jid.contains('@'));
        if !body["mentions"]
            .as_array()
            .is_some_and(|jids| jids.iter().all(is_jid))
        {
            errors.add("mentions", "The mentions field must be an array of JIDs.");
        } else if !to.ends_with("@g.us") {
            errors.add("mentions", "The mentions field needs a group as recipient.");
        }
    }
    if to.ends_with("@newsletter") && kind != Kind::Text {
        errors.add("to", "A channel takes text messages only.");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: &Value) -> Result<SendRequest, Vec<String>> {
        let errors = |errors: FieldErrors| errors.fields().into_iter().map(str::to_owned).collect();
        SendRequest::parse(body.as_object().expect("an object").clone(), false).map_err(errors)
    }

    #[track_caller]
    fn takes(body: &Value, kind: Kind, text: Option<&str>) {
        let request = parse(body).expect("a valid request");
        assert_eq!((request.kind, request.text.as_deref()), (kind, text));
    }

    #[track_caller]
    fn refuses(body: &Value, fields: &[&str]) {
        assert_eq!(parse(body).expect_err("an invalid request"), fields);
    }

    const TO: &str = "+221700000001";
    const URL: &str = "https://files.example/a";

    #[test]
    fn every_documented_kind_is_told_by_its_field() {
        takes(
            &json!({"to": TO, "text": "Bonjour"}),
            Kind::Text,
            Some("Bonjour"),
        );
        takes(
            &json!({"to": TO, "imageUrl": URL, "text": "une photo", "viewOnce": true}),
            Kind::Image,
            Some("une photo"),
        );
        takes(&json!({"to": TO, "videoUrl": URL}), Kind::Video, None);
        takes(
            &json!({"to": TO, "documentUrl": URL, "fileName": "a.pdf"}),
            Kind::Document,
            None,
        );
        takes(&json!({"to": TO, "audioUrl": URL}), Kind::Audio, None);
        takes(&json!({"to": TO, "stickerUrl": URL}), Kind::Sticker, None);
        takes(
            &json!({"to": TO, "contact": {"name": "Awa", "phone": TO}}),
            Kind::Contact,
            None,
        );
        takes(
            &json!({"to": TO, "location": {"latitude": 14.7, "longitude": -17.4}}),
            Kind::Location,
            None,
        );
        takes(
            &json!({"to": TO, "poll": {"question": "Taille ?", "options": ["S", "M"]}}),
            Kind::Poll,
            Some("Taille ?"),
        );
        takes(
            &json!({"to": "12@g.us", "text": "@all", "mentions": ["221700000001@s.whatsapp.net"]}),
            Kind::Text,
            Some("@all"),
        );
        takes(
            &json!({"to": TO, "text": "oui", "replyTo": 100_001, "messageType": "text"}),
            Kind::Text,
            Some("oui"),
        );
    }

    #[test]
    fn every_documented_recipient_form_is_taken_and_a_lid_is_not() {
        for to in [
            TO,
            "221700000001",
            "221700000001@s.whatsapp.net",
            "123-456@g.us",
            "123@newsletter",
            "@awa.shop",
        ] {
            takes(&json!({"to": to, "text": "x"}), Kind::Text, Some("x"));
        }
        for to in [
            "",
            "awa",
            "+12",
            "777@lid",
            "+221 70 000 00 01",
            "a@b",
            "@",
            "221700000001@g.us.evil",
        ] {
            refuses(&json!({"to": to, "text": "x"}), &["to"]);
        }
        let body = json!({"to": "777@lid", "text": "x"});
        assert!(SendRequest::parse(body.as_object().expect("an object").clone(), true).is_ok());
    }

    #[test]
    fn a_request_that_breaks_a_documented_rule_names_its_fields() {
        refuses(&json!({}), &["text", "to"]);
        refuses(&json!({"to": TO, "text": "  "}), &["text"]);
        refuses(&json!({"to": TO, "text": 7}), &["text"]);
        refuses(&json!({"to": TO, "imageUrl": "file:///a"}), &["imageUrl"]);
        refuses(
            &json!({"to": TO, "imageUrl": URL, "videoUrl": URL}),
            &["videoUrl"],
        );
        refuses(
            &json!({"to": TO, "stickerUrl": URL, "text": "x"}),
            &["text"],
        );
        refuses(
            &json!({"to": TO, "text": "x", "viewOnce": true}),
            &["viewOnce"],
        );
        refuses(
            &json!({"to": TO, "text": "x", "replyTo": "3EB0"}),
            &["replyTo"],
        );
        refuses(
            &json!({"to": TO, "text": "x", "mentions": ["1@s.whatsapp.net"]}),
            &["mentions"],
        );
        refuses(
            &json!({"to": TO, "contact": {"name": "Awa"}}),
            &["contact.phone"],
        );
        refuses(
            &json!({"to": TO, "location": {"latitude": "14.7", "longitude": 181}}),
            &["location.latitude", "location.longitude"],
        );
        refuses(
            &json!({"to": TO, "poll": {"question": "?", "options": ["seul"]}}),
            &["poll.options"],
        );
        refuses(&json!({"to": "123@newsletter", "imageUrl": URL}), &["to"]);
    }
}
