//! Codes that link a vendor's phone with its session: secrets as long as they live, which is not long.

use std::fmt;

use jiff::Timestamp;

use crate::limits;

/// By what a session is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairingKind {
    Qr,
    Passkey,
}

impl PairingKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::Passkey => "passkey",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Qr, Self::Passkey]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// The last step of linking that a provider told. It is never queued nor logged; its `Debug` shows the kind alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Pairing {
    pub kind: PairingKind,
    /// The text of the QR code, or the code that both sides show.
    pub code: Option<String>,
    /// What the vendor gives to the helper that links by passkey.
    pub token: Option<String>,
    /// The step, in the provider's word.
    pub stage: Option<String>,
    pub request_id: Option<String>,
    /// What went wrong, by the provider, without digits.
    pub error: Option<String>,
    /// Until when it can be used, if the provider says so.
    pub expires_at: Option<Timestamp>,
}

impl Pairing {
    /// A step of this kind with nothing else known of it.
    pub const fn of(kind: PairingKind) -> Self {
        Self {
            kind,
            code: None,
            token: None,
            stage: None,
            request_id: None,
            error: None,
            expires_at: None,
        }
    }

    /// Until when it is kept: as long as the provider says, within bounds, or a while.
    pub fn expiry(&self, received_at: Timestamp) -> Timestamp {
        let after = |lives| received_at.checked_add(lives).unwrap_or(received_at);
        self.expires_at
            .unwrap_or_else(|| after(limits::PAIRING_LIVES))
            .min(after(limits::PAIRING_LIVES_AT_MOST))
    }
}

impl fmt::Debug for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pairing({})", self.kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_pairing_prints_none_of_its_codes() {
        let pairing = Pairing {
            code: Some("2@secret".to_owned()),
            token: Some("secret".to_owned()),
            request_id: Some("secret".to_owned()),
            ..Pairing::of(PairingKind::Passkey)
        };
        assert_eq!(format!("{pairing:?}"), "Pairing(passkey)");
    }

    #[test]
    fn a_code_lives_two_minutes_or_as_long_as_it_says_within_bounds() {
        let expiry = |expires_at| {
            let pairing = Pairing {
                expires_at,
                ..Pairing::of(PairingKind::Qr)
            };
            pairing.expiry(NOW)
        };
        assert_eq!(expiry(None), NOW + limits::PAIRING_LIVES);
        assert_eq!(expiry(Some(NOW + 20.seconds())), NOW + 20.seconds());
        let bound = NOW + limits::PAIRING_LIVES_AT_MOST;
        assert_eq!(expiry(Some(NOW + 2.hours())), bound);
    }
}
