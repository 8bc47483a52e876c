use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::conversation::tests::{config, conversation, heard, message};
use crate::decision::decide;
use crate::engine::Answer;

const BEGAN: Timestamp = Timestamp::UNIX_EPOCH;

fn question() -> Deferred {
    let (id, waba) = (MessageId::derived(&["m"]), WabaId::parse("waba_a").unwrap());
    deferred_after(&[], (&id, &waba))
}

/// A question whose decision had these replies already.
fn deferred_after(texts: &[&str], (id, waba): (&MessageId, &WabaId)) -> Deferred {
    let (message, answer) = (
        message(),
        Answer {
            replies: texts.iter().map(|text| Content::text(*text)).collect(),
            ..Answer::default()
        },
    );
    let heard = heard(id, waba, &message);
    let decision = decide(conversation(), (&config(), heard), answer, BEGAN);
    Deferred::open(&decision, heard, BEGAN)
}

/// Whoever touches a question: each reads first and writes later, if what it read is still so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    /// A late reply, and a second request of the engine's beside it.
    Answers,
    AnswersToo,
    /// The queue's entry at the deadline, its redelivery, and the sweep.
    Deadline,
    Sweep,
    TakesOver,
    /// The sender, with whatever was written last.
    Sends,
    /// Time passes, beyond the deadline in a few steps.
    Time,
    /// Whoever had read something dies, and begins anew.
    Crash,
}

const ACTORS: [Actor; 8] = [
    Actor::Answers,
    Actor::AnswersToo,
    Actor::Deadline,
    Actor::Sweep,
    Actor::TakesOver,
    Actor::Sends,
    Actor::Time,
    Actor::Crash,
];

/// What was said to the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Reply,
    Fallback,
}

#[derive(Debug)]
struct World {
    kept: Deferred,
    epoch: u64,
    now: Timestamp,
    /// What each actor has read: the question and the epoch.
    read: [Option<(Deferred, u64)>; ACTORS.len()],
    written: Vec<(Said, u64)>,
    sent: Vec<(Said, u64)>,
}

impl World {
    fn new() -> Self {
        Self {
            kept: question(),
            epoch: 0,
            now: BEGAN,
            read: [const { None }; ACTORS.len()],
            written: Vec::new(),
            sent: Vec::new(),
        }
    }

    fn step(&mut self, actor: Actor) {
        match actor {
            Actor::Answers | Actor::AnswersToo | Actor::Deadline | Actor::Sweep => {
                let at = actor as usize;
                match self.read[at].take() {
                    None => self.read[at] = Some((self.kept.clone(), self.epoch)),
                    Some(read) => self.write(actor, &read),
                }
            }
            Actor::TakesOver => self.epoch += 1,
            // The transaction that takes a send checks the epoch.
            Actor::Sends => {
                let next = self.written.get(self.sent.len()).copied();
                self.sent.extend(next.filter(|(_, of)| *of == self.epoch));
            }
            Actor::Time => self.now += limits::ANSWER_WITHIN / 3,
            Actor::Crash => self.read = [const { None }; ACTORS.len()],
        }
    }

    /// One transaction, on the condition that the question and the conversation are as they were read.
    fn write(&mut self, actor: Actor, (read, epoch): &(Deferred, u64)) {
        let (after, said) = match actor {
            Actor::Answers | Actor::AnswersToo => match read.answered(*epoch, self.now) {
                Ok(after) => (after, Some(Said::Reply)),
                Err(_) => return,
            },
            _ => match read.overdue((*epoch, false), self.now) {
                Overdue::Missed(after) => (after, Some(Said::Fallback)),
                Overdue::Superseded(after) => (after, None),
                Overdue::Settled | Overdue::NotYet(_) => return,
            },
        };
        if *read == self.kept && *epoch == self.epoch {
            self.kept = after;
            self.written.extend(said.map(|said| (said, *epoch)));
        }
    }
}

fn actors() -> impl Strategy<Value = Vec<Actor>> {
    vec(prop::sample::select(&ACTORS[..]), 0..40)
}

proptest! {
    #[test]
    fn of_an_answer_a_deadline_and_a_takeover_in_any_order_exactly_one_comes_of_it(schedule in actors()) {
        let mut world = World::new();
        for actor in schedule {
            world.step(actor);
            let fallbacks = world.written.iter().filter(|(said, _)| *said == Said::Fallback).count();
            prop_assert!(fallbacks <= 1 && (fallbacks == 0 || world.written.len() == 1), "{world:?}");
            prop_assert!(world.written.iter().all(|(_, of)| *of == 0), "nothing is said after a takeover: {world:?}");
        }
        // Whatever died: the sweep comes after the deadline.
        world.now = world.kept.answer_by.max(world.now);
        world.step(Actor::Crash);
        world.step(Actor::Sweep);
        world.step(Actor::Sweep);
        prop_assert_ne!(world.kept.state, DeferredState::Open);
        let is_silent = world.written.is_empty();
        prop_assert_eq!(is_silent, world.kept.state == DeferredState::Superseded);
    }

    #[test]
    fn after_a_takeover_nothing_is_sent(before in actors(), after in actors()) {
        let mut world = World::new();
        for actor in before {
            world.step(actor);
        }
        world.step(Actor::TakesOver);
        let sent = world.sent.len();
        for actor in after {
            world.step(actor);
        }
        prop_assert_eq!(world.sent.len(), sent);
    }
}

#[test]
fn an_open_question_takes_its_reply_however_late_and_a_settled_one_none() {
    let open = question();
    let late = open.answer_by + limits::CLAIM_LEASE;
    assert!(open.answered(0, late).is_ok());
    let answered = open.answered(0, BEGAN).unwrap();
    assert!(answered.answered(0, BEGAN).is_ok());
    assert_eq!(answered.answered(0, late), Err(NotTaken::TooLate));
    assert_eq!(answered.answered(1, BEGAN), Err(NotTaken::Superseded));
    let Overdue::Missed(missed) = open.overdue((0, false), late) else {
        panic!("its time is over")
    };
    assert_eq!(missed.answered(0, late), Err(NotTaken::TooLate));
    let Overdue::Superseded(superseded) = open.overdue((0, true), late) else {
        panic!("the vendor wants no automatic messages")
    };
    assert_eq!(superseded.answered(0, late), Err(NotTaken::Superseded));
}

#[test]
fn a_question_has_as_many_replies_as_an_answer_and_each_an_id_of_its_own() {
    let (mut question, mut ids) = (question(), Vec::new());
    for _ in 0..limits::REPLIES_PER_DECISION {
        question = question.answered(0, BEGAN).unwrap();
        let reply = question.reply((Contact::default(), None), Content::text("Voilà"));
        ids.push(reply.id);
    }
    assert_eq!(question.answered(0, BEGAN), Err(NotTaken::TooMany));
    let expected: Vec<_> = crate::decision::reply_ids(&question.question)
        .take(limits::REPLIES_PER_DECISION)
        .collect();
    assert_eq!(ids, expected);
}

#[test]
fn a_late_reply_comes_behind_what_its_decision_said() {
    let (id, waba) = (MessageId::derived(&["m"]), WabaId::parse("waba_a").unwrap());
    let late = deferred_after(&["Bienvenue"], (&id, &waba)).answered(0, BEGAN);
    let reply = late
        .unwrap()
        .reply((Contact::default(), None), Content::text("Voilà"));
    assert_eq!(Some(reply.id), crate::decision::reply_ids(&id).nth(1));
}

#[test]
fn every_state_has_a_word() {
    use DeferredState::{Answered, Missed, Open, Superseded};
    for state in [Open, Answered, Missed, Superseded] {
        assert_eq!(DeferredState::parse(state.as_str()), Some(state));
    }
    assert_eq!(DeferredState::parse("lost"), None);
}
