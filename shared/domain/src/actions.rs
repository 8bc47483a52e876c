//! What an engine has the vendor's other systems do: recorded with its decision, and told to them in a signed request.

use jiff::Timestamp;
use serde_json::json;

use crate::contract::VERSION;
use crate::conversation::Conversation;
use crate::engine::Action;
use crate::ids::MessageId;
use crate::limits;

/// How far the actions of a decision got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionsState {
    /// Nobody is to be told.
    Recorded,
    Pending,
    Delivered,
    /// Nobody took them in time.
    Failed,
}

impl ActionsState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Recorded, Self::Pending, Self::Delivered, Self::Failed];
        all.into_iter().find(|state| state.as_str() == word)
    }
}

/// What follows a delivery that nobody took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    Again(Timestamp),
    GivenUp,
}

/// What is posted; the same at every attempt.
pub fn body(conversation: &Conversation, message: &MessageId, actions: &[Action]) -> String {
    let body = json!({
        "version": VERSION,
        "vendor": { "id": conversation.vendor },
        "message": { "id": message },
        "conversation": { "sessionId": conversation.context.session_id },
        "actions": actions,
    });
    body.to_string()
}

/// The id under which a message's actions are told, at every attempt the same and no question's.
pub fn delivery_id(message: &MessageId) -> String {
    format!("{message}_actions")
}

/// When actions that were decided on at `decided_at` are told again after so many attempts.
pub fn after_failure(attempts: u32, decided_at: Timestamp, now: Timestamp) -> AfterFailure {
    let waits = &limits::ACTIONS_WAITS;
    let attempt = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let wait = waits[attempt.min(waits.len() - 1)];
    let until = decided_at.checked_add(limits::ACTIONS_LIVE);
    match (now.checked_add(wait), until) {
        (Ok(at), Ok(until)) if at <= until => AfterFailure::Again(at),
        _ => AfterFailure::GivenUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_at_growing_waits_and_end_after_a_day() {
        let began = Timestamp::UNIX_EPOCH;
        let (mut now, mut attempts, mut last) = (began, 0, std::time::Duration::ZERO);
        loop {
            attempts += 1;
            match after_failure(attempts, began, now) {
                AfterFailure::Again(at) => {
                    let wait = std::time::Duration::try_from(at.duration_since(now)).unwrap();
                    assert!(wait >= last);
                    (now, last) = (at, wait);
                }
                AfterFailure::GivenUp => break,
            }
        }
        assert!(
            now <= began + limits::ACTIONS_LIVE && attempts < 30,
            "{attempts}"
        );
        assert!(now > began + limits::ACTIONS_LIVE - limits::ACTIONS_WAITS[4] * 2);
    }

    #[test]
    fn every_state_has_a_word() {
        use ActionsState::{Delivered, Failed, Pending, Recorded};
        for state in [Recorded, Pending, Delivered, Failed] {
            assert_eq!(ActionsState::parse(state.as_str()), Some(state));
        }
        assert_eq!(ActionsState::parse(""), None);
    }
}
