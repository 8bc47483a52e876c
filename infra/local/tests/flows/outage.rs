//! An engine that is slow, broken or out: no message is lost or answered twice, and no customer is left without a word.

use std::time::Duration;

use domain::limits;
use embedded_aws::When;
use serde_json::{Value, json};

use crate::conversations::{all, decide, newest};
use crate::engine_double::{Act, EngineDouble};
use crate::front_door::get;
use crate::people::{recipients, writes};
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

const ANSWER: &str = "De la part du moteur";

/// An engine that answers for the first vendor.
pub(crate) async fn engine(world: &World) -> EngineDouble {
    let engine = EngineDouble::start(world);
    world.configure_engine(VENDOR_1, &engine).await;
    engine
}

/// One that is out.
async fn broken(world: &World) -> EngineDouble {
    let engine = engine(world).await;
    engine.always(Act::status(503));
    engine
}

/// So much time passes in steps, none longer than a message waits at first.
async fn passes(world: &World, time: Duration) {
    let step = Duration::from_secs(10);
    for _ in 0..time.as_secs().div_ceil(step.as_secs()) {
        world.later(step.as_secs()).await;
    }
}

/// What the ledger says of why each message was answered or not, the oldest first.
async fn outcomes(world: &World) -> Vec<String> {
    let mut messages = world.messages(VENDOR_1, "inbound").await;
    messages.reverse();
    let outcome = |message: &Value| message["outcome"].as_str().unwrap_or("-").to_owned();
    messages.iter().map(outcome).collect()
}

/// The first vendor's engine as an operator sees it.
async fn seen(world: &World) -> Value {
    let answer = get(world, "vendors/vendor_001/engine").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

#[track_caller]
pub(crate) fn nothing_is_left(world: &World) {
    let held = ["inbound.fifo", "inbound-dead.fifo"].map(|queue| world.held(queue));
    assert_eq!(held, [0, 0]);
}

#[tokio::test]
async fn what_waited_is_answered_once_and_in_order_when_the_engine_is_back() {
    run(async |world| {
        let engine = broken(world).await;
        writes(world, "Premier", AWA, "A1").await;
        writes(world, "La suite", AWA, "A2").await;
        world.later(4).await;
        let tries = engine.asked().len();
        assert!(tries >= 2, "it is asked again: {tries}");
        engine.always(Act::say(ANSWER));
        passes(world, Duration::from_mins(1)).await;
        assert_eq!(world.sent(VENDOR_1), [ANSWER, ANSWER]);
        assert_eq!(outcomes(world).await, ["answered", "answered"]);
        let asked = engine.asked();
        let (first, rest) = asked.split_at(asked.len() - 1);
        assert!(first.iter().all(|asked| asked.text() == "Premier"));
        assert_eq!(rest[0].text(), "La suite");
        let id = first[0].header("webhook-id");
        assert!(first.iter().all(|asked| asked.header("webhook-id") == id));
        nothing_is_left(world);
    })
    .await;
}

#[tokio::test]
async fn at_the_bound_a_customer_is_told_once_and_a_person_goes_on() {
    run(async |world| {
        let engine = broken(world).await;
        writes(world, "Bonjour", AWA, "A1").await;
        writes(world, "Il y a quelqu'un ?", AWA, "A2").await;
        let nearly = limits::ENGINE_AWAITED.saturating_sub(Duration::from_secs(20));
        passes(world, nearly).await;
        assert!(world.sent(VENDOR_1).is_empty(), "it is waited for");
        passes(world, Duration::from_secs(30)).await;
        let told = world.sent(VENDOR_1);
        assert!(told.len() == 1 && told[0].starts_with("Merci"), "{told:?}");
        assert_eq!(outcomes(world).await, ["fallback", "engine_down"]);
        let conversation = all(world).await.remove(0);
        assert_eq!(conversation["status"], "human");
        // Given back while the engine is still out: a person is called again, and the customer told nothing twice.
        decide(world, &newest(world).await, "release", &Value::Null).await;
        writes(world, "Allô ?", AWA, "A3").await;
        passes(world, limits::ENGINE_AWAITED + Duration::from_secs(10)).await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        assert_eq!(outcomes(world).await[2], "engine_down");
        assert_eq!(all(world).await[0]["status"], "human");
        // After it was back, another outage is told.
        decide(world, &newest(world).await, "release", &Value::Null).await;
        engine.always(Act::say(ANSWER));
        world.later(60).await;
        writes(world, "Encore moi", AWA, "A4").await;
        passes(world, Duration::from_mins(1)).await;
        assert_eq!(world.sent(VENDOR_1)[1..], [ANSWER]);
        engine.always(Act::status(500));
        writes(world, "Et maintenant ?", AWA, "A5").await;
        passes(world, limits::ENGINE_AWAITED + Duration::from_secs(10)).await;
        let sent = world.sent(VENDOR_1);
        assert_eq!((sent.len(), &sent[2]), (3, &sent[0]));
        nothing_is_left(world);
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_no_use_is_not_asked_for_again() {
    run(async |world| {
        assert_eq!(seen(world).await["source"], "builtin");
        let engine = engine(world).await;
        let leaked = "Ceci ne va nulle part";
        world.unspeakable(&[leaked]);
        let replies = json!([{ "type": "text", "text": leaked }, { "type": "song" }]);
        engine.then(Act::Answer(json!({ "replies": replies })));
        writes(world, "Bonjour", AWA, "A1").await;
        world.recover().await;
        assert_eq!(engine.asked().len(), 1);
        let told = world.sent(VENDOR_1);
        assert!(told.len() == 1 && told[0].starts_with("Merci"), "{told:?}");
        let message = world.messages(VENDOR_1, "inbound").await.remove(0);
        assert_eq!(
            (&message["status"], &message["outcome"]),
            (&json!("answered"), &json!("invalid_answer"))
        );
        let reason = message["outcomeReason"].as_str().expect("a reason");
        assert!(
            reason.contains("replies[1]") && !reason.contains(leaked),
            "{reason}"
        );
        assert_eq!(all(world).await[0]["status"], "human");
        let seen = seen(world).await;
        assert_eq!(
            (&seen["source"], &seen["state"]),
            (&json!("vendor"), &json!("closed"))
        );
        assert_eq!(seen["lastFailure"]["reason"], reason);
        nothing_is_left(world);
    })
    .await;
}

#[tokio::test]
async fn a_person_who_takes_over_while_a_message_waits_has_it() {
    for given_back in [false, true] {
        run(async |world| {
            writes(world, "Bonjour", AWA, "A0").await;
            let engine = broken(world).await;
            writes(world, "Bonjour", AWA, "A1").await;
            let id = newest(world).await;
            let taken = decide(world, &id, "takeover", &json!({ "by": "Fatou" })).await;
            assert_eq!(taken.status, 200, "{}", taken.text);
            if given_back {
                decide(world, &id, "release", &Value::Null).await;
            }
            engine.always(Act::say(ANSWER));
            let tries = engine.asked().len();
            passes(world, limits::ENGINE_AWAITED).await;
            assert_eq!(world.sent(VENDOR_1).len(), 1, "given back: {given_back}");
            assert_eq!(engine.asked().len(), tries, "nor is it asked");
            assert_eq!(outcomes(world).await, ["answered", "human"]);
            nothing_is_left(world);
        })
        .await;
    }
}

#[tokio::test]
async fn a_repeated_delivery_during_an_outage_is_answered_once() {
    run(async |world| {
        let engine = broken(world).await;
        for _ in 0..3 {
            writes(world, "Bonjour", AWA, "A1").await;
            world.later(5).await;
        }
        engine.always(Act::say(ANSWER));
        passes(world, Duration::from_mins(1)).await;
        // The queue has forgotten that it knows it.
        world.later(310).await;
        writes(world, "Bonjour", AWA, "A1").await;
        world.recover().await;
        assert_eq!(world.sent(VENDOR_1), [ANSWER]);
        nothing_is_left(world);
    })
    .await;
}

/// Ten minutes without the engine, in which functions die and webhooks come twice.
#[tokio::test]
async fn in_ten_minutes_without_the_engine_every_message_is_answered_once_after_them_or_told_so() {
    run(async |world| {
        let engine = broken(world).await;
        for minute in 0..10_usize {
            let customer = format!("2217000000{minute:02}");
            let key_id = format!("MINUTE{minute}");
            world
                .aws()
                .faults()
                .crash("conversation", minute + 2, When::After);
            for _ in 0..2 {
                writes(world, "Bonjour", &customer, &key_id).await;
            }
            passes(world, Duration::from_mins(1)).await;
        }
        engine.always(Act::say(ANSWER));
        world.heal();
        world.recover().await;
        nothing_is_left(world);
        let recipients = recipients(world);
        for minute in 0..10 {
            let customer = format!("+2217000000{minute:02}");
            let sent = recipients.iter().filter(|to| **to == customer).count();
            assert_eq!(sent, 1, "{customer} of {recipients:?}");
        }
        let sent = world.sent(VENDOR_1);
        let answered = sent.iter().filter(|text| *text == ANSWER).count();
        assert!((1..10).contains(&answered), "{sent:?}");
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_fails_too_often_is_left_alone_and_asked_again_by_itself() {
    run(async |world| {
        let engine = broken(world).await;
        let most = usize::try_from(limits::ENGINE_FAILURES).expect("a few");
        let customer = |number: usize| format!("2217000000{number:02}");
        for number in 0..most + 3 {
            let key_id = format!("FAILS{number}");
            writes(world, "Bonjour", &customer(number), &key_id).await;
        }
        // A busy machine may take the seconds after which the first is asked again.
        let asked: std::collections::BTreeSet<_> = engine
            .asked()
            .iter()
            .map(|asked| asked.header("webhook-id").to_owned())
            .collect();
        assert!(asked.len() <= most, "it is left alone: {}", asked.len());
        let left_alone = seen(world).await;
        assert_eq!(
            (&left_alone["state"], &left_alone["waiting"]),
            (&json!("open"), &json!(most + 3)),
            "{left_alone}"
        );
        assert!(left_alone["failingSince"].is_string(), "{left_alone}");
        assert_eq!(left_alone["lastFailure"]["reason"], "it gave no answer");
        engine.always(Act::say(ANSWER));
        passes(world, Duration::from_mins(1)).await;
        assert_eq!(world.sent(VENDOR_1), vec![ANSWER; most + 3]);
        let back = seen(world).await;
        let state = ["state", "failingSince", "asking", "waiting"].map(|name| &back[name]);
        assert_eq!(
            state,
            [&json!("closed"), &Value::Null, &json!(0), &json!(0)]
        );
        let begun = engine.asked().len();
        writes(world, "Merci", MOUSSA, "AFTER").await;
        assert_eq!(engine.asked().len(), begun + 1, "it is asked at once again");
        nothing_is_left(world);
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_fails_every_other_time_answers_everybody_and_is_not_left_alone() {
    run(async |world| {
        let engine = engine(world).await;
        for number in 0..8 {
            engine.then(Act::status(502));
            engine.then(Act::say(ANSWER));
            let (customer, key_id) = (format!("2217000000{number:02}"), format!("FLAPS{number}"));
            writes(world, "Bonjour", &customer, &key_id).await;
            world.later(4).await;
            assert_eq!(world.sent(VENDOR_1).len(), number + 1);
        }
        assert_eq!(engine.asked().len(), 16);
        nothing_is_left(world);
    })
    .await;
}
