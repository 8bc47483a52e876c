//! Whether a webhook may have an effect, decided from the secrets at hand.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;

use crate::limits;
use crate::signature::{Proof, SecretRing, WebhookSecret};
use crate::vendor::{Proved, VendorSecrets};

/// The answer to a webhook's proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Genuine, and this number's.
    Admitted(Proved),
    /// Not proved by the secrets at hand, which may be out of date: read them again if that is allowed.
    Mismatch,
    /// Not proved by fresh secrets, while the provider may sign with one that nobody here knows yet: it is to be repeated.
    Unsure,
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
        secrets.prove(shown.proof, shown.body, now)
    } else {
        NOBODYS.proves(shown.proof, shown.body, now);
        None
    };
    match (found, freshness) {
        (Some(proved), _) => Admission::Admitted(proved),
        (None, Freshness::Fresh) if secrets.is_some_and(|it| it.awaits_a_secret(now)) => {
            Admission::Unsure
        }
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

/// What to answer a mismatch where the secrets that were read at `read_at` can't be read again. During a rotation a genuine webhook may fail
/// here, so it must be repeated.
pub fn without_fresh_secrets(
    secrets: Option<&VendorSecrets>,
    read_at: Timestamp,
    now: Timestamp,
) -> Unproved {
    if secrets.is_some_and(|secrets| secrets.is_rotating(now) || secrets.awaits_a_secret(now)) {
        return Unproved::TryAgain;
    }
    // A rotation is stored longer than that before it begins, so that this reading would tell of it.
    let age = Duration::try_from(now.duration_since(read_at)).unwrap_or_default();
    if age < limits::SECRET_FRESH {
        Unproved::Refused
    } else {
        Unproved::AskWhoRotates
    }
}

/// See [`without_fresh_secrets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproved {
    TryAgain,
    Refused,
    /// The reading is too old to tell. Who rotates is announced where it can be read for all vendors at once.
    AskWhoRotates,
}

impl Unproved {
    /// What to answer where the reading is too old, by whether the vendor's rotation is announced; `None` if nobody could tell.
    pub const fn announced(is_announced: Option<bool>) -> Self {
        match is_announced {
            Some(false) => Self::Refused,
            Some(true) | None => Self::TryAgain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::WabaId;
    use crate::renewal::Renewed;
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
            ..VendorSecrets::default()
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
        let silent = |vendor: Option<&VendorSecrets>, age: i64| {
            without_fresh_secrets(vendor, NOW - age.milliseconds(), NOW)
        };
        assert_eq!(silent(Some(&vendor), 999), Unproved::Refused);
        assert_eq!(silent(Some(&vendor), 1_000), Unproved::AskWhoRotates);
        assert_eq!(silent(None, 999), Unproved::Refused);
        assert_eq!(silent(None, 1_000), Unproved::AskWhoRotates);
        vendor.rotating_until = Some(NOW + 1.minute());
        assert_eq!(silent(Some(&vendor), 0), Unproved::TryAgain);
        let announced = [Some(true), None, Some(false)].map(Unproved::announced);
        let expected = [Unproved::TryAgain, Unproved::TryAgain, Unproved::Refused];
        assert_eq!(announced, expected);
    }

    #[test]
    fn not_even_fresh_secrets_refuse_while_the_provider_may_have_another() {
        let waba = WabaId::parse("waba_a").unwrap();
        let vendor = vendor().renewal_begun(&waba, Renewed::WebhookSecret, NOW);
        let fresh = |shown| answer(Some(&vendor), Freshness::Fresh, shown);
        assert_eq!(fresh("secret_999"), Admission::Unsure);
        assert!(matches!(fresh("secret_123"), Admission::Admitted(_)));
        assert_eq!(
            without_fresh_secrets(Some(&vendor), NOW, NOW),
            Unproved::TryAgain
        );
    }
}
