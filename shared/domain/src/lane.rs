mod link;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;

use crate::ids::MessageId;
use crate::limits;
use crate::outcome::Quota;
use crate::pace::Pace;
use crate::pacing::Pacing;

/// The one way out of a session: its pacing token, and whether anything may leave.
///
/// Every change raises `revision`, and every change is written on the condition that the revision is still the one that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    pub state: LaneState,
    /// Raised whenever the lane stops or starts again. What is drained is drained under one epoch.
    pub epoch: u64,
    pub revision: u64,
    /// Nothing leaves before this.
    pub next_due_at: Option<Timestamp>,
    /// How many messages stand on the lane's list, those included that are back in the queue and not settled yet.
    pub listed: u32,
    /// How fast it goes.
    pub pace: Pace,
    /// Outcomes in a row that nobody knows.
    pub doubts: u32,
    /// Until when one drainer keeps the others away.
    pub drain_lease_until: Option<Timestamp>,
    /// The session was down or linked anew, and nobody saw since whose number it is: nothing leaves before somebody did.
    pub unverified: bool,
    /// The vendor is paused: no automatic reply leaves.
    pub silent: bool,
    /// No automatic reply leaves that was decided by then: the vendor was paused, or went on, at this moment.
    pub silent_before: Option<Timestamp>,
    /// Its number was deleted: what is queued or parked ends cancelled, and nothing leaves any more.
    pub closed: bool,
    /// When its number was last deleted: what was made until then never leaves, not even once the number is registered again.
    pub closed_at: Option<Timestamp>,
    /// The moment of the restore from backup that was worked through when something last left under it.
    pub restored: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneState {
    Open,
    /// Nothing leaves until the session is connected again, or until `resume_at`, when it is probed.
    Parked {
        reason: ParkReason,
        resume_at: Option<Timestamp>,
    },
    /// What was parked leaves first, in its order; what is new goes behind it.
    Draining,
}

/// Why a lane stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParkReason {
    /// The session is not connected.
    NotConnected,
    /// The provider asked for a long wait.
    RateLimited,
    /// As many messages left today as may.
    DailyCap,
    /// The session's key is not accepted.
    Credentials,
    /// Two outcomes in a row are unknown: the provider, or the way to it, is in trouble.
    Doubt,
    /// So many outcomes are unknown over all lanes that the provider itself is in trouble.
    Platform,
    /// Nobody saw yet whose number the session is, or it is another number than the registered one.
    Identity,
}

impl ParkReason {
    pub const ALL: [Self; 7] = [
        Self::NotConnected,
        Self::RateLimited,
        Self::DailyCap,
        Self::Credentials,
        Self::Doubt,
        Self::Platform,
        Self::Identity,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotConnected => "not_connected",
            Self::RateLimited => "rate_limited",
            Self::DailyCap => "daily_cap",
            Self::Credentials => "credentials",
            Self::Doubt => "doubt",
            Self::Platform => "platform",
            Self::Identity => "identity",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// Outcomes in a row that may be unknown before the lane stops.
const DOUBTS: u32 = 2;

impl Default for Lane {
    fn default() -> Self {
        Self {
            state: LaneState::Open,
            epoch: 0,
            revision: 0,
            next_due_at: None,
            listed: 0,
            pace: Pace::default(),
            doubts: 0,
            drain_lease_until: None,
            unverified: false,
            silent: false,
            silent_before: None,
            closed: false,
            closed_at: None,
            restored: None,
        }
    }
}

impl Lane {
    #[must_use]
    fn changed(mut self) -> Self {
        self.revision += 1;
        self
    }

    /// Whether an automatic reply that was decided at this moment may not leave, because the vendor is paused or was since.
    pub fn silences(&self, decided_at: Timestamp) -> bool {
        self.silent
            || self
                .silent_before
                .is_some_and(|before| decided_at <= before)
    }

    /// Whether a message that was made at this moment was given up, because the number is deleted or was since.
    pub fn gives_up(&self, made_at: Timestamp) -> bool {
        self.closed || self.closed_at.is_some_and(|closed_at| made_at <= closed_at)
    }

    /// The lane after a message was taken at `now`: the next is due a gap later.
    #[must_use]
    pub fn taken(mut self, message: &MessageId, now: Timestamp) -> Self {
        let (pace, gap) = self.pace.taken(message, now);
        self.pace = pace;
        self.next_due_at = now.checked_add(gap).ok();
        self.changed()
    }

    /// The lane after a send that was taken did not leave after all.
    #[must_use]
    pub fn given_back(mut self, now: Timestamp) -> Self {
        self.pace = self.pace.given_back(now);
        self.changed()
    }

    /// The lane configured to another pace. What it waited for under the old one is tried at once.
    #[must_use]
    pub fn paced(mut self, pacing: &Pacing, now: Timestamp) -> Self {
        let pace = self.pace.clone().configured_as(pacing);
        if pace == self.pace {
            return self;
        }
        if pace.gap() > self.pace.gap()
            && let Some(due) = self.next_due_at
        {
            // The last send was not later than that.
            self.next_due_at = due.min(now).checked_add(pace.gap()).ok().max(Some(due));
        }
        self.pace = pace;
        let waits_for_its_limits = matches!(
            self.state,
            LaneState::Parked {
                reason: ParkReason::RateLimited | ParkReason::DailyCap,
                ..
            }
        );
        let changed = self.changed();
        if waits_for_its_limits && changed.pace.capped_until(now).is_none() {
            changed.resumed()
        } else {
            changed
        }
    }

    /// The lane with one more message on its list, unless it stood there already.
    #[must_use]
    pub fn listing(mut self, already: bool) -> Self {
        self.listed += u32::from(!already);
        self.changed()
    }

    /// The lane stopped for `reason`. A lane that is stopped stays stopped for its first reason, unless the new one needs a person.
    #[must_use]
    pub fn parked(mut self, reason: ParkReason, resume_at: Option<Timestamp>) -> Self {
        // Whoever mends these may have linked another number, or brought the key of one.
        let doubtful = matches!(reason, ParkReason::NotConnected | ParkReason::Credentials);
        let stays =
            matches!(self.state, LaneState::Parked { .. }) && reason != ParkReason::Credentials;
        if stays && (self.unverified || !doubtful) {
            return self;
        }
        self.unverified |= doubtful;
        if stays {
            return self.changed();
        }
        self.stopped(reason, resume_at)
    }

    fn stopped(mut self, reason: ParkReason, resume_at: Option<Timestamp>) -> Self {
        self.state = LaneState::Parked { reason, resume_at };
        self.epoch += 1;
        self.drain_lease_until = None;
        self.changed()
    }

    /// The lane started again: it drains what is on its list, or is open at once; but first the number behind the session is verified if
    /// nobody did since it was down. After doubt it is on trial: one more unknown outcome stops it again, until one is known.
    #[must_use]
    pub fn resumed(mut self) -> Self {
        match self.state {
            LaneState::Open | LaneState::Draining => self,
            LaneState::Parked {
                reason: ParkReason::Identity,
                ..
            } if self.unverified => self,
            LaneState::Parked { reason, .. } => {
                if !matches!(
                    reason,
                    ParkReason::Doubt | ParkReason::Identity | ParkReason::Platform
                ) {
                    self.doubts = 0;
                }
                if self.unverified {
                    // At once: what it stood still for until now is over.
                    return self.stopped(ParkReason::Identity, Some(Timestamp::UNIX_EPOCH));
                }
                self.started()
            }
        }
    }

    fn started(mut self) -> Self {
        self.state = if self.listed == 0 {
            LaneState::Open
        } else {
            LaneState::Draining
        };
        self.epoch += 1;
        self.drain_lease_until = None;
        self.changed()
    }

    /// The lane after a send whose outcome nobody knows.
    #[must_use]
    pub fn doubted(mut self, now: Timestamp) -> Self {
        self.doubts += 1;
        let counted = self.changed();
        if counted.doubts >= DOUBTS {
            // Each further doubt in a row is probed later: 1 minute, 2, 4, up to 32.
            let wait = limits::PROBE_AFTER * (1 << (counted.doubts - DOUBTS).min(5));
            counted.parked(ParkReason::Doubt, now.checked_add(wait).ok())
        } else {
            counted
        }
    }

    /// The lane after a send whose outcome is known: no doubt is left.
    #[must_use]
    pub fn trusted(mut self) -> Self {
        self.doubts = 0;
        self.changed()
    }

    /// The lane after the provider refused a send and asked to wait: shortly by its pacing, long by being parked.
    #[must_use]
    pub fn told_to_wait(mut self, wait: Duration, now: Timestamp) -> Self {
        self.pace = self.pace.refused(wait);
        let due = now.checked_add(wait).ok();
        if wait > limits::REQUEUE_WAITS {
            return self.changed().parked(ParkReason::RateLimited, due);
        }
        self.next_due_at = due.max(self.next_due_at);
        self.changed()
    }

    /// The lane after the provider took a send and told what is left of its limits. Usually nothing follows from that.
    #[must_use]
    pub fn told_its_quota(mut self, quota: Quota, now: Timestamp) -> Self {
        if let Some(wait) = quota.day_used_up_for {
            return self.parked(ParkReason::RateLimited, now.checked_add(wait).ok());
        }
        let due = quota
            .used_up_for
            .filter(|wait| *wait > self.pace.gap())
            .and_then(|wait| now.checked_add(wait).ok());
        if due <= self.next_due_at {
            return self;
        }
        self.next_due_at = due;
        self.changed()
    }

    /// Whether what is drained beside the oldest message would only be parked again: the gap is longer than an entry waits in the queue.
    pub fn drains_singly(&self) -> bool {
        self.pace.longest_gap() > limits::REQUEUE_WAITS
    }

    /// The lane held by one drainer, if nobody else drains it and there is something to drain.
    pub fn drain_claimed(mut self, now: Timestamp) -> Option<Self> {
        let free = self.drain_lease_until.is_none_or(|until| until <= now);
        if self.state != LaneState::Draining || !free {
            return None;
        }
        self.drain_lease_until = now.checked_add(limits::DRAIN_LEASE).ok();
        Some(self.changed())
    }

    /// The lane let go by its drainer: open if its list is empty.
    #[must_use]
    pub fn drain_released(mut self) -> Self {
        self.drain_lease_until = None;
        if self.state == LaneState::Draining && self.listed == 0 {
            self.state = LaneState::Open;
        }
        self.changed()
    }

    /// The lane looked at and not to be looked at again before `until`.
    #[must_use]
    pub fn put_off(mut self, until: Timestamp) -> Self {
        match &mut self.state {
            LaneState::Parked { resume_at, .. } if resume_at.is_some() => {
                *resume_at = Some(until);
                self.changed()
            }
            LaneState::Open | LaneState::Draining | LaneState::Parked { .. } => self,
        }
    }

    /// When the sweep must look at this lane again if nobody else does.
    pub fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.state {
            LaneState::Open => None,
            LaneState::Parked { resume_at, .. } => resume_at,
            LaneState::Draining => now.checked_add(limits::DRAIN_LEASE).ok(),
        }
    }
}
