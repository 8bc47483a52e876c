//! A session's key and webhook secret: read back, and made anew. Both stand in the session's detail, and the account's token opens it.

use domain::drift::Settings;
use domain::{ApiKey, Credentials, WebhookSecret};
use http::Method;
use serde_json::json;

use super::account::Account;
use super::response::told;
use crate::json::Json;
use crate::request::ProviderRequest;

impl Account<'_> {
    /// `POST /whatsapp-sessions/{id}/regenerate-key`: the session's former key dies at once.
    pub fn regenerate_key(&self, session: i64) -> ProviderRequest {
        let path = format!("/{session}/regenerate-key");
        self.with_body((Method::POST, &path), &json!({}))
    }

    /// `PUT /whatsapp-sessions/{id}`: switches a session's webhooks off or on. The secret is made when they are switched on.
    pub fn switch_webhooks(&self, session: i64, on: bool) -> ProviderRequest {
        let settings = Settings {
            webhook_enabled: Some(on),
            ..Settings::default()
        };
        self.update(session, &settings)
    }
}

/// Reads a session's secrets from its detail, which answers `GET` and `PUT /whatsapp-sessions/{id}` alike. `None` if it does not tell.
pub fn read_credentials(status: u16, body: &[u8]) -> Option<Credentials> {
    told(status, body, |root| {
        let data = root.at("data");
        data.is_object().then(|| credentials(data))
    })
}

fn credentials(data: &Json<'_>) -> Credentials {
    let on = data.at("webhook_enabled");
    let secret = data.at("webhook_secret").word();
    Credentials {
        api_key: key(data),
        webhook_secret: secret.and_then(|secret| WebhookSecret::parse(secret).ok()),
        webhooks_on: (on.is_true() || on.is_false()).then(|| on.is_true()),
    }
}

/// Reads the answer to [`Account::regenerate_key`]: the new key. `None` if it does not tell.
pub fn read_regenerated(status: u16, body: &[u8]) -> Option<ApiKey> {
    told(status, body, |root| {
        key(root).or_else(|| key(root.at("data")))
    })
}

fn key(place: &Json<'_>) -> Option<ApiKey> {
    let word = place.at("api_key").word()?;
    ApiKey::parse(word).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::{ExposeSecret, SecretString};

    #[test]
    fn a_sessions_secrets_are_read_from_its_detail_and_not_printed() {
        let body = br#"{"success":true,"data":{"id":1,"webhook_enabled":true,"api_key":"api_key_abc","webhook_secret":"secret_123"},"warning":"not synced"}"#;
        let told = read_credentials(200, body).expect("a detail");
        assert_eq!(
            told.api_key.as_ref().map(ApiKey::expose),
            Some("api_key_abc")
        );
        let secret = told.webhook_secret.as_ref().map(WebhookSecret::expose);
        assert_eq!((secret, told.webhooks_on), (Some("secret_123"), Some(true)));
        let printed = format!("{told:?}");
        assert!(!printed.contains("api_key_abc") && !printed.contains("secret_123"));
    }

    #[test]
    fn what_a_detail_does_not_tell_is_not_known() {
        let bare = read_credentials(200, br#"{"success":true,"data":{"webhook_secret":"a b"}}"#);
        let bare = bare.expect("a detail");
        assert!(bare.api_key.is_none() && bare.webhook_secret.is_none());
        assert_eq!(bare.webhooks_on, None);
        for (status, body) in [(404, "{}"), (200, "[]"), (200, ""), (500, "<html>")] {
            assert!(
                read_credentials(status, body.as_bytes()).is_none(),
                "{body}"
            );
        }
    }

    #[test]
    fn a_regenerated_key_stands_at_the_top_or_where_other_answers_have_their_data() {
        for body in [
            r#"{"success":true,"api_key":"api_key_new"}"#,
            r#"{"success":true,"data":{"api_key":"api_key_new"}}"#,
        ] {
            let key = read_regenerated(200, body.as_bytes());
            assert_eq!(key.expect("a key").expose(), "api_key_new");
        }
        for body in [
            r#"{"success":false,"api_key":"api_key_new"}"#,
            r#"{"success":true}"#,
            r#"{"success":true,"api_key":"a b"}"#,
        ] {
            assert!(read_regenerated(200, body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn both_are_asked_for_with_the_accounts_token() {
        let token = SecretString::from("personal_token");
        let account = Account {
            base_url: "http://127.0.0.1:9004/api",
            token: &token,
        };
        let key = account.regenerate_key(12);
        assert_eq!(key.method, Method::POST);
        assert!(
            key.url
                .ends_with("/api/whatsapp-sessions/12/regenerate-key")
        );
        let off = account.switch_webhooks(12, false);
        assert_eq!(off.method, Method::PUT);
        assert!(off.url.ends_with("/api/whatsapp-sessions/12"));
        assert_eq!(off.body, br#"{"webhook_enabled":false}"#);
        assert_eq!(off.bearer.expose_secret(), "personal_token");
    }
}
