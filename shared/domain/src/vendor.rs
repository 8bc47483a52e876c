use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

use crate::config::Settings;
use crate::identity::Identity;
use crate::ids::{VendorId, WabaId};
use crate::limits;
use crate::mark::Marks;
use crate::pacing::Pacing;
use crate::phone::PhoneNumber;
use crate::renewal::Renewal;
use crate::signature::{Proof, SecretRing, Slot};

/// The service that links a WhatsApp number to the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    #[default]
    Wasender,
}

impl Provider {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wasender => "wasender",
        }
    }
}

/// How a vendor's shop behaves; no secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VendorConfig {
    pub vendor_id: VendorId,
    pub business_name: String,
    /// A paused vendor's messages are kept and not answered.
    pub active: bool,
    pub auto_reply: bool,
    /// The language of the built-in engine's answers, an ISO 639 code.
    pub language: String,
    /// Whether messages in group chats are answered, in the group.
    #[serde(default)]
    pub answer_groups: bool,
    /// For how many minutes the engine leaves a conversation alone after the vendor typed in it; 0 for not at all.
    #[serde(default = "typed_pause_minutes")]
    pub typed_pause_minutes: u32,
    /// What the operator configured beside that.
    #[serde(default)]
    pub settings: Settings,
    #[serde(default)]
    pub catalogue: CatalogueSize,
    /// Raised by every change that a person makes, and the condition of the next; 0 of a vendor of an older release.
    #[serde(default)]
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

const fn typed_pause_minutes() -> u32 {
    limits::TYPED_PAUSE_MINUTES
}

/// How large a vendor's catalogue is, and which writing of it is the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueSize {
    pub parts: usize,
    pub products: usize,
    /// The vendor's revision that it was written with.
    pub revision: u64,
}

/// The revision that a vendor or a number begins with: above all that a former one of its id can have had, so that nobody who saw that one
/// changes this one.
pub fn first_revision(now: Timestamp) -> u64 {
    u64::try_from(now.as_millisecond())
        .unwrap_or_default()
        .max(1)
}

impl VendorConfig {
    /// The vendor as the next change begins with it.
    #[must_use]
    pub fn changed(&self, now: Timestamp) -> Self {
        Self {
            revision: self.revision + 1,
            updated_at: now,
            ..self.clone()
        }
    }

    /// How long the engine leaves a conversation alone after the vendor typed in it; `None` for not at all.
    pub fn typed_pause(&self) -> Option<Duration> {
        let minutes = self
            .typed_pause_minutes
            .min(limits::TYPED_PAUSE_MINUTES_MOST);
        (minutes > 0).then(|| Duration::from_mins(minutes.into()))
    }
}

/// One WhatsApp number of a vendor, and where it lives at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WabaInstance {
    pub vendor_id: VendorId,
    pub waba_id: WabaId,
    pub provider: Provider,
    pub phone: PhoneNumber,
    /// The owner's label of the provider's session.
    pub provider_instance_id: String,
    /// The provider's own number of the session, once it is known.
    pub provider_session_id: Option<i64>,
    /// The session's status as last heard, in lower case; `pending` before anything was heard.
    pub status: String,
    pub pacing: Pacing,
    pub observed: Observed,
    /// Whether its settings at the provider are put back when they drift.
    pub repair_drift: bool,
    /// By which a secret is seen to be used twice.
    pub marks: Marks,
    /// Its secrets are not stored yet: its registration is under way, or broke off and is to be repeated.
    pub incomplete: bool,
    /// Raised by every change that a person makes, and the condition of the next; what the provider tells does not raise it.
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What the provider told of a session when it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    pub identity: Identity,
    /// When its number was last seen to be the registered one.
    pub verified_at: Option<Timestamp>,
    /// Settings that are not as we need them.
    pub drift: Vec<String>,
    /// Whether the provider keeps a log of what is sent; `None` if it did not tell.
    pub logging_on: Option<bool>,
    /// Whether it lets the session send once in 5 s alone; `None` if it did not tell.
    pub account_protection: Option<bool>,
}

impl WabaInstance {
    /// How fast the session may send: as configured, and as slowly as the provider told.
    pub fn pace(&self) -> Pacing {
        Pacing {
            account_protection: self.observed.is_protected(self.pacing.account_protection),
            ..self.pacing
        }
    }

    /// Whether the same session of the same number stands behind both, by what the owner says of them.
    pub fn is_session_of(&self, other: &Self) -> bool {
        self.phone == other.phone && self.provider_instance_id == other.provider_instance_id
    }
}

impl Observed {
    /// Whether the provider lets the session send once in 5 s alone, as the vendor's settings say or as the provider told.
    fn is_protected(&self, configured: bool) -> bool {
        configured || self.account_protection == Some(true)
    }
}

/// The key that a session's API calls are made with. Its `Debug` shows nothing.
#[derive(Clone)]
pub struct ApiKey(SecretString);

/// Why a text can't be an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an API key has 6 to 512 visible ASCII characters")]
pub struct InvalidApiKey;

impl ApiKey {
    pub fn parse(text: &str) -> Result<Self, InvalidApiKey> {
        let usable = (6..=512).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if usable {
            Ok(Self(SecretString::from(text)))
        } else {
            Err(InvalidApiKey)
        }
    }

    /// For the `Authorization` header and for storing the key where secrets are kept, and nowhere else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it is the same key. Digests have one length, so that the comparison tells nothing of it.
    fn is(&self, other: &Self) -> Choice {
        let digest = |key: &Self| Sha256::digest(key.expose().as_bytes());
        digest(self).as_slice().ct_eq(digest(other).as_slice())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey([REDACTED])")
    }
}

/// What is secret of one number: the key we call with and the secrets its webhooks prove themselves with.
#[derive(Clone, Debug)]
pub struct InstanceSecrets {
    pub waba_id: WabaId,
    pub api_key: Option<ApiKey>,
    pub webhook: SecretRing,
}

/// Whose a genuine webhook is, and which of the number's secrets proved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    pub waba_id: WabaId,
    pub by: Slot,
}

/// All secrets of a vendor, one entry a number.
#[derive(Clone, Debug, Default)]
pub struct VendorSecrets {
    pub instances: Vec<InstanceSecrets>,
    /// Until when a rotation is under way, so that a mismatch may be the store's lag and not a forgery.
    pub rotating_until: Option<Timestamp>,
    /// What is being made anew at the provider, each until it is known how that ended.
    pub renewals: Vec<Renewal>,
}

impl VendorSecrets {
    /// Which of the vendor's numbers this proof belongs to. All of them are tried, whichever fits.
    pub fn prove(&self, proof: &Proof, body: &[u8], now: Timestamp) -> Option<Proved> {
        let proved = |instance: &InstanceSecrets| {
            let by = instance.webhook.proved_by(proof, body, now)?;
            let waba_id = instance.waba_id.clone();
            Some(Proved { waba_id, by })
        };
        let found: Vec<_> = self.instances.iter().filter_map(proved).collect();
        found.into_iter().next()
    }

    pub fn of(&self, waba_id: &WabaId) -> Option<&InstanceSecrets> {
        self.instances
            .iter()
            .find(|instance| instance.waba_id == *waba_id)
    }

    /// Whether one of the vendor's sessions has this key. All of them are tried, whichever fits.
    pub fn have_key(&self, key: &ApiKey) -> bool {
        let own = self.instances.iter().filter_map(|it| it.api_key.as_ref());
        let tried = own.fold(Choice::from(0), |found, own| found | own.is(key));
        tried.into()
    }

    pub fn is_rotating(&self, now: Timestamp) -> bool {
        self.rotating_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::WebhookSecret;

    fn secrets(pairs: &[(&str, &str)]) -> VendorSecrets {
        let instance = |(waba, secret): &(&str, &str)| InstanceSecrets {
            waba_id: WabaId::parse(waba).unwrap(),
            api_key: ApiKey::parse("api_key_abc").ok(),
            webhook: SecretRing::only(WebhookSecret::parse(secret).unwrap()),
        };
        VendorSecrets {
            instances: pairs.iter().map(instance).collect(),
            ..VendorSecrets::default()
        }
    }

    #[test]
    fn the_secret_that_matches_tells_the_number() {
        let secrets = secrets(&[("waba_a", "secret_a"), ("waba_b", "secret_b")]);
        let prove = |shown| {
            secrets
                .prove(&Proof::shared(shown), b"", Timestamp::UNIX_EPOCH)
                .map(|proved| proved.waba_id.as_str().to_owned())
        };
        assert_eq!(
            (prove("secret_a"), prove("secret_b"), prove("secret_c")),
            (Some("waba_a".to_owned()), Some("waba_b".to_owned()), None)
        );
    }

    #[test]
    fn a_vendor_without_secrets_is_proved_by_nothing() {
        assert_eq!(
            VendorSecrets::default().prove(&Proof::shared(""), b"", Timestamp::UNIX_EPOCH),
            None
        );
    }

    #[test]
    fn a_session_is_protected_if_either_side_says_so() {
        let told = |account_protection| Observed {
            account_protection,
            ..Observed::default()
        };
        for (observed, configured, expected) in [
            (None, false, false),
            (Some(false), false, false),
            (Some(true), false, true),
            (Some(false), true, true),
            (None, true, true),
        ] {
            assert_eq!(told(observed).is_protected(configured), expected);
        }
    }

    #[test]
    fn no_key_is_printed() {
        let printed = format!("{:?}", secrets(&[("waba_a", "secret_a")]));
        assert!(
            !printed.contains("api_key_abc") && !printed.contains("secret_a"),
            "{printed}"
        );
    }
}
