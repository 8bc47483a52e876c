//! What customers do other than write, in every form that is known.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{CUSTOMER, Got, KEY_A, World};

/// The customer does this; answers the one webhook that told of it.
async fn does(world: &World, act: Value) -> Got {
    tells(
        world,
        json!({"vendorId": "vendor_001", "from": CUSTOMER, "act": act}),
    )
    .await
}

async fn tells(world: &World, inbound: Value) -> Got {
    world.gateway.forget();
    let answer = world
        .control(Method::POST, "/inbound", inbound.clone())
        .await;
    assert_eq!(answer.status, 200, "{inbound}: {}", answer.body);
    world.simulator.idle().await;
    let mut got = world.gateway.got();
    assert_eq!(got.len(), 1, "{inbound}");
    got.remove(0)
}

fn message(got: &Got) -> &Value {
    &got.body["data"]["messages"]["message"]
}

#[tokio::test]
async fn a_customer_edits_in_three_forms() {
    let world = World::new().await;
    let edit =
        |variant: &str| json!({"edit": {"keyId": "3A1", "text": "Bonsoir", "variant": variant}});
    let plain = does(&world, json!({"edit": {"keyId": "3A1", "text": "Bonsoir"}})).await;
    let data = &plain.body["data"];
    assert_eq!(
        (plain.event(), &data["key"]["id"], &data["update"]),
        (
            "messages.update",
            &json!("3A1"),
            &json!({"message": {"editedMessage": {"message": {"conversation": "Bonsoir"}}}})
        )
    );
    let protocol = does(&world, edit("protocol")).await;
    let inner = &message(&protocol)["protocolMessage"];
    assert_eq!(
        (
            protocol.event(),
            &inner["key"]["id"],
            &inner["type"],
            &inner["editedMessage"]
        ),
        (
            "messages.received",
            &json!("3A1"),
            &json!(14),
            &json!({"conversation": "Bonsoir"})
        )
    );
    let wrapped = does(&world, edit("wrapped")).await;
    let inner = &message(&wrapped)["editedMessage"]["message"]["protocolMessage"];
    assert_eq!(inner["editedMessage"]["conversation"], "Bonsoir");
    assert_ne!(wrapped.body["data"]["messages"]["key"]["id"], "3A1");
}

#[tokio::test]
async fn a_customer_deletes_in_three_forms() {
    let world = World::new().await;
    let delete = |variant: &str| json!({"delete": {"keyId": "3A1", "variant": variant}});
    let keys = does(&world, json!({"delete": {"keyId": "3A1"}})).await;
    assert_eq!(
        (keys.event(), &keys.body["data"]["keys"][0]["id"]),
        ("messages.delete", &json!("3A1"))
    );
    let key = does(&world, delete("key")).await;
    assert_eq!(key.body["data"]["key"]["id"], "3A1");
    let protocol = does(&world, delete("protocol")).await;
    let inner = &message(&protocol)["protocolMessage"];
    assert_eq!(
        (&inner["type"], &inner["key"]["id"]),
        (&json!(0), &json!("3A1"))
    );
}

#[tokio::test]
async fn a_customer_reacts_in_three_forms() {
    let world = World::new().await;
    let react = |variant: &str| json!({"reaction": {"keyId": "3A1", "emoji": "👍", "ofVendor": true, "variant": variant}});
    for (variant, pointer) in [("array", "/0"), ("object", "")] {
        let got = does(&world, react(variant)).await;
        let item = got.body["data"].pointer(pointer).expect("an item").clone();
        assert_eq!(
            (
                got.event(),
                &item["key"]["id"],
                &item["key"]["fromMe"],
                &item["reaction"]["text"]
            ),
            (
                "messages.reaction",
                &json!("3A1"),
                &json!(true),
                &json!("👍")
            )
        );
        let own = &item["reaction"]["key"];
        assert!(own["id"] != "3A1" && own["fromMe"] == false, "{own}");
    }
    let got = does(&world, react("message")).await;
    assert_eq!(message(&got)["reactionMessage"]["key"]["id"], "3A1");
}

#[tokio::test]
async fn the_votes_of_a_poll_are_counted_and_told_in_three_forms() {
    let world = World::new().await;
    let poll = json!({"to": CUSTOMER, "poll": {"question": "Taille ?", "options": ["S", "M"]}});
    let sent = world.send(KEY_A, poll).await.body["data"]["msgId"].clone();
    world.simulator.idle().await;
    let info = world
        .get(&format!("/api/messages/{sent}/info"), KEY_A)
        .await
        .body;
    let key = &info["data"]["key"];
    let vote = |from: &str, option: &str, variant: &str| {
        json!({"vendorId": "vendor_001", "from": from,
            "act": {"vote": {"keyId": key["id"], "options": [option], "variant": variant}}})
    };
    tells(&world, vote(CUSTOMER, "S", "results")).await;
    tells(&world, vote("+221700000002", "M", "results")).await;
    let got = tells(&world, vote(CUSTOMER, "M", "results")).await;
    let voters = ["221700000001@s.whatsapp.net", "221700000002@s.whatsapp.net"];
    assert_eq!(
        (got.event(), &got.body["data"]),
        (
            "poll.results",
            &json!({"key": key, "pollResult": [{"name": "S", "voters": []}, {"name": "M", "voters": voters}]})
        )
    );
    let named = tells(&world, vote(CUSTOMER, "S", "named")).await;
    let data = &named.body["data"];
    assert_eq!(
        (
            &data["pollResult"][0]["voters"][0],
            &data["pollMsg"]["pollCreationMessageV3"]["name"]
        ),
        (&json!("221700000001@c.us"), &json!("Taille ?"))
    );
    let encrypted = tells(&world, vote(CUSTOMER, "S", "message")).await;
    assert_eq!(
        &message(&encrypted)["pollUpdateMessage"]["pollCreationMessageKey"],
        key
    );
    let unknown = json!({"vendorId": "vendor_001", "from": CUSTOMER, "act": {"vote": {"keyId": "3A9", "options": []}}});
    assert_eq!(
        world
            .control(Method::POST, "/inbound", unknown)
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn a_customer_calls_under_either_name() {
    let world = World::new().await;
    let got = does(&world, json!({"call": {"video": true}})).await;
    let call = &got.body["data"]["call"];
    assert_eq!(
        (
            got.event(),
            &call["from"],
            &call["isVideo"],
            &call["status"]
        ),
        (
            "call",
            &json!("221700000001@s.whatsapp.net"),
            &json!(true),
            &json!("offer")
        )
    );
    assert!(
        call["id"].is_string()
            && call["date"]
                .as_str()
                .is_some_and(|date| date.ends_with('Z'))
    );
    let other = json!({"vendorId": "vendor_001", "from": CUSTOMER, "event": "call.received", "act": {"call": {}}});
    assert_eq!(tells(&world, other).await.event(), "call.received");
    let both = json!({"fault": "both_event_names"});
    world.control(Method::POST, "/faults", both).await;
    world.gateway.forget();
    let call = json!({"vendorId": "vendor_001", "from": CUSTOMER, "act": {"call": {}}});
    world.control(Method::POST, "/inbound", call).await;
    world.simulator.idle().await;
    assert_eq!(world.gateway.labels(), ["call", "call.received"]);
}

#[tokio::test]
async fn a_groups_members_receive_and_read_one_by_one() {
    let world = World::new().await;
    let receipt = |read: bool, variant: &str| {
        json!({"vendorId": "vendor_001", "from": CUSTOMER, "group": "12036",
            "act": {"receipt": {"keyId": "3EB01", "read": read, "variant": variant}}})
    };
    let got = tells(&world, receipt(false, "message")).await;
    let message = &got.body["data"]["message"];
    let member = json!("221700000001@s.whatsapp.net");
    assert_eq!(
        (
            got.event(),
            &message["key"]["remoteJid"],
            &message["key"]["participant"]
        ),
        ("message-receipt.update", &json!("12036@g.us"), &member)
    );
    assert!(message["receipt"]["receiptTimestamp"].is_i64());
    let read = tells(&world, receipt(true, "message")).await;
    assert!(read.body["data"]["message"]["receipt"]["readTimestamp"].is_i64());
    let listed = tells(&world, receipt(true, "array")).await;
    assert_eq!(listed.body["data"][0]["receipt"]["status"], "read");
}

#[tokio::test]
async fn settings_cut_groups_channels_and_broadcasts_at_the_source() {
    let world = World::new().await;
    let chats = [
        ("ignore_groups", "12036@g.us", "messages-group.received"),
        (
            "ignore_channels",
            "12036@newsletter",
            "messages-newsletter.received",
        ),
        (
            "ignore_broadcasts",
            "status@broadcast",
            "messages-personal.received",
        ),
    ];
    for (setting, chat, name) in chats {
        let events = json!({"webhook_events": [name]});
        world.manage(Method::PUT, "/1", events).await;
        let inbound =
            json!({"vendorId": "vendor_001", "from": CUSTOMER, "chat": chat, "text": "Bonjour"});
        let got = tells(&world, inbound.clone()).await;
        assert_eq!(
            (
                got.event(),
                &got.body["data"]["messages"]["key"]["remoteJid"]
            ),
            (name, &json!(chat))
        );
        world.gateway.forget();
        world
            .manage(Method::PUT, "/1", json!({setting: true}))
            .await;
        let answer = world.control(Method::POST, "/inbound", inbound).await;
        assert_eq!((answer.status, &answer.body["status"]), (200, &Value::Null));
        assert!(world.gateway.got().is_empty());
    }
}

#[tokio::test]
async fn an_act_that_nobody_knows_is_refused_by_name() {
    let world = World::new().await;
    for act in [
        json!({"dance": {}}),
        json!({"delete": {"keyId": "3A1", "variant": "shredder"}}),
        json!({"delete": {"keyId": "3A1", "text": "x"}}),
        json!({"edit": {"keyId": "3A1"}}),
    ] {
        let inbound = json!({"vendorId": "vendor_001", "from": CUSTOMER, "act": act});
        let answer = world.control(Method::POST, "/inbound", inbound).await;
        assert_eq!(
            (answer.status, answer.body["error"].is_string()),
            (422, true),
            "{act}"
        );
    }
    let misspelt = json!({"vendorId": "vendor_001", "from": CUSTOMER, "txt": "x"});
    let answer = world.control(Method::POST, "/inbound", misspelt).await;
    assert!(
        answer.body["error"]
            .as_str()
            .is_some_and(|error| error.contains("txt"))
    );
}
