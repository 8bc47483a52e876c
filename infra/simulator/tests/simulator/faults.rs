use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, Outcome};

use crate::world::{CUSTOMER, KEY_A, KEY_B, World};

fn text() -> Value {
    json!({"to": CUSTOMER, "text": "Bonjour"})
}

async fn never_answers(world: &World) -> bool {
    tokio::time::timeout(Duration::from_millis(300), world.send(KEY_A, text()))
        .await
        .is_err()
}

#[tokio::test]
async fn refusing_faults_answer_as_wasender_would_and_accept_nothing() {
    let world = World::new().await;
    for (fault, status, body) in [
        (
            json!({"fault": "429", "retryAfter": 7}),
            429,
            json!({"message": "Too Many Attempts.", "retry_after": 7}),
        ),
        (
            json!({"fault": "500"}),
            500,
            json!({"message": "Server Error"}),
        ),
        (
            json!({"fault": "success_false"}),
            200,
            json!({"success": false, "message": "Failed to process the request"}),
        ),
        (
            json!({"fault": "unauthorized"}),
            401,
            json!({"success": false, "message": "Invalid API key"}),
        ),
    ] {
        world.control(Method::POST, "/faults", fault.clone()).await;
        let answer = world.send(KEY_A, text()).await;
        assert_eq!((answer.status, answer.body), (status, body), "{fault}");
        world.control(Method::DELETE, "/faults", Value::Null).await;
    }
    assert!(world.simulator.sends().is_empty());
    world.send_text("Bonjour").await;
}

#[tokio::test]
async fn a_fault_with_a_count_ends_and_one_with_a_session_spares_the_others() {
    let world = World::new().await;
    world
        .simulator
        .fault(
            Fault::new(FaultKind::ServerError)
                .session("instance_abc123")
                .path("send-message")
                .times(1),
        )
        .expect("armed");
    assert_eq!(world.send(KEY_B, text()).await.status, 200);
    assert_eq!(world.get("/api/status", KEY_A).await.status, 200);
    assert_eq!(world.send(KEY_A, text()).await.status, 500);
    assert_eq!(world.send(KEY_A, text()).await.status, 200);
}

#[tokio::test]
async fn a_timeout_before_accepts_nothing_and_a_timeout_after_accepts() {
    let world = World::new().await;
    world
        .simulator
        .fault(Fault::new(FaultKind::TimeoutBefore).times(1))
        .expect("armed");
    assert!(never_answers(&world).await);
    assert!(world.simulator.sends().is_empty());
    world
        .simulator
        .fault(Fault::new(FaultKind::TimeoutAfter).times(1))
        .expect("armed");
    assert!(never_answers(&world).await);
    world.simulator.idle().await;
    assert_eq!(
        (world.simulator.sends().len(), world.gateway.got().len()),
        (1, 4)
    );
}

#[tokio::test]
async fn a_reset_closes_the_connection_before_or_after_acceptance() {
    let world = World::new().await;
    for (kind, accepted) in [(FaultKind::Reset, 0), (FaultKind::ResetAfter, 1)] {
        world
            .simulator
            .fault(Fault::new(kind).times(1))
            .expect("armed");
        let answer = world
            .try_call(Method::POST, "/api/send-message", KEY_A, text())
            .await;
        assert!(answer.is_err_and(|error| !error.is_timeout()), "{kind:?}");
        assert_eq!(world.simulator.sends().len(), accepted, "{kind:?}");
    }
    world.send_text("Bonjour").await;
}

#[tokio::test]
async fn a_doubtful_500_has_accepted() {
    let world = World::new().await;
    world
        .control(
            Method::POST,
            "/faults",
            json!({"fault": "500_after", "times": 1}),
        )
        .await;
    assert_eq!(world.send(KEY_A, text()).await.status, 500);
    assert_eq!(world.simulator.sends().len(), 1);
}

#[tokio::test]
async fn webhooks_overtake_a_slow_answer() {
    let world = World::new().await;
    world
        .control(
            Method::POST,
            "/faults",
            json!({"fault": "slow", "delayMs": 3_600_000, "path": "/api/send-message"}),
        )
        .await;
    let overtaken = async {
        while world.gateway.got().len() < 4 {
            tokio::task::yield_now().await;
        }
        world.clock.advance(Duration::from_secs(3_601));
    };
    let (answer, ()) = tokio::join!(world.send(KEY_A, text()), overtaken);
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_send_that_fails_later_says_so_by_webhook() {
    let world = World::new().await;
    world
        .control(
            Method::POST,
            "/faults",
            json!({"fault": "fail_later", "times": 1}),
        )
        .await;
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert_eq!(
        world.gateway.labels(),
        ["message.sent", "messages.update:0"]
    );
}

#[tokio::test]
async fn webhooks_are_doubled_dropped_and_turned_round_on_demand() {
    let world = World::new().await;
    world
        .simulator
        .fault(
            Fault::new(FaultKind::Duplicate)
                .event("message.sent")
                .times(1),
        )
        .expect("armed");
    world
        .simulator
        .fault(
            Fault::new(FaultKind::Drop)
                .event("messages.update")
                .times(1),
        )
        .expect("armed");
    world.send_text("un").await;
    world.simulator.idle().await;
    assert_eq!(
        world.gateway.labels(),
        [
            "message.sent",
            "message.sent",
            "messages.update:3",
            "messages.update:4"
        ]
    );
    assert_eq!(world.simulator.webhooks()[0].outcome, Outcome::Dropped);
    world.gateway.forget();
    world
        .simulator
        .fault(Fault::new(FaultKind::Reorder).times(1))
        .expect("armed");
    world.send_text("deux").await;
    world.simulator.idle().await;
    assert_eq!(
        world.gateway.labels(),
        [
            "messages.update:4",
            "messages.update:3",
            "messages.update:2",
            "message.sent"
        ]
    );
}

#[tokio::test]
async fn a_delayed_webhook_is_overtaken() {
    let world = World::new().await;
    world
        .control(
            Method::POST,
            "/faults",
            json!({"fault": "delay", "event": "message.sent", "delayMs": 3_600_000}),
        )
        .await;
    world.send_text("Bonjour").await;
    while world.gateway.got().len() < 3 {
        tokio::task::yield_now().await;
    }
    world.clock.advance(Duration::from_secs(3_601));
    world.simulator.idle().await;
    assert_eq!(
        world.gateway.labels(),
        [
            "messages.update:2",
            "messages.update:3",
            "messages.update:4",
            "message.sent"
        ]
    );
}

#[tokio::test]
async fn both_event_names_come_for_what_is_received_and_for_what_is_sent() {
    let world = World::new().await;
    world
        .simulator
        .fault(Fault::new(FaultKind::BothEventNames))
        .expect("armed");
    let answer = world
        .simulator
        .inbound(World::writes("Bonjour"))
        .await
        .expect("an answer");
    world.simulator.idle().await;
    let got = world.gateway.got();
    assert_eq!(
        world.gateway.labels(),
        ["messages.received", "messages.upsert"]
    );
    assert_eq!(
        got[1].body["data"]["messages"][0]["key"]["id"],
        answer.key_id.as_str()
    );
    world.gateway.forget();
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert_eq!(
        world.gateway.labels()[..2],
        ["message.sent", "messages.upsert"]
    );
}

#[tokio::test]
async fn armed_faults_are_listed_and_unknown_ones_refused() {
    let world = World::new().await;
    assert_eq!(
        world
            .control(Method::POST, "/faults", json!({"fault": "gremlins"}))
            .await
            .status,
        422
    );
    world
        .control(
            Method::POST,
            "/faults",
            json!({"fault": "drop", "times": 2}),
        )
        .await;
    let faults = world
        .control(Method::GET, "/faults", Value::Null)
        .await
        .body["faults"]
        .clone();
    assert_eq!(
        (&faults[0]["fault"], &faults[0]["times"]),
        (&json!("drop"), &json!(2))
    );
}

#[tokio::test]
async fn a_reset_of_the_simulator_clears_everything_but_the_sessions() {
    let world = World::new().await;
    world.send_text("Bonjour").await;
    world
        .simulator
        .set_status_silently("instance_def456", "logged_out")
        .await
        .expect("a status");
    world
        .control(Method::POST, "/faults", json!({"fault": "500"}))
        .await;
    assert_eq!(
        world
            .control(Method::POST, "/reset", Value::Null)
            .await
            .status,
        200
    );
    world.simulator.idle().await;
    assert!(world.simulator.sends().is_empty() && world.simulator.webhooks().is_empty());
    assert_eq!(
        world.get("/api/status", KEY_B).await.body["status"],
        "connected"
    );
    world.send_text("Bonjour").await;
}
