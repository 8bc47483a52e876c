use std::time::Duration;

use domain::{Kind, Media, ProviderMessageId};
use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use super::request::Session;
use super::wait;
use crate::json::{self, Json};
use crate::request::ProviderRequest;

/// What Wasender answers when it is asked to decrypt a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decrypted {
    /// The file lies in the clear at this address, for an hour.
    At(String),
    /// Not now; perhaps with the time after which to ask again.
    Later(Option<Duration>),
    /// It can't, or won't.
    Refused,
}

impl Session<'_> {
    /// `POST /decrypt-media`: Wasender fetches and decrypts a file of a message. `None` if its message told too little.
    pub fn decrypt_media(
        &self,
        key_id: &ProviderMessageId,
        kind: Kind,
        media: &Media,
    ) -> Option<ProviderRequest> {
        let source = media.source.as_ref()?;
        let part = match kind {
            Kind::Image => "imageMessage",
            Kind::Video => "videoMessage",
            Kind::Audio => "audioMessage",
            Kind::Document => "documentMessage",
            Kind::Sticker => "stickerMessage",
            Kind::Text
            | Kind::Location
            | Kind::Contact
            | Kind::Reaction
            | Kind::Choice
            | Kind::Poll
            | Kind::Call
            | Kind::Unsupported => return None,
        };
        let file = json!({
            "url": source.url,
            "mimetype": media.mime_type.as_deref().unwrap_or("application/octet-stream"),
            "mediaKey": source.media_key.as_deref()?,
        });
        let message = Map::from_iter([(part.to_owned(), file)]);
        let body: Value = json!({
            "data": { "messages": { "key": { "id": key_id.as_str() }, "message": message } },
        });
        let mut request = self.request(Method::POST, "/decrypt-media");
        request
            .headers
            .push(("content-type", "application/json".to_owned()));
        request.body = body.to_string().into_bytes();
        Some(request)
    }
}

/// Reads the answer to `POST /decrypt-media`. The address is documented at the top; some integrators look for it in `data` as well.
pub fn read_decrypted(status: u16, headers: &HeaderMap, body: &[u8]) -> Decrypted {
    let text = String::from_utf8_lossy(body);
    let read = |root: &Json<'_>| {
        if status == 429 {
            return Decrypted::Later(wait::asked(root, headers));
        }
        let address = [root.at("publicUrl"), root.at("data").at("publicUrl")]
            .into_iter()
            .find_map(Json::word);
        match address {
            Some(address) if (200..300).contains(&status) && !root.at("success").is_false() => {
                Decrypted::At(address.to_owned())
            }
            _ if status == 408 || status >= 500 => Decrypted::Later(None),
            _ => Decrypted::Refused,
        }
    };
    json::with(&text, read).unwrap_or_else(|_| read(&Json::Null))
}

#[cfg(test)]
mod tests {
    use domain::{ApiKey, MediaSource};

    use super::*;

    fn media(media_key: Option<&str>) -> Media {
        Media {
            mime_type: Some("image/jpeg".to_owned()),
            source: Some(MediaSource {
                url: "https://mmg.whatsapp.net/v/a.enc".to_owned(),
                media_key: media_key.map(str::to_owned),
            }),
            ..Media::default()
        }
    }

    fn asked(kind: Kind, media: &Media) -> Option<ProviderRequest> {
        let api_key = ApiKey::parse("api_key_abc").unwrap();
        let session = Session {
            base_url: "https://www.wasenderapi.com/api",
            api_key: &api_key,
        };
        session.decrypt_media(&ProviderMessageId::parse("3A01").unwrap(), kind, media)
    }

    #[test]
    fn a_file_is_asked_for_as_documented() {
        let request = asked(Kind::Image, &media(Some("a2V5"))).unwrap();
        assert_eq!(
            (request.method, request.url.as_str()),
            (
                Method::POST,
                "https://www.wasenderapi.com/api/decrypt-media"
            )
        );
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let file = json!({"url": "https://mmg.whatsapp.net/v/a.enc", "mimetype": "image/jpeg", "mediaKey": "a2V5"});
        let message = json!({"key": {"id": "3A01"}, "message": {"imageMessage": file}});
        assert_eq!(body, json!({"data": {"messages": message}}));
    }

    #[test]
    fn without_a_key_or_a_file_nothing_is_asked() {
        assert!(asked(Kind::Image, &media(None)).is_none());
        assert!(asked(Kind::Image, &Media::default()).is_none());
        assert!(asked(Kind::Text, &media(Some("a2V5"))).is_none());
    }

    #[track_caller]
    fn check(status: u16, body: &str, expected: &Decrypted) {
        let read = read_decrypted(status, &HeaderMap::new(), body.as_bytes());
        assert_eq!(read, *expected, "{status} {body}");
    }

    #[test]
    fn every_answer_has_a_meaning() {
        let at = Decrypted::At("https://www.wasenderapi.com/api/decrypted-media/1".to_owned());
        let url = "https://www.wasenderapi.com/api/decrypted-media/1";
        check(
            200,
            &json!({"success": true, "publicUrl": url}).to_string(),
            &at,
        );
        check(200, &json!({"publicUrl": url}).to_string(), &at);
        check(200, &json!({"data": {"publicUrl": url}}).to_string(), &at);
        let failed = json!({"success": false, "publicUrl": url}).to_string();
        check(200, &failed, &Decrypted::Refused);
        let refusal = r#"{"success":false,"error":"No supported media object found"}"#;
        check(400, refusal, &Decrypted::Refused);
        check(401, "", &Decrypted::Refused);
        check(200, "<html>", &Decrypted::Refused);
        check(
            500,
            &json!({"publicUrl": url}).to_string(),
            &Decrypted::Later(None),
        );
        check(502, "<html>", &Decrypted::Later(None));
        let wait = r#"{"message":"Too many requests","retry_after":7}"#;
        check(429, wait, &Decrypted::Later(Some(Duration::from_secs(7))));
    }
}
