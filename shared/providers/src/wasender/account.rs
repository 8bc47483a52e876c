use domain::drift::Settings;
use domain::{ApiKey, PhoneNumber};
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::request::bare;
use super::response::told;
use super::settings;
use crate::json::Json;
use crate::request::ProviderRequest;

/// What can be asked of Wasender with the account's personal access token: everything about its sessions.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// [`super::BASE_URL`], or a simulator's.
    pub base_url: &'a str,
    pub token: &'a SecretString,
}

impl Account<'_> {
    /// `GET /whatsapp-sessions`: all sessions of the account.
    pub fn sessions(&self) -> ProviderRequest {
        self.request("")
    }

    /// `GET /whatsapp-sessions/{id}`: one session with its settings.
    pub fn session(&self, session: i64) -> ProviderRequest {
        self.request(&format!("/{session}"))
    }

    /// `GET /whatsapp-sessions/{id}/message-logs`: what a session sent through the API, newest first.
    pub fn message_logs(&self, session: i64, page: u32, per_page: u32) -> ProviderRequest {
        self.request(&format!(
            "/{session}/message-logs?page={page}&per_page={per_page}"
        ))
    }

    /// `PUT /whatsapp-sessions/{id}`: changes the settings that are given. Status, which is none, is left out.
    pub fn update(&self, session: i64, settings: &Settings) -> ProviderRequest {
        self.with_body(
            (Method::PUT, &format!("/{session}")),
            &settings::changing(settings),
        )
    }

    pub(super) fn request(&self, path: &str) -> ProviderRequest {
        self.bare((Method::GET, path))
    }

    pub(super) fn with_body(&self, at: (Method, &str), body: &Value) -> ProviderRequest {
        let mut request = self.bare(at);
        request
            .headers
            .push(("content-type", "application/json".to_owned()));
        let body = body.to_string().into_bytes();
        ProviderRequest { body, ..request }
    }

    fn bare(&self, (method, path): (Method, &str)) -> ProviderRequest {
        let bearer = SecretString::from(self.token.expose_secret());
        let path = format!("/whatsapp-sessions{path}");
        bare(self.base_url, (method, &path), bearer)
    }
}

/// One session of an account, as far as it tells whose it is.
#[derive(Clone, Debug)]
pub struct AccountSession {
    /// Wasender's own number of it.
    pub id: i64,
    pub phone: Option<PhoneNumber>,
    pub api_key: Option<ApiKey>,
}

/// Reads the answer to `GET /whatsapp-sessions`. `None` if it does not tell.
pub fn read_sessions(status: u16, body: &[u8]) -> Option<Vec<AccountSession>> {
    told(status, body, |root| {
        let listed = rows(root)?;
        Some(listed.iter().filter_map(session).collect())
    })
}

/// The session of this number; of several with it, or if there is none, the one with this key.
pub fn session_of<'s>(
    sessions: &'s [AccountSession],
    phone: &PhoneNumber,
    api_key: Option<&ApiKey>,
) -> Option<&'s AccountSession> {
    let by_number: Vec<_> = sessions
        .iter()
        .filter(|session| session.phone.as_ref() == Some(phone))
        .collect();
    if let [only] = by_number[..] {
        return Some(only);
    }
    let has_key = |session: &&AccountSession| {
        let keys = session.api_key.as_ref().zip(api_key);
        keys.is_some_and(|(one, other)| one.expose() == other.expose())
    };
    if by_number.is_empty() {
        sessions.iter().find(has_key)
    } else {
        by_number.into_iter().find(has_key)
    }
}

/// The rows of a list, which may stand within a page.
pub(super) fn rows<'r, 'a>(root: &'r Json<'a>) -> Option<&'r [Json<'a>]> {
    let data = root.at("data");
    let paged = data.at("data");
    [paged, data].into_iter().find_map(|place| match place {
        Json::Array(rows) => Some(rows.as_slice()),
        Json::Null
        | Json::Bool(_)
        | Json::Integer(_)
        | Json::Real(_)
        | Json::Text(_)
        | Json::Object(_) => None,
    })
}

/// A number as a person typed it into the account.
pub(super) fn number(typed: &str) -> Option<PhoneNumber> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    PhoneNumber::from_provider(&digits)
}

fn session(row: &Json<'_>) -> Option<AccountSession> {
    Some(AccountSession {
        id: row.at("id").integer()?,
        phone: row.at("phone_number").word().and_then(number),
        api_key: row
            .at("api_key")
            .word()
            .and_then(|key| ApiKey::parse(key).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = br#"{"success":true,"data":[
        {"id":1,"name":"A","phone_number":"+221 70 111 11 11","status":"connected","api_key":"api_key_abc"},
        {"id":"2","phone_number":"221702222222","api_key":"api_key_def"},
        {"id":3,"phone_number":"+221702222222","api_key":"api_key_ghi"},
        {"id":4,"phone_number":null,"api_key":null},
        {"name":"without an id"}]}"#;

    fn found(digits: &str, key: Option<&str>) -> Option<i64> {
        let sessions = read_sessions(200, LIST).expect("a list");
        let key = key.map(|key| ApiKey::parse(key).unwrap());
        let phone = PhoneNumber::from_provider(digits).unwrap();
        session_of(&sessions, &phone, key.as_ref()).map(|session| session.id)
    }

    #[test]
    fn a_session_is_found_by_its_number_however_that_is_written() {
        assert_eq!(found("221701111111", None), Some(1));
        assert_eq!(found("221701111111", Some("api_key_xyz")), Some(1));
    }

    #[test]
    fn the_key_decides_where_the_number_does_not() {
        assert_eq!(found("221702222222", None), None, "two have it");
        assert_eq!(found("221702222222", Some("api_key_ghi")), Some(3));
        assert_eq!(found("221702222222", Some("api_key_abc")), None);
        assert_eq!(found("221703333333", Some("api_key_def")), Some(2));
        assert_eq!(found("221703333333", None), None);
    }

    #[test]
    fn an_answer_that_is_no_list_tells_nothing() {
        for (status, body) in [
            (401, r#"{"success":false,"message":"Unnotarized"}"#),
            (200, r#"{"success":false,"data":[]}"#),
            (200, r#"{"success":true,"data":{}}"#),
            (200, "<html>"),
        ] {
            let read = read_sessions(status, body.as_bytes());
            assert!(read.is_none(), "{status} {body}");
        }
        let paged = br#"{"success":true,"data":{"current_page":1,"data":[{"id":7}]}}"#;
        assert_eq!(read_sessions(200, paged).map(|list| list.len()), Some(1));
    }

    #[test]
    fn the_account_is_asked_with_its_token() {
        let token = SecretString::from("personal_token");
        let account = Account {
            base_url: "http://127.0.0.1:9004/api/",
            token: &token,
        };
        let request = account.message_logs(12, 2, 50);
        assert_eq!(
            request.url,
            "http://127.0.0.1:9004/api/whatsapp-sessions/12/message-logs?page=2&per_page=50"
        );
        assert_eq!(request.bearer.expose_secret(), "personal_token");
        assert_eq!(
            account.session(12).url,
            "http://127.0.0.1:9004/api/whatsapp-sessions/12"
        );
        assert_eq!(
            account.sessions().url,
            "http://127.0.0.1:9004/api/whatsapp-sessions"
        );
    }
}
