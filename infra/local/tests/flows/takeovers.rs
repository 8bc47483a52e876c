//! A person takes a conversation over: what the engine decided before and nobody began to send is never sent.

use embedded_aws::{Matcher, Service};
use serde_json::{Value, json};
use testkit::wasender::received_from_lid;

use crate::conversations::{all, decide, detail, listed, newest};
use crate::front_door::is_problem;
use crate::people::{LID, session, writes, writes_by_lid};
use crate::reconciliation::write;
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

async fn take_over(world: &World, id: &str) -> Value {
    let taken = decide(world, id, "takeover", &json!({ "by": "Fatou" })).await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    assert_eq!(
        (&taken.json["status"], &taken.json["attendedBy"]),
        (&json!("human"), &json!("Fatou"))
    );
    taken.json
}

async fn release(world: &World, id: &str) -> Value {
    let released = decide(world, id, "release", &Value::Null).await;
    assert_eq!(released.status, 200, "{}", released.text);
    assert_eq!(
        (&released.json["status"], &released.json["attendedBy"]),
        (&json!("bot"), &Value::Null)
    );
    released.json
}

#[tokio::test]
async fn while_a_person_attends_messages_are_kept_and_the_engine_is_silent_until_release() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "A1").await;
        let id = newest(world).await;
        let taken = take_over(world, &id).await;
        assert_eq!(taken["attendedUntil"], Value::Null, "until released");
        assert_eq!(
            take_over(world, &id).await["controlEpoch"],
            taken["controlEpoch"]
        );
        let by_status = async |status: &str| {
            let page = listed(world, &format!("?status={status}")).await.json;
            page["conversations"].as_array().expect("a list").len()
        };
        assert_eq!((by_status("human").await, by_status("bot").await), (1, 0));
        world.later(30 * 24 * 3600).await;
        writes(world, "Il y a quelqu'un ?", AWA, "A2").await;
        assert_eq!(world.sent(VENDOR_1).len(), 1, "the first answer alone");
        let inbound = world.messages(VENDOR_1, "inbound").await;
        assert_eq!(inbound[0]["status"], "handled");
        let seen = detail(world, &id).await;
        assert_eq!(seen["messages"][0]["text"], "Il y a quelqu'un ?");
        write(world, "Oui, bonjour").await;
        assert_eq!(world.sent(VENDOR_1).len(), 2, "the staff may write");
        let released = release(world, &id).await;
        assert_eq!(
            release(world, &id).await["controlEpoch"],
            released["controlEpoch"]
        );
        writes(world, "Bonjour", AWA, "A3").await;
        assert_eq!(world.sent(VENDOR_1).len(), 3);
        assert_eq!((by_status("human").await, by_status("bot").await), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_takeover_for_some_minutes_ends_by_itself() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "A1").await;
        let id = newest(world).await;
        let taken = decide(world, &id, "takeover", &json!({ "minutes": 30 })).await;
        assert!(taken.json["attendedUntil"].is_string(), "{}", taken.text);
        assert_eq!(taken.json["attendedBy"], "bootstrap");
        writes(world, "Merci", AWA, "A2").await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        world.later(30 * 60).await;
        assert_eq!(all(world).await[0]["status"], "bot");
        writes(world, "Bonjour", AWA, "A3").await;
        assert_eq!(world.sent(VENDOR_1).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_wrong_twice_is_told_both() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "A1").await;
        let id = newest(world).await;
        let body = json!({ "by": "", "minutes": 0 });
        let answer = decide(world, &id, "takeover", &body).await;
        is_problem(&answer, 422, "invalid_field");
        let errors = answer.json["errors"].as_array().expect("a list");
        let fields: Vec<_> = errors.iter().map(|error| &error["field"]).collect();
        assert_eq!(fields, ["by", "minutes"]);
        assert_eq!(all(world).await[0]["status"], "bot");
    })
    .await;
}

/// The engine decided, and its reply did not even reach the queue.
#[tokio::test]
async fn a_reply_that_is_decided_and_not_enqueued_is_not_sent_after_a_takeover() {
    run(async |world| {
        let sending = Matcher::any()
            .caller("conversation")
            .operation("SendMessage");
        world.refuse(sending);
        writes(world, "Bonjour", AWA, "A1").await;
        take_over(world, &newest(world).await).await;
        world.heal();
        world.recover().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["cancelled"]);
        assert!(world.sent(VENDOR_1).is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_is_enqueued_and_not_taken_is_not_sent_after_a_takeover_nor_after_its_release()
{
    run(async |world| {
        world.refuse(Matcher::any().caller("sender").service(Service::DynamoDb));
        writes(world, "Bonjour", AWA, "A1").await;
        let id = newest(world).await;
        take_over(world, &id).await;
        release(world, &id).await;
        write(world, "Bonjour Awa, ici Fatou").await;
        world.heal();
        world.recover().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["cancelled", "read"]);
        assert_eq!(world.sent(VENDOR_1), ["Bonjour Awa, ici Fatou"]);
    })
    .await;
}

#[tokio::test]
async fn a_parked_reply_is_not_sent_after_a_takeover_and_the_others_leave() {
    run(async |world| {
        session(world, "disconnected").await;
        writes(world, "Bonjour", AWA, "A1").await;
        let awa = newest(world).await;
        writes(world, "Bonjour", MOUSSA, "M1").await;
        take_over(world, &awa).await;
        session(world, "connected").await;
        assert_eq!(world.statuses(VENDOR_1).await, ["cancelled", "read"]);
    })
    .await;
}

/// A reply of a conversation that was found to be another one is superseded with that one's.
#[tokio::test]
async fn after_a_merge_a_takeover_of_either_holds_back_the_replies_of_both() {
    for taken in ["before", "after"] {
        run(async |world| {
            session(world, "disconnected").await;
            writes(world, "Bonjour", AWA, "PN1").await;
            writes_by_lid(world, "Merci", LID, "LID1").await;
            let by_lid = newest(world).await;
            if taken == "before" {
                take_over(world, &by_lid).await;
            }
            let mut richer = received_from_lid("Merci", LID, "LID1");
            richer["data"]["messages"]["key"]["cleanedSenderPn"] = AWA.into();
            world.webhook(VENDOR_1, &richer).await;
            world.quiet().await;
            if taken == "after" {
                take_over(world, &by_lid).await;
            }
            let joined = all(world).await;
            assert_eq!((joined.len(), &joined[0]["status"]), (1, &json!("human")));
            session(world, "connected").await;
            assert_eq!(
                world.statuses(VENDOR_1).await,
                ["cancelled", "cancelled"],
                "{taken}"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn of_a_takeover_and_a_reply_that_come_together_one_is_first() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "A0").await;
        let id = newest(world).await;
        for number in 0..15 {
            let before = world.sent(VENDOR_1).len();
            let key_id = format!("RACE{number}");
            world
                .customer_writes(VENDOR_1, AWA, "Bonjour", &key_id)
                .await;
            // At another moment each time.
            let moment = std::time::Duration::from_millis(number * 2);
            tokio::time::sleep(moment).await;
            take_over(world, &id).await;
            let begun = detail(world, &id).await["openSends"].clone();
            let is_begun = begun.to_string().contains("sending");
            let left = world.sent(VENDOR_1).len() - before;
            world.recover().await;
            let sent = world.sent(VENDOR_1).len() - before;
            assert!(
                sent == left || (is_begun && sent == left + 1),
                "{left} left before the takeover, {sent} in the end: {begun}"
            );
            release(world, &id).await;
            world.later(60).await;
        }
    })
    .await;
}
