use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::FieldErrors;
use crate::send_rules::{check_content, check_options, check_recipient, check_text, find_kind};

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
    pub(crate) const WITH_A_FIELD: [Self; 8] = [
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

    pub(crate) fn is_viewable_once(self) -> bool {
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

    /// Whether it has a text or a caption that can be changed.
    pub(crate) fn is_editable(&self) -> bool {
        matches!(
            self.kind,
            Kind::Text | Kind::Image | Kind::Video | Kind::Document
        )
    }

    /// The content as the message log keeps it: everything but the recipient.
    pub(crate) fn logged(&self) -> String {
        let mut content = self.body.clone();
        content.remove("to");
        Value::Object(content).to_string()
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
