use super::*;
use crate::pacing::Plan;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

#[test]
fn the_second_doubt_in_a_row_stops_the_lane() {
    let once = Lane::default().doubted(NOW);
    assert_eq!(once.state, LaneState::Open);
    assert!(matches!(
        once.doubted(NOW).state,
        LaneState::Parked {
            reason: ParkReason::Doubt,
            ..
        }
    ));
}

#[test]
fn after_doubt_a_lane_is_on_trial_and_each_further_doubt_is_probed_later() {
    let resume_at = |lane: &Lane| match lane.state {
        LaneState::Parked { resume_at, .. } => resume_at,
        LaneState::Open | LaneState::Draining => None,
    };
    let doubted = Lane::default().doubted(NOW).doubted(NOW);
    let again = doubted.clone().resumed().doubted(NOW);
    assert!(
        resume_at(&doubted) < resume_at(&again),
        "one more doubt stops it, for longer"
    );
}

#[test]
fn a_lane_that_stood_still_with_the_platform_remembers_its_doubt() {
    let held = Lane::default()
        .doubted(NOW)
        .parked(ParkReason::Platform, None);
    assert!(matches!(
        held.resumed().doubted(NOW).state,
        LaneState::Parked {
            reason: ParkReason::Doubt,
            ..
        }
    ));
}

#[test]
fn a_short_wait_paces_and_a_long_one_parks() {
    let short = Lane::default().told_to_wait(Duration::from_secs(5), NOW);
    assert_eq!(
        (short.state, short.next_due_at),
        (
            LaneState::Open,
            NOW.checked_add(Duration::from_secs(5)).ok()
        )
    );
    let long = Lane::default().told_to_wait(Duration::from_mins(1), NOW);
    assert!(matches!(
        long.state,
        LaneState::Parked {
            reason: ParkReason::RateLimited,
            resume_at: Some(_)
        }
    ));
}

#[test]
fn a_quota_that_is_used_up_paces_until_its_window_ends_and_the_days_parks() {
    let seconds = Duration::from_secs;
    let window = Quota {
        used_up_for: Some(seconds(40)),
        ..Quota::default()
    };
    let paced = Lane::default().told_its_quota(window, NOW);
    assert_eq!(
        (paced.state, paced.next_due_at),
        (LaneState::Open, Some(NOW + seconds(40)))
    );
    let day = Quota {
        day_used_up_for: Some(seconds(9_000)),
        ..window
    };
    let state = Lane::default().told_its_quota(day, NOW).state;
    let (reason, resume_at) = (ParkReason::RateLimited, Some(NOW + seconds(9_000)));
    assert_eq!(state, LaneState::Parked { reason, resume_at });
}

#[test]
fn a_quota_that_tells_nothing_new_costs_no_write() {
    let protected = Pacing {
        account_protection: true,
        ..Pacing::default()
    };
    let lane = Lane::default().paced(&protected, NOW);
    for wait in [None, Some(Duration::from_secs(5))] {
        let quota = Quota {
            used_up_for: wait,
            ..Quota::default()
        };
        assert_eq!(lane.clone().told_its_quota(quota, NOW), lane);
    }
}

#[test]
fn another_pace_holds_from_the_next_send_on_and_ends_a_wait_for_limits() {
    let trial = Pacing {
        plan: Plan::Trial,
        ..Pacing::default()
    };
    assert_eq!(
        Lane::default().paced(&Pacing::default(), NOW),
        Lane::default()
    );
    let sent = Lane::default().taken(&MessageId::derived(&["one"]), NOW);
    let minute = Some(NOW + Duration::from_mins(1));
    assert_eq!(sent.clone().paced(&trial, NOW).next_due_at, minute);
    let much_later = NOW + Duration::from_hours(1);
    assert!(sent.paced(&trial, much_later).next_due_at < Some(much_later));
    assert_eq!(Lane::default().paced(&trial, NOW).next_due_at, None);
    for (reason, goes_on) in [
        (ParkReason::RateLimited, true),
        (ParkReason::DailyCap, true),
        (ParkReason::NotConnected, false),
        (ParkReason::Credentials, false),
        (ParkReason::Doubt, false),
    ] {
        let lane = Lane::default().parked(reason, None).paced(&trial, NOW);
        assert_eq!(lane.state == LaneState::Open, goes_on, "{reason:?}");
    }
}

#[test]
fn a_lane_of_a_trial_is_drained_one_by_one() {
    let of = |plan| {
        let pacing = Pacing {
            plan,
            account_protection: true,
            ..Pacing::default()
        };
        Lane::default().paced(&pacing, NOW).drains_singly()
    };
    assert_eq!((of(Plan::Trial), of(Plan::Paid)), (true, false));
}

#[test]
fn one_drainer_at_a_time_until_its_lease_ends() {
    let draining = Lane {
        state: LaneState::Draining,
        listed: 3,
        ..Lane::default()
    };
    let claimed = draining.drain_claimed(NOW).expect("nobody else drains");
    assert_eq!(claimed.clone().drain_claimed(NOW), None);
    assert!(
        claimed
            .clone()
            .drain_claimed(NOW + limits::DRAIN_LEASE)
            .is_some()
    );
    assert_eq!(
        claimed.clone().drain_released().state,
        LaneState::Draining,
        "three are still on the list"
    );
    assert_eq!(
        Lane {
            listed: 0,
            ..claimed
        }
        .drain_released()
        .state,
        LaneState::Open
    );
    assert_eq!(Lane::default().drain_claimed(NOW), None);
}

#[test]
fn a_lane_paces_at_the_paid_limit_and_never_faster() {
    let lane = Lane::default().taken(&MessageId::derived(&["one"]), NOW);
    let due = lane.next_due_at.expect("a taken lane is paced");
    let per_minute = 60_000 / due.duration_since(NOW).as_millis();
    assert!(per_minute <= 256, "{per_minute}");
}
