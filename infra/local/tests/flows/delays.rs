//! Replies that wait before they leave: nobody else waits for them, and nothing of their conversation overtakes them.

use embedded_aws::{Matcher, Service, When};
use serde_json::{Value, json};

use crate::conversations::{decide, newest};
use crate::engine_double::{Act, EngineDouble};
use crate::reconciliation::write;
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

fn after(delay_ms: u64, texts: &[&str]) -> Act {
    let replies = texts
        .iter()
        .map(|text| json!({ "type": "text", "text": text }));
    Act::Answer(json!({ "replies": replies.collect::<Vec<_>>(), "delayMs": delay_ms }))
}

async fn engine(world: &World) -> EngineDouble {
    let engine = EngineDouble::start(world);
    world.configure_engine(VENDOR_1, &engine).await;
    engine
}

async fn asks(world: &World, from: &str, key_id: &str) {
    world
        .customer_writes(VENDOR_1, from, "Vous livrez à Thiès ?", key_id)
        .await;
    world.quiet().await;
}

#[tokio::test]
async fn what_waits_holds_nobody_up_and_is_not_overtaken_in_its_conversation() {
    run(async |world| {
        let engine = engine(world).await;
        engine.then(after(6000, &["Un", "Deux"]));
        engine.then(after(0, &["Trois"]));
        engine.then(after(0, &["Pour Moussa"]));
        asks(world, AWA, "A1").await;
        asks(world, AWA, "A2").await;
        write(world, "Quatre, de Fatou").await;
        assert!(world.sent(VENDOR_1).is_empty());
        asks(world, MOUSSA, "M1").await;
        assert_eq!(world.sent(VENDOR_1), ["Pour Moussa"]);
        for _ in 0..4 {
            world.later(4).await;
        }
        let expected = ["Pour Moussa", "Un", "Deux", "Trois", "Quatre, de Fatou"];
        assert_eq!(world.sent(VENDOR_1), expected);
    })
    .await;
}

#[tokio::test]
async fn a_short_wait_is_waited_in_the_lane() {
    run(async |world| {
        let engine = engine(world).await;
        engine.then(after(400, &["Tout de suite"]));
        asks(world, AWA, "A1").await;
        assert_eq!(world.sent(VENDOR_1), ["Tout de suite"]);
        assert_eq!(world.held("later"), 0);
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_not_sent_after_a_takeover() {
    run(async |world| {
        let engine = engine(world).await;
        engine.then(after(6000, &["Un"]));
        asks(world, AWA, "A1").await;
        let id = newest(world).await;
        assert_eq!(decide(world, &id, "takeover", &json!({})).await.status, 200);
        world.later(7).await;
        assert_eq!(world.statuses(VENDOR_1).await, ["cancelled"]);
        assert!(world.sent(VENDOR_1).is_empty());
    })
    .await;
}

/// The entry that should have released it is stuck.
#[tokio::test]
async fn what_is_decided_after_a_wait_that_is_over_takes_along_what_still_stands_there() {
    run(async |world| {
        let engine = engine(world).await;
        world.refuse(Matcher::any().caller("sweep").service(Service::DynamoDb));
        engine.then(after(6000, &["Un"]));
        engine.then(after(0, &["Deux"]));
        asks(world, AWA, "A1").await;
        world.later(8).await;
        assert!(world.sent(VENDOR_1).is_empty());
        asks(world, AWA, "A2").await;
        world.later(2).await;
        let sent = world.sent(VENDOR_1);
        world.heal();
        world.recover().await;
        assert_eq!(sent, ["Un", "Deux"]);
        assert_eq!(world.sent(VENDOR_1), ["Un", "Deux"]);
    })
    .await;
}

#[tokio::test]
async fn whoever_has_a_reply_wait_may_die_at_any_step_and_the_order_stays() {
    for when in [When::Before, When::After] {
        run(async |world| {
            let engine = engine(world).await;
            for step in 1..=40 {
                let customer = format!("2217000004{step:02}");
                engine.then(after(6000, &["Un", "Deux"]));
                world.aws().faults().crash("conversation", step, when);
                asks(world, &customer, &format!("A{step}")).await;
                // Whoever died before the decision asks again.
                engine.always(after(6000, &["Un", "Deux"]));
                world.recover().await;
                let died = world.aws().faults().pending_crashes() == 0;
                let number = json!(format!("+{customer}"));
                let sends = world.simulator().sends();
                let sends = sends.iter().filter(|send| json!(send.to) == number);
                let texts: Vec<Value> = sends.map(|send| json!(send.text)).collect();
                assert_eq!(texts, ["Un", "Deux"], "it dies {when:?} step {step}");
                if !died {
                    world.heal();
                    assert!(step > 5, "{step}");
                    return;
                }
            }
            panic!("it takes more steps");
        })
        .await;
    }
}
