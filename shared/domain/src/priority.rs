//! How soon a person should look at a conversation.

use serde::{Deserialize, Serialize};

use crate::conversation::Conversation;

/// How soon a person should look at a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    #[default]
    Normal,
    /// The customer complains, or cannot wait.
    High,
}

impl Priority {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::High => "high",
        }
    }

    /// The priority of this name.
    pub fn of(name: &str) -> Option<Self> {
        let all = [Self::Normal, Self::High];
        all.into_iter().find(|priority| priority.as_str() == name)
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks whether to leave it out by reference"
    )]
    pub(crate) const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }
}

impl Conversation {
    /// How soon a person should look at it; only giving it back lowers it.
    pub const fn priority(&self) -> Priority {
        self.context.priority
    }
}
