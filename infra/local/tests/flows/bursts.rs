//! Several short messages within seconds, which are answered as one question.

use std::collections::BTreeMap;

use embedded_aws::{Matcher, When};
use serde_json::{Value, json};

use crate::configuration::change;
use crate::engine_double::EngineDouble;
use crate::people::writes;
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

/// A vendor with an engine of its own, that has short messages wait for 4 s.
async fn with_bursts(world: &World) -> EngineDouble {
    let engine = EngineDouble::start(world);
    world.configure_engine(VENDOR_1, &engine).await;
    change(world, &json!({ "burstSeconds": 4 })).await;
    engine
}

/// What the engine was asked about, message by message.
fn questions(engine: &EngineDouble) -> Vec<String> {
    let asked = engine.asked();
    asked.iter().map(|asked| asked.text().to_owned()).collect()
}

/// The outcomes of what came in, oldest first.
async fn outcomes(world: &World) -> Vec<String> {
    let all = world.messages(VENDOR_1, "inbound").await;
    let outcome = |message: &Value| message["outcome"].as_str().unwrap_or("none").to_owned();
    all.iter().rev().map(outcome).collect()
}

#[tokio::test]
async fn short_messages_within_seconds_are_answered_once_in_their_order() {
    run(async |world| {
        let engine = with_bursts(world).await;
        for (text, key) in [
            ("Bonjour", "A1"),
            ("la robe bleue", "A2"),
            ("c'est combien ?", "A3"),
        ] {
            writes(world, text, AWA, key).await;
            // The same again, by a provider that repeats itself.
            writes(world, text, AWA, key).await;
            world.later(2).await;
        }
        assert!(questions(&engine).is_empty(), "they may write on");
        assert_eq!(outcomes(world).await, ["joined", "joined", "none"]);
        world.later(3).await;
        assert_eq!(
            questions(&engine),
            ["Bonjour\nla robe bleue\nc'est combien ?"]
        );
        assert_eq!(engine.asked()[0].body["conversation"]["messageCount"], 3);
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        assert_eq!(outcomes(world).await, ["joined", "joined", "answered"]);
        world.recover().await;
        writes(world, "Merci", AWA, "A4").await;
        world.later(5).await;
        assert_eq!(questions(&engine)[1..], ["Merci"]);
        assert_eq!(world.sent(VENDOR_1).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn without_the_setting_every_message_is_answered_at_once() {
    run(async |world| {
        let engine = with_bursts(world).await;
        change(world, &json!({ "burstSeconds": 0 })).await;
        for (text, key) in [("Bonjour", "A1"), ("la robe bleue", "A2")] {
            writes(world, text, AWA, key).await;
        }
        assert_eq!(questions(&engine), ["Bonjour", "la robe bleue"]);
    })
    .await;
}

#[tokio::test]
async fn a_long_text_is_answered_at_once_with_what_waited_and_nobody_elses_wait_is_shortened() {
    run(async |world| {
        let engine = with_bursts(world).await;
        writes(world, "Salut", MOUSSA, "M1").await;
        writes(world, "Bonjour", AWA, "A1").await;
        let long = "Je voudrais savoir ".repeat(12);
        writes(world, &long, AWA, "A2").await;
        assert_eq!(questions(&engine), [format!("Bonjour\n{long}")]);
        world.later(5).await;
        assert_eq!(questions(&engine)[1..], ["Salut"]);
        assert_eq!(world.sent(VENDOR_1).len(), 2);
    })
    .await;
}

/// Whoever writes on and on is answered all the same.
#[tokio::test]
async fn a_burst_is_put_off_three_times_at_most() {
    run(async |world| {
        let engine = with_bursts(world).await;
        for number in 0..5 {
            writes(world, &format!("mot {number}"), AWA, &format!("A{number}")).await;
            world.later(3).await;
        }
        let first = questions(&engine);
        assert_eq!(first, ["mot 0\nmot 1\nmot 2\nmot 3\nmot 4"]);
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_not_answered_once_a_person_attends_or_silence_is_asked_for() {
    run(async |world| {
        let engine = with_bursts(world).await;
        writes(world, "Bonjour", AWA, "A1").await;
        writes(world, "STOP", AWA, "A2").await;
        world.later(5).await;
        world.recover().await;
        assert!(questions(&engine).is_empty());
        assert_eq!(world.sent(VENDOR_1).len(), 1, "the confirmation alone");
        assert_eq!(outcomes(world).await, ["opted_out", "opted_out"]);
    })
    .await;
}

/// What was asked, each question once however often it was asked: one line for each message.
fn lines(engine: &EngineDouble) -> (usize, Vec<String>) {
    let asked = engine.asked();
    let by_id: BTreeMap<_, _> = asked
        .iter()
        .map(|asked| (asked.header("webhook-id"), asked.text()))
        .collect();
    let lines = by_id.values().flat_map(|text| text.lines());
    (by_id.len(), lines.map(str::to_owned).collect())
}

/// Whichever step either function dies at, and even if the queue that wakes refuses, every message is answered once.
#[tokio::test]
async fn every_message_of_a_burst_is_answered_once_whoever_dies_and_whatever_is_refused() {
    run(async |world| {
        let engine = with_bursts(world).await;
        let mut written = Vec::new();
        for step in 1..9 {
            for function in ["conversation", "sweep"] {
                let texts = ["a", "b"].map(|part| format!("{function} {step} {part}"));
                writes(world, &texts[0], AWA, &texts[0].replace(' ', "")).await;
                world.aws().faults().crash(function, step, When::After);
                writes(world, &texts[1], AWA, &texts[1].replace(' ', "")).await;
                world.later(5).await;
                world.heal();
                world.recover().await;
                written.extend(texts);
            }
            // Two machines that answer each other would be stopped.
            world.later(700).await;
        }
        world.refuse(
            Matcher::any()
                .caller("conversation")
                .operation("SendMessage"),
        );
        writes(world, "Bonsoir", AWA, "REFUSED").await;
        world.heal();
        world.recover().await;
        written.push("Bonsoir".to_owned());
        let (questions, mut lines) = lines(&engine);
        lines.sort();
        written.sort();
        assert_eq!(lines, written);
        assert_eq!(world.sent(VENDOR_1).len(), questions);
    })
    .await;
}
