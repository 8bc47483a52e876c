mod body;

use domain::{ApiKey, Content};
use http::Method;
use secrecy::SecretString;

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
        let body = body::of(to, content, reply_to)?;
        let mut request = self.request(Method::POST, "/send-message");
        request
            .headers
            .push(("content-type", "application/json".to_owned()));
        Ok(ProviderRequest { body, ..request })
    }

    /// `POST /send-message` without recipient and content, which the provider can but refuse: a probe of the way that sends take.
    pub fn send_nothing(&self) -> ProviderRequest {
        let mut request = self.request(Method::POST, "/send-message");
        request
            .headers
            .push(("content-type", "application/json".to_owned()));
        let body = b"{}".to_vec();
        ProviderRequest { body, ..request }
    }

    /// `GET /status`: whether the session is linked.
    pub fn status(&self) -> ProviderRequest {
        self.request(Method::GET, "/status")
    }

    /// `GET /user`: whose number the session is.
    pub fn user(&self) -> ProviderRequest {
        self.request(Method::GET, "/user")
    }

    /// `GET /messages/{msgId}/info`: WhatsApp's id of a sent message, and how far it got.
    pub fn message_info(&self, msg_id: i64) -> ProviderRequest {
        self.request(Method::GET, &format!("/messages/{msg_id}/info"))
    }

    pub(super) fn request(&self, method: Method, path: &str) -> ProviderRequest {
        let bearer = SecretString::from(self.api_key.expose());
        bare(self.base_url, (method, path), bearer)
    }
}

/// A request without a body.
pub(super) fn bare(
    base_url: &str,
    (method, path): (Method, &str),
    bearer: SecretString,
) -> ProviderRequest {
    ProviderRequest {
        method,
        url: format!("{}{path}", base_url.trim_end_matches('/')),
        headers: vec![
            ("accept", "application/json".to_owned()),
            ("user-agent", USER_AGENT.to_owned()),
        ],
        bearer,
        body: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::PhoneNumber;
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    fn customer() -> Recipient {
        Recipient::Phone(PhoneNumber::from_provider("221700000001").unwrap())
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
            (session.user(), "https://www.wasenderapi.com/api/user"),
            (
                session.message_info(42),
                "https://www.wasenderapi.com/api/messages/42/info",
            ),
        ] {
            assert_eq!((request.method, request.url.as_str()), (Method::GET, url));
            assert!(request.body.is_empty());
        }
    }
}
