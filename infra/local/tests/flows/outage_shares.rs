//! One vendor's engine is that vendor's trouble: the others are answered as if it were not there.

use std::time::Duration;

use domain::limits;
use local::Options;
use serde_json::json;

use crate::engine_double::{Act, EngineDouble};
use crate::front_door::{calls_of, timed};
use crate::people::writes;
use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, World, run, run_in};

/// Twelve customers write to a vendor whose engine never answers.
async fn crowd(world: &World, engine: &EngineDouble, timeout: Duration) {
    engine.always(Act::After(
        Duration::from_secs(30),
        Box::new(Act::say("Trop tard")),
    ));
    let slow = json!({ "url": engine.url(), "timeoutMs": timeout.as_millis() });
    world.configure_engine_as(VENDOR_1, &slow).await;
    for number in 0..12 {
        let (customer, key_id) = (format!("2217000000{number:02}"), format!("CROWD{number}"));
        let writing = world.customer_writes(VENDOR_1, &customer, "Bonjour", &key_id);
        let (answer, took) = timed(writing).await;
        assert_eq!(answer.status, 200);
        assert!(took < limits::WEBHOOK_ANSWER, "a webhook took {took:?}");
    }
}

#[tokio::test]
async fn a_slow_engine_takes_a_share_of_the_slots_and_other_vendors_are_answered_at_once() {
    let options = Options {
        inbound_concurrency: 10,
        ..Options::default()
    };
    run_in(options, async |world| {
        let engine = EngineDouble::start(world);
        crowd(world, &engine, limits::ENGINE_TIMEOUT).await;
        world
            .until(async || engine.asked().len() == limits::ENGINE_IN_FLIGHT)
            .await;
        world
            .customer_writes(VENDOR_2, MOUSSA, "Bonjour", "OTHER")
            .await;
        world.until(async || world.sent(VENDOR_2).len() == 1).await;
        assert_eq!(engine.asked().len(), limits::ENGINE_IN_FLIGHT);
        assert!(world.sent(VENDOR_1).is_empty());
    })
    .await;
}

#[tokio::test]
async fn whoever_found_no_slot_is_answered_in_the_end() {
    run(async |world| {
        let engine = EngineDouble::start(world);
        crowd(world, &engine, Duration::from_millis(300)).await;
        world.quiet().await;
        engine.always(Act::say("De la part du moteur"));
        for _ in 0..12 {
            world.later(15).await;
        }
        assert_eq!(world.sent(VENDOR_1), ["De la part du moteur"; 12]);
        assert_eq!(
            (world.held("inbound.fifo"), world.held("inbound-dead.fifo")),
            (0, 0)
        );
    })
    .await;
}

#[tokio::test]
async fn more_than_so_many_of_a_vendor_do_not_wait() {
    run(async |world| {
        let engine = EngineDouble::start(world);
        world.configure_engine(VENDOR_1, &engine).await;
        engine.always(Act::status(503));
        for number in 0..limits::ENGINE_WAITING + 2 {
            let (customer, key_id) = (format!("221700000{number:03}"), format!("MANY{number}"));
            world
                .customer_writes(VENDOR_1, &customer, "Bonjour", &key_id)
                .await;
        }
        world.quiet().await;
        let told = world.sent(VENDOR_1);
        assert_eq!(told.len(), 2, "{told:?}");
        let messages = world.messages(VENDOR_1, "inbound").await;
        let told = messages
            .iter()
            .filter(|message| message["outcome"] == "fallback");
        assert_eq!(told.count(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_engine_over_http_costs_a_few_calls_more_and_the_built_in_one_none() {
    run(async |world| {
        let cost = async |key_id: &str| {
            world.aws().calls().take();
            writes(world, "Bonjour", AWA, key_id).await;
            calls_of(world, "conversation")
        };
        cost("FIRST").await;
        let built_in = cost("BUILTIN").await;
        assert!(
            !built_in.iter().any(|call| call.ends_with("local-lanes")),
            "{built_in:#?}"
        );
        let engine = EngineDouble::start(world);
        world.configure_engine(VENDOR_1, &engine).await;
        cost("SECRET").await;
        let over_http = cost("HTTP").await;
        let known = "DynamoDb GetItem local-lanes";
        let more: Vec<_> = over_http
            .iter()
            .filter(|call| call.ends_with("local-lanes"))
            .collect();
        let places = more
            .iter()
            .filter(|call| **call == "DynamoDb UpdateItem local-lanes");
        assert_eq!(
            places.count(),
            2,
            "a place is taken and left: {over_http:#?}"
        );
        assert!(
            more.iter().filter(|call| **call == known).count() <= 1,
            "{over_http:#?}"
        );
        assert!(over_http.len() <= built_in.len() + 3, "{over_http:#?}");
    })
    .await;
}
