//! Linking a session with the vendor's phone, and letting it go, with the account's token. What is read here is secret.

use domain::{Pairing, PairingKind, SessionStatus, limits};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::json;

use super::Account;
use super::refused::{Refused, answered};
use crate::json::Json;
use crate::moment;
use crate::request::ProviderRequest;

impl Account<'_> {
    /// `POST /whatsapp-sessions/{id}/connect`: begins to link a session, or brings back one that was dropped.
    pub fn connect(&self, session: i64, by: Option<PairingKind>) -> ProviderRequest {
        let body = match by {
            Some(kind) => json!({ "linkMethod": kind.as_str() }),
            None => json!({}),
        };
        self.with_body((Method::POST, &format!("/{session}/connect")), &body)
    }

    /// `POST /whatsapp-sessions/{id}/disconnect`.
    pub fn disconnect(&self, session: i64) -> ProviderRequest {
        self.with_body(
            (Method::POST, &format!("/{session}/disconnect")),
            &json!({}),
        )
    }

    /// `POST /whatsapp-sessions/{id}/restart`: only of a connected session.
    pub fn restart(&self, session: i64) -> ProviderRequest {
        self.with_body((Method::POST, &format!("/{session}/restart")), &json!({}))
    }

    /// `GET /whatsapp-sessions/{id}/qrcode`: only while the session waits to be scanned. Published clients ask `/qr-code`, which is none
    /// of the provider's paths.
    pub fn qr_code(&self, session: i64) -> ProviderRequest {
        self.request(&format!("/{session}/qrcode"))
    }

    /// `GET /whatsapp-sessions/{id}/passkey-token`: only while the session waits for a passkey.
    pub fn passkey_token(&self, session: i64) -> ProviderRequest {
        self.request(&format!("/{session}/passkey-token"))
    }
}

/// What a session does after it was asked to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connecting {
    pub status: SessionStatus,
    /// The code by which it can be linked, if it waits for that and the answer told one.
    pub pairing: Option<Pairing>,
}

/// Reads the answer to `POST /whatsapp-sessions/{id}/connect`; its statuses are in upper case, unlike everywhere else.
pub fn read_connect(
    (status, headers, body): (u16, &HeaderMap, &[u8]),
    received_at: Timestamp,
) -> Result<Connecting, Refused> {
    answered((status, headers, body), |root| {
        let data = root.at("data");
        Some(Connecting {
            status: SessionStatus::parse(data.at("status").word()?),
            pairing: passkey(data.at("passkey"), received_at).or_else(|| qr(data)),
        })
    })
}

/// Reads the answer to `POST …/disconnect` or `…/restart`, which tells no more than that it was done.
pub fn read_done(answer: (u16, &HeaderMap, &[u8])) -> Result<(), Refused> {
    answered(answer, |_| Some(()))
}

/// Reads the answer to `GET …/qrcode`: a text to draw, or a picture as a data URI.
pub fn read_qr_code(answer: (u16, &HeaderMap, &[u8])) -> Result<Pairing, Refused> {
    answered(answer, |root| qr(root.at("data")))
}

/// Reads the answer to `GET …/passkey-token`, which the pages don't show: the token's object, as the connect answer has it, or within one.
pub fn read_passkey_token(
    (status, headers, body): (u16, &HeaderMap, &[u8]),
    received_at: Timestamp,
) -> Result<Pairing, Refused> {
    answered((status, headers, body), |root| {
        let data = root.at("data");
        [data.at("passkey"), data]
            .into_iter()
            .find_map(|place| passkey(place, received_at))
    })
}

fn qr(data: &Json<'_>) -> Option<Pairing> {
    let places = [data.at("qrCode"), data.at("qr"), data];
    let code = secret(places.into_iter().find_map(Json::word)?)?;
    Some(Pairing {
        code: Some(code),
        ..Pairing::of(PairingKind::Qr)
    })
}

fn passkey(place: &Json<'_>, received_at: Timestamp) -> Option<Pairing> {
    let token = [place.at("token"), place]
        .into_iter()
        .find_map(Json::word)?;
    let ends = [place.at("expires_at"), place.at("expiresAt")];
    Some(Pairing {
        token: Some(secret(token)?),
        expires_at: ends
            .into_iter()
            .find_map(|place| moment::read(place, received_at)),
        ..Pairing::of(PairingKind::Passkey)
    })
}

fn secret(word: &str) -> Option<String> {
    (word.len() <= limits::PAIRING_CODE_BYTES).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::{ExposeSecret, SecretString};

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

    fn connect(body: &str) -> Result<Connecting, Refused> {
        read_connect((200, &HeaderMap::new(), body.as_bytes()), NOW)
    }

    fn code(pairing: Option<&Pairing>) -> Option<&str> {
        pairing?.code.as_deref()
    }

    #[test]
    fn the_paths_are_those_of_the_providers_pages() {
        let token = SecretString::from("personal_token");
        let account = Account {
            base_url: "http://127.0.0.1:9004/api",
            token: &token,
        };
        let is = |request: ProviderRequest, method: Method, path: &str, body: &str| {
            let url = format!("http://127.0.0.1:9004/api/whatsapp-sessions/12/{path}");
            assert_eq!((request.method, request.url), (method, url));
            assert_eq!(String::from_utf8(request.body).unwrap(), body);
            assert_eq!(request.bearer.expose_secret(), "personal_token");
        };
        is(account.connect(12, None), Method::POST, "connect", "{}");
        let by_passkey = account.connect(12, Some(PairingKind::Passkey));
        is(
            by_passkey,
            Method::POST,
            "connect",
            r#"{"linkMethod":"passkey"}"#,
        );
        is(account.disconnect(12), Method::POST, "disconnect", "{}");
        is(account.restart(12), Method::POST, "restart", "{}");
        is(account.qr_code(12), Method::GET, "qrcode", "");
        is(account.passkey_token(12), Method::GET, "passkey-token", "");
    }

    #[test]
    fn a_session_that_connects_tells_what_it_waits_for() {
        let scan =
            connect(r#"{"success":true,"data":{"status":"NEED_SCAN","qrCode":"2@abc"}}"#).unwrap();
        assert_eq!(scan.status, SessionStatus::NeedScan);
        assert_eq!(code(scan.pairing.as_ref()), Some("2@abc"));
        let passkey = connect(
            r#"{"success":true,"data":{"status":"NEED_PASSKEY","passkey":{"token":"tok","expires_at":"2026-11-18T11:10:00Z"}}}"#,
        )
        .unwrap();
        assert_eq!(passkey.status, SessionStatus::NeedPasskey);
        let pairing = passkey.pairing.unwrap();
        assert_eq!(
            (pairing.kind, pairing.token.as_deref()),
            (PairingKind::Passkey, Some("tok"))
        );
        assert!(pairing.expires_at.is_some());
        let connected = connect(
            r#"{"success":true,"data":{"status":"CONNECTED","message":"Session already initialized or connecting."}}"#,
        );
        let expected = Connecting {
            status: SessionStatus::Connected,
            pairing: None,
        };
        assert_eq!(connected, Ok(expected));
        assert!(connect(r#"{"success":true,"data":{}}"#).is_err());
    }

    #[test]
    fn a_code_is_read_as_a_text_or_as_a_picture_and_not_without_end() {
        let read = |body: &str| read_qr_code((200, &HeaderMap::new(), body.as_bytes()));
        let text = read(r#"{"success":true,"data":{"qrCode":"2@abc"}}"#).unwrap();
        assert_eq!(code(Some(&text)), Some("2@abc"));
        let picture = read(r#"{"success":true,"data":{"qrCode":"data:image/png;base64,AAAA"}}"#);
        assert_eq!(
            code(picture.ok().as_ref()),
            Some("data:image/png;base64,AAAA")
        );
        let long = "2".repeat(limits::PAIRING_CODE_BYTES + 1);
        assert!(
            read(&format!(
                r#"{{"success":true,"data":{{"qrCode":"{long}"}}}}"#
            ))
            .is_err()
        );
        assert!(read(r#"{"success":true,"data":{"qrCode":null}}"#).is_err());
    }

    #[test]
    fn a_passkeys_token_is_read_wherever_it_may_stand() {
        for body in [
            r#"{"success":true,"data":{"token":"tok","expires_at":"2026-11-18T11:10:00Z"}}"#,
            r#"{"success":true,"data":{"passkey":{"token":"tok"}}}"#,
            r#"{"success":true,"data":"tok"}"#,
        ] {
            let read = read_passkey_token((200, &HeaderMap::new(), body.as_bytes()), NOW);
            let token = read.unwrap().token;
            assert_eq!(token.as_deref(), Some("tok"), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_readers_panic(status in 0_u16..1_000, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let headers = HeaderMap::new();
            let answer = (status, &headers, body.as_slice());
            let _ = (read_connect(answer, NOW), read_qr_code(answer), read_passkey_token(answer, NOW));
        }
    }
}
