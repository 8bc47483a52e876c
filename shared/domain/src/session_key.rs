//! Whose session a webhook says that it is of: a provider may name it by its API key. That proves nothing, for whoever sees an event sees the
//! key; but a webhook that names another vendor's session is no webhook of this one, whatever it is signed with.

use crate::ids::VendorId;
use crate::vendor::{ApiKey, VendorSecrets};

/// What the key that a genuine webhook names makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionNamed {
    /// This vendor's, or nobody's: a session that was made by hand may have a key that nobody told the gateway.
    Fits,
    /// Another vendor's.
    Anothers,
    /// Nobody could tell in time. It is taken in: its signature was right, and this check only finds addresses that were mixed up.
    Unchecked,
}

/// Whose a key is, as its mark tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOwner<'a> {
    Nobody,
    Vendor(&'a VendorId),
    /// There was no time to ask, or no answer.
    Untold,
}

impl SessionNamed {
    /// By the vendor's own secrets, which are at hand: they may tell that it fits, and never that it does not.
    pub fn by_secrets(secrets: &VendorSecrets, named: Option<&ApiKey>) -> Option<Self> {
        let fits = named.is_none_or(|named| secrets.have_key(named));
        fits.then_some(Self::Fits)
    }

    /// By the mark of the key. The vendor's own may be newer than its secrets at hand.
    pub fn by_owner(vendor: &VendorId, owner: KeyOwner<'_>) -> Self {
        match owner {
            KeyOwner::Nobody => Self::Fits,
            KeyOwner::Vendor(owner) if owner == vendor => Self::Fits,
            KeyOwner::Vendor(_) => Self::Anothers,
            KeyOwner::Untold => Self::Unchecked,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, ToSpan};
    use proptest::prelude::*;

    use super::*;
    use crate::admission::{Admission, Freshness, Shown, admit};
    use crate::ids::WabaId;
    use crate::renewal::Renewed;
    use crate::signature::{Proof, SecretRing, WebhookSecret};
    use crate::vendor::InstanceSecrets;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    /// What the session of the vendor signs with at each age of its secrets; the last one was never its.
    const SIGNED: [&str; 4] = [
        "current-secret",
        "next-secret",
        "previous-secret",
        "forged-secret",
    ];
    /// The key that the event names: nothing, the two numbers' own, a new one that the secrets at hand do not have yet, another vendor's,
    /// and nobody's.
    const NAMED: [&str; 6] = [
        "",
        "own-key",
        "own-second-key",
        "own-newer-key",
        "anothers-key",
        "nobodys-key",
    ];

    fn key(text: &str) -> Option<ApiKey> {
        ApiKey::parse(text).ok()
    }

    fn vendor(id: &str) -> VendorId {
        VendorId::parse(id).unwrap()
    }

    /// Two numbers, the first of them amid a rotation whose former secret is good for `previous_lives` seconds more.
    fn secrets(has_next: bool, previous_lives: i64, is_renewing: bool) -> VendorSecrets {
        let secret = |text| WebhookSecret::parse(text).unwrap();
        let waba = WabaId::parse("waba_a").unwrap();
        let first = InstanceSecrets {
            waba_id: waba.clone(),
            api_key: key("own-key"),
            webhook: SecretRing {
                next: has_next.then(|| secret("next-secret")),
                current: secret("current-secret"),
                previous: Some((secret("previous-secret"), NOW + previous_lives.seconds())),
            },
        };
        let second = InstanceSecrets {
            waba_id: WabaId::parse("waba_b").unwrap(),
            api_key: key("own-second-key"),
            webhook: SecretRing::only(secret("second-number-secret")),
        };
        let secrets = VendorSecrets {
            instances: vec![first, second],
            ..VendorSecrets::default()
        };
        if is_renewing {
            secrets.renewal_begun(&waba, Renewed::WebhookSecret, NOW)
        } else {
            secrets
        }
    }

    /// Whose a key is, as the tables know it.
    fn owner<'a>(named: &str, ours: &'a VendorId, other: &'a VendorId) -> KeyOwner<'a> {
        match named {
            "own-key" | "own-second-key" | "own-newer-key" => KeyOwner::Vendor(ours),
            "anothers-key" => KeyOwner::Vendor(other),
            _ => KeyOwner::Nobody,
        }
    }

    proptest! {
        /// A forged one is never taken in, whatever it names; a genuine one is refused for another vendor's key alone, and only if that was
        /// looked up.
        #[test]
        fn a_key_in_the_body_admits_nothing_and_refuses_only_what_is_another_vendors(
            (signed, named) in (0..SIGNED.len(), 0..NAMED.len()),
            (has_next, previous_lives) in (any::<bool>(), -10_i64..10),
            (is_cached, is_renewing, is_told) in any::<(bool, bool, bool)>(),
        ) {
            let (ours, other) = (vendor("ours"), vendor("other"));
            let secrets = secrets(has_next, previous_lives, is_renewing);
            let freshness = if is_cached { Freshness::Cached } else { Freshness::Fresh };
            let shown = Shown { proof: &Proof::shared(SIGNED[signed]), body: b"{}" };
            let admission = admit(Some(&secrets), freshness, shown, NOW);
            let is_genuine = match SIGNED[signed] {
                "current-secret" => true,
                "next-secret" => has_next,
                "previous-secret" => previous_lives > 0,
                _ => false,
            };
            prop_assert_eq!(matches!(admission, Admission::Admitted(_)), is_genuine);
            let named_key = key(NAMED[named]);
            let by_own = SessionNamed::by_secrets(&secrets, named_key.as_ref());
            let owner = if is_told { owner(NAMED[named], &ours, &other) } else { KeyOwner::Untold };
            let found = by_own.unwrap_or_else(|| SessionNamed::by_owner(&ours, owner));
            let expected = match NAMED[named] {
                "" | "own-key" | "own-second-key" => SessionNamed::Fits,
                _ if !is_told => SessionNamed::Unchecked,
                "anothers-key" => SessionNamed::Anothers,
                _ => SessionNamed::Fits,
            };
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_vendor_without_keys_tells_nothing_of_a_key() {
        let none = VendorSecrets::default();
        assert_eq!(
            SessionNamed::by_secrets(&none, None),
            Some(SessionNamed::Fits)
        );
        let named = key("nobodys-key");
        assert_eq!(SessionNamed::by_secrets(&none, named.as_ref()), None);
    }
}
