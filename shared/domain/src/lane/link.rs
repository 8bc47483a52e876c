//! What a session's own word does to its lane: every link may be to another number, so each is verified before anything leaves.

use jiff::Timestamp;

use super::{Lane, LaneState, ParkReason};
use crate::event::SessionStatus;
use crate::limits;

impl Lane {
    /// Whether it stands still until the number behind its session is verified.
    pub const fn is_held_for_its_number(&self) -> bool {
        matches!(
            self.state,
            LaneState::Parked {
                reason: ParkReason::Identity,
                ..
            }
        )
    }

    /// The lane once the number behind its session was seen to be the registered one, by a look that began while it stood in `epoch`.
    /// A session that was linked anew meanwhile is looked at anew.
    #[must_use]
    pub fn verified(mut self, epoch: u64) -> Self {
        match self.state {
            LaneState::Parked {
                reason: ParkReason::Identity,
                ..
            } if self.epoch == epoch => {
                self.unverified = false;
                self.started()
            }
            LaneState::Open | LaneState::Draining | LaneState::Parked { .. } => self,
        }
    }

    /// The lane of a session that has a new number, or a new key: held until that number is verified.
    #[must_use]
    pub fn registered(mut self, now: Timestamp) -> Self {
        self.unverified = true;
        self.closed = false;
        self.doubts = 0;
        self.stopped(
            ParkReason::Identity,
            now.checked_add(limits::PROBE_AFTER).ok(),
        )
    }

    /// The lane once nothing of a backup can leave it any more: its list is empty, and its session may have been linked anew since.
    #[must_use]
    pub(crate) fn emptied(mut self, now: Timestamp) -> Self {
        (self.listed, self.doubts) = (0, 0);
        if self.closed {
            return self.started();
        }
        self.unverified = true;
        self.stopped(ParkReason::Identity, Some(now))
    }

    /// The lane of a number that is deleted: its list is drained, and whatever comes to its turn ends cancelled.
    #[must_use]
    pub fn closed(mut self, now: Timestamp) -> Self {
        self.closed = true;
        self.closed_at = self.closed_at.max(Some(now));
        self.unverified = false;
        self.doubts = 0;
        self.started()
    }

    /// The lane after the session told its status at `now`. Each `connected` may be a new link, to another number.
    #[must_use]
    pub fn told(self, status: SessionStatus, now: Timestamp) -> Self {
        match status {
            SessionStatus::Connected => self.linked(now),
            status if status.is_down() => self.dropped(now),
            _ => self,
        }
    }

    /// The lane after the provider was asked for the session's status: as told, but that an open lane is connected is no news.
    #[must_use]
    pub fn looked_at(self, status: SessionStatus, now: Timestamp) -> Self {
        match self.state {
            LaneState::Parked {
                reason: ParkReason::NotConnected,
                ..
            } => self.told(status, now),
            LaneState::Open | LaneState::Draining | LaneState::Parked { .. }
                if status == SessionStatus::Connected =>
            {
                self
            }
            LaneState::Open | LaneState::Draining | LaneState::Parked { .. } => {
                self.told(status, now)
            }
        }
    }

    fn linked(mut self, now: Timestamp) -> Self {
        let was_unverified = std::mem::replace(&mut self.unverified, true);
        match self.state {
            // Whatever else it stands still for comes first.
            LaneState::Parked {
                reason:
                    ParkReason::RateLimited
                    | ParkReason::DailyCap
                    | ParkReason::Credentials
                    | ParkReason::Doubt
                    | ParkReason::Platform,
                ..
            } => {
                if was_unverified {
                    self
                } else {
                    self.changed()
                }
            }
            LaneState::Open
            | LaneState::Draining
            | LaneState::Parked {
                reason: ParkReason::NotConnected | ParkReason::Identity,
                ..
            } => self.stopped(
                ParkReason::Identity,
                now.checked_add(limits::PROBE_AFTER).ok(),
            ),
        }
    }

    fn dropped(self, now: Timestamp) -> Self {
        let probe_at = now.checked_add(limits::PROBE_AFTER).ok();
        match self.state {
            // The session is down: that explains the doubt, or that nobody answers for the number; `connected` ends both.
            LaneState::Parked {
                reason: ParkReason::Doubt | ParkReason::Identity | ParkReason::Platform,
                ..
            } => {
                let lane = Self {
                    unverified: true,
                    ..self
                };
                lane.stopped(ParkReason::NotConnected, probe_at)
            }
            LaneState::Open | LaneState::Draining | LaneState::Parked { .. } => {
                self.parked(ParkReason::NotConnected, probe_at)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn reason(lane: &Lane) -> Option<ParkReason> {
        match lane.state {
            LaneState::Parked { reason, .. } => Some(reason),
            LaneState::Open | LaneState::Draining => None,
        }
    }

    fn verified(lane: Lane) -> Lane {
        let epoch = lane.epoch;
        lane.verified(epoch)
    }

    #[test]
    fn a_dropped_session_stops_the_lane_and_a_verified_number_starts_it_again() {
        let down = Lane::default().told(SessionStatus::Disconnected, NOW);
        assert_eq!(reason(&down), Some(ParkReason::NotConnected));
        assert!(down.due_at(NOW).is_some(), "it is probed");
        let back = down.clone().told(SessionStatus::Connected, NOW);
        assert_eq!(reason(&back), Some(ParkReason::Identity));
        assert!(back.due_at(NOW).is_some(), "it is looked at if nobody does");
        assert_eq!(verified(back).state, LaneState::Open);
        let listed = down.listing(false).told(SessionStatus::Connected, NOW);
        assert_eq!(verified(listed).state, LaneState::Draining);
    }

    #[test]
    fn every_connected_that_the_session_tells_is_verified() {
        let told = Lane::default().told(SessionStatus::Connected, NOW);
        assert_eq!(reason(&told), Some(ParkReason::Identity));
        assert_eq!(
            reason(&told.resumed()),
            Some(ParkReason::Identity),
            "nothing but the verified number starts it"
        );
    }

    #[test]
    fn a_verification_does_not_count_for_a_session_that_was_linked_anew_meanwhile() {
        let first = Lane::default().told(SessionStatus::Connected, NOW);
        let anew = first.clone().told(SessionStatus::Connected, NOW);
        let dropped = first.clone().told(SessionStatus::Disconnected, NOW);
        let back = dropped.clone().told(SessionStatus::Connected, NOW);
        for lane in [anew, dropped, back] {
            assert_eq!(lane.clone().verified(first.epoch), lane);
        }
    }

    #[test]
    fn connected_does_not_start_a_lane_that_stands_still_for_another_reason_and_is_verified_after_it()
     {
        for first in [
            ParkReason::RateLimited,
            ParkReason::Credentials,
            ParkReason::Doubt,
        ] {
            let lane = Lane::default()
                .parked(first, None)
                .told(SessionStatus::Connected, NOW);
            assert_eq!(reason(&lane), Some(first));
            let resumed = lane.resumed();
            assert_eq!(reason(&resumed), Some(ParkReason::Identity), "{first:?}");
            assert!(resumed.due_at(NOW).is_some());
            assert_eq!(verified(resumed).state, LaneState::Open);
        }
    }

    #[test]
    fn a_lane_that_waited_or_doubted_is_not_verified_unless_its_session_was_down() {
        for first in [ParkReason::RateLimited, ParkReason::Doubt] {
            let lane = Lane::default().parked(first, None);
            assert_eq!(lane.clone().resumed().state, LaneState::Open, "{first:?}");
            let down = lane.parked(ParkReason::NotConnected, None);
            assert_eq!(reason(&down), Some(first));
            assert_eq!(reason(&down.resumed()), Some(ParkReason::Identity));
        }
    }

    #[test]
    fn a_probe_that_hears_what_is_known_changes_nothing() {
        let status = SessionStatus::Connected;
        for lane in [
            Lane::default(),
            Lane::default().told(status, NOW),
            Lane::default().parked(ParkReason::Doubt, None),
        ] {
            assert_eq!(lane.clone().looked_at(status, NOW), lane);
        }
        let down = Lane::default().looked_at(SessionStatus::LoggedOut, NOW);
        assert_eq!(reason(&down), Some(ParkReason::NotConnected));
        let back = down.looked_at(status, NOW);
        assert_eq!(reason(&back), Some(ParkReason::Identity));
    }

    #[test]
    fn an_unknown_or_passing_status_changes_nothing() {
        for status in [SessionStatus::Other, SessionStatus::Connecting] {
            assert_eq!(Lane::default().told(status, NOW), Lane::default());
        }
    }

    #[test]
    fn every_stop_and_start_raises_the_epoch() {
        let down = Lane::default().told(SessionStatus::LoggedOut, NOW);
        let back = down.clone().told(SessionStatus::Connected, NOW);
        let open = verified(back.clone());
        assert_eq!((down.epoch, back.epoch, open.epoch), (1, 2, 3));
        assert_eq!(
            down.told(SessionStatus::Disconnected, NOW).epoch,
            1,
            "stopped twice is stopped once"
        );
    }

    #[test]
    fn a_lane_in_doubt_whose_session_turns_out_to_be_down_starts_again_with_it() {
        let down = Lane::default()
            .doubted(NOW)
            .doubted(NOW)
            .told(SessionStatus::Disconnected, NOW);
        let back = verified(down.told(SessionStatus::Connected, NOW));
        assert_eq!(back.state, LaneState::Open);
    }

    #[test]
    fn a_new_number_or_key_is_held_whatever_the_lane_stood_still_for() {
        for first in ParkReason::ALL {
            let lane = Lane::default().parked(first, None).registered(NOW);
            assert_eq!(reason(&lane), Some(ParkReason::Identity), "{first:?}");
            assert!(lane.unverified && lane.due_at(NOW).is_some());
        }
        let fresh = Lane::default().registered(NOW);
        assert_eq!(reason(&fresh), Some(ParkReason::Identity));
    }

    #[test]
    fn a_lane_whose_limits_end_early_is_verified_at_once_if_its_session_was_linked_meanwhile() {
        let midnight = NOW.checked_add(limits::PARKED_STAFF_LIVES).ok();
        for reason in [ParkReason::RateLimited, ParkReason::DailyCap] {
            let held = Lane::default()
                .parked(reason, midnight)
                .told(SessionStatus::Connected, NOW)
                .resumed();
            assert!(held.is_held_for_its_number(), "{reason:?}");
            assert!(held.due_at(NOW).is_some_and(|due| due <= NOW), "{reason:?}");
        }
    }
}
