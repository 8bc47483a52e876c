use domain::{ApiKey, Content, Kind, Media};
use http::Method;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use crate::request::{NotSendable, ProviderRequest, Recipient};

/// Wasender's API. Another host name, also the same without `www`, is not to be trusted with a key.
pub const BASE_URL: &str = "https://www.wasenderapi.com/api";

/// Some filter in front of Wasender seems to dislike default agents, so that ours says who we are.
const USER_AGENT: &str = concat!("multi-waba/", env!("CARGO_PKG_VERSION"));

/// What can be asked of Wasender with the key of one session.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// [`BASE_URL`], or a simulator's.
    pub base_url: &'a str,
    pub api_key: &'a ApiKey,
}

impl Session<'_> {
    /// `POST /send-message`. The one field that is present decides the kind. `reply_to` is Wasender's `msgId` of the message to
    /// quote, not WhatsApp's id.
    pub fn send_message(
        &self,
        to: &Recipient,
        content: &Content,
        reply_to: Option<i64>,
    ) -> Result<ProviderRequest, NotSendable> {
        let mut fields = fields(content)?;
        fields.insert("to".to_owned(), address(to).into());
        if let Some(msg_id) = reply_to {
            fields.insert("replyTo".to_owned(), msg_id.into());
        }
        let body = Value::Object(fields).to_string().into_bytes();
        let mut request = self.request(Method::POST, "/send-message");
        request
            .headers
            .push(("content-type", "application/json".to_owned()));
        Ok(ProviderRequest { body, ..request })
    }

    /// `GET /status`: whether the session is linked.
    pub fn status(&self) -> ProviderRequest {
        self.request(Method::GET, "/status")
    }

    /// `GET /messages/{msgId}/info`: WhatsApp's id of a sent message, and how far it got.
    pub fn message_info(&self, msg_id: i64) -> ProviderRequest {
        self.request(Method::GET, &format!("/messages/{msg_id}/info"))
    }

    fn request(&self, method: Method, path: &str) -> ProviderRequest {
        ProviderRequest {
            method,
            url: format!("{}{path}", self.base_url.trim_end_matches('/')),
            headers: vec![
                ("accept", "application/json".to_owned()),
                ("user-agent", USER_AGENT.to_owned()),
            ],
            bearer: SecretString::from(self.api_key.expose()),
            body: Vec::new(),
        }
    }
}

fn address(to: &Recipient) -> String {
    match to {
        Recipient::Phone(phone) => phone.expose().to_owned(),
        Recipient::Lid(lid) => format!("{}@lid", lid.expose()),
        Recipient::Group(group) => format!("{}@g.us", group.0),
    }
}

fn fields(content: &Content) -> Result<Map<String, Value>, NotSendable> {
    let fields = match content.kind {
        Kind::Text => {
            let text = content
                .text
                .as_deref()
                .filter(|text| !text.trim().is_empty());
            json!({ "text": text.ok_or(NotSendable::NoText)? })
        }
        Kind::Image => media(content, "imageUrl")?,
        Kind::Video => media(content, "videoUrl")?,
        Kind::Audio => media(content, "audioUrl")?,
        Kind::Document => media(content, "documentUrl")?,
        Kind::Sticker => media(content, "stickerUrl")?,
        Kind::Location => json!({ "location": location(content)? }),
        Kind::Contact => json!({ "contact": card(content)? }),
        Kind::Reaction | Kind::Choice | Kind::Poll | Kind::Unsupported => {
            return Err(NotSendable::Kind);
        }
    };
    // Wasender refuses some fields that are null, so what is absent is left out.
    let Value::Object(fields) = fields else {
        return Err(NotSendable::Kind);
    };
    Ok(fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect())
}

/// A file by its public address; Wasender fetches it itself.
fn media(content: &Content, field: &str) -> Result<Value, NotSendable> {
    let media = content.media.as_ref().ok_or(NotSendable::NoMediaUrl)?;
    let mut fields = json!({ field: url(media)? });
    if !matches!(content.kind, Kind::Audio | Kind::Sticker) {
        fields["text"] = content.text.clone().into();
    }
    if content.kind == Kind::Document {
        fields["fileName"] = media.file_name.clone().into();
    }
    if media.view_once && matches!(content.kind, Kind::Image | Kind::Video | Kind::Audio) {
        fields["viewOnce"] = true.into();
    }
    Ok(fields)
}

fn url(media: &Media) -> Result<&str, NotSendable> {
    let source = media.source.as_ref().ok_or(NotSendable::NoMediaUrl)?;
    if source.media_key.is_some() {
        return Err(NotSendable::EncryptedMedia);
    }
    let https = source.url.starts_with("https://");
    https
        .then_some(source.url.as_str())
        .ok_or(NotSendable::NoMediaUrl)
}

fn location(content: &Content) -> Result<Value, NotSendable> {
    let place = content.location.as_ref().ok_or(NotSendable::NoLocation)?;
    let mut location = json!({ "latitude": place.latitude, "longitude": place.longitude });
    for (name, value) in [("name", &place.name), ("address", &place.address)] {
        if let Some(value) = value {
            location[name] = value.as_str().into();
        }
    }
    Ok(location)
}

fn card(content: &Content) -> Result<Value, NotSendable> {
    let card = content.card.as_ref().ok_or(NotSendable::NoCard)?;
    let phone = card.phones.first().ok_or(NotSendable::NoCard)?;
    let name = card.name.as_ref().ok_or(NotSendable::NoCard)?;
    Ok(json!({ "name": name, "phone": phone }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Card, GroupId, Lid, Location, MediaSource, PhoneNumber};
    use secrecy::ExposeSecret;

    fn customer() -> Recipient {
        Recipient::Phone(PhoneNumber::from_provider("221700000001").unwrap())
    }

    fn send(
        to: &Recipient,
        content: &Content,
        reply_to: Option<i64>,
    ) -> Result<Value, NotSendable> {
        let api_key = ApiKey::parse("api_key_abc").unwrap();
        let session = Session {
            base_url: BASE_URL,
            api_key: &api_key,
        };
        let request = session.send_message(to, content, reply_to)?;
        Ok(serde_json::from_slice(&request.body).unwrap())
    }

    fn file(url: &str) -> Media {
        let source = Some(MediaSource {
            url: url.to_owned(),
            media_key: None,
        });
        Media {
            source,
            file_name: Some("facture.pdf".to_owned()),
            ..Media::default()
        }
    }

    #[test]
    fn a_text_goes_to_the_number_with_its_plus() {
        let api_key = ApiKey::parse("api_key_abc").unwrap();
        let session = Session {
            base_url: "http://127.0.0.1:9004/api/",
            api_key: &api_key,
        };
        let request = session
            .send_message(&customer(), &Content::text("Bonjour"), None)
            .unwrap();
        assert_eq!(
            (request.method, request.url.as_str()),
            (Method::POST, "http://127.0.0.1:9004/api/send-message")
        );
        assert_eq!(request.bearer.expose_secret(), "api_key_abc");
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body, json!({"to": "+221700000001", "text": "Bonjour"}));
        let headers: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let expected = [
            ("accept", "application/json"),
            ("user-agent", USER_AGENT),
            ("content-type", "application/json"),
        ];
        assert_eq!(headers, expected);
        assert!(USER_AGENT.starts_with("multi-waba/"));
    }

    #[test]
    fn questions_about_session_and_message_have_no_body() {
        let api_key = ApiKey::parse("api_key_abc").unwrap();
        let session = Session {
            base_url: BASE_URL,
            api_key: &api_key,
        };
        for (request, url) in [
            (session.status(), "https://www.wasenderapi.com/api/status"),
            (
                session.message_info(42),
                "https://www.wasenderapi.com/api/messages/42/info",
            ),
        ] {
            assert_eq!((request.method, request.url.as_str()), (Method::GET, url));
            assert!(request.body.is_empty());
        }
    }

    #[test]
    fn groups_and_linked_ids_are_addressed_by_their_jid() {
        let text = Content::text("Bonjour");
        let group = Recipient::Group(GroupId("120363000000000001".to_owned()));
        assert_eq!(
            send(&group, &text, None).unwrap()["to"],
            "120363000000000001@g.us"
        );
        let lid = Recipient::Lid(Lid::parse("123456789012301").unwrap());
        assert_eq!(
            send(&lid, &text, None).unwrap()["to"],
            "123456789012301@lid"
        );
    }

    #[test]
    fn a_reply_quotes_by_log_number() {
        let body = send(&customer(), &Content::text("Oui"), Some(4711)).unwrap();
        assert_eq!(body["replyTo"], 4711);
    }

    #[test]
    fn every_kind_that_wasender_can_send_has_its_own_field() {
        let url = "https://files.example/a";
        let caption = || Some("Voici".to_owned());
        let place = Location {
            latitude: 14.7,
            longitude: -17.4,
            name: Some("Dakar".to_owned()),
            address: None,
        };
        let awa = Card {
            name: Some("Awa".to_owned()),
            phones: vec!["+221700000002".to_owned()],
        };
        let once = Media {
            view_once: true,
            ..file(url)
        };
        for (content, expected) in [
            (
                Content::media(Kind::Image, file(url), caption()),
                json!({"imageUrl": url, "text": "Voici"}),
            ),
            (
                Content::media(Kind::Video, once, None),
                json!({"videoUrl": url, "viewOnce": true}),
            ),
            (
                Content::media(Kind::Audio, file(url), None),
                json!({"audioUrl": url}),
            ),
            (
                Content::media(Kind::Document, file(url), caption()),
                json!({"documentUrl": url, "fileName": "facture.pdf", "text": "Voici"}),
            ),
            (
                Content::media(Kind::Sticker, file(url), caption()),
                json!({"stickerUrl": url}),
            ),
            (
                Content {
                    location: Some(place),
                    ..Content::of(Kind::Location)
                },
                json!({"location": {"latitude": 14.7, "longitude": -17.4, "name": "Dakar"}}),
            ),
            (
                Content {
                    card: Some(awa),
                    ..Content::of(Kind::Contact)
                },
                json!({"contact": {"name": "Awa", "phone": "+221700000002"}}),
            ),
        ] {
            let mut body = send(&customer(), &content, None).unwrap();
            body.as_object_mut().unwrap().remove("to");
            assert_eq!(body, expected);
        }
    }

    #[test]
    fn what_wasender_cannot_carry_is_not_sendable() {
        let encrypted = MediaSource {
            url: "https://mmg.whatsapp.net/v/a.enc".to_owned(),
            media_key: Some(String::new()),
        };
        let encrypted = Media {
            source: Some(encrypted),
            ..Media::default()
        };
        for (content, expected) in [
            (Content::text("  "), NotSendable::NoText),
            (Content::of(Kind::Image), NotSendable::NoMediaUrl),
            (
                Content::media(Kind::Image, file("http://files.example/a"), None),
                NotSendable::NoMediaUrl,
            ),
            (
                Content::media(Kind::Audio, encrypted, None),
                NotSendable::EncryptedMedia,
            ),
            (Content::of(Kind::Location), NotSendable::NoLocation),
            (Content::of(Kind::Contact), NotSendable::NoCard),
            (Content::of(Kind::Poll), NotSendable::Kind),
            (Content::of(Kind::Reaction), NotSendable::Kind),
        ] {
            assert_eq!(send(&customer(), &content, None).unwrap_err(), expected);
        }
    }
}
