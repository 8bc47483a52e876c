//! A model of everything that touches a send, under schedules that nobody would think of: senders that race, die and come back, a queue
//! that repeats and refuses, a provider that loses its answers, a session that drops, people who take over.
//!
//! The decisions are the real ones of this crate. What stands between them (`flows`, `sender`, `sweep` and the writes of `platform`) is
//! told here once more, a stop before every input and output, and must be kept as it is there.

mod action;
mod decided;
mod flows;
mod laws;
mod ledger;
mod provider;
mod queue;
mod schedule;
mod sender;
mod sweep;
mod world;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use action::{Action, NEWEST, scene};
use provider::Behaviour;
use schedule::Schedule;
use world::State;

/// Runs a schedule to its end and answers with the first law broken and the story that led there.
fn breach(actions: &[Action]) -> Option<String> {
    let mut schedule = Schedule::new();
    let told = |schedule: &Schedule, law: &str| {
        let story = schedule
            .world
            .at_once(|state| state.laws.story.join("\n  "));
        format!("{law}\n  {story}")
    };
    for action in actions {
        schedule.act(*action);
        if let Some(law) = schedule.world.at_once(State::breach) {
            return Some(told(&schedule, &law));
        }
    }
    if !schedule.settle() {
        return Some(told(&schedule, "it never comes to an end"));
    }
    let law = schedule.world.at_once(State::breach_at_the_end);
    law.map(|law| told(&schedule, &law))
}

#[track_caller]
fn check(cases: u32, seed: u8) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let holds = TestRunner::new_with_rng(config, rng).run(&vec(scene(), 1..80), |scenes| {
        breach(&scenes.concat()).map_or(Ok(()), |law| Err(TestCaseError::fail(law)))
    });
    if let Err(TestError::Fail(law, scenes)) = holds {
        panic!("{law}\nschedule: {:?}", scenes.concat());
    }
}

/// `SCHEDULES=20000` tries more of them, and takes minutes.
#[test]
fn whatever_happens_nothing_is_lost_doubled_or_overtaken() {
    let asked = std::env::var_os("SCHEDULES").and_then(|text| text.to_str()?.parse().ok());
    check(asked.unwrap_or(1_000), 1);
}

fn session(connected: bool) -> [Action; 2] {
    let session = Action::Session {
        connected,
        told: true,
    };
    [session, Action::Run(NEWEST)]
}

fn answered(replies: usize) -> [Action; 2] {
    let answer = Action::Answer {
        conversation: 0,
        replies,
    };
    [answer, Action::Run(NEWEST)]
}

const DELIVERED: [Action; 2] = [Action::Deliver, Action::Run(NEWEST)];
const SWEPT: [Action; 2] = [Action::Sweep, Action::Run(NEWEST)];

/// A lane that was down, with two messages that are about to be drained.
fn two_parked() -> Vec<Action> {
    [session(false), answered(2), DELIVERED, DELIVERED].concat()
}

#[track_caller]
fn holds(schedule: &[Action]) {
    if let Some(law) = breach(schedule) {
        panic!("{law}");
    }
}

#[test]
fn a_drain_does_not_pass_a_message_that_is_being_sent() {
    let mut schedule = two_parked();
    schedule.extend(session(true));
    schedule.extend([
        Action::Behave(Behaviour::Unreachable),
        Action::Deliver,
        Action::Step(NEWEST, 3),
    ]);
    schedule.extend([session(false), session(true)].concat());
    schedule.push(Action::Run(NEWEST));
    holds(&schedule);
}

#[test]
fn a_question_that_comes_again_does_not_enqueue_what_the_drainer_will() {
    let mut schedule = [two_parked(), answered(1).to_vec(), DELIVERED.to_vec()].concat();
    schedule.push(Action::QueueTakesOnly(0));
    schedule.extend(session(true));
    schedule.extend([Action::AskAgain(2), Action::Run(NEWEST)]);
    holds(&schedule);
}

#[test]
fn a_message_that_is_asked_after_keeps_its_place() {
    let mut schedule = [answered(1), answered(2)].concat();
    schedule.push(Action::Silence);
    schedule.extend([SWEPT, DELIVERED, DELIVERED, DELIVERED].concat());
    holds(&schedule);
}

#[test]
fn replies_that_a_crash_left_behind_are_enqueued_in_their_order() {
    for replies in 1..4 {
        let mut schedule = vec![Action::QueueTakesOnly(0)];
        schedule.extend(answered(replies));
        schedule.extend([Action::Next, Action::Sweep, Action::Run(NEWEST)]);
        holds(&schedule);
    }
}
