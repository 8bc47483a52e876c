//! Queue entries that were given up: an operator sees what they were about, and gives them back once their cause is gone.

use domain::entry::OutboundEntry;
use domain::{MessageId, VendorId, WabaId};
use embedded_aws::{Matcher, Service};
use serde_json::{Value, json};
use testkit::wasender::update;

use crate::front_door::{get, is_problem};
use crate::people::writes;
use crate::reconciliation::write;
use crate::world::{AWA, Answer, VENDOR_1, World, run};

async fn listed(world: &World, queue: &str) -> Vec<Value> {
    let answer = get(world, &format!("dead-letters?queue={queue}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for personal in ["221700", "Bonjour", "colis"] {
        assert!(!answer.text.contains(personal), "{}", answer.text);
    }
    let letters = answer.json["deadLetters"].as_array().expect("a list");
    letters.clone()
}

async fn redrive(world: &World, body: &Value) -> Answer {
    let answer = world.admin("POST", "dead-letters/redrive", &[], body).await;
    world.quiet().await;
    answer
}

/// What became of each entry that was dealt with, and why the others stayed.
fn outcome(answer: &Answer) -> (Vec<&str>, Vec<&str>) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let words = |list: &str, word: &str| -> Vec<&str> {
        let list = answer.json[list].as_array().expect("a list").iter();
        list.map(|one| one[word].as_str().expect("a word"))
            .collect()
    };
    (words("done", "outcome"), words("stayed", "reason"))
}

fn all(queue: &str) -> Value {
    json!({ "queue": queue, "all": true })
}

/// A customer's message that no conversation could take until its queue gave it up.
async fn gives_up(world: &World) {
    let taking = Matcher::any()
        .caller("conversation")
        .service(Service::DynamoDb);
    world.refuse(taking);
    writes(world, "Bonjour", AWA, "GIVEN_UP").await;
    for _ in 0..30 {
        world.later(110).await;
    }
    world.heal();
    assert_eq!(world.held("inbound-dead.fifo"), 1);
}

/// The staff writes, and the entry by which the message is to be sent ends among the dead letters.
async fn dead_send(world: &World, text: &str) -> String {
    world.pause();
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let body = json!({ "to": format!("+{AWA}"), "message": text });
    let written = world.admin("POST", &path, &[], &body).await;
    let id = written.json["messageId"]
        .as_str()
        .expect("an id")
        .to_owned();
    let queue = format!("{}/000000000000/local-outbound.fifo", world.aws().url());
    let purge = json!({ "QueueUrl": queue });
    world.aws_operation("AmazonSQS.PurgeQueue", &purge).await;
    world.put("outbound-dead.fifo", &entry(&id, 0)).await;
    world.resume();
    world.quiet().await;
    id
}

fn entry(id: &str, generation: u32) -> String {
    let vendor_id = VendorId::parse(VENDOR_1.id).expect("an id");
    let entry = OutboundEntry {
        waba_id: WabaId::first_of(&vendor_id),
        vendor_id,
        message_id: MessageId::parse(id).expect("an id"),
        generation,
    };
    entry.to_body()
}

#[tokio::test]
async fn a_message_that_nobody_could_take_is_answered_once_it_is_given_back() {
    run(async |world| {
        gives_up(world).await;
        for _ in 0..2 {
            let letters = listed(world, "inbound").await;
            assert_eq!(letters.len(), 1, "{letters:#?}");
            let letter = &letters[0];
            assert_eq!(
                (&letter["kind"], &letter["vendorId"], &letter["ledger"]),
                (&json!("message"), &json!(VENDOR_1.id), &Value::Null)
            );
            assert!(letter["receiveCount"].as_u64() > Some(20), "{letter}");
            assert!(letter["firstReceivedAt"].is_string() && letter["messageId"].is_string());
        }
        world.refuse(Matcher::any().caller("admin").operation("DeleteMessage"));
        let given = redrive(world, &all("inbound")).await;
        assert_eq!(outcome(&given), (vec!["redriven"], vec![]));
        world.heal();
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        // It could not be removed; given back again, it is handled no second time.
        world.later(60).await;
        assert_eq!(
            listed(world, "inbound").await[0]["ledger"]["status"],
            "answered"
        );
        let again = redrive(world, &all("inbound")).await;
        assert_eq!(outcome(&again), (vec!["redriven"], vec![]));
        assert_eq!(world.held("inbound-dead.fifo"), 0);
        assert_eq!(world.held("inbound.fifo"), 0);
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_dead_send_leaves_under_a_new_generation_and_never_twice() {
    run(async |world| {
        let id = dead_send(world, "Votre colis est prêt").await;
        let letter = listed(world, "outbound").await.remove(0);
        assert_eq!(
            (&letter["kind"], &letter["messageId"], &letter["ledger"]),
            (
                &json!("send"),
                &json!(id),
                &json!({ "status": "queued", "dispatch": "queued", "generation": 0 })
            )
        );
        world.refuse(Matcher::any().caller("admin").operation("DeleteMessage"));
        let given = redrive(world, &all("outbound")).await;
        assert_eq!(outcome(&given), (vec!["redriven"], vec![]));
        world.heal();
        assert_eq!(world.sent(VENDOR_1), ["Votre colis est prêt"]);
        world.later(60).await;
        let again = redrive(world, &all("outbound")).await;
        assert_eq!(outcome(&again), (vec!["settled"], vec![]));
        // Nor does the old entry, should it turn up after all.
        world.put("outbound.fifo", &entry(&id, 0)).await;
        world.recover().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        assert_eq!(world.held("outbound-dead.fifo"), 0);
    })
    .await;
}

#[tokio::test]
async fn a_dead_send_that_is_discarded_is_never_sent() {
    run(async |world| {
        dead_send(world, "Votre colis est prêt").await;
        let discard = json!({ "queue": "outbound", "all": true, "discard": true });
        let discarded = redrive(world, &discard).await;
        assert_eq!(outcome(&discarded), (vec!["cancelled"], vec![]));
        for _ in 0..3 {
            world.later(3600).await;
            world.sweep().await;
        }
        assert_eq!(world.statuses(VENDOR_1).await, ["cancelled"]);
        assert!(world.sent(VENDOR_1).is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_this_build_cannot_read_stays_and_holds_back_what_is_behind_it() {
    run(async |world| {
        let of_tomorrow = entry("msg_of_tomorrow", 0).replace("\"v\":1", "\"v\":2");
        world.put("outbound-dead.fifo", &of_tomorrow).await;
        let id = dead_send(world, "Votre colis est prêt").await;
        let letters = listed(world, "outbound").await;
        assert_eq!(
            (&letters[0]["kind"], &letters[0]["vendorId"]),
            (&json!("unreadable"), &json!(VENDOR_1.id))
        );
        let given = redrive(world, &all("outbound")).await;
        assert_eq!(
            outcome(&given),
            (vec![], vec!["unreadable", "behind_another"])
        );
        let ids = json!({ "queue": "outbound", "ids": [letters[1]["id"]] });
        let given = redrive(world, &ids).await;
        assert_eq!(outcome(&given), (vec!["redriven"], vec![]));
        assert_eq!(crate::reconciliation::status(world, &id).await, "read");
        let discard = json!({ "queue": "outbound", "vendorId": VENDOR_1.id, "discard": true });
        assert_eq!(outcome(&redrive(world, &discard).await).0, ["discarded"]);
        assert_eq!(world.held("outbound-dead.fifo"), 0);
    })
    .await;
}

#[tokio::test]
async fn work_of_later_is_done_after_all() {
    run(async |world| {
        let id = write(world, "Votre colis est prêt").await;
        let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
        let key_id = reply["providerMessageId"].as_str().expect("an id");
        world.refuse(Matcher::any().caller("messages").service(Service::DynamoDb));
        world.hold_later(true);
        let played = update(key_id, AWA, 5);
        assert_eq!(world.webhook(VENDOR_1, &played).await.status, 200);
        world.heal();
        let body = world.bodies("local-later").remove(0);
        let queue = format!("{}/000000000000/local-later", world.aws().url());
        world
            .aws_operation("AmazonSQS.PurgeQueue", &json!({ "QueueUrl": queue }))
            .await;
        world.put("later-dead", &body).await;
        world.hold_later(false);
        assert_eq!(listed(world, "later").await[0]["kind"], "status");
        let given = redrive(world, &all("later")).await;
        assert_eq!(outcome(&given), (vec!["redriven"], vec![]));
        assert_eq!(crate::reconciliation::status(world, &id).await, "played");
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_wrong_is_told_all_that_is() {
    run(async |world| {
        is_problem(&get(world, "dead-letters").await, 400, "invalid_query");
        let wrong = json!({ "queue": "nowhere", "discard": "yes" });
        let answer = redrive(world, &wrong).await;
        is_problem(&answer, 422, "invalid_field");
        let errors = answer.json["errors"].as_array().expect("a list").iter();
        let fields: Vec<_> = errors.map(|error| &error["field"]).collect();
        assert_eq!(fields, ["queue", "discard", "ids"]);
    })
    .await;
}
