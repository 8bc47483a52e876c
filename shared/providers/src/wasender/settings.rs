use domain::drift::Settings;
use domain::{ApiKey, SessionStatus, WebhookSecret};
use http::HeaderMap;
use serde_json::{Map, Value};

use super::refused::{Refused, answered};
use crate::json::Json;
use crate::text;

/// A session as the account tells it: its settings, and the secrets beside them, which `Debug` does not show.
#[derive(Clone, Debug)]
pub struct SessionDetail {
    pub settings: Settings,
    /// What its webhooks prove themselves with, if the session has one that a header can carry.
    pub webhook_secret: Option<WebhookSecret>,
    pub api_key: Option<ApiKey>,
}

/// Reads the answer to `GET /whatsapp-sessions/{id}`.
pub fn read_session(answer: (u16, &HeaderMap, &[u8])) -> Result<SessionDetail, Refused> {
    answered(answer, |root| {
        let data = root.at("data");
        data.is_object().then(|| detail(data))
    })
}

/// Reads the answer to `PUT /whatsapp-sessions/{id}`: the provider's warning, in its own words and without digits, if it stored the
/// settings and the running session goes on with the old ones.
pub fn read_update(answer: (u16, &HeaderMap, &[u8])) -> Result<Option<String>, Refused> {
    answered(answer, |root| {
        Some(root.at("warning").word().map(text::reason))
    })
}

/// The body that changes the settings that are given.
pub(super) fn changing(settings: &Settings) -> Value {
    let given = [
        ("webhook_url", settings.webhook_url.clone().map(Value::from)),
        ("webhook_enabled", settings.webhook_enabled.map(Value::from)),
        (
            "webhook_events",
            settings.webhook_events.clone().map(Value::from),
        ),
        ("ignore_groups", settings.ignore_groups.map(Value::from)),
        (
            "account_protection",
            settings.account_protection.map(Value::from),
        ),
        ("log_messages", settings.log_messages.map(Value::from)),
    ];
    let given = given.into_iter();
    let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

fn detail(data: &Json<'_>) -> SessionDetail {
    let word = |name: &str| data.at(name).word();
    SessionDetail {
        settings: settings(data),
        webhook_secret: word("webhook_secret").and_then(|text| WebhookSecret::parse(text).ok()),
        api_key: word("api_key").and_then(|text| ApiKey::parse(text).ok()),
    }
}

fn settings(data: &Json<'_>) -> Settings {
    let switch = |name: &str| {
        let place = data.at(name);
        (place.is_true() || place.is_false()).then(|| place.is_true())
    };
    let events = data.at("webhook_events");
    Settings {
        status: data.at("status").word().map(SessionStatus::parse),
        webhook_url: data.at("webhook_url").word().map(str::to_owned),
        webhook_enabled: switch("webhook_enabled"),
        webhook_events: events.given().map(|_| {
            let names = events.one_or_many().iter();
            names.filter_map(Json::word).map(str::to_owned).collect()
        }),
        ignore_groups: switch("ignore_groups"),
        account_protection: switch("account_protection"),
        log_messages: switch("log_messages"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, body: &str) -> Result<SessionDetail, Refused> {
        read_session((status, &HeaderMap::new(), body.as_bytes()))
    }

    fn example() -> Settings {
        let events = ["messages.upsert", "session.status"].map(str::to_owned);
        Settings {
            status: Some(SessionStatus::Connected),
            webhook_url: Some("https://gateway.example/hook".to_owned()),
            webhook_enabled: Some(true),
            webhook_events: Some(events.into()),
            ignore_groups: Some(false),
            account_protection: Some(true),
            log_messages: Some(false),
        }
    }

    #[test]
    fn the_settings_of_a_session_are_read_with_its_secrets_which_are_not_printed() {
        let body = r#"{"success":true,"data":{"id":1,"name":"A","phone_number":"+221 70 111 11 11","status":"connected",
            "account_protection":1,"log_messages":false,"webhook_url":"https://gateway.example/hook","webhook_enabled":true,
            "webhook_events":["messages.upsert","session.status"],"ignore_groups":false,"api_key":"api_key_abc","webhook_secret":"secret_123"}}"#;
        let detail = read(200, body).expect("a session");
        assert_eq!(detail.settings, example());
        let secrets = detail.webhook_secret.as_ref().zip(detail.api_key.as_ref());
        let (secret, key) = secrets.expect("both");
        assert_eq!(
            (secret.expose(), key.expose()),
            ("secret_123", "api_key_abc")
        );
        let printed = format!("{detail:?}");
        assert!(!printed.contains("api_key_abc") && !printed.contains("secret_123"));
    }

    #[test]
    fn what_is_absent_is_not_told() {
        let body = r#"{"success":true,"data":{"id":1,"webhook_url":null,"webhook_secret":null}}"#;
        let nothing = read(200, body).expect("a session");
        assert_eq!(nothing.settings, Settings::default());
        assert!(nothing.webhook_secret.is_none() && nothing.api_key.is_none());
        for (status, body) in [
            (
                404,
                r#"{"success":false,"error":"WhatsApp session not found."}"#,
            ),
            (200, r#"{"success":false,"data":{"id":1}}"#),
            (200, r#"{"success":true,"data":[]}"#),
            (200, ""),
        ] {
            assert!(read(status, body).is_err(), "{status} {body}");
        }
    }

    #[test]
    fn only_what_is_given_is_changed_and_a_status_is_nothing_to_change() {
        let changed = json!({
            "webhook_url": "https://gateway.example/hook", "webhook_enabled": true, "webhook_events": ["messages.upsert", "session.status"],
            "ignore_groups": false, "account_protection": true, "log_messages": false,
        });
        assert_eq!(changing(&example()), changed);
        let nothing = Settings {
            status: Some(SessionStatus::Connected),
            ..Settings::default()
        };
        assert_eq!(changing(&nothing), json!({}));
    }

    #[test]
    fn a_warning_is_told_in_the_providers_words() {
        let read = |body: &str| read_update((200, &HeaderMap::new(), body.as_bytes()));
        let warned = r#"{"success":true,"data":{"id":1},"warning":"failed to sync webhook settings: error 7"}"#;
        let expected = "failed to sync webhook settings: error #".to_owned();
        assert_eq!(read(warned), Ok(Some(expected)));
        assert_eq!(read(r#"{"success":true,"data":{"id":1}}"#), Ok(None));
        assert!(read(r#"{"success":false,"error":"no"}"#).is_err());
    }
}
