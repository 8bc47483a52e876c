//! Nothing is answered 200 that is not kept, and every answer comes in time, whatever AWS does.

use std::time::Duration;

use domain::limits;
use embedded_aws::{Matcher, Service};
use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use testkit::wasender::{event, received, session_status, update};

use crate::front_door::{JSON, get, is_problem, post, timed};
use crate::world::{AWA, Answer, VENDOR_1, World, run};

/// What the function `messages` asks of a service.
fn of_messages(service: Service) -> Matcher {
    Matcher::any().caller("messages").service(service)
}

/// Makes `messages` know the vendor's secrets.
async fn warm(world: &World) {
    let harmless = event("presence.update", &json!({}));
    assert_eq!(world.webhook(VENDOR_1, &harmless).await.status, 200);
}

/// Posts an event and sees that the answer comes in time.
async fn in_time(world: &World, body: &Value) -> Answer {
    world.unspeakable(&[AWA]);
    let (answer, took) = timed(world.webhook(VENDOR_1, body)).await;
    assert!(
        took < limits::WEBHOOK_ANSWER,
        "answered {} after {took:?}",
        answer.status
    );
    answer
}

async fn session(world: &World) -> Value {
    let path = format!("vendors/{}", VENDOR_1.id);
    let vendor = get(world, &path).await;
    vendor.json["status"].clone()
}

/// An event of each way that elements go: the inbound queue, the ledger, the lane, the quarantine.
fn one_of_each() -> [Value; 4] {
    [
        received("Bonjour", AWA, "EACH"),
        update("SOME_KEY", AWA, 3),
        session_status("connected"),
        event("nobody.knows.this", &json!({})),
    ]
}

#[tokio::test]
async fn what_sqs_refuses_is_kept_in_the_table_and_answered_once_later() {
    run(async |world| {
        warm(world).await;
        world.refuse(of_messages(Service::Sqs));
        let message = received("Bonjour", AWA, "SPILLED");
        // It may be delivered again while the queue is away, and after.
        assert_eq!(in_time(world, &message).await.status, 200);
        assert_eq!(in_time(world, &message).await.status, 200);
        world.quiet().await;
        assert_eq!(world.held("inbound.fifo"), 0);
        let listed = world.messages(VENDOR_1, "inbound").await;
        assert_eq!((listed.len(), &listed[0]["text"]), (1, &json!("Bonjour")));
        assert!(world.sent(VENDOR_1).is_empty());
        world.heal();
        world.later(1).await;
        world.sweep().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        assert_eq!(in_time(world, &message).await.status, 200);
        world.recover().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        assert_eq!(world.statuses(VENDOR_1).await, ["read"]);
        let listed = world.messages(VENDOR_1, "inbound").await;
        assert_eq!(
            (listed.len(), &listed[0]["status"]),
            (1, &json!("answered"))
        );
    })
    .await;
}

#[tokio::test]
async fn every_message_of_a_webhook_that_sqs_refuses_is_answered_later() {
    run(async |world| {
        warm(world).await;
        world.refuse(of_messages(Service::Sqs));
        let message = |number: usize| {
            received("Merci", AWA, &format!("KEY{number}"))["data"]["messages"].clone()
        };
        let messages: Vec<_> = (0..4).map(message).collect();
        let several = event("messages.upsert", &json!({ "messages": messages }));
        assert_eq!(in_time(world, &several).await.status, 200);
        world.heal();
        world.recover().await;
        assert_eq!(world.sent(VENDOR_1).len(), 4);
    })
    .await;
}

#[tokio::test]
async fn what_neither_store_takes_is_answered_503_and_never_answered_to_the_customer() {
    run(async |world| {
        warm(world).await;
        world.recover().await;
        let before = world.stored().await;
        world.refuse(of_messages(Service::Sqs));
        world.refuse(of_messages(Service::DynamoDb));
        for body in one_of_each() {
            is_problem(&in_time(world, &body).await, 503, "not_durable");
        }
        world.heal();
        world.recover().await;
        assert_eq!(world.stored().await, before);
        assert!(world.sent(VENDOR_1).is_empty());
        // The provider posts it again: only now it counts.
        let message = received("Bonjour", AWA, "EACH");
        assert_eq!(in_time(world, &message).await.status, 200);
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_message_taken_by_the_queue_is_answered_when_the_tables_are_back() {
    run(async |world| {
        warm(world).await;
        world.refuse(Matcher::any().service(Service::DynamoDb));
        let message = received("Bonjour", AWA, "TABLES");
        assert_eq!(in_time(world, &message).await.status, 200);
        world.quiet().await;
        assert!(world.sent(VENDOR_1).is_empty());
        world.heal();
        world.recover().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        assert_eq!(world.statuses(VENDOR_1).await, ["read"]);
    })
    .await;
}

#[tokio::test]
async fn a_status_that_the_tables_refuse_is_applied_later() {
    run(async |world| {
        let untold = Fault::new(FaultKind::Drop).event("messages.update");
        world.simulator().fault(untold).expect("a fault");
        world.customer_writes(VENDOR_1, AWA, "Bonjour", "KEY").await;
        world.quiet().await;
        let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
        let key_id = reply["providerMessageId"].as_str().expect("an id");
        world.refuse(of_messages(Service::DynamoDb));
        let answer = in_time(world, &update(key_id, AWA, 4)).await;
        assert_eq!(answer.status, 200);
        let answer = in_time(world, &session_status("disconnected")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(world.held("later"), 2);
        assert_ne!(world.statuses(VENDOR_1).await, ["read"]);
        assert_ne!(session(world).await, "disconnected");
        world.heal();
        world.later(10).await;
        let confirmation = 1;
        assert_eq!(world.held("later"), confirmation);
        assert_eq!(world.statuses(VENDOR_1).await, ["read"]);
        assert_eq!(session(world).await, "disconnected");
    })
    .await;
}

#[tokio::test]
async fn a_silent_queue_delays_the_answer_within_its_bound_and_the_message_is_kept() {
    run(async |world| {
        warm(world).await;
        world.aws().faults().stall(of_messages(Service::Sqs));
        let message = received("Bonjour", AWA, "SILENT");
        assert_eq!(in_time(world, &message).await.status, 200);
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 1);
        world.heal();
        world.recover().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn silent_tables_delay_the_answer_within_its_bound_and_events_are_applied_later() {
    run(async |world| {
        warm(world).await;
        world.aws().faults().stall(of_messages(Service::DynamoDb));
        let bodies = [update("SOME_KEY", AWA, 3), session_status("disconnected")];
        let answers = join_all(bodies.iter().map(|body| in_time(world, body))).await;
        assert!(
            answers.iter().all(|answer| answer.status == 200),
            "{answers:?}"
        );
        assert_eq!(world.held("later"), 2);
        world.heal();
        world.later(10).await;
        let confirmation = 1;
        assert_eq!(world.held("later"), confirmation);
        assert_eq!(session(world).await, "disconnected");
    })
    .await;
}

#[tokio::test]
async fn when_every_store_is_silent_the_answer_is_503_within_its_bound() {
    run(async |world| {
        warm(world).await;
        world.recover().await;
        let before = world.stored().await;
        world.aws().faults().stall(of_messages(Service::Sqs));
        world.aws().faults().stall(of_messages(Service::DynamoDb));
        let bodies = one_of_each();
        for answer in join_all(bodies.iter().map(|body| in_time(world, body))).await {
            is_problem(&answer, 503, "not_durable");
        }
        world.heal();
        world.recover().await;
        assert_eq!(world.stored().await, before);
    })
    .await;
}

#[tokio::test]
async fn when_secrets_are_not_told_a_vendor_not_known_yet_is_answered_503_and_a_known_one_200() {
    run(async |world| {
        world.later(limits::SECRET_CACHE.as_secs() + 1).await;
        let message = received("Bonjour", AWA, "COLD");
        world.refuse(of_messages(Service::SecretsManager));
        is_problem(&in_time(world, &message).await, 503, "not_durable");
        world.heal();
        world
            .aws()
            .faults()
            .stall(of_messages(Service::SecretsManager));
        is_problem(&in_time(world, &message).await, 503, "not_durable");
        world.quiet().await;
        assert!(world.messages(VENDOR_1, "inbound").await.is_empty());
        world.heal();
        warm(world).await;
        world
            .aws()
            .faults()
            .stall(of_messages(Service::SecretsManager));
        let (answer, took) = timed(world.webhook(VENDOR_1, &message)).await;
        assert!(
            (answer.status, took < Duration::from_secs(1)) == (200, true),
            "{took:?}"
        );
        let headers = [JSON, ("x-webhook-signature", "wrong_secret")];
        // It may be signed with a secret that the store has and this environment has not: only a fresh reading refuses for good.
        let (forged, took) = timed(post(world, VENDOR_1.id, &headers, message.to_string())).await;
        is_problem(&forged, 503, "not_durable");
        assert!(took < limits::WEBHOOK_ANSWER, "{took:?}");
        world.heal();
        world.later(1).await;
        let refused = post(world, VENDOR_1.id, &headers, message.to_string()).await;
        is_problem(&refused, 401, "unauthorized");
    })
    .await;
}

#[tokio::test]
async fn what_the_queue_refused_for_long_is_enqueued_by_one_pass_of_the_sweep() {
    run(async |world| {
        warm(world).await;
        world.unspeakable(&[AWA]);
        world.pause();
        world.refuse(of_messages(Service::Sqs));
        // More than a page in each shard of the index.
        let webhooks = (0..50).map(|webhook| async move {
            let messages: Vec<_> = (0..10)
                .map(|number| {
                    let key = format!("KEY{webhook}X{number}");
                    received("Bonjour", AWA, &key)["data"]["messages"].clone()
                })
                .collect();
            let body = event("messages.upsert", &json!({ "messages": messages }));
            assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
        });
        stream::iter(webhooks)
            .for_each_concurrent(5, std::convert::identity)
            .await;
        world.heal();
        world.sweep_alone().await;
        assert_eq!(world.bodies("local-inbound.fifo").len(), 500);
    })
    .await;
}
