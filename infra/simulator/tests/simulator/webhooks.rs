use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Delays, Outcome};

use crate::world::{CUSTOMER, KEY_A, KEY_B, World};

#[tokio::test]
async fn a_send_is_followed_by_its_documented_events_in_order() {
    let world = World::new().await;
    let msg_id = world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert_eq!(
        world.gateway.labels(),
        [
            "message.sent",
            "messages.update:2",
            "messages.update:3",
            "messages.update:4"
        ]
    );
    let got = world.gateway.got();
    assert!(
        got.iter()
            .all(|got| got.path == "/api/webhooks/wasender/vendor_001"
                && got.signature.as_deref() == Some("secret_123"))
    );
    assert!(got.iter().all(|got| got.body["sessionId"] == KEY_A));
    let key = got[0].body["data"]["key"].clone();
    let sent = json!({"key": key, "message": {"conversation": "Bonjour"}, "success": true, "msgId": msg_id});
    assert_eq!(
        (&got[0].body["data"], &key["remoteJid"], &key["fromMe"]),
        (&sent, &json!("221700000001@s.whatsapp.net"), &json!(true))
    );
    assert_eq!(
        got[3].body["data"],
        json!({"update": {"status": 4}, "key": key, "msgId": msg_id})
    );
    let unit =
        |index: usize| got[index].body["timestamp"].as_i64().expect("a time") > 100_000_000_000;
    assert_eq!(
        [unit(0), unit(1)],
        [false, true],
        "seconds for message.sent, milliseconds for messages.update"
    );
}

#[tokio::test]
async fn a_session_posts_to_its_own_vendor_with_its_own_secret() {
    let world = World::new().await;
    world
        .send(KEY_B, json!({"to": CUSTOMER, "text": "x"}))
        .await;
    world.simulator.idle().await;
    let got = world.gateway.got();
    assert!(
        got.len() == 4
            && got.iter().all(|got| got.path.ends_with("/vendor_002")
                && got.signature.as_deref() == Some("secret_456"))
    );
}

#[tokio::test]
async fn the_numbers_in_events_can_be_left_out() {
    let world = World::with(|options| options.msg_id_in_events = false).await;
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert!(
        world
            .gateway
            .got()
            .iter()
            .all(|got| got.body["data"].get("msgId").is_none())
    );
}

#[tokio::test]
async fn statuses_wait_for_the_clock() {
    let world = World::with(|options| options.delays = Delays::each(Duration::from_mins(10))).await;
    world.send_text("Bonjour").await;
    for wanted in [
        "message.sent",
        "messages.update:2",
        "messages.update:3",
        "messages.update:4",
    ] {
        world.clock.advance(Duration::from_secs(601));
        while world.gateway.labels().last().map(String::as_str) != Some(wanted) {
            tokio::task::yield_now().await;
        }
    }
    world.simulator.idle().await;
    assert_eq!(world.gateway.got().len(), 4);
}

#[tokio::test]
async fn a_subscription_narrows_the_events_and_brings_the_echo() {
    let world = World::new().await;
    world
        .manage(
            Method::PUT,
            "/1",
            json!({"webhook_events": ["messages.upsert", "messages.update"]}),
        )
        .await;
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert_eq!(
        world.gateway.labels(),
        [
            "messages.upsert",
            "messages.update:2",
            "messages.update:3",
            "messages.update:4"
        ]
    );
    let echo = &world.gateway.got()[0].body["data"]["messages"][0];
    assert_eq!(
        (&echo["key"]["fromMe"], &echo["messageBody"]),
        (&json!(true), &json!("Bonjour"))
    );
    world.gateway.forget();
    world
        .manage(Method::PUT, "/1", json!({"webhook_enabled": false}))
        .await;
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert!(world.gateway.got().is_empty());
}

#[tokio::test]
async fn a_failing_gateway_is_tried_three_times_and_a_refusing_one_once() {
    let world = World::new().await;
    world.gateway.answers(&[503, 503, 503, 401]);
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    let ends: Vec<_> = world
        .simulator
        .webhooks()
        .iter()
        .map(|hook| (hook.outcome, hook.status, hook.tries))
        .collect();
    let expected = [
        (Outcome::GaveUp, Some(503), 3),
        (Outcome::Refused, Some(401), 1),
        (Outcome::Delivered, Some(200), 1),
        (Outcome::Delivered, Some(200), 1),
    ];
    assert_eq!(ends, expected);
}

#[tokio::test]
async fn a_retried_webhook_keeps_its_place() {
    let world = World::new().await;
    world.gateway.answers(&[200, 500]);
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    let expected = [
        "message.sent",
        "messages.update:2",
        "messages.update:2",
        "messages.update:3",
        "messages.update:4",
    ];
    assert_eq!(world.gateway.labels(), expected);
}

#[tokio::test]
async fn no_webhook_leaves_this_machine() {
    let world = World::new().await;
    world
        .manage(
            Method::PUT,
            "/1",
            json!({"webhook_url": "https://gateway.example/hook"}),
        )
        .await;
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert!(
        world
            .simulator
            .webhooks()
            .iter()
            .all(|hook| hook.outcome == Outcome::Unaddressed && hook.tries == 0)
    );
}

#[tokio::test]
async fn a_changed_status_is_posted_as_documented_unless_silent() {
    let world = World::new().await;
    let path = "/sessions/instance_abc123/status";
    let answer = world
        .control(Method::POST, path, json!({"status": "disconnected"}))
        .await;
    assert_eq!((answer.status, answer.body), (200, json!({"status": 200})));
    let got = world.gateway.got();
    assert_eq!(
        got[0].body,
        json!({"event": "session.status", "sessionId": KEY_A, "data": {"status": "disconnected"}})
    );
    world
        .control(
            Method::POST,
            path,
            json!({"status": "connected", "silent": true}),
        )
        .await;
    assert_eq!(world.gateway.got().len(), 1);
    assert_eq!(
        world.get("/api/status", KEY_A).await.body["status"],
        "connected"
    );
    assert_eq!(
        world
            .control(
                Method::POST,
                "/sessions/nobody/status",
                json!({"status": "connected"})
            )
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn the_record_of_webhooks_holds_no_key() {
    let world = World::new().await;
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    let record = world
        .control(Method::GET, "/webhooks", Value::Null)
        .await
        .body;
    assert_eq!(
        (
            &record["webhooks"][0]["event"],
            &record["webhooks"][0]["status"]
        ),
        (&json!("message.sent"), &json!(200))
    );
    assert!(!record.to_string().contains(KEY_A) && !record.to_string().contains("secret_123"));
}
