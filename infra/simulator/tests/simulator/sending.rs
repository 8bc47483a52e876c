use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::Plan;

use crate::world::{CUSTOMER, KEY_A, KEY_B, World};

#[tokio::test]
async fn an_accepted_send_is_answered_as_documented_and_recorded() {
    let world = World::new().await;
    let answer = world
        .send(KEY_A, json!({"to": CUSTOMER, "text": "Bonjour"}))
        .await;
    let msg_id = answer.body["data"]["msgId"].as_i64().expect("a number");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({"success": true, "data": {"msgId": msg_id, "jid": CUSTOMER, "status": "in_progress"}})
    );
    let sends = world.control(Method::GET, "/sends", Value::Null).await.body["sends"].clone();
    let at = sends[0]["at"].as_str().expect("a time").to_owned();
    assert!(
        at.ends_with('Z') && at.parse::<jiff::Timestamp>().is_ok(),
        "{at}"
    );
    let expected = json!([{"session": "instance_abc123", "to": CUSTOMER, "kind": "text", "text": "Bonjour", "msgId": msg_id, "at": at}]);
    assert_eq!(sends, expected);
}

#[tokio::test]
async fn sends_are_listed_in_order_of_acceptance_with_their_sessions() {
    let world = World::new().await;
    world.send_text("un").await;
    world
        .send(KEY_B, json!({"to": CUSTOMER, "text": "deux"}))
        .await;
    world
        .send(
            KEY_A,
            json!({"to": CUSTOMER, "imageUrl": "https://files.example/a.jpg"}),
        )
        .await;
    let sends: Vec<_> = world
        .simulator
        .sends()
        .into_iter()
        .map(|send| (send.session, send.kind, send.text))
        .collect();
    let (a, b) = ("instance_abc123".to_owned(), "instance_def456".to_owned());
    let text = |text: &str| Some(text.to_owned());
    let expected = [
        (a.clone(), "text".to_owned(), text("un")),
        (b, "text".to_owned(), text("deux")),
        (a, "image".to_owned(), None),
    ];
    assert_eq!(sends, expected);
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_401_and_sends_nothing() {
    let world = World::new().await;
    let missing = world.send("", json!({"to": CUSTOMER, "text": "x"})).await;
    assert_eq!(
        (missing.status, missing.body),
        (
            401,
            json!({"success": false, "message": "API key is required"})
        )
    );
    let wrong = world
        .send("api_key_xyz", json!({"to": CUSTOMER, "text": "x"}))
        .await;
    assert_eq!(
        (wrong.status, wrong.body),
        (401, json!({"success": false, "message": "Invalid API key"}))
    );
    assert!(world.simulator.sends().is_empty());
}

#[tokio::test]
async fn an_invalid_request_is_422_with_its_fields() {
    let world = World::new().await;
    let answer = world.send(KEY_A, json!({})).await;
    let expected = json!({"success": false, "message": "Validation failed", "errors": {
        "to": ["The to field is required."],
        "text": ["The text field is required when no media is present."],
    }});
    assert_eq!((answer.status, answer.body), (422, expected));
    let unknown = world
        .send(KEY_A, json!({"to": CUSTOMER, "text": "x", "replyTo": 1}))
        .await;
    assert!(unknown.body["errors"]["replyTo"].is_array(), "{unknown:?}");
    assert!(world.simulator.sends().is_empty());
}

#[tokio::test]
async fn a_lid_as_recipient_is_refused_unless_allowed() {
    let body = json!({"to": "777@lid", "text": "x"});
    let strict = World::new().await.send(KEY_A, body.clone()).await;
    assert_eq!(
        (strict.status, strict.body["errors"]["to"].is_array()),
        (422, true)
    );
    let lenient = World::with(|options| options.allow_lid_recipients = true)
        .await
        .send(KEY_A, body)
        .await;
    assert_eq!(lenient.status, 200);
}

#[tokio::test]
async fn a_session_that_is_not_connected_sends_nothing() {
    let world = World::new().await;
    world
        .simulator
        .set_status("instance_abc123", "disconnected")
        .await
        .expect("a status");
    let answer = world
        .send(KEY_A, json!({"to": CUSTOMER, "text": "x"}))
        .await;
    let message = "Your Whatsapp Session is not connected please connect your session first.";
    assert_eq!(
        (answer.status, answer.body),
        (400, json!({"success": false, "message": message}))
    );
    assert!(world.simulator.sends().is_empty());
    assert_eq!(
        world
            .send(KEY_B, json!({"to": CUSTOMER, "text": "x"}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_rate_limit_is_told_in_headers_and_refuses_without_success_in_the_body() {
    let world = World::with(|options| options.plan = Plan::Trial).await;
    let body = json!({"to": CUSTOMER, "text": "x"});
    let first = world.send(KEY_A, body.clone()).await;
    assert_eq!(
        (
            first.status,
            &first.headers["x-ratelimit-limit"],
            &first.headers["x-ratelimit-remaining"]
        ),
        (200, &"1".parse().unwrap(), &"0".parse().unwrap())
    );
    assert_eq!(first.headers["x-ratelimit-daily-remaining"], "49");
    let second = world.send(KEY_A, body.clone()).await;
    let retry_after = second.body["retry_after"].as_u64().expect("seconds");
    assert_eq!(second.status, 429);
    assert!(
        (59..=60).contains(&retry_after) && second.body.get("success").is_none(),
        "{second:?}"
    );
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(world.send(KEY_A, body).await.status, 200);
}

#[tokio::test]
async fn account_protection_allows_one_send_in_five_seconds() {
    let world = World::new().await;
    world
        .manage(Method::PUT, "/1", json!({"account_protection": true}))
        .await;
    world.send_text("un").await;
    let refused = world
        .send(KEY_A, json!({"to": CUSTOMER, "text": "deux"}))
        .await;
    assert_eq!(
        (refused.status, refused.body["retry_after"].as_u64()),
        (429, Some(5))
    );
    world.clock.advance(Duration::from_secs(5));
    world.send_text("deux").await;
}

#[tokio::test]
async fn unknown_routes_and_methods_have_errors_without_success() {
    let world = World::new().await;
    let nowhere = world.get("/api/nowhere", KEY_A).await;
    assert_eq!(
        (nowhere.status, nowhere.body["message"].is_string()),
        (404, true)
    );
    let method = world.get("/api/send-message", KEY_A).await;
    assert_eq!(
        (method.status, method.body["message"].is_string()),
        (405, true)
    );
}
