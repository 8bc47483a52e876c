use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::event::ProviderMessageId;

/// What came of handing one message to a provider, as far as its answer tells.
///
/// The difference that matters is between what was surely not accepted, and may be tried again, and what may have been
/// accepted, and must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The provider took it over. That is not yet a proof that it reached anybody.
    Accepted {
        /// The provider's own log number of it (Wasender's `msgId`).
        msg_id: Option<i64>,
        /// WhatsApp's id of it, from the providers that tell it at once.
        key_id: Option<ProviderMessageId>,
    },
    /// The provider will never take this message as it is.
    Rejected {
        class: RejectClass,
        /// In the provider's words, cut to 200 characters and without digits.
        reason: String,
    },
    /// The provider did not take it now, and may later: after this time if it named one, at most an hour.
    RetryLater { after: Option<Duration> },
    /// The session behind the key is not linked to WhatsApp; nothing can leave before it is.
    NotConnected,
    /// The key was refused.
    Unauthorized,
    /// The answer does not tell whether the message was taken: it must not be sent again by itself.
    Unknown,
}

/// Why a provider refuses a message for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectClass {
    /// A field of the request does not please the provider.
    Invalid,
    /// There is no such recipient, or none that this provider can reach.
    NoRoute,
    /// The vendor's plan with the provider has ended or does not cover it.
    Subscription,
    /// The message or its file is too large.
    TooLarge,
    /// This provider has no way to carry this kind of message.
    Unsendable,
    /// Another refusal.
    Other,
}

impl RejectClass {
    /// The word that stands for it in the ledger and the admin API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NoRoute => "no_route",
            Self::Subscription => "subscription",
            Self::TooLarge => "too_large",
            Self::Unsendable => "unsendable",
            Self::Other => "other",
        }
    }
}
