//! A question that its engine took and answers later: open until a reply comes, its time is over, or somebody else speaks.

use jiff::Timestamp;

use crate::contact::Contact;
use crate::content::Content;
use crate::conversation::Heard;
use crate::decision::{Decision, reply_id};
use crate::event::GroupId;
use crate::ids::{ConversationId, MessageId, VendorId, WabaId};
use crate::limits;
use crate::outbound::{Draft, Origin};

#[cfg(test)]
mod tests;

/// A question that waits for its answer, or waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferred {
    pub vendor: VendorId,
    /// The number that it came to, and that its replies leave from.
    pub waba: WabaId,
    /// Our id of it.
    pub question: MessageId,
    pub conversation: ConversationId,
    /// The conversation's control epoch that it was decided under: once that moved, somebody else speaks.
    pub epoch: u64,
    /// When it was received.
    pub asked_at: Timestamp,
    pub answer_by: Timestamp,
    pub state: DeferredState,
    /// How many replies were given to it, those included that its decision already had.
    pub replies: usize,
}

/// What became of a question that waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeferredState {
    Open,
    /// A reply came while it was open. More may follow until its time is over.
    Answered,
    /// Its time was over first, and the fallback was said.
    Missed,
    /// Somebody else spoke first, and nothing was said.
    Superseded,
}

impl DeferredState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Missed => "missed",
            Self::Superseded => "superseded",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Open, Self::Answered, Self::Missed, Self::Superseded];
        all.into_iter().find(|state| state.as_str() == word)
    }
}

/// Why a late reply is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    TooLate,
    Superseded,
    /// It has as many replies as an answer may have.
    TooMany,
}

/// What is to be done once the time of a question may be over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// Nothing: it was settled before.
    Settled,
    /// Nothing before this time.
    NotYet(Timestamp),
    /// Write this with the fallback.
    Missed(Deferred),
    /// Write this, and say nothing.
    Superseded(Deferred),
}

impl Deferred {
    /// A question whose engine answers later, as its decision leaves it.
    pub fn open(decision: &Decision, heard: Heard<'_>, now: Timestamp) -> Self {
        let conversation = &decision.conversation;
        Self {
            vendor: conversation.vendor.clone(),
            waba: heard.waba.clone(),
            question: heard.id.clone(),
            conversation: conversation.id.clone(),
            epoch: conversation.control_epoch,
            asked_at: heard.received_at,
            answer_by: now
                .checked_add(limits::ANSWER_WITHIN)
                .unwrap_or(Timestamp::MAX),
            state: DeferredState::Open,
            replies: decision.replies.len(),
        }
    }

    /// The question with one more reply, while its conversation's control epoch is `epoch`. An open one takes its reply however late: the
    /// customer was told nothing yet.
    pub fn answered(&self, epoch: u64, now: Timestamp) -> Result<Self, NotTaken> {
        match self.state {
            DeferredState::Missed => Err(NotTaken::TooLate),
            DeferredState::Superseded => Err(NotTaken::Superseded),
            DeferredState::Open | DeferredState::Answered if epoch != self.epoch => {
                Err(NotTaken::Superseded)
            }
            DeferredState::Answered if now >= self.answer_by => Err(NotTaken::TooLate),
            DeferredState::Open | DeferredState::Answered
                if self.replies >= limits::REPLIES_PER_DECISION =>
            {
                Err(NotTaken::TooMany)
            }
            DeferredState::Open | DeferredState::Answered => Ok(Self {
                state: DeferredState::Answered,
                replies: self.replies + 1,
                ..self.clone()
            }),
        }
    }

    /// What the end of its time brings, while its conversation's control epoch is `epoch`; `is_silent`: the vendor wants no automatic
    /// messages any more.
    pub fn overdue(&self, (epoch, is_silent): (u64, bool), now: Timestamp) -> Overdue {
        let ended = |state| Self {
            state,
            ..self.clone()
        };
        match self.state {
            DeferredState::Answered | DeferredState::Missed | DeferredState::Superseded => {
                Overdue::Settled
            }
            DeferredState::Open if now < self.answer_by => Overdue::NotYet(self.answer_by),
            DeferredState::Open if is_silent || epoch != self.epoch => {
                Overdue::Superseded(ended(DeferredState::Superseded))
            }
            DeferredState::Open => Overdue::Missed(Self {
                replies: self.replies + 1,
                ..ended(DeferredState::Missed)
            }),
        }
    }

    /// The last of its replies, to whoever asked.
    pub fn reply(&self, (to, group): (Contact, Option<GroupId>), content: Content) -> Draft {
        let index = self.replies.saturating_sub(1);
        Draft {
            id: reply_id(&self.question, index),
            vendor: self.vendor.clone(),
            waba: self.waba.clone(),
            conversation: self.conversation.clone(),
            to,
            group,
            content,
            quote: None,
            origin: Origin::Automatic {
                epoch: self.epoch,
                in_reply_to: self.question.clone(),
            },
            index,
        }
    }
}
