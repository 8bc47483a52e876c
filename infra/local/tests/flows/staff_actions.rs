//! What people decide about messages that were to be sent: retry, cancel, discard.

use serde_json::{Value, json};
use simulator::FaultKind;

use crate::front_door::{get, is_problem};
use crate::reconciliation::{
    deaf, detail, fault, logs_nothing, sends, status, well, write, writes,
};
use crate::world::{AWA, Answer, VENDOR_1, VENDOR_2, World, run};

/// A person decides about a message.
async fn decide(world: &World, id: &str, what: &str) -> Answer {
    let path = format!("vendors/{}/messages/{id}/{what}", VENDOR_1.id);
    let answer = world.admin("POST", &path, &[], &Value::Null).await;
    world.quiet().await;
    answer
}

#[tokio::test]
async fn a_send_in_doubt_is_repeated_by_a_person_once_and_a_late_echo_shows_the_duplicate() {
    run(async |world| {
        logs_nothing(world).await;
        deaf(world);
        fault(world, sends(FaultKind::ResetAfter, 1));
        let id = write(world, "Votre colis est prêt").await;
        is_problem(&decide(world, &id, "retry").await, 409, "settling");
        world.later(121).await;
        well(world);
        let retried = decide(world, &id, "retry").await;
        assert_eq!(retried.status, 202, "{}", retried.text);
        let repeated = retried.json["messageId"]
            .as_str()
            .expect("an id")
            .to_owned();
        let again = decide(world, &id, "retry").await;
        assert_eq!(again.json["messageId"], retried.json["messageId"]);
        assert_eq!(world.sent(VENDOR_1).len(), 2, "once more, and not twice");
        assert_eq!(status(world, &repeated).await, "read");
        let old = detail(world, &id).await;
        assert_eq!(
            (&old["status"], &old["sending"]["duplicateSuspected"]),
            (&json!("unknown"), &json!(false))
        );
        assert_eq!(old["sending"]["retriedBy"], repeated.as_str());
        assert_eq!(old["history"].as_array().expect("two").len(), 2);
        let mut late = testkit::wasender::echo("Votre colis est prêt", AWA, "LATE");
        late["data"]["messages"]["messageTimestamp"] = world.clock().now().as_second().into();
        world.webhook(VENDOR_1, &late).await;
        world.quiet().await;
        let old = detail(world, &id).await;
        assert_eq!(old["sending"]["duplicateSuspected"], true, "{old}");
        let new = detail(world, &repeated).await;
        assert_eq!(new["sending"]["duplicateSuspected"], true, "{new}");
    })
    .await;
}

#[tokio::test]
async fn a_parked_message_is_cancelled_and_the_others_leave() {
    run(async |world| {
        let session = world
            .simulator()
            .set_status(VENDOR_1.session, "disconnected");
        session.await.expect("the session exists");
        let mut ids = Vec::new();
        for text in ["Un", "Deux", "Trois"] {
            ids.push(write(world, text).await);
        }
        for _ in 0..2 {
            let cancelled = decide(world, &ids[1], "cancel").await;
            assert_eq!(
                (cancelled.status, &cancelled.json["status"]),
                (200, &json!("cancelled"))
            );
        }
        let session = world.simulator().set_status(VENDOR_1.session, "connected");
        session.await.expect("the session exists");
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), ["Un", "Trois"]);
        is_problem(
            &decide(world, &ids[0], "cancel").await,
            409,
            "not_cancellable",
        );
        is_problem(&decide(world, &ids[0], "retry").await, 409, "not_retryable");
        assert_eq!(decide(world, &ids[1], "retry").await.status, 202);
        assert_eq!(world.sent(VENDOR_1), ["Un", "Trois", "Deux"]);
    })
    .await;
}

#[tokio::test]
async fn of_a_cancellation_and_a_sender_one_wins() {
    run(async |world| {
        for number in 0..20 {
            let text = format!("course {number}");
            let id = writes(world, VENDOR_1.id, AWA, &text).await;
            let cancelled = decide(world, &id, "cancel").await.status == 200;
            world.later(20).await;
            let sent = world.sent(VENDOR_1).contains(&text);
            assert_ne!(cancelled, sent, "{text}");
            let ended = status(world, &id).await;
            assert_eq!(ended, if sent { "read" } else { "cancelled" });
        }
    })
    .await;
}

#[tokio::test]
async fn a_discarded_doubt_is_asked_after_no_more_and_may_still_be_proved() {
    run(async |world| {
        deaf(world);
        fault(world, sends(FaultKind::ResetAfter, 1));
        let id = write(world, "Votre colis est prêt").await;
        for _ in 0..2 {
            let discarded = decide(world, &id, "discard").await;
            assert_eq!(
                (discarded.status, &discarded.json["status"]),
                (200, &json!("unknown"))
            );
            assert!(discarded.json["discardedAt"].is_string());
        }
        world.recover().await;
        assert_eq!(status(world, &id).await, "unknown");
        is_problem(&decide(world, &id, "retry").await, 409, "discarded");
        let mut late = testkit::wasender::echo("Votre colis est prêt", AWA, "LATE");
        late["data"]["messages"]["messageTimestamp"] = world.clock().now().as_second().into();
        world.webhook(VENDOR_1, &late).await;
        world.quiet().await;
        assert_eq!(detail(world, &id).await["sending"]["dispatch"], "accepted");
        is_problem(&decide(world, &id, "discard").await, 409, "not_discardable");
    })
    .await;
}

#[tokio::test]
async fn nobody_decides_about_what_is_not_there_or_not_theirs() {
    run(async |world| {
        let id = write(world, "Votre colis est prêt").await;
        for what in ["retry", "cancel", "discard"] {
            is_problem(
                &decide(world, "msg_nobody", what).await,
                404,
                "no_such_message",
            );
            let path = format!("vendors/{}/messages/{id}/{what}", VENDOR_2.id);
            let others = world.admin("POST", &path, &[], &Value::Null).await;
            is_problem(&others, 404, "no_such_message");
            let path = format!("/api/admin/vendors/{}/messages/{id}/{what}", VENDOR_1.id);
            let nobody = world.request("POST", &path, &[], "").await;
            is_problem(&nobody, 401, "unauthorized");
        }
        let path = format!("vendors/{}/messages/{id}", VENDOR_2.id);
        is_problem(&get(world, &path).await, 404, "no_such_message");
    })
    .await;
}
