//! What a stack does after its tables were restored from a backup: nobody knows any more what left, or was decided, since the backup, so
//! nothing leaves until each send that the backup holds open is in doubt, and what must not come back is taken away again.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::deferred::{Deferred, DeferredState};
use crate::delivery::Delivery;
use crate::lane::Lane;
use crate::ledger::Dispatch;
use crate::outbound::Outbound;

use held::Held;

pub mod held;
pub mod record;

/// A restore, by the moment from which on the restored tables are the stack's: whatever is older was done by somebody whose memory is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restore(Timestamp);

impl Restore {
    pub const fn at(moment: Timestamp) -> Self {
        Self(moment)
    }

    /// Reads the moment as RFC 3339 has it, such as `2026-11-23T10:15:00Z`; tables keep whole milliseconds of it.
    pub fn parse(text: &str) -> Option<Self> {
        let moment: Timestamp = text.trim().parse().ok()?;
        Timestamp::from_millisecond(moment.as_millisecond())
            .ok()
            .map(Self)
    }

    pub const fn moment(self) -> Timestamp {
        self.0
    }

    /// Whether a message came, or was written, before the moment: it may have been answered by what the restored tables know nothing of.
    pub fn may_have_answered(self, received_at: Timestamp, occurred_at: Option<Timestamp>) -> bool {
        received_at < self.0 || occurred_at.is_some_and(|at| at < self.0)
    }

    /// What becomes of a message that the backup holds open. `None`: it is not open, or was made after the restore.
    pub fn doubted(self, message: &Outbound) -> Option<Outbound> {
        if !message.dispatch.is_open() || message.created_at >= self.0 {
            return None;
        }
        let is_proved =
            message.dispatch == Dispatch::Sending && message.delivery >= Delivery::Pending;
        let begun_at = message.follow_up.begun_at.unwrap_or(message.created_at);
        let mut doubted = message.clone().moved_to(if is_proved {
            Dispatch::Accepted
        } else {
            Dispatch::Unknown
        });
        doubted.follow_up.begun_at = Some(begun_at);
        doubted.follow_up.restored_at = (!is_proved).then_some(self.0);
        doubted.undispatched = false;
        doubted.listed = false;
        doubted.lane_epoch = None;
        Some(doubted)
    }

    /// What becomes of a question whose engine was to answer later: it may be answered by now, so nothing is said to it by itself.
    pub fn left(self, question: &Deferred) -> Option<Deferred> {
        let is_open = question.state == DeferredState::Open;
        (is_open && question.asked_at < self.0).then(|| Deferred {
            state: DeferredState::Superseded,
            ..question.clone()
        })
    }

    /// What becomes of a lane: nothing waits in it, and the number behind its session is verified before anything leaves.
    pub fn emptied(self, lane: Lane, now: Timestamp) -> Lane {
        lane.emptied(now)
    }
}

/// The moment, as it names the restore.
impl fmt::Display for Restore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What is worked through, in this order; nothing leaves before all of it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// What was recorded outside the tables is done again: deletions, revocations, pauses, words of customers.
    Records,
    /// Sends that the backup holds open come into doubt.
    Sends,
    /// Questions that wait for their engines are left.
    Questions,
    /// Lanes are emptied.
    Lanes,
    /// Everything new goes its way.
    Done,
}

impl Phase {
    pub const ALL: [Self; 5] = [
        Self::Records,
        Self::Sends,
        Self::Questions,
        Self::Lanes,
        Self::Done,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Sends => "sends",
            Self::Questions => "questions",
            Self::Lanes => "lanes",
            Self::Done => "done",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == word)
    }

    const fn next(self) -> Self {
        match self {
            Self::Records => Self::Sends,
            Self::Sends => Self::Questions,
            Self::Questions => Self::Lanes,
            Self::Lanes | Self::Done => Self::Done,
        }
    }
}

/// How much was worked through, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Worked {
    /// Records that changed something.
    pub records: u64,
    /// Sends that came into doubt.
    pub sends: u64,
    /// Questions that were left.
    pub questions: u64,
    pub lanes: u64,
}

impl Worked {
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            sends: self.sends + other.sends,
            questions: self.questions + other.questions,
            lanes: self.lanes + other.lanes,
        }
    }
}

/// How far a restore got. It stands in the restored tables, so that tables that are restored once more begin anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// Where the next page of the phase begins, unless it is the first.
    pub cursor: Option<String>,
    pub worked: Worked,
    pub begun_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// What became of the sends that it brought into doubt, and when they were counted; they are counted once it is done.
    pub held: Option<(Held, Timestamp)>,
    /// Raised by every change, and the condition of the next.
    pub revision: u64,
}

impl Progress {
    pub fn begun(now: Timestamp) -> Self {
        Self {
            phase: Phase::Records,
            cursor: None,
            worked: Worked::default(),
            begun_at: now,
            finished_at: None,
            held: None,
            revision: 1,
        }
    }

    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// After a page of the phase whose whole work is written; `next` is where another begins.
    #[must_use]
    pub fn went_on(&self, worked: Worked, next: Option<String>, now: Timestamp) -> Self {
        let phase = if next.is_some() {
            self.phase
        } else {
            self.phase.next()
        };
        Self {
            phase,
            cursor: next,
            worked: self.worked.and(worked),
            begun_at: self.begun_at,
            finished_at: (phase == Phase::Done).then(|| self.finished_at.unwrap_or(now)),
            held: self.held.clone(),
            revision: self.revision + 1,
        }
    }
}

#[cfg(test)]
mod tests;
