//! Who may use the admin API: what a key is allowed, how long it is good, and what it may pass on.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::{VendorId, limits};

/// What a key may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// See vendors, messages and all that is known of them.
    Read,
    /// Write to customers, and decide about what was written.
    Send,
    /// Create and change vendors, their numbers and their secrets.
    Manage,
    /// Everything, keys and the record of changes included.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Send, Self::Manage, Self::Admin];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
            Self::Manage => "manage",
            Self::Admin => "admin",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What somebody may do, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub scopes: Vec<Scope>,
    /// The only vendors that it may deal with; `None` is all of them.
    pub vendors: Option<Vec<VendorId>>,
    pub per_minute: u32,
}

impl Grant {
    /// Everything, as often as a key may without being given more.
    pub fn unbounded() -> Self {
        Self {
            scopes: vec![Scope::Admin],
            vendors: None,
            per_minute: limits::KEY_REQUESTS_PER_MINUTE,
        }
    }

    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// Whether it reaches this vendor; what is of no vendor is reached by what is bound to none.
    pub fn reaches(&self, vendor: Option<&VendorId>) -> bool {
        let bound = self.vendors.as_ref();
        bound.is_none_or(|bound| vendor.is_some_and(|vendor| bound.contains(vendor)))
    }

    /// The first thing that another grant has and this one does not.
    pub fn lacks(&self, other: &Self) -> Option<Lacking> {
        let reached = match (&self.vendors, &other.vendors) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(others)) => others.iter().all(|vendor| own.contains(vendor)),
        };
        if !other.scopes.iter().all(|scope| self.has(*scope)) {
            Some(Lacking::Scope)
        } else if !reached {
            Some(Lacking::Vendor)
        } else if other.per_minute > self.per_minute {
            Some(Lacking::Rate)
        } else {
            None
        }
    }
}

/// What a grant does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    Scope,
    Vendor,
    Rate,
}

/// The public part of a key, by which it is listed and revoked: 16 hex digits, or the whole hash of a key of the first release.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(String);

/// Hex digits of an id that this release makes.
const ID_DIGITS: usize = 16;
/// Hex digits of the hash by which a key of the first release is kept.
const HASH_DIGITS: usize = 64;

/// Why a text is no key's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a key's id has 16 or 64 hex digits in lower case")]
pub struct InvalidKeyId;

impl KeyId {
    pub fn parse(text: &str) -> Result<Self, InvalidKeyId> {
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let is_id = [ID_DIGITS, HASH_DIGITS].contains(&text.len()) && text.bytes().all(is_hex);
        is_id.then(|| Self(text.to_owned())).ok_or(InvalidKeyId)
    }

    /// An id from bits that somebody else drew.
    pub fn from_bits(bits: u64) -> Self {
        Self(format!("{bits:016x}"))
    }

    /// The id that a key of the form `mw_<id>_<secret>` names; `None` is a key of another form, which is known by its hash.
    pub fn named_by(key: &str) -> Option<Self> {
        let (id, secret) = key.strip_prefix("mw_")?.split_once('_')?;
        let id = Self::parse(id).ok().filter(|id| id.0.len() == ID_DIGITS);
        id.filter(|_| !secret.is_empty())
    }

    /// The whole key, of which nothing but the hash is kept.
    pub fn with_secret(&self, secret: &str) -> String {
        format!("mw_{}_{secret}", self.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyId {
    type Error = InvalidKeyId;

    fn try_from(text: String) -> Result<Self, InvalidKeyId> {
        Self::parse(&text)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key as it is kept, without its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminKey {
    pub id: KeyId,
    /// What its owner calls it.
    pub name: String,
    pub grant: Grant,
    /// Absent of a key of the first release.
    pub created_at: Option<Timestamp>,
    pub created_by: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked: bool,
    pub revoked_at: Option<Timestamp>,
}

/// Whether a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Good,
    Expired,
    Revoked,
}

impl Standing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl AdminKey {
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.revoked {
            Standing::Revoked
        } else if self.expires_at.is_some_and(|at| at <= now) {
            Standing::Expired
        } else {
            Standing::Good
        }
    }

    /// Whether its use is to be noted: not more than once in a while, for every note is a write.
    pub fn use_is_worth_noting(&self, now: Timestamp) -> bool {
        let noted = self.last_used_at;
        noted.is_none_or(|at| now.duration_since(at) >= SignedDuration::from_mins(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(scopes: &[Scope], vendors: Option<&[&str]>) -> Grant {
        let vendors =
            vendors.map(|ids| ids.iter().map(|id| VendorId::parse(id).unwrap()).collect());
        Grant {
            scopes: scopes.to_vec(),
            vendors,
            ..Grant::unbounded()
        }
    }

    fn key() -> AdminKey {
        AdminKey {
            id: KeyId::from_bits(1),
            name: "till".to_owned(),
            grant: Grant::unbounded(),
            created_at: None,
            created_by: None,
            expires_at: None,
            last_used_at: None,
            revoked: false,
            revoked_at: None,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_key_names_its_id_and_any_other_text_none() {
        let id = KeyId::from_bits(0xab);
        let key = id.with_secret("s3cr3t_with_more");
        assert_eq!(KeyId::named_by(&key), Some(id));
        let hash = "a".repeat(64);
        for other in [
            "back-office-key-0001",
            "mw_00000000000000ab",
            "mw_00000000000000ab_",
            "mw_00000000000000AB_secret",
            "mw_ab_secret",
            &format!("mw_{hash}_secret"),
        ] {
            assert_eq!(KeyId::named_by(other), None, "{other}");
        }
        assert!(KeyId::parse(&hash).is_ok());
    }

    #[test]
    fn a_key_stops_at_its_expiry_and_when_it_is_revoked() {
        assert_eq!(key().standing(at(0)), Standing::Good);
        let expiring = AdminKey {
            expires_at: Some(at(10)),
            ..key()
        };
        assert_eq!(expiring.standing(at(9)), Standing::Good);
        assert_eq!(expiring.standing(at(10)), Standing::Expired);
        let revoked = AdminKey {
            revoked: true,
            ..expiring
        };
        assert_eq!(revoked.standing(at(9)), Standing::Revoked);
    }

    #[test]
    fn the_use_of_a_key_is_noted_every_five_minutes() {
        assert!(key().use_is_worth_noting(at(0)));
        let used = AdminKey {
            last_used_at: Some(at(0)),
            ..key()
        };
        assert!(!used.use_is_worth_noting(at(299)));
        assert!(used.use_is_worth_noting(at(300)));
    }

    #[test]
    fn nothing_is_passed_on_that_one_has_not() {
        let all = grant(&[Scope::Admin], None);
        let reader = grant(&[Scope::Read], None);
        let bound = grant(&[Scope::Admin], Some(&["v1", "v2"]));
        let faster = Grant {
            per_minute: limits::KEY_REQUESTS_PER_MINUTE + 1,
            ..all.clone()
        };
        for (own, other, lacking) in [
            (&all, &reader, None),
            (&all, &bound, None),
            (&reader, &all, Some(Lacking::Scope)),
            (&bound, &all, Some(Lacking::Vendor)),
            (&bound, &grant(&[Scope::Send], Some(&["v2"])), None),
            (
                &bound,
                &grant(&[Scope::Send], Some(&["v3"])),
                Some(Lacking::Vendor),
            ),
            (&all, &faster, Some(Lacking::Rate)),
            (&faster, &faster, None),
        ] {
            assert_eq!(own.lacks(other), lacking, "{own:?} {other:?}");
        }
    }
}
