//! What was genuine and not understood: an operator looks at it, and a later release is given it again.

use domain::entry::QuarantineEntry;
use domain::{VendorId, WabaId};
use embedded_aws::{Matcher, Service};
use serde_json::{Value, json};
use testkit::wasender::{event, received, update};

use crate::front_door::{get, is_problem};
use crate::world::{AWA, Answer, VENDOR_1, VENDOR_2, Vendor, World, run};

/// A webhook as the last release quarantined it, which did not understand what this one does.
async fn quarantined(world: &World, vendor: Vendor, body: &str) {
    let vendor_id = VendorId::parse(vendor.id).expect("an id");
    let entry = QuarantineEntry {
        waba_id: WabaId::first_of(&vendor_id),
        vendor_id,
        received_at: world.clock().now(),
        event: "messages.received".to_owned(),
        reason: "a form of today".to_owned(),
        body: body.to_owned(),
    };
    world.put("quarantine", &entry.to_body()).await;
}

async fn listed(world: &World, query: &str) -> Vec<Value> {
    let answer = get(world, &format!("quarantine{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json["quarantine"]
        .as_array()
        .expect("a list")
        .clone()
}

async fn replay(world: &World, body: &Value) -> Answer {
    let answer = world.admin("POST", "quarantine/replay", &[], body).await;
    world.quiet().await;
    answer
}

/// How many were replayed, and why the others stayed.
fn outcome(answer: &Answer) -> (usize, Vec<&str>) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let list = |name: &str| answer.json[name].as_array().expect("a list");
    let reasons = list("stayed").iter();
    let reasons = reasons.map(|one| one["reason"].as_str().expect("a reason"));
    (list("done").len(), reasons.collect())
}

#[tokio::test]
async fn the_quarantine_is_looked_at_and_stays_as_it_is() {
    run(async |world| {
        let strange = json!({ "apiKey": "a-session-key", "text": "Bonjour" });
        for vendor in [VENDOR_1, VENDOR_1, VENDOR_2] {
            let strange = event("something.new", &strange);
            assert_eq!(world.webhook(vendor, &strange).await.status, 200);
        }
        for _ in 0..3 {
            let all = listed(world, "").await;
            assert_eq!(all.len(), 3, "{all:#?}");
            assert_eq!(
                (&all[0]["event"], &all[0]["reason"]),
                (&json!("something.new"), &json!("event"))
            );
            assert!(all.iter().all(|one| one.get("payload").is_none()));
        }
        let mine = listed(world, "?vendorId=vendor_002&payload=true").await;
        assert_eq!(mine.len(), 1);
        let payload = mine[0]["payload"].as_str().expect("a payload");
        assert!(payload.contains("Bonjour") && !payload.contains("a-session-key"));
        assert_eq!(listed(world, "?limit=2").await.len(), 2);
        for (query, field) in [
            ("?limit=0", "limit"),
            ("?payload=perhaps", "payload"),
            ("?payload=true&limit=50", "limit"),
            ("?vendorId=no/body", "vendorId"),
        ] {
            let answer = get(world, &format!("quarantine{query}")).await;
            is_problem(&answer, 400, "invalid_query");
            assert_eq!(answer.json["field"], field, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_understood_now_is_handled_as_if_it_had_been_then_and_once() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        let body = received("Bonjour", AWA, "OLD1").to_string();
        quarantined(world, VENDOR_1, &body).await;
        quarantined(world, VENDOR_1, &body).await;
        let answer = replay(world, &json!({ "all": true })).await;
        assert_eq!(outcome(&answer), (2, vec![]));
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        assert_eq!(world.held("quarantine"), 0);
        // Long after the queue forgot it.
        world.later(3600).await;
        quarantined(world, VENDOR_1, &body).await;
        let answer = replay(world, &json!({ "vendorId": VENDOR_1.id })).await;
        assert_eq!(outcome(&answer), (1, vec![]));
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
        let key_id = reply["providerMessageId"].as_str().expect("an id");
        let played = update(key_id, AWA, 5).to_string();
        quarantined(world, VENDOR_1, &played).await;
        replay(world, &json!({ "all": true })).await;
        assert_eq!(world.statuses(VENDOR_1).await, ["played"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_still_not_understood_stays_and_only_what_was_meant_is_touched() {
    run(async |world| {
        let strange = event("something.new", &json!({}));
        world.webhook(VENDOR_1, &strange).await;
        quarantined(world, VENDOR_1, "{ cut").await;
        quarantined(
            world,
            VENDOR_2,
            &received("Bonjour", AWA, "TWO").to_string(),
        )
        .await;
        let nobody = Vendor {
            id: "nobody",
            ..VENDOR_1
        };
        quarantined(world, nobody, &received("Bonjour", AWA, "NONE").to_string()).await;
        let mine = replay(world, &json!({ "vendorId": VENDOR_1.id })).await;
        assert_eq!(outcome(&mine), (0, vec!["not_understood", "unreadable"]));
        let all = listed(world, "").await;
        assert_eq!(all.len(), 4);
        let of = |vendor: &str| {
            let found = all.iter().find(|one| one["vendorId"] == vendor);
            found.expect("it is there")["id"].clone()
        };
        let ids = json!({ "ids": [of("nobody"), of(VENDOR_2.id), "not-there"] });
        let some = replay(world, &ids).await;
        assert_eq!(outcome(&some), (1, vec!["no_such_number"]));
        assert_eq!(some.json["missing"], json!(["not-there"]));
        assert_eq!(world.sent(VENDOR_2).len(), 1);
        assert_eq!(listed(world, "").await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_replay_that_fails_half_way_is_repeated_and_nothing_is_done_twice() {
    run(async |world| {
        quarantined(
            world,
            VENDOR_1,
            &received("Bonjour", AWA, "OLD1").to_string(),
        )
        .await;
        let sending = Matcher::any().caller("admin").operation("SendMessage");
        world.refuse(sending);
        let refused = replay(world, &json!({ "all": true })).await;
        is_problem(&refused, 503, "unavailable");
        world.heal();
        world.refuse(Matcher::any().caller("admin").operation("DeleteMessage"));
        let replayed = replay(world, &json!({ "all": true })).await;
        assert_eq!(outcome(&replayed), (1, vec![]));
        world.heal();
        assert_eq!(world.held("quarantine"), 1, "it could not be removed");
        world.later(60).await;
        let again = replay(world, &json!({ "all": true })).await;
        assert_eq!(outcome(&again), (1, vec![]));
        assert_eq!(
            (world.held("quarantine"), world.sent(VENDOR_1).len()),
            (0, 1)
        );
        world.refuse(Matcher::any().caller("admin").service(Service::Sqs));
        is_problem(&get(world, "quarantine").await, 503, "unavailable");
        world.heal();
    })
    .await;
}

#[tokio::test]
async fn more_than_one_request_can_replay_is_replayed_by_several() {
    run(async |world| {
        let harmless = event("presence.update", &json!({})).to_string();
        for _ in 0..120 {
            quarantined(world, VENDOR_1, &harmless).await;
        }
        let mut replayed = 0;
        loop {
            let answer = replay(world, &json!({ "all": true })).await;
            let (done, stayed) = outcome(&answer);
            assert!(done <= 100 && stayed.is_empty());
            replayed += done;
            if answer.json["more"] == false {
                break;
            }
        }
        assert_eq!((replayed, world.held("quarantine")), (120, 0));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_replayed_by_mistake() {
    run(async |world| {
        quarantined(
            world,
            VENDOR_1,
            &received("Bonjour", AWA, "OLD1").to_string(),
        )
        .await;
        for body in [
            json!({}),
            json!({ "all": false }),
            json!({ "all": true, "vendorId": VENDOR_1.id }),
            json!({ "ids": [] }),
            json!({ "ids": [7] }),
            json!({ "vendorId": "no/body" }),
        ] {
            let answer = replay(world, &body).await;
            is_problem(&answer, 422, "invalid_field");
        }
        assert_eq!(listed(world, "").await.len(), 1);
    })
    .await;
}
