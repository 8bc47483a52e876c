//! What the sender does with a queue entry, decided before anything is written and again by the conditions of the write.

use jiff::Timestamp;

use crate::delivery::Delivery;
use crate::lane::{Lane, LaneState, ParkReason};
use crate::ledger::Dispatch;
use crate::limits;
use crate::outbound::{Origin, Outbound};

/// The sender's next step for one queue entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// Write these two, then call the provider.
    Send { message: Box<Outbound>, lane: Lane },
    /// Not due before this time.
    Wait(Timestamp),
    /// Put it on the lane's list: write these two and drop the queue entry.
    Park { message: Box<Outbound>, lane: Lane },
    /// It ends here, unsent (cancelled, expired) or in doubt (its sender died): write this and drop the queue entry.
    End(Box<Outbound>),
    /// Another invocation is sending it until this time.
    InFlight(Timestamp),
    /// The entry means nothing any more.
    Drop(DropReason),
}

/// Why a queue entry means nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// Its generation is not the message's.
    Stale,
    /// The message is parked or final.
    Settled,
}

/// Decides the turn of an entry of `generation`. `control_epoch` is the conversation's at this moment.
pub fn turn(message: &Outbound, lane: &Lane, entry: Entry, now: Timestamp) -> Turn {
    if entry.generation != message.generation {
        return Turn::Drop(DropReason::Stale);
    }
    match message.dispatch {
        Dispatch::Queued => {}
        Dispatch::Sending => return after_a_death(message, now),
        Dispatch::Parked
        | Dispatch::Accepted
        | Dispatch::Rejected
        | Dispatch::Unknown
        | Dispatch::Cancelled
        | Dispatch::Expired => return Turn::Drop(DropReason::Settled),
    }
    if message.is_expired(now) {
        return Turn::End(Box::new(message.clone().moved_to(Dispatch::Expired)));
    }
    if lane.gives_up(message.created_at) {
        return Turn::End(Box::new(message.clone().moved_to(Dispatch::Cancelled)));
    }
    let is_superseded = |epoch| epoch != entry.control_epoch || lane.silences(message.created_at);
    if matches!(message.origin, Origin::Automatic { epoch, .. } if is_superseded(epoch)) {
        return Turn::End(Box::new(message.clone().moved_to(Dispatch::Cancelled)));
    }
    let may_leave = match lane.state {
        LaneState::Open => true,
        LaneState::Draining => message.lane_epoch == Some(lane.epoch),
        LaneState::Parked { .. } => false,
    };
    if !may_leave {
        return park(message.clone(), lane.clone(), now);
    }
    if let Some(until) = lane.pace.capped_until(now) {
        let stop = (ParkReason::DailyCap, Some(until));
        return stopped(message.clone(), lane.clone(), stop, now);
    }
    if entry.held_until.is_some_and(|until| until > now) {
        let stop = (ParkReason::Platform, entry.held_until);
        return stopped(message.clone(), lane.clone(), stop, now);
    }
    if let Some(until) = entry.doubt_until.filter(|until| *until > now) {
        let look = now.checked_add(limits::DOUBT_LOOK).unwrap_or(until);
        return Turn::Wait(until.min(look));
    }
    match lane.next_due_at.max(message.not_before) {
        Some(due) if due > now => Turn::Wait(due),
        _ => Turn::Send {
            message: Box::new(message.clone().taken(now)),
            lane: lane.clone().taken(&message.id, now),
        },
    }
}

/// What the queue, the conversation and the platform say of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The queue entry's.
    pub generation: u32,
    /// The conversation's.
    pub control_epoch: u64,
    /// Until when the conversation waits for evidence of an earlier message.
    pub doubt_until: Option<Timestamp>,
    /// Until when nothing leaves from any lane.
    pub held_until: Option<Timestamp>,
}

/// Puts a message on its lane's list.
pub fn park(message: Outbound, lane: Lane, now: Timestamp) -> Turn {
    let lane = lane.listing(message.listed);
    Turn::Park {
        message: Box::new(message.parked(now)),
        lane,
    }
}

/// What a lane's list becomes while the lane drains under `epoch`: each message, oldest first, with what becomes of it, which may be nothing.
///
/// It ends before a message that is still being sent under an epoch that ended, for what is behind that one would overtake it if it came
/// back; once it is settled or parked again, the drain goes on.
pub fn drain(list: Vec<Outbound>, epoch: u64, now: Timestamp) -> Vec<(Outbound, Outbound)> {
    let under_way =
        |it: &Outbound| it.dispatch == Dispatch::Sending && it.lane_epoch != Some(epoch);
    list.into_iter()
        .take_while(|message| !under_way(message))
        .map(|message| (message.clone(), drained(message, epoch, now)))
        .collect()
}

/// Back to the queue under the lane's epoch, or ended because it waited too long.
fn drained(message: Outbound, epoch: u64, now: Timestamp) -> Outbound {
    match message.dispatch {
        Dispatch::Parked if message.is_expired(now) => Outbound {
            listed: false,
            ..message.moved_to(Dispatch::Expired)
        },
        Dispatch::Parked => message.drained(epoch),
        // Taken off the list before, under an epoch that ended: it is drained anew.
        Dispatch::Queued if message.lane_epoch != Some(epoch) => Outbound {
            lane_epoch: Some(epoch),
            ..message.requeued()
        },
        Dispatch::Queued
        | Dispatch::Sending
        | Dispatch::Accepted
        | Dispatch::Rejected
        | Dispatch::Unknown
        | Dispatch::Cancelled
        | Dispatch::Expired => message,
    }
}

/// The invocation that took it may have died before, during or after the call: only the provider's word can tell.
fn after_a_death(message: &Outbound, now: Timestamp) -> Turn {
    match message.lease_until {
        Some(until) if until > now => Turn::InFlight(until),
        _ if message.delivery >= Delivery::Pending => {
            Turn::End(Box::new(message.clone().moved_to(Dispatch::Accepted)))
        }
        _ => Turn::End(Box::new(message.clone().moved_to(Dispatch::Unknown))),
    }
}

/// The message and the lane after the provider surely did not take the message and the lane must stop.
pub fn stopped(
    message: Outbound,
    lane: Lane,
    stop: (ParkReason, Option<Timestamp>),
    now: Timestamp,
) -> Turn {
    let (reason, resume_at) = stop;
    park(message, lane.parked(reason, resume_at), now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::outbound::tests::reply;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const ENTRY: Entry = Entry {
        generation: 0,
        control_epoch: 3,
        doubt_until: None,
        held_until: None,
    };

    #[test]
    fn an_open_lane_sends_and_paces_the_next() {
        let Turn::Send { message, lane } = turn(&reply(3), &Lane::default(), ENTRY, NOW) else {
            panic!("it is sent")
        };
        assert_eq!((message.dispatch, message.attempts), (Dispatch::Sending, 1));
        let Turn::Wait(due) = turn(&reply(3), &lane, ENTRY, NOW) else {
            panic!("the next waits")
        };
        assert!(due > NOW);
        assert!(matches!(
            turn(&reply(3), &lane, ENTRY, due),
            Turn::Send { .. }
        ));
    }

    #[test]
    fn a_message_beyond_the_days_number_stops_the_lane_until_midnight() {
        let mut lane = Lane::default();
        lane.pace.day_cap = Some(1);
        let Turn::Send { lane, .. } = turn(&reply(3), &lane, ENTRY, NOW) else {
            panic!("it is sent")
        };
        let Turn::Park { lane, message } = turn(&reply(3), &lane, ENTRY, NOW) else {
            panic!("it is parked")
        };
        let (reason, midnight) = (ParkReason::DailyCap, NOW + Duration::from_hours(24));
        let resume_at = Some(midnight);
        assert_eq!(lane.state, LaneState::Parked { reason, resume_at });
        assert!(message.listed);
    }

    #[test]
    fn an_automatic_reply_of_before_a_pause_is_cancelled_and_a_staff_message_is_not() {
        let later = NOW + Duration::from_millis(1);
        let lane = |silent, silent_before| Lane {
            silent,
            silent_before,
            ..Lane::default()
        };
        for (lane, leaves) in [
            (lane(false, None), true),
            (lane(true, None), false),
            (lane(false, Some(NOW)), false),
            (lane(false, Some(later)), false),
        ] {
            let turned = turn(&reply(3), &lane, ENTRY, later);
            assert_eq!(matches!(turned, Turn::Send { .. }), leaves, "{lane:?}");
            let cancelled = |message: &Outbound| message.dispatch == Dispatch::Cancelled;
            assert_eq!(
                matches!(turned, Turn::End(message) if cancelled(&message)),
                !leaves
            );
            let staff = Outbound {
                origin: Origin::Staff,
                ..reply(3)
            };
            assert!(matches!(
                turn(&staff, &lane, ENTRY, later),
                Turn::Send { .. }
            ));
        }
        let decided_later = Outbound {
            created_at: later,
            ..reply(3)
        };
        let turned = turn(&decided_later, &lane(false, Some(NOW)), ENTRY, later);
        assert!(
            matches!(turned, Turn::Send { .. }),
            "it was decided after the vendor went on"
        );
    }

    #[test]
    fn an_automatic_reply_is_cancelled_once_the_epoch_moved_and_a_staff_message_is_not() {
        let moved = Entry {
            control_epoch: 4,
            ..ENTRY
        };
        let Turn::End(message) = turn(&reply(3), &Lane::default(), moved, NOW) else {
            panic!("it ends")
        };
        assert_eq!(message.dispatch, Dispatch::Cancelled);
        let staff = Outbound {
            origin: Origin::Staff,
            ..reply(3)
        };
        assert!(matches!(
            turn(&staff, &Lane::default(), moved, NOW),
            Turn::Send { .. }
        ));
    }

    #[test]
    fn what_comes_to_its_turn_after_its_number_was_deleted_is_cancelled() {
        let waits = Lane::default().parked(ParkReason::NotConnected, None);
        for lane in [Lane::default(), waits.listing(false)] {
            let closed = lane.closed(NOW);
            assert_eq!(closed.due_at(NOW).is_some(), closed.listed > 0);
            let Turn::End(message) = turn(&reply(3), &closed, ENTRY, NOW) else {
                panic!("it ends")
            };
            assert_eq!(message.dispatch, Dispatch::Cancelled);
            let later = NOW + Duration::from_millis(1);
            let anew = closed.registered(later);
            let Turn::End(message) = turn(&reply(3), &anew, ENTRY, later) else {
                panic!("it was given up for good")
            };
            assert_eq!(message.dispatch, Dispatch::Cancelled);
            let made_later = Outbound {
                created_at: later,
                ..reply(3)
            };
            assert!(matches!(
                turn(&made_later, &anew, ENTRY, later),
                Turn::Park { .. }
            ));
        }
    }

    #[test]
    fn a_stopped_lane_parks_and_counts_a_message_once() {
        let stopped = Lane::default().parked(ParkReason::NotConnected, None);
        let Turn::Park { message, lane } = turn(&reply(3), &stopped, ENTRY, NOW) else {
            panic!("it is parked")
        };
        assert_eq!((lane.listed, message.listed), (1, true));
        let again = message.drained(9);
        let entry = Entry {
            generation: 1,
            ..ENTRY
        };
        let Turn::Park { lane, .. } = turn(&again, &lane, entry, NOW) else {
            panic!("it is parked again")
        };
        assert_eq!(lane.listed, 1);
    }

    #[test]
    fn while_a_lane_drains_a_newer_message_parks_behind() {
        let draining = Lane {
            state: LaneState::Draining,
            epoch: 2,
            listed: 1,
            ..Lane::default()
        };
        assert!(matches!(
            turn(&reply(3), &draining, ENTRY, NOW),
            Turn::Park { .. }
        ));
        let drained = reply(3).parked(NOW).drained(2);
        let entry = Entry {
            generation: 1,
            ..ENTRY
        };
        assert!(matches!(
            turn(&drained, &draining, entry, NOW),
            Turn::Send { .. }
        ));
        let of_an_older_epoch = reply(3).parked(NOW).drained(1);
        assert!(matches!(
            turn(&of_an_older_epoch, &draining, entry, NOW),
            Turn::Park { .. }
        ));
    }

    #[test]
    fn the_next_of_a_conversation_in_doubt_waits_in_short_steps_and_then_goes_on() {
        let until = NOW + limits::DOUBT_HOLDS;
        let entry = Entry {
            doubt_until: Some(until),
            ..ENTRY
        };
        let due = |now| turn(&reply(3), &Lane::default(), entry, now);
        assert_eq!(due(NOW), Turn::Wait(NOW + limits::DOUBT_LOOK));
        let almost = until - Duration::from_secs(1);
        assert_eq!(due(almost), Turn::Wait(until));
        assert!(matches!(due(until), Turn::Send { .. }));
    }

    #[test]
    fn while_the_platform_is_held_an_open_lane_stops_until_then() {
        let until = NOW + limits::PLATFORM_HOLDS;
        let entry = Entry {
            held_until: Some(until),
            ..ENTRY
        };
        let Turn::Park { message, lane } = turn(&reply(3), &Lane::default(), entry, NOW) else {
            panic!("it is parked")
        };
        let expected = LaneState::Parked {
            reason: ParkReason::Platform,
            resume_at: Some(until),
        };
        assert_eq!((lane.state, message.dispatch), (expected, Dispatch::Parked));
        assert!(matches!(
            turn(&reply(3), &Lane::default(), entry, until),
            Turn::Send { .. }
        ));
    }

    #[test]
    fn a_dead_sender_leaves_doubt_unless_the_provider_spoke() {
        let taken = reply(3).taken(NOW);
        assert!(matches!(
            turn(&taken, &Lane::default(), ENTRY, NOW),
            Turn::InFlight(_)
        ));
        let later = NOW + limits::SEND_LEASE;
        let Turn::End(ended) = turn(&taken, &Lane::default(), ENTRY, later) else {
            panic!("it ends")
        };
        assert_eq!(ended.dispatch, Dispatch::Unknown);
        let proved = Outbound {
            delivery: Delivery::Sent,
            ..taken
        };
        let Turn::End(ended) = turn(&proved, &Lane::default(), ENTRY, later) else {
            panic!("it ends")
        };
        assert_eq!(ended.dispatch, Dispatch::Accepted);
    }

    #[test]
    fn an_entry_of_another_generation_or_of_a_settled_message_is_dropped() {
        let newer = Outbound {
            generation: 1,
            ..reply(3)
        };
        assert_eq!(
            turn(&newer, &Lane::default(), ENTRY, NOW),
            Turn::Drop(DropReason::Stale)
        );
        for dispatch in [
            Dispatch::Accepted,
            Dispatch::Unknown,
            Dispatch::Parked,
            Dispatch::Rejected,
            Dispatch::Expired,
        ] {
            let settled = Outbound {
                dispatch,
                ..reply(3)
            };
            assert_eq!(
                turn(&settled, &Lane::default(), ENTRY, NOW),
                Turn::Drop(DropReason::Settled)
            );
        }
    }

    #[test]
    fn draining_moves_what_is_parked_and_what_an_older_drain_moved() {
        let list = vec![
            reply(3).parked(NOW),
            reply(3).parked(NOW).drained(1),
            reply(3).parked(NOW).drained(2),
            reply(3).parked(NOW).drained(2).taken(NOW),
        ];
        let drained = drain(list, 2, NOW);
        let generations: Vec<_> = drained.iter().map(|(_, after)| after.generation).collect();
        assert_eq!(generations, [1, 2, 1, 1]);
        assert!(
            drained
                .iter()
                .all(|(_, after)| after.lane_epoch == Some(2) && after.listed)
        );
        assert!(drained[2..].iter().all(|(before, after)| before == after));
    }

    #[test]
    fn draining_ends_before_a_message_that_is_being_sent_under_an_older_epoch() {
        let under_way = reply(3).parked(NOW).drained(1).taken(NOW);
        let list = vec![reply(3).parked(NOW), under_way, reply(3).parked(NOW)];
        assert_eq!(drain(list, 2, NOW).len(), 1);
    }

    #[test]
    fn draining_ends_what_waited_too_long_and_takes_it_off_the_list() {
        let drained = drain(
            vec![reply(3).parked(NOW)],
            2,
            NOW + limits::PARKED_REPLY_LIVES,
        );
        let after = &drained[0].1;
        assert_eq!((after.dispatch, after.listed), (Dispatch::Expired, false));
    }

    #[test]
    fn what_waited_too_long_expires_instead_of_being_sent() {
        let drained = reply(3).parked(NOW).drained(1);
        let entry = Entry {
            generation: 1,
            ..ENTRY
        };
        let Turn::End(ended) = turn(
            &drained,
            &Lane::default(),
            entry,
            NOW + limits::PARKED_REPLY_LIVES,
        ) else {
            panic!("it ends")
        };
        assert_eq!(ended.dispatch, Dispatch::Expired);
    }
}
