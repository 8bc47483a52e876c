//! Whose number is behind a linked id: `GET /pn-from-lid/{lid}`.

use std::time::Duration;

use domain::{Lid, PhoneNumber};
use http::{HeaderMap, Method};

use super::jid::Jid;
use super::request::Session;
use super::wait;
use crate::json::{self, Json};
use crate::request::ProviderRequest;

/// What Wasender tells of a linked id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    Known(PhoneNumber),
    /// It knows no number for it, today.
    NotKnown,
    /// Too many questions; this long none may be asked. `None` if it does not tell how long.
    Wait(Option<Duration>),
    /// It could not be asked, or the answer can't be read.
    NoAnswer,
}

impl Session<'_> {
    /// `GET /pn-from-lid/{lid}`.
    pub fn pn_from_lid(&self, lid: &Lid) -> ProviderRequest {
        self.request(Method::GET, &format!("/pn-from-lid/{}@lid", lid.expose()))
    }
}

/// Reads the answer to `GET /pn-from-lid/{lid}`. Documented is `data.pn` as `221…@s.whatsapp.net`; any other way of writing a number,
/// and a number that stands straight under `data` or on top, is read too.
pub fn read_pn_from_lid(status: u16, headers: &HeaderMap, body: &[u8], lid: &Lid) -> Person {
    let text = String::from_utf8_lossy(body);
    json::with(&text, |root| person(status, headers, root, lid))
        .unwrap_or_else(|_| person(status, headers, &Json::Null, lid))
}

fn person(status: u16, headers: &HeaderMap, root: &Json<'_>, lid: &Lid) -> Person {
    match status {
        200..=299 if root.at("success").is_false() => Person::NotKnown,
        200..=299 if root.is_object() => {
            let places = [root.at("data").at("pn"), root.at("data"), root.at("pn")];
            let told = places.into_iter().find_map(|place| number(place, lid));
            told.map_or(Person::NotKnown, Person::Known)
        }
        429 => Person::Wait(wait::asked(root, headers)),
        400 | 404 | 422 => Person::NotKnown,
        _ => Person::NoAnswer,
    }
}

/// A number, unless it is the linked id over again.
fn number(value: &Json<'_>, lid: &Lid) -> Option<PhoneNumber> {
    let digits = value.integer().map(|digits| digits.to_string());
    let told = digits.as_deref().or_else(|| value.word())?;
    let phone = if told.contains('@') {
        Jid::parse(told).phone()
    } else {
        let person = told.split(':').next().unwrap_or_default();
        PhoneNumber::from_provider(person)
    };
    phone.filter(|phone| phone.digits() != lid.expose())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ApiKey;
    use http::HeaderValue;
    use proptest::prelude::*;

    const LID: &str = "123456789012301";

    fn lid() -> Lid {
        Lid::parse(LID).unwrap()
    }

    fn read(status: u16, body: &str) -> Person {
        read_pn_from_lid(status, &HeaderMap::new(), body.as_bytes(), &lid())
    }

    fn awa() -> Person {
        Person::Known(PhoneNumber::from_provider("221700000001").unwrap())
    }

    #[test]
    fn the_question_names_the_linked_id_in_full() {
        let api_key = ApiKey::parse("api_key_abc").unwrap();
        let session = Session {
            base_url: "http://127.0.0.1:9004/api",
            api_key: &api_key,
        };
        let request = session.pn_from_lid(&lid());
        assert_eq!(
            (request.method, request.url.as_str()),
            (
                Method::GET,
                "http://127.0.0.1:9004/api/pn-from-lid/123456789012301@lid"
            )
        );
        assert!(request.body.is_empty());
    }

    #[test]
    fn a_number_is_read_however_it_is_written() {
        for pn in [
            r#""221700000001@s.whatsapp.net""#,
            r#""221700000001@c.us""#,
            r#""221700000001:12@s.whatsapp.net""#,
            r#""221700000001:12""#,
            r#""221700000001""#,
            r#""+221700000001""#,
            "221700000001",
        ] {
            for body in [
                format!(r#"{{"success":true,"data":{{"pn":{pn}}}}}"#),
                format!(r#"{{"data":{pn}}}"#),
                format!(r#"{{"pn":{pn}}}"#),
            ] {
                assert_eq!(read(200, &body), awa(), "{body}");
            }
        }
    }

    #[test]
    fn an_answer_without_a_number_is_no_number() {
        for (status, body) in [
            (
                200,
                r#"{"success":false,"error":"LID not found or invalid."}"#,
            ),
            (200, r#"{"success":true,"data":{"pn":null}}"#),
            (200, r#"{"success":true,"data":{}}"#),
            (
                200,
                r#"{"success":true,"data":{"pn":"123456789012301@lid"}}"#,
            ),
            (200, r#"{"success":true,"data":{"pn":"123456789012301"}}"#),
            (
                200,
                r#"{"success":true,"data":{"pn":"120363000000000001@g.us"}}"#,
            ),
            (
                404,
                r#"{"success":false,"error":"LID not found or invalid."}"#,
            ),
            (404, ""),
            (422, r#"{"success":false,"message":"validation failed"}"#),
        ] {
            assert_eq!(read(status, body), Person::NotKnown, "{status} {body}");
        }
    }

    #[test]
    fn what_is_no_answer_tells_nothing() {
        for (status, body) in [
            (200, ""),
            (200, "<html>"),
            (200, "[]"),
            (302, ""),
            (401, r#"{"success":false,"message":"Invalid API key"}"#),
            (403, ""),
            (500, "{}"),
            (503, ""),
        ] {
            assert_eq!(read(status, body), Person::NoAnswer, "{status} {body}");
        }
    }

    #[test]
    fn too_many_questions_say_how_long_to_wait() {
        assert_eq!(
            read(429, r#"{"message":"Too Many Attempts.","retry_after":7}"#),
            Person::Wait(Some(Duration::from_secs(7)))
        );
        assert_eq!(read(429, ""), Person::Wait(None));
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static("9"));
        assert_eq!(
            read_pn_from_lid(429, &headers, b"", &lid()),
            Person::Wait(Some(Duration::from_secs(9)))
        );
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_a_panic_and_never_as_the_linked_id(
            status in 100_u16..600,
            body in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..60),
                "\\{\"data\":\\{\"pn\":\"?[0-9@+:.a-z]{0,30}\"?\\}\\}".prop_map(String::into_bytes),
            ],
        ) {
            if let Person::Known(phone) = read_pn_from_lid(status, &HeaderMap::new(), &body, &lid()) {
                prop_assert!((200..300).contains(&status));
                prop_assert_ne!(phone.digits(), LID);
            }
        }
    }
}
