use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Why a text is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an id has 1 to 64 characters of a-z, A-Z, 0-9, '_' and '-'")]
pub struct InvalidId;

pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads an id of 1 to 64 characters of `a-z A-Z 0-9 _ -`.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if is_id(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// A vendor of the marketplace: the tenant. It is part of its webhook URL.
    VendorId
}
id! {
    /// One WhatsApp number of a vendor; a vendor's first is `waba_<vendorId>`.
    WabaId
}
id! {
    /// Our id of a message, in either direction: `msg_` and 32 hex digits.
    MessageId
}
id! {
    /// A vendor's back office's own id of an order.
    OrderId
}
id! {
    /// Our id of a conversation: opaque, `conv_` and 32 hex digits, never changed or moved.
    ConversationId
}

impl WabaId {
    /// The id of a vendor's first number. A vendor id too long for the prefix is cut to fit and told apart by its hash.
    pub fn first_of(vendor: &VendorId) -> Self {
        let plain = format!("waba_{vendor}");
        if is_id(&plain) {
            Self(plain)
        } else {
            Self(format!(
                "waba_{}",
                Fingerprint::of(&[vendor.as_str()]).short()
            ))
        }
    }
}

impl WabaId {
    /// The id of a vendor's second number, or of a later one.
    pub fn further_of(vendor: &VendorId, place: usize) -> Self {
        let plain = format!("{}_{place}", Self::first_of(vendor));
        if is_id(&plain) {
            Self(plain)
        } else {
            let hash = Fingerprint::of(&[vendor.as_str()]).short();
            Self(format!("waba_{hash}_{place}"))
        }
    }
}

impl MessageId {
    /// An id made from 128 bits that somebody else drew (a UUID version 7, so that ids sort by time).
    pub fn from_bits(bits: u128) -> Self {
        Self(format!("msg_{bits:032x}"))
    }

    /// The id that the same parts always give: a message delivered again, or a decision made again, gets the same id.
    pub fn derived(parts: &[&str]) -> Self {
        Self(format!("msg_{}", Fingerprint::of(parts).short()))
    }
}

impl ConversationId {
    /// The id that the first identity seen gives to its conversation.
    pub fn derived(parts: &[&str]) -> Self {
        Self(format!("conv_{}", Fingerprint::of(parts).short()))
    }
}

/// A hash of several texts, none of which can be read back: group ids, dedup ids and derived ids are made of it,
/// so that no phone number stands in a queue's metadata.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Hashes the parts with their lengths, so that `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self(hash.finalize().into())
    }

    /// The whole hash in 64 hex digits.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// The first 32 bits as a number.
    pub(crate) const fn small(&self) -> u32 {
        u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]])
    }

    /// The first 128 bits in 32 hex digits.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..16])
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_only_characters_that_are_safe_in_urls_keys_and_names() {
        for good in ["vendor_001", "A-b_9", &"x".repeat(64)] {
            assert!(VendorId::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a b",
            "é",
            "a/b",
            "a#b",
            "../x",
            "a%20",
            &"x".repeat(65),
        ] {
            assert_eq!(VendorId::parse(bad), Err(InvalidId), "{bad}");
        }
    }

    #[test]
    fn the_first_number_of_a_vendor_has_the_vendors_name() {
        let vendor = VendorId::parse("vendor_001").unwrap();
        assert_eq!(WabaId::first_of(&vendor).as_str(), "waba_vendor_001");
        let long = VendorId::parse(&"v".repeat(64)).unwrap();
        assert!(is_id(WabaId::first_of(&long).as_str()));
    }

    #[test]
    fn each_further_number_of_a_vendor_has_an_id_of_its_own() {
        for name in ["vendor_001", &"v".repeat(58), &"v".repeat(64)] {
            let vendor = VendorId::parse(name).unwrap();
            let ids: Vec<_> = (2..=20)
                .map(|place| WabaId::further_of(&vendor, place))
                .collect();
            assert!(
                ids.iter()
                    .all(|id| is_id(id.as_str()) && *id != WabaId::first_of(&vendor))
            );
            assert!((1..ids.len()).all(|at| !ids[..at].contains(&ids[at])));
        }
        let vendor = VendorId::parse("vendor_001").unwrap();
        assert_eq!(WabaId::further_of(&vendor, 2).as_str(), "waba_vendor_001_2");
    }

    #[test]
    fn derived_ids_depend_on_where_the_parts_end() {
        assert_eq!(
            MessageId::derived(&["a", "b"]),
            MessageId::derived(&["a", "b"])
        );
        assert_ne!(
            MessageId::derived(&["ab", "c"]),
            MessageId::derived(&["a", "bc"])
        );
    }
}
