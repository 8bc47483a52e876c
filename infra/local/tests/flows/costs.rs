//! What each webhook and each reply costs in AWS calls, counted where they arrive.

use std::time::Duration;

use domain::limits;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use testkit::wasender::{event, received, session_status, update};

use crate::front_door::{JSON, calls_of, post, timed};
use crate::media;
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

/// Makes `messages` know the vendor's secrets.
async fn warm(world: &World) {
    let harmless = event("presence.update", &json!({}));
    assert_eq!(world.webhook(VENDOR_1, &harmless).await.status, 200);
    world.aws().calls().take();
}

/// What a genuine webhook costs.
async fn cost(world: &World, body: &Value) -> Vec<String> {
    world.aws().calls().take();
    assert_eq!(world.webhook(VENDOR_1, body).await.status, 200);
    calls_of(world, "messages")
}

#[track_caller]
fn at_most(bound: usize, calls: &[String]) {
    assert!(
        calls.len() <= bound,
        "{} calls, not {bound}: {calls:#?}",
        calls.len()
    );
}

#[tokio::test]
async fn an_accepted_message_costs_one_call_and_two_when_its_vendor_is_not_known_yet() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        warm(world).await;
        let calls = cost(world, &received("Bonjour", AWA, "WARM")).await;
        assert_eq!(calls, ["Sqs SendMessage local-inbound.fifo"]);
        world.later(limits::SECRET_CACHE.as_secs() + 1).await;
        let calls = cost(world, &received("Merci", AWA, "COLD")).await;
        let expected = [
            "SecretsManager GetSecretValue local/vendor/vendor_001",
            "Sqs SendMessage local-inbound.fifo",
        ];
        assert_eq!(calls, expected);
    })
    .await;
}

#[tokio::test]
async fn ten_messages_in_one_webhook_cost_one_call() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        warm(world).await;
        let messages: Vec<_> = (0..10)
            .map(|number| {
                received("Merci", AWA, &format!("KEY{number}"))["data"]["messages"].clone()
            })
            .collect();
        let calls = cost(
            world,
            &event("messages.upsert", &json!({ "messages": messages })),
        )
        .await;
        assert_eq!(calls, ["Sqs SendMessageBatch local-inbound.fifo"]);
    })
    .await;
}

#[tokio::test]
async fn a_file_costs_the_conversation_one_call_more_than_a_text() {
    run(async |world| {
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "FIRST")
            .await;
        world.quiet().await;
        world.aws().calls().take();
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "TEXT")
            .await;
        world.quiet().await;
        let text = calls_of(world, "conversation");
        media::awa_sends(world, media::image(), "Bonjour").await;
        let mut file = calls_of(world, "conversation");
        let asked = |call: &String| call == "Sqs SendMessage local-later";
        assert!(!text.iter().any(asked), "{text:#?}");
        let at = file.iter().position(asked).expect("the file is asked for");
        file.remove(at);
        file.sort_unstable();
        let mut text = text;
        text.sort_unstable();
        assert_eq!(file, text);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_came_before_costs_one_call_at_most() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        warm(world).await;
        let message = received("Bonjour", AWA, "SAME");
        cost(world, &message).await;
        at_most(1, &cost(world, &message).await);
        world.later(60).await;
        at_most(1, &cost(world, &message).await);
    })
    .await;
}

#[tokio::test]
async fn what_is_ignored_costs_nothing_and_what_is_not_understood_one_call() {
    run(async |world| {
        warm(world).await;
        let nothing: [&str; 0] = [];
        assert_eq!(
            cost(world, &event("presence.update", &json!({}))).await,
            nothing
        );
        let calls = cost(world, &event("nobody.knows.this", &json!({}))).await;
        assert_eq!(calls, ["Sqs SendMessage local-quarantine"]);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_forgery_costs_no_call() {
    for vendor in [VENDOR_1.id, "vendor_999"] {
        run(async |world| {
            warm(world).await;
            let body = received("Bonjour", AWA, "FORGED").to_string();
            let forge = async || {
                let headers = [JSON, ("x-webhook-signature", "wrong_secret")];
                let answer = post(world, vendor, &headers, body.clone()).await;
                assert_eq!(answer.status, 401);
            };
            // Fresh secrets are fresh for a second: a machine too busy to forge twice in one has another try.
            for _ in 0..50 {
                world.later(10).await;
                world.aws().calls().take();
                let ((), took) = timed(async {
                    forge().await;
                    at_most(1, &calls_of(world, "messages"));
                    for _ in 0..5 {
                        forge().await;
                    }
                })
                .await;
                if took + Duration::from_millis(50) < limits::SECRET_FRESH {
                    at_most(0, &calls_of(world, "messages"));
                    return;
                }
            }
            panic!("the machine is too slow to tell");
        })
        .await;
    }
}

/// One reply that is sent and of which nothing more was told than that it left; answers with WhatsApp's id of it.
async fn sent_reply(world: &World) -> String {
    let untold = Fault::new(FaultKind::Drop).event("messages.update");
    world.simulator().fault(untold).expect("a fault");
    world.customer_writes(VENDOR_1, AWA, "Bonjour", "KEY").await;
    world.quiet().await;
    let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
    reply["providerMessageId"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[tokio::test]
async fn the_first_status_of_a_message_costs_two_calls_and_each_one_after_it_one() {
    run(async |world| {
        let key_id = sent_reply(world).await;
        let delivered = update(&key_id, AWA, 3);
        let calls = cost(world, &delivered).await;
        assert_eq!(calls, ["DynamoDb UpdateItem local-messages"; 2]);
        let calls = cost(world, &delivered).await;
        assert_eq!(calls, ["DynamoDb UpdateItem local-messages"]);
        let read = update(&key_id, AWA, 4);
        let calls = cost(world, &read).await;
        assert_eq!(calls, ["DynamoDb UpdateItem local-messages"]);
        assert_eq!(world.statuses(VENDOR_1).await, ["read"]);
        world.later(limits::LEAD_REMEMBERED.as_secs() + 1).await;
        warm(world).await;
        at_most(2, &cost(world, &read).await);
        let calls = cost(world, &update("SOMEBODY_ELSES", AWA, 3)).await;
        assert_eq!(calls, ["DynamoDb UpdateItem local-messages"]);
    })
    .await;
}

#[tokio::test]
async fn a_session_status_costs_three_calls_at_most() {
    run(async |world| {
        warm(world).await;
        at_most(3, &cost(world, &session_status("connected")).await);
    })
    .await;
}

#[tokio::test]
async fn a_reply_costs_the_sender_four_calls_at_most() {
    run(async |world| {
        world.unspeakable(&[MOUSSA]);
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "FIRST")
            .await;
        world.quiet().await;
        world.aws().calls().take();
        world
            .customer_writes(VENDOR_1, MOUSSA, "Bonjour", "SECOND")
            .await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 2);
        let calls = calls_of(world, "sender");
        assert!(!calls.is_empty(), "the sender asks AWS");
        at_most(4, &calls);
    })
    .await;
}
