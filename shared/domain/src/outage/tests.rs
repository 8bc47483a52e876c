use proptest::prelude::*;

use super::*;
use crate::conversation::tests::{config, conversation};
use crate::engine::breaker::{Admission, Breaker, Sign};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const UNAVAILABLE: Obstacle = Obstacle::Unavailable { retry_after: None };

fn id() -> MessageId {
    MessageId::derived(&["m"])
}

fn stuck<'a>(
    id: &'a MessageId,
    conversation: &'a Conversation,
    waited: Option<&'a Waited>,
) -> Stuck<'a> {
    Stuck {
        id,
        received_at: NOW,
        conversation,
        waited,
    }
}

fn seconds(wait: u64) -> Duration {
    Duration::from_secs(wait)
}

#[test]
fn the_waits_grow_and_the_last_ends_at_the_bound() {
    let (id, conversation) = (id(), conversation());
    let mut waited = None;
    let (mut now, mut waits) = (NOW, Vec::new());
    while let Patience::Waits(next, wait) =
        stuck(&id, &conversation, waited.as_ref()).patience(UNAVAILABLE, now)
    {
        waits.push(wait);
        now = now.checked_add(wait).unwrap();
        waited = Some(next);
    }
    let least = [2, 4, 8, 16, 30, 30];
    for (wait, least) in waits.iter().zip(least) {
        assert!(
            (seconds(least)..=seconds(least) * 5 / 4).contains(wait),
            "{wait:?}"
        );
    }
    assert_eq!(now, NOW.checked_add(limits::ENGINE_AWAITED).unwrap());
    assert!(waits.len() <= limits::ENGINE_WAITS as usize);
    assert_eq!(waited.unwrap().since, NOW);
}

#[test]
fn a_wait_that_is_asked_for_is_kept_within_bounds() {
    let (id, conversation) = (id(), conversation());
    let wait = |obstacle| match stuck(&id, &conversation, None).patience(obstacle, NOW) {
        Patience::Waits(_, wait) => wait,
        Patience::Ends => panic!("it waits"),
    };
    let asks = |wait| Obstacle::Unavailable {
        retry_after: Some(seconds(wait)),
    };
    assert_eq!(wait(asks(45)), seconds(45));
    assert_eq!(wait(asks(86_400)), limits::ENGINE_ASKS_TO_WAIT_MOST);
    let until = NOW.checked_add(seconds(25)).unwrap();
    assert_eq!(wait(Obstacle::LeftAlone { until }), seconds(25));
    assert!(wait(Obstacle::Busy) < seconds(3));
}

#[test]
fn a_message_that_is_old_already_does_not_wait() {
    let late = NOW.checked_add(limits::ENGINE_AWAITED).unwrap();
    let (id, conversation) = (id(), conversation());
    let patience = stuck(&id, &conversation, None).patience(UNAVAILABLE, late);
    assert_eq!(patience, Patience::Ends);
}

#[test]
fn whoever_took_over_while_a_message_waited_has_seen_to_it() {
    let (id, before) = (id(), conversation());
    let Patience::Waits(waited, _) = stuck(&id, &before, None).patience(UNAVAILABLE, NOW) else {
        panic!("it waits")
    };
    assert!(!waited.is_superseded(&before));
    let mut after = before;
    after.control_epoch += 2;
    assert!(waited.is_superseded(&after));
    let again = stuck(&id, &after, Some(&waited)).patience(UNAVAILABLE, NOW);
    assert!(
        matches!(again, Patience::Waits(again, _) if again.is_superseded(&after)),
        "another wait does not forget it"
    );
    let joined = Conversation {
        id: ConversationId::derived(&["another"]),
        ..after
    };
    assert!(
        !waited.is_superseded(&joined),
        "another conversation counts its own epochs"
    );
}

fn said(conversation: &mut Conversation, why: GivenUp, since: Option<Timestamp>) -> &'static str {
    let (answer, outcome) = conversation.without_engine(&config(), (why, since), NOW);
    assert!(answer.requires_human);
    assert_eq!(
        answer.replies.is_empty(),
        outcome == ENGINE_DOWN,
        "{outcome}"
    );
    outcome
}

#[test]
fn an_outage_is_told_once_and_the_next_one_again() {
    let mut conversation = conversation();
    assert_eq!(
        said(&mut conversation, GivenUp::Waited, Some(NOW)),
        "fallback"
    );
    let again = said(&mut conversation, GivenUp::Waited, Some(NOW));
    assert_eq!(again, ENGINE_DOWN);
    let busy = said(&mut conversation, GivenUp::TooMany, None);
    assert_eq!(busy, ENGINE_DOWN);
    let next = Some(NOW + limits::ENGINE_CACHE);
    assert_eq!(said(&mut conversation, GivenUp::Waited, next), "fallback");
    conversation.engine_answered();
    assert_eq!(said(&mut conversation, GivenUp::TooMany, None), "fallback");
}

#[test]
fn an_answer_of_no_use_is_an_outage_too() {
    let mut conversation = conversation();
    let invalid = said(&mut conversation, GivenUp::Invalid, None);
    assert_eq!(invalid, "invalid_answer");
    let (answer, outcome) =
        conversation.without_engine(&config(), (GivenUp::Invalid, Some(NOW)), NOW);
    assert_eq!((answer.replies.len(), outcome), (0, "invalid_answer"));
}

/// One message of a conversation, from its receipt to its decision.
struct Course {
    id: MessageId,
    received: i64,
    comes: i64,
    waited: Option<Waited>,
    ends: Vec<&'static str>,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// What one visit of a message does: it asks if it may, answers, waits or gives up.
fn visit(course: &mut Course, conversation: &mut Conversation, breaker: &mut Breaker, is_up: bool) {
    let now = at(course.comes);
    let obstacle = match breaker.admits(now) {
        Admission::LeftAloneUntil(until) => Obstacle::LeftAlone { until },
        admitted => {
            if let Admission::Probes(next) = admitted {
                *breaker = next;
            }
            let heard = if is_up { Sign::Answer } else { Sign::Nothing };
            *breaker = breaker.after(heard, now).unwrap_or_else(|| breaker.clone());
            if is_up {
                conversation.engine_answered();
                course.ends.push("answered");
                return;
            }
            UNAVAILABLE
        }
    };
    let stuck = Stuck {
        id: &course.id,
        received_at: at(course.received),
        conversation,
        waited: course.waited.as_ref(),
    };
    match stuck.patience(obstacle, now) {
        Patience::Waits(waited, wait) => {
            course.waited = Some(waited);
            let wait = i64::try_from(wait.as_secs() + 1).unwrap();
            course.comes += wait;
        }
        Patience::Ends => {
            let why = (GivenUp::Waited, breaker.failing_since);
            let (_, outcome) = conversation.without_engine(&config(), why, now);
            course.ends.push(outcome);
        }
    }
}

proptest! {
    /// Messages of one conversation, in their order, while an engine is now up and now down.
    #[test]
    fn every_message_is_ended_once_within_its_bound_and_no_outage_is_told_twice(
        arrivals in prop::collection::vec(0_i64..200, 1..12),
        outages in prop::collection::vec((1_i64..900, 1_i64..900), 0..6),
    ) {
        let mut changes = Vec::new();
        let mut second = 0;
        for (up, down) in outages {
            changes.push((second + up, second + up + down));
            second += up + down;
        }
        let is_up = |second: i64| !changes.iter().any(|(from, to)| (*from..*to).contains(&second));
        let mut conversation = conversation();
        let mut breaker = Breaker::default();
        let mut received = 0;
        let mut free_at = 0;
        let mut told: Vec<Option<Timestamp>> = Vec::new();
        for (number, gap) in arrivals.into_iter().enumerate() {
            received += gap;
            let id = MessageId::derived(&[&number.to_string()]);
            let begins = received.max(free_at);
            let mut course = Course { id, received, comes: begins, waited: None, ends: Vec::new() };
            let mut visits = 0;
            while course.ends.is_empty() {
                visits += 1;
                let up = is_up(course.comes);
                visit(&mut course, &mut conversation, &mut breaker, up);
            }
            free_at = course.comes;
            prop_assert_eq!(course.ends.len(), 1);
            prop_assert!(visits <= limits::ENGINE_WAITS + 1);
            let bound = i64::try_from(limits::ENGINE_AWAITED.as_secs()).unwrap();
            prop_assert!(course.comes <= begins.max(received + bound) + 1);
            match course.ends[0] {
                "answered" => told.clear(),
                "fallback" => {
                    prop_assert!(!told.contains(&breaker.failing_since), "told twice");
                    told.push(breaker.failing_since);
                }
                quiet => prop_assert!(quiet == ENGINE_DOWN && !told.is_empty(), "silence at the first"),
            }
        }
    }
}
