//! Standard Webhooks (<https://www.standardwebhooks.com>): HMAC-SHA256 over `id.timestamp.body`, in base64, one for each secret in force.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};
use serde::Deserialize;
use sha2::Sha256;
use thiserror::Error;

/// What stands before a secret in text.
const PREFIX: &str = "whsec_";

/// The key that requests to an engine are signed with. It does things; it is not read.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct SigningSecret(SecretSlice<u8>);

/// Why a text can't be a signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a signing secret is whsec_ and 24 to 64 bytes in base64")]
pub struct InvalidSigningSecret;

impl SigningSecret {
    /// Reads `whsec_` and base64; the prefix may be missing, as in the libraries of Standard Webhooks.
    pub fn parse(text: &str) -> Result<Self, InvalidSigningSecret> {
        let text = text.trim();
        let key = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text));
        let key = key.ok().filter(|key| (24..=64).contains(&key.len()));
        key.map(|key| Self(key.into())).ok_or(InvalidSigningSecret)
    }

    fn signature(&self, id: &str, second: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret())
            .expect("HMAC accepts a key of any length");
        mac.update(format!("{id}.{second}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl TryFrom<String> for SigningSecret {
    type Error = InvalidSigningSecret;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret([REDACTED])")
    }
}

/// The secrets of one engine: while a rotation lasts the one before signs as well, so that whoever knows either is convinced.
#[derive(Clone, Debug, Deserialize)]
pub struct SigningSecrets {
    pub current: SigningSecret,
    #[serde(default)]
    pub previous: Option<SigningSecret>,
}

impl SigningSecrets {
    /// The value of `webhook-signature`.
    pub fn sign(&self, id: &str, now: Timestamp, body: &[u8]) -> String {
        let all = [Some(&self.current), self.previous.as_ref()];
        let signatures = all
            .into_iter()
            .flatten()
            .map(|secret| secret.signature(id, now.as_second(), body));
        signatures.collect::<Vec<_>>().join(" ")
    }

    /// Whether an engine that these do not convince may be convinced by the others.
    pub fn differ(&self, other: &Self) -> bool {
        let signed = |secrets: &Self| secrets.sign("", Timestamp::UNIX_EPOCH, b"");
        signed(self) != signed(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The vector of the standard's own libraries: `libraries/rust/src/lib.rs` of github.com/standard-webhooks/standard-webhooks.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn at() -> Timestamp {
        Timestamp::from_second(1_614_265_330).unwrap()
    }

    fn only(secret: &str) -> SigningSecrets {
        SigningSecrets {
            current: SigningSecret::parse(secret).unwrap(),
            previous: None,
        }
    }

    #[test]
    fn the_vector_of_the_standard_is_signed_as_published() {
        assert_eq!(only(SECRET).sign(ID, at(), BODY), SIGNATURE);
        let bare = SECRET.strip_prefix("whsec_").unwrap();
        assert_eq!(only(bare).sign(ID, at(), BODY), SIGNATURE);
    }

    #[test]
    fn while_a_rotation_lasts_both_secrets_sign() {
        let newer = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let both = SigningSecrets {
            previous: SigningSecret::parse(SECRET).ok(),
            ..only(newer)
        };
        let expected = format!("{} {SIGNATURE}", only(newer).sign(ID, at(), BODY));
        assert_eq!(both.sign(ID, at(), BODY), expected);
        assert!(both.differ(&only(SECRET)) && !both.differ(&both.clone()));
    }

    #[test]
    fn a_signature_is_of_one_id_one_second_and_one_body() {
        let secrets = only(SECRET);
        let later = Timestamp::from_second(1_614_265_331).unwrap();
        for other in [
            secrets.sign("msg_other", at(), BODY),
            secrets.sign(ID, later, BODY),
            secrets.sign(ID, at(), b"{}"),
        ] {
            assert_ne!(other, SIGNATURE);
        }
    }

    #[test]
    fn what_is_too_short_too_long_or_no_base64_is_no_secret_and_none_is_shown() {
        let (short, long) = (STANDARD.encode([1; 23]), STANDARD.encode([1; 65]));
        for text in ["", "whsec_", "secret_123", &short, &long, "whsec_ÀÀÀÀ"] {
            assert!(SigningSecret::parse(text).is_err(), "{text}");
        }
        let shown = format!("{:?}", only(SECRET));
        assert!(!shown.contains("MfKQ"), "{shown}");
    }
}
