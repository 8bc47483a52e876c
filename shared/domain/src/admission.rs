//! Whether a webhook may have an effect, decided from the secrets at hand.

use std::sync::LazyLock;

use jiff::Timestamp;

use crate::ids::WabaId;
use crate::signature::{Proof, SecretRing, WebhookSecret};
use crate::vendor::VendorSecrets;

/// The answer to a webhook's proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Genuine, and this number's.
    Admitted(WabaId),
    /// Not proved by the secrets at hand, which may be out of date: read them again if that is allowed.
    Mismatch,
    /// Not proved by fresh secrets, or the vendor does not exist: both are refused alike.
    Refused,
}

/// How the secrets at hand came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read for this request: reading again would tell nothing.
    Fresh,
    Cached,
}

/// Decides on a proof. A vendor that does not exist costs the same work as one that does: its proof is tried against a secret that nobody has.
pub fn admit(
    secrets: Option<&VendorSecrets>,
    freshness: Freshness,
    shown: Shown<'_>,
    now: Timestamp,
) -> Admission {
    static NOBODYS: LazyLock<SecretRing> = LazyLock::new(|| {
        SecretRing::only(
            WebhookSecret::parse("nobody-has-this-secret-it-is-only-work")
                .expect("it is visible ASCII"),
        )
    });
    let found = if let Some(secrets) = secrets {
        secrets.prove(shown.proof, shown.body, now).cloned()
    } else {
        NOBODYS.proves(shown.proof, shown.body, now);
        None
    };
    match (found, freshness) {
        (Some(waba_id), _) => Admission::Admitted(waba_id),
        (None, Freshness::Fresh) => Admission::Refused,
        (None, Freshness::Cached) => Admission::Mismatch,
    }
}

/// What a webhook shows: its proof, and the raw bytes that it is a proof for.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub proof: &'a Proof,
    pub body: &'a [u8],
}

/// What to answer where the secrets could not be read again: during a rotation a genuine webhook may fail here, so it must be repeated.
pub fn without_fresh_secrets(secrets: Option<&VendorSecrets>, now: Timestamp) -> Unproved {
    if secrets.is_some_and(|secrets| secrets.is_rotating(now)) {
        Unproved::TryAgain
    } else {
        Unproved::Refused
    }
}

/// See [`without_fresh_secrets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproved {
    TryAgain,
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::InstanceSecrets;
    use jiff::ToSpan;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn vendor() -> VendorSecrets {
        let webhook = SecretRing::only(WebhookSecret::parse("secret_123").unwrap());
        let instance = InstanceSecrets {
            waba_id: WabaId::parse("waba_a").unwrap(),
            api_key: None,
            webhook,
        };
        VendorSecrets {
            instances: vec![instance],
            rotating_until: None,
        }
    }

    fn answer(secrets: Option<&VendorSecrets>, freshness: Freshness, shown: &str) -> Admission {
        admit(
            secrets,
            freshness,
            Shown {
                proof: &Proof::shared(shown),
                body: b"{}",
            },
            NOW,
        )
    }

    #[test]
    fn only_fresh_secrets_refuse() {
        let vendor = vendor();
        assert!(matches!(
            answer(Some(&vendor), Freshness::Cached, "secret_123"),
            Admission::Admitted(_)
        ));
        assert_eq!(
            answer(Some(&vendor), Freshness::Cached, "secret_999"),
            Admission::Mismatch
        );
        assert_eq!(
            answer(Some(&vendor), Freshness::Fresh, "secret_999"),
            Admission::Refused
        );
        assert_eq!(
            answer(None, Freshness::Cached, "secret_123"),
            Admission::Mismatch
        );
        assert_eq!(
            answer(None, Freshness::Fresh, "secret_123"),
            Admission::Refused
        );
    }

    #[test]
    fn not_even_the_placeholder_secret_opens_a_vendor_that_does_not_exist() {
        assert_eq!(
            answer(
                None,
                Freshness::Fresh,
                "nobody-has-this-secret-it-is-only-work"
            ),
            Admission::Refused
        );
    }

    #[test]
    fn a_mismatch_during_a_rotation_is_to_be_repeated_when_the_store_is_silent() {
        let mut vendor = vendor();
        assert_eq!(without_fresh_secrets(Some(&vendor), NOW), Unproved::Refused);
        vendor.rotating_until = Some(NOW + 1.minute());
        assert_eq!(
            without_fresh_secrets(Some(&vendor), NOW),
            Unproved::TryAgain
        );
        assert_eq!(without_fresh_secrets(None, NOW), Unproved::Refused);
    }
}
