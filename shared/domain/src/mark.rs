//! What a table may know of a secret: a keyed hash of it, by which it is seen that two numbers have the same one.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::signature::WebhookSecret;
use crate::vendor::{ApiKey, InstanceSecrets};

/// The key that marks are made with. Without it a mark can't be found by guessing the secret.
#[derive(Clone)]
pub struct MarkKey(SecretString);

impl MarkKey {
    /// The key as it is stored; `None` if it is too short to be one.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() >= 32).then(|| Self(SecretString::from(text)))
    }

    pub fn api_key(&self, key: &ApiKey) -> Mark {
        self.mark("key", key.expose())
    }

    pub fn webhook_secret(&self, secret: &WebhookSecret) -> Mark {
        self.mark("webhook", secret.expose())
    }

    fn mark(&self, kind: &str, text: &str) -> Mark {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes())
            .expect("HMAC accepts a key of any length");
        mac.update(kind.as_bytes());
        mac.update(b"#");
        mac.update(text.as_bytes());
        Mark(format!(
            "{kind}#{}",
            hex::encode(mac.finalize().into_bytes())
        ))
    }
}

impl fmt::Debug for MarkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MarkKey([REDACTED])")
    }
}

/// A keyed hash of an API key or of a webhook secret: `key#` or `webhook#` and 64 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mark(String);

impl Mark {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Mark {
    type Error = InvalidMark;

    fn try_from(text: String) -> Result<Self, InvalidMark> {
        let (kind, digits) = text.split_once('#').ok_or(InvalidMark)?;
        let is_mark = matches!(kind, "key" | "webhook")
            && digits.len() == 64
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_mark.then_some(Self(text)).ok_or(InvalidMark)
    }
}

/// A text that is no mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mark is key# or webhook# and 64 hex digits")]
pub struct InvalidMark;

/// The marks of the secrets that a number has now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub api_key: Option<Mark>,
    pub webhook: Option<Mark>,
    /// That of the webhook secret to come; the one in use stays claimed until it is promoted.
    pub next: Option<Mark>,
}

impl Marks {
    /// Those of a number's secrets.
    pub fn of(key: &MarkKey, secrets: &InstanceSecrets) -> Self {
        let webhook = &secrets.webhook;
        Self {
            api_key: secrets.api_key.as_ref().map(|it| key.api_key(it)),
            webhook: Some(key.webhook_secret(&webhook.current)),
            next: webhook.next.as_ref().map(|it| key.webhook_secret(it)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Mark> {
        self.webhook.iter().chain(&self.next).chain(&self.api_key)
    }

    /// Those that are not among `others`.
    pub fn missing_in(&self, others: &Self) -> impl Iterator<Item = &Mark> {
        self.iter()
            .filter(|mark| !others.iter().any(|other| other == *mark))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::ids::WabaId;
    use crate::signature::SecretRing;

    fn key(byte: &str) -> MarkKey {
        MarkKey::parse(&byte.repeat(32)).unwrap()
    }

    #[test]
    fn a_mark_depends_on_the_key_the_kind_and_the_secret() {
        let api_key = ApiKey::parse("the-same-text").unwrap();
        let secret = WebhookSecret::parse("the-same-text").unwrap();
        let mark = key("a").api_key(&api_key);
        assert_eq!(mark, key("a").api_key(&api_key));
        assert_ne!(mark, key("b").api_key(&api_key));
        assert_ne!(mark, key("a").webhook_secret(&secret));
        assert_ne!(
            mark,
            key("a").api_key(&ApiKey::parse("another-text").unwrap())
        );
    }

    #[test]
    fn a_mark_is_read_back_and_tells_nothing_of_the_secret() {
        let mark = key("a").api_key(&ApiKey::parse("the-same-text").unwrap());
        assert_eq!(Mark::try_from(mark.as_str().to_owned()), Ok(mark.clone()));
        assert!(!format!("{mark:?} {:?}", key("a")).contains("the-same"));
        assert!(!format!("{:?}", key("a")).contains("aaa"));
        for bad in [
            "",
            "key#",
            "key#12",
            &format!("other#{}", "0".repeat(64)),
            &"0".repeat(68),
        ] {
            assert_eq!(Mark::try_from(bad.to_owned()), Err(InvalidMark), "{bad}");
        }
    }

    #[test]
    fn a_short_text_is_no_key() {
        assert!(MarkKey::parse("too short").is_none());
    }

    #[test]
    fn marks_that_others_have_too_are_not_missing() {
        let mark = |text| Some(key("a").api_key(&ApiKey::parse(text).unwrap()));
        let webhook = Some(key("a").webhook_secret(&WebhookSecret::parse("secret").unwrap()));
        let before = Marks {
            api_key: mark("first-key"),
            webhook: webhook.clone(),
            next: None,
        };
        let after = Marks {
            api_key: mark("second-key"),
            webhook,
            next: None,
        };
        let missing: Vec<_> = before.missing_in(&after).collect();
        assert_eq!(missing, before.api_key.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_secret_to_come_is_marked_beside_the_one_in_use_and_alone_once_it_is_promoted() {
        let secret = |text| WebhookSecret::parse(text).unwrap();
        let ring = SecretRing::only(secret("first-secret")).awaiting(secret("second-secret"));
        let of = |webhook| {
            let secrets = InstanceSecrets {
                waba_id: WabaId::parse("waba_a").unwrap(),
                api_key: None,
                webhook,
            };
            Marks::of(&key("a"), &secrets)
        };
        let waiting = of(ring.clone());
        assert_eq!(waiting.iter().count(), 2);
        let promoted = of(ring.promoted(Timestamp::UNIX_EPOCH));
        assert_eq!((&promoted.webhook, &promoted.next), (&waiting.next, &None));
        let left: Vec<_> = waiting.missing_in(&promoted).collect();
        assert_eq!(left, waiting.webhook.iter().collect::<Vec<_>>());
    }
}
