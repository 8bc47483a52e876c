use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

/// The secret that a session's webhooks prove themselves with. It does things; it is not read.
#[derive(Clone)]
pub struct WebhookSecret(SecretString);

/// Why a text can't be a secret: it would not survive a header, or it is no secret at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a secret has 6 to 256 visible ASCII characters and no comma")]
pub struct InvalidSecret;

/// What a request showed as proof, read from its headers before anything else.
#[derive(Clone)]
pub enum Proof {
    /// Wasender's scheme: the shared secret itself, in plain text.
    Shared(SecretString),
    /// The owner's older dialect: HMAC-SHA256 of the raw body, keyed by the secret.
    Hmac([u8; 32]),
}

impl Proof {
    /// A proof by the shared secret as it stood in the header.
    pub fn shared(header: &str) -> Self {
        Self::Shared(SecretString::from(header))
    }

    /// A proof by HMAC: 64 hex digits, with or without `sha256=` before them. `None` if it is anything else.
    pub fn hmac(header: &str) -> Option<Self> {
        let digits = header.strip_prefix("sha256=").unwrap_or(header);
        let mut tag = [0; 32];
        hex::decode_to_slice(digits, &mut tag).ok()?;
        Some(Self::Hmac(tag))
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared(_) => "Proof::Shared([REDACTED])",
            Self::Hmac(_) => "Proof::Hmac([REDACTED])",
        })
    }
}

impl WebhookSecret {
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let usable = (6..=256).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b',');
        if usable {
            Ok(Self(SecretString::from(text)))
        } else {
            Err(InvalidSecret)
        }
    }

    /// For storing the secret where secrets are kept, and nowhere else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn proves(&self, proof: &Proof, body: &[u8]) -> Choice {
        match proof {
            // Digests have one length, so that the comparison tells nothing about the secret's.
            Proof::Shared(shown) => {
                let shown = Sha256::digest(shown.expose_secret().as_bytes());
                shown
                    .as_slice()
                    .ct_eq(Sha256::digest(self.expose().as_bytes()).as_slice())
            }
            Proof::Hmac(tag) => {
                let mut mac = Hmac::<Sha256>::new_from_slice(self.expose().as_bytes())
                    .expect("HMAC accepts a key of any length");
                mac.update(body);
                mac.finalize().into_bytes().as_slice().ct_eq(tag)
            }
        }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret([REDACTED])")
    }
}

/// The place of a secret in its ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Current,
    Next,
    Previous,
}

/// The secrets of one session around a rotation: the one in use, the one to come, and the last one until it expires.
#[derive(Clone, Debug)]
pub struct SecretRing {
    pub next: Option<WebhookSecret>,
    pub current: WebhookSecret,
    pub previous: Option<(WebhookSecret, Timestamp)>,
}

impl SecretRing {
    pub const fn only(current: WebhookSecret) -> Self {
        Self {
            next: None,
            current,
            previous: None,
        }
    }

    /// Which of the secrets in force at `now` gives this proof for these raw bytes. A ring costs the same work whichever fits, and however
    /// many it holds.
    pub fn proved_by(&self, proof: &Proof, body: &[u8], now: Timestamp) -> Option<Slot> {
        let previous = self
            .previous
            .as_ref()
            .filter(|(_, expires)| now < *expires)
            .map(|(secret, _)| secret);
        let slots = [
            (Slot::Current, Some(&self.current)),
            (Slot::Next, self.next.as_ref()),
            (Slot::Previous, previous),
        ];
        let tried = slots.map(|(slot, secret)| {
            let is_filled = Choice::from(u8::from(secret.is_some()));
            let secret = secret.unwrap_or(&self.current);
            (slot, is_filled & secret.proves(proof, body))
        });
        let found = tried.into_iter().find(|(_, fits)| bool::from(*fits));
        found.map(|(slot, _)| slot)
    }

    /// Whether one of the secrets in force at `now` gives this proof for these raw bytes.
    pub fn proves(&self, proof: &Proof, body: &[u8], now: Timestamp) -> bool {
        self.proved_by(proof, body, now).is_some()
    }

    /// The ring with a secret that will be the one in use: from now on it is as good as the others.
    #[must_use]
    pub fn awaiting(&self, next: WebhookSecret) -> Self {
        let is_current = next.expose() == self.current.expose();
        Self {
            next: (!is_current).then_some(next),
            ..self.clone()
        }
    }

    /// The ring after the secret to come became the one in use; without one it stays as it is.
    #[must_use]
    pub fn promoted(&self, previous_expires: Timestamp) -> Self {
        match &self.next {
            Some(next) => self.rotated_to(next.clone(), previous_expires),
            None => self.clone(),
        }
    }

    /// The ring after `fresh` became the secret in use; the old one stays good until `previous_expires`.
    #[must_use]
    pub fn rotated_to(&self, fresh: WebhookSecret, previous_expires: Timestamp) -> Self {
        if fresh.expose() == self.current.expose() {
            return self.clone();
        }
        Self {
            next: None,
            current: fresh,
            previous: Some((self.current.clone(), previous_expires)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    fn secret(text: &str) -> WebhookSecret {
        WebhookSecret::parse(text).unwrap()
    }

    fn tag(key: &str, body: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(body);
        mac.finalize().into_bytes().into()
    }

    #[test]
    fn the_published_hmac_vector_holds() {
        // RFC 4231, test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(
            hex::encode(tag("Jefe", b"what do ya want for nothing?")),
            expected
        );
    }

    #[test]
    fn either_dialect_is_accepted_and_every_changed_byte_is_refused() {
        let (ring, body) = (
            SecretRing::only(secret("secret_123")),
            br#"{"event":"message"}"#,
        );
        let now = Timestamp::UNIX_EPOCH;
        assert!(ring.proves(&Proof::shared("secret_123"), body, now));
        let good = hex::encode(tag("secret_123", body));
        assert!(ring.proves(&Proof::hmac(&good).unwrap(), body, now));
        assert!(ring.proves(&Proof::hmac(&format!("sha256={good}")).unwrap(), body, now));
        for position in 0..body.len() {
            let mut changed = body.to_vec();
            changed[position] ^= 1;
            assert!(
                !ring.proves(&Proof::hmac(&good).unwrap(), &changed, now),
                "byte {position}"
            );
        }
        for position in 0..32 {
            let mut changed = tag("secret_123", body);
            changed[position] ^= 0x80;
            assert!(
                !ring.proves(&Proof::Hmac(changed), body, now),
                "byte {position} of the tag"
            );
        }
        for shown in [
            "secret_12",
            "secret_1234",
            "Secret_123",
            "",
            "secret_123,secret_123",
        ] {
            assert!(!ring.proves(&Proof::shared(shown), body, now), "{shown}");
        }
    }

    #[test]
    fn a_tag_of_another_form_is_no_proof() {
        let good = "0".repeat(64);
        assert!(Proof::hmac(&good).is_some());
        for bad in [
            "",
            "sha256=",
            "sha1=00",
            &good[..62],
            &format!("{good}00"),
            &format!("SHA256={good}"),
            &"z".repeat(64),
        ] {
            assert!(Proof::hmac(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn during_a_rotation_next_current_and_previous_are_good_and_previous_ends() {
        let end = Timestamp::UNIX_EPOCH + 1.hour();
        let mut ring =
            SecretRing::only(secret("first-secret")).rotated_to(secret("second-secret"), end);
        ring.next = Some(secret("third-secret"));
        let proves = |shown: &str, now| ring.proves(&Proof::shared(shown), b"", now);
        for shown in ["first-secret", "second-secret", "third-secret"] {
            assert!(proves(shown, end - 1.second()), "{shown}");
        }
        assert!(!proves("first-secret", end));
        assert!(proves("second-secret", end));
    }

    #[test]
    fn rotating_to_the_same_secret_changes_nothing() {
        let ring = SecretRing::only(secret("first-secret"))
            .rotated_to(secret("first-secret"), Timestamp::UNIX_EPOCH);
        assert!(ring.previous.is_none());
    }

    #[test]
    fn a_secret_to_come_is_good_at_once_and_promoted_leaves_the_former_good_for_a_while() {
        let now = Timestamp::UNIX_EPOCH;
        let ring = SecretRing::only(secret("first-secret")).awaiting(secret("second-secret"));
        let by =
            |ring: &SecretRing, shown: &str, now| ring.proved_by(&Proof::shared(shown), b"", now);
        assert_eq!(by(&ring, "first-secret", now), Some(Slot::Current));
        assert_eq!(by(&ring, "second-secret", now), Some(Slot::Next));
        let promoted = ring.promoted(now + 1.hour());
        assert_eq!(by(&promoted, "second-secret", now), Some(Slot::Current));
        assert_eq!(by(&promoted, "first-secret", now), Some(Slot::Previous));
        assert_eq!(by(&promoted, "first-secret", now + 1.hour()), None);
        let again = promoted.promoted(now + 2.hours());
        assert_eq!(by(&again, "first-secret", now + 1.hour()), None);
        assert!(ring.awaiting(secret("first-secret")).next.is_none());
    }

    #[test]
    fn no_secret_is_printed() {
        let ring = SecretRing::only(secret("first-secret"))
            .rotated_to(secret("second-secret"), Timestamp::UNIX_EPOCH);
        let printed = format!(
            "{ring:?} {:?} {:?}",
            Proof::shared("shown-secret"),
            Proof::Hmac([7; 32])
        );
        assert!(!printed.contains("-secret"), "{printed}");
    }

    #[test]
    fn a_secret_that_would_not_survive_a_header_is_refused() {
        for bad in [
            "",
            "short",
            "with space in it",
            "with,comma,in",
            "accentué-secret",
            "line\nbreak-secret",
        ] {
            assert!(WebhookSecret::parse(bad).is_err(), "{bad}");
        }
    }
}
