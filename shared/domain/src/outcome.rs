use std::fmt;
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
        quota: Quota,
    },
    /// The provider will never take this message as it is.
    Rejected {
        class: RejectClass,
        /// In the provider's words, cut to 200 characters and without digits.
        reason: String,
    },
    /// The provider puts it off, because too much was sent: until after this time if it named one, at most an hour. That is no attempt.
    RetryLater { after: Option<Duration> },
    /// The provider, or the way to it, surely did not take it, and may when it is tried again: after this time if it named one.
    Unavailable { after: Option<Duration> },
    /// The session behind the key is not linked to WhatsApp; nothing can leave before it is.
    NotConnected,
    /// The key was refused.
    Unauthorized,
    /// The answer does not tell whether the message was taken: it must not be sent again by itself.
    Unknown,
}

/// What an answer says of the provider's limits: for how long nothing more may be sent, if an allowance is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Of the short window, at most an hour.
    pub used_up_for: Option<Duration>,
    /// Of the day, at most a day.
    pub day_used_up_for: Option<Duration>,
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
    /// The provider could not take it at any of several tries.
    Unavailable,
    /// Another refusal.
    Other,
}

impl RejectClass {
    pub const ALL: [Self; 7] = [
        Self::Invalid,
        Self::NoRoute,
        Self::Subscription,
        Self::TooLarge,
        Self::Unsendable,
        Self::Unavailable,
        Self::Other,
    ];

    /// The word that stands for it in the ledger and the admin API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NoRoute => "no_route",
            Self::Subscription => "subscription",
            Self::TooLarge => "too_large",
            Self::Unsendable => "unsendable",
            Self::Unavailable => "unavailable",
            Self::Other => "other",
        }
    }
}

/// Why a message failed. The ledger keeps it as a text, `<class>: <reason>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `None` if the provider took the message and told of the failure later.
    pub class: Option<RejectClass>,
    pub reason: String,
}

impl Failure {
    pub fn new(class: RejectClass, reason: impl Into<String>) -> Self {
        Self {
            class: Some(class),
            reason: reason.into(),
        }
    }

    /// Reads the ledger's text; what names no class is all reason.
    pub fn read(text: &str) -> Self {
        let classed = text.split_once(": ").and_then(|(word, reason)| {
            let mut classes = RejectClass::ALL.into_iter();
            Some((classes.find(|class| class.as_str() == word)?, reason))
        });
        match classed {
            Some((class, reason)) => Self::new(class, reason),
            None => Self {
                class: None,
                reason: text.to_owned(),
            },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            Some(class) => write!(f, "{}: {}", class.as_str(), self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_read_as_it_was_written() {
        for class in RejectClass::ALL {
            let failure = Failure::new(class, "Validation failed: bad number");
            assert_eq!(Failure::read(&failure.to_string()), failure);
        }
    }

    #[test]
    fn what_the_provider_told_later_has_no_class() {
        for text in ["no reason given", "Error: recipient unknown", ""] {
            let failure = Failure::read(text);
            assert_eq!((failure.class, failure.reason.as_str()), (None, text));
        }
    }
}
