//! The files that come with messages: where they are kept, when fetching one is tried again, and when that ends.

use std::time::Duration;

use jiff::Timestamp;

use crate::ids::{MessageId, VendorId};
use crate::limits;

/// How far the gateway got with the file of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaState {
    /// It is to be fetched.
    Pending,
    /// It is in the gateway's own store.
    Stored,
    /// It is not fetched, and is not tried again.
    Failed,
}

impl MediaState {
    const ALL: [Self; 3] = [Self::Pending, Self::Stored, Self::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Stored => "stored",
            Self::Failed => "failed",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Why a file is not in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaFailure {
    /// The event told no address of it.
    NoSource,
    /// It is larger than what is kept.
    TooLarge,
    /// Its address is none that files are fetched from.
    ForbiddenAddress,
    /// Neither WhatsApp nor the provider has it, or they refuse to give it.
    NotAvailable,
    /// What came is not what was sent: its authentication code or its checksum is wrong.
    Damaged,
    /// Nobody answered in time.
    Unreachable,
    /// It is a program, or says that it is one.
    Executable,
    /// The store did not take it.
    StoreFailed,
    /// The gateway has no store.
    NotConfigured,
}

impl MediaFailure {
    /// The stable word of it, for the ledger and for clients.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSource => "no_source",
            Self::TooLarge => "too_large",
            Self::ForbiddenAddress => "forbidden_address",
            Self::NotAvailable => "not_available",
            Self::Damaged => "damaged",
            Self::Unreachable => "unreachable",
            Self::Executable => "executable",
            Self::StoreFailed => "store_failed",
            Self::NotConfigured => "not_configured",
        }
    }

    /// Whether trying again can't help.
    const fn is_final(self) -> bool {
        match self {
            Self::NoSource | Self::TooLarge | Self::Executable | Self::NotConfigured => true,
            Self::ForbiddenAddress
            | Self::NotAvailable
            | Self::Damaged
            | Self::Unreachable
            | Self::StoreFailed => false,
        }
    }
}

/// An attempt that brought no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaTrouble {
    pub failure: MediaFailure,
    /// The provider asked to come back after this time: then it was no attempt.
    pub wait: Option<Duration>,
}

impl From<MediaFailure> for MediaTrouble {
    fn from(failure: MediaFailure) -> Self {
        Self {
            failure,
            wait: None,
        }
    }
}

/// What follows an attempt that brought no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterTrouble {
    /// Once more at this time, with so many attempts behind it.
    Again {
        at: Timestamp,
        attempts: u32,
    },
    Failed(MediaFailure),
}

/// Decides what follows trouble in the attempt that was number `attempts`.
pub fn after_trouble(
    trouble: MediaTrouble,
    attempts: u32,
    received_at: Timestamp,
    now: Timestamp,
) -> AfterTrouble {
    let MediaTrouble { failure, wait } = trouble;
    let is_old = now.duration_since(received_at) >= limits::MEDIA_GIVEN_UP;
    if failure.is_final() || is_old || (wait.is_none() && attempts >= limits::MEDIA_ATTEMPTS) {
        return AfterTrouble::Failed(failure);
    }
    let (wait, attempts) = match wait {
        Some(wait) => (
            wait.clamp(MIN_WAIT, limits::MEDIA_WAITS),
            attempts.saturating_sub(1),
        ),
        None => (backoff(attempts), attempts),
    };
    AfterTrouble::Again {
        at: now.checked_add(wait).unwrap_or(Timestamp::MAX),
        attempts,
    }
}

const MIN_WAIT: Duration = Duration::from_secs(1);

/// 1, 4, 16 minutes and then an hour: WhatsApp keeps files for weeks, and what is gone stays gone.
fn backoff(attempts: u32) -> Duration {
    let minutes = 4_u64.saturating_pow(attempts.saturating_sub(1));
    Duration::from_mins(minutes.min(60)).min(limits::MEDIA_WAITS)
}

/// The name of a file in the store: vendor, month, message. Nothing of it is personal.
pub fn object_name(vendor: &VendorId, id: &MessageId, received_at: Timestamp) -> String {
    format!("{vendor}/{}/{id}", received_at.strftime("%Y-%m"))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const RECEIVED: Timestamp = Timestamp::UNIX_EPOCH;

    fn again(seconds: i64, attempts: u32) -> AfterTrouble {
        AfterTrouble::Again {
            at: RECEIVED + SignedDuration::from_secs(seconds),
            attempts,
        }
    }

    #[test]
    fn the_waits_grow_and_the_last_attempt_ends_it() {
        let after =
            |attempts| after_trouble(MediaFailure::Damaged.into(), attempts, RECEIVED, RECEIVED);
        let waits = [60, 240, 960, 3_600, 3_600];
        for (attempts, seconds) in (1..).zip(waits) {
            assert_eq!(after(attempts), again(seconds, attempts));
        }
        assert_eq!(
            after(limits::MEDIA_ATTEMPTS),
            AfterTrouble::Failed(MediaFailure::Damaged)
        );
    }

    #[test]
    fn what_no_repetition_can_mend_ends_at_once() {
        for failure in [
            MediaFailure::NoSource,
            MediaFailure::TooLarge,
            MediaFailure::Executable,
            MediaFailure::NotConfigured,
        ] {
            assert_eq!(
                after_trouble(failure.into(), 1, RECEIVED, RECEIVED),
                AfterTrouble::Failed(failure)
            );
        }
    }

    #[test]
    fn a_wait_that_was_asked_for_is_no_attempt_and_still_ends_some_day() {
        let asked = |seconds| MediaTrouble {
            failure: MediaFailure::Unreachable,
            wait: Some(Duration::from_secs(seconds)),
        };
        let last = limits::MEDIA_ATTEMPTS;
        assert_eq!(
            after_trouble(asked(5), last, RECEIVED, RECEIVED),
            again(5, last - 1)
        );
        assert_eq!(
            after_trouble(asked(0), 1, RECEIVED, RECEIVED),
            again(1, 0),
            "never at once"
        );
        assert_eq!(
            after_trouble(asked(1_000_000), 1, RECEIVED, RECEIVED),
            again(3_600, 0)
        );
        let old = RECEIVED + limits::MEDIA_GIVEN_UP;
        assert_eq!(
            after_trouble(asked(5), 1, RECEIVED, old),
            AfterTrouble::Failed(MediaFailure::Unreachable)
        );
    }

    #[test]
    fn an_object_is_named_by_vendor_month_and_message() {
        let vendor = VendorId::parse("vendor_001").unwrap();
        let id = MessageId::parse("msg_1").unwrap();
        let at: Timestamp = "2026-11-30T23:59:59Z".parse().unwrap();
        assert_eq!(object_name(&vendor, &id, at), "vendor_001/2026-11/msg_1");
    }

    #[test]
    fn every_state_is_read_back_from_its_word() {
        for state in MediaState::ALL {
            assert_eq!(MediaState::parse(state.as_str()), Some(state));
        }
        assert_eq!(MediaState::parse("lost"), None);
    }
}
