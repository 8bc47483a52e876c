//! Faults are taken in their documented form alone, and too many requests at once are refused.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};

use crate::world::{CUSTOMER, KEY_A, KEY_B, World};

async fn arm(world: &World, fault: &Value) -> (u16, String) {
    let answer = world.control(Method::POST, "/faults", fault.clone()).await;
    let error = answer.body["error"].as_str().unwrap_or_default();
    (answer.status, error.to_owned())
}

#[tokio::test]
async fn every_documented_fault_is_taken() {
    let world = World::new().await;
    for kind in [
        "429",
        "500",
        "timeout_before",
        "timeout_after",
        "reset",
        "slow",
        "success_false",
        "unauthorized",
    ] {
        let fault = json!({"session": "instance_abc123", "path": "send-message", "fault": kind, "times": 2});
        assert_eq!(arm(&world, &fault).await.0, 200, "{kind}");
    }
    for kind in ["duplicate", "reorder", "delay", "drop", "both_event_names"] {
        let fault = json!({"session": "vendor_001", "fault": kind, "times": 1});
        assert_eq!(arm(&world, &fault).await.0, 200, "{kind}");
    }
    assert_eq!(
        arm(&world, &json!({"fault": "429", "retryAfter": 7}))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn a_fault_with_anything_else_is_refused_and_told_why() {
    let world = World::new().await;
    for (fault, why) in [
        (json!({"fault": "gremlins"}), "gremlins"),
        (
            json!({"fault": "500", "sessions": "instance_abc123"}),
            "sessions",
        ),
        (json!({"session": "instance_abc123"}), "fault"),
        (
            json!({"fault": "500", "session": "instance_xyz"}),
            "no such session",
        ),
        (json!({"fault": "500", "times": 0}), "times"),
        (json!({"fault": "500", "times": -1}), "-1"),
        (json!({"fault": "500", "retryAfter": 7}), "retryAfter"),
        (json!({"fault": "429", "delayMs": 7}), "delayMs"),
        (json!({"fault": "500", "event": "message.sent"}), "event"),
        (json!({"fault": "drop", "path": "send-message"}), "path"),
    ] {
        let (status, error) = arm(&world, &fault).await;
        assert!(
            status == 422 && error.contains(why),
            "{fault}: {status} {error}"
        );
    }
    let armed = world.control(Method::GET, "/faults", Value::Null).await;
    assert_eq!(armed.body["faults"], json!([]));
}

#[tokio::test]
async fn a_failure_without_success_comes_in_the_endpoints_own_form() {
    let world = World::new().await;
    let fault = json!({"fault": "success_false"});
    assert_eq!(arm(&world, &fault).await.0, 200);
    let text = "Failed to process the request";
    let read = world
        .call(Method::POST, "/api/messages/read", KEY_A, json!({}))
        .await;
    assert_eq!(
        (read.status, read.body),
        (200, json!({"success": false, "error": text}))
    );
    let sent = world.send(KEY_A, json!({})).await;
    assert_eq!(
        (sent.status, sent.body),
        (200, json!({"success": false, "message": text}))
    );
}

#[tokio::test]
async fn a_request_that_hangs_keeps_its_place_among_the_few() {
    let world = World::with(|options| options.concurrency = 1).await;
    let hang = Fault::new(FaultKind::TimeoutBefore)
        .path("send-message")
        .times(1);
    world.simulator.fault(hang).expect("armed");
    let text = json!({"to": CUSTOMER, "text": "Bonjour"});
    let hanging = world.send(KEY_A, text.clone());
    let others = async {
        while world.get("/api/status", KEY_A).await.status == 200 {
            tokio::task::yield_now().await;
        }
        let refused = world.get("/api/user", KEY_A).await;
        assert_eq!(
            (refused.status, refused.body),
            (
                429,
                json!({"message": "Too many concurrent requests.", "retry_after": 1})
            )
        );
        assert_eq!(world.get("/api/status", KEY_B).await.status, 200);
    };
    tokio::select! {
        _ = hanging => panic!("it hangs"),
        () = others => {}
    }
    // The client has left, and its place is free again.
    let freed = async {
        while world.send(KEY_A, text.clone()).await.status == 429 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), freed)
        .await
        .expect("the place is freed");
}
