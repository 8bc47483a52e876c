//! Messages in the admin API: listed in pages, and what can't be sent.

use std::collections::BTreeSet;

use embedded_aws::{Matcher, Service};
use serde_json::{Value, json};
use testkit::wasender::{event, received};

use crate::front_door::{get, is_problem};
use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, World, run};

/// Thirteen webhooks of ten messages each; the queue refuses them, so that they stand in the table and nobody answers them.
async fn a_hundred_and_thirty_messages(world: &World) {
    world.unspeakable(&[AWA, "numéro"]);
    world.refuse(Matcher::any().caller("messages").service(Service::Sqs));
    for webhook in 0..13 {
        let message = |number: usize| {
            let text = format!("numéro {webhook:02}");
            received(&text, AWA, &format!("KEY{webhook}x{number}"))["data"]["messages"].clone()
        };
        let messages: Vec<_> = (0..10).map(message).collect();
        let body = event("messages.upsert", &json!({ "messages": messages }));
        assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
    }
}

#[tokio::test]
async fn messages_are_listed_newest_first_over_all_pages_each_once() {
    run(async |world| {
        a_hundred_and_thirty_messages(world).await;
        let other = json!({ "to": format!("+{MOUSSA}"), "message": "Bonne fête" });
        world.unspeakable(&[MOUSSA, "Bonne fête"]);
        let sent = world
            .admin("POST", "vendors/vendor_001/send-message", &[], &other)
            .await;
        assert_eq!(sent.status, 202, "{}", sent.text);
        world.quiet().await;
        for (query, expected) in [
            ("direction=inbound&limit=100", 130),
            ("direction=inbound&limit=7", 130),
            ("limit=50", 131),
            ("direction=outbound&limit=1", 1),
        ] {
            let (mut listed, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = get(
                    world,
                    &format!("vendors/vendor_001/messages?{query}{cursor}"),
                )
                .await;
                assert_eq!(page.status, 200, "{}", page.text);
                listed.extend(
                    page.json["messages"]
                        .as_array()
                        .expect("a list")
                        .iter()
                        .cloned(),
                );
                let Some(next) = page.json["nextCursor"].as_str() else {
                    break;
                };
                cursor = format!("&cursor={next}");
            }
            let ids: BTreeSet<_> = listed
                .iter()
                .map(|message| message["id"].to_string())
                .collect();
            assert_eq!((listed.len(), ids.len()), (expected, expected), "{query}");
            let texts = listed
                .iter()
                .filter(|message| message["direction"] == "inbound");
            let texts: Vec<_> = texts.map(|message| message["text"].to_string()).collect();
            assert!(
                texts.is_sorted_by(|newer, older| newer >= older),
                "{query}: {texts:?}"
            );
        }
        let others = get(world, "vendors/vendor_002/messages").await;
        assert_eq!(
            others.json,
            json!({ "messages": [], "gaps": [], "nextCursor": null })
        );
    })
    .await;
}

#[tokio::test]
async fn a_list_that_cannot_be_is_refused() {
    run(async |world| {
        for query in [
            "direction=sideways",
            "limit=0",
            "limit=101",
            "limit=-1",
            "cursor=zz",
            "cursor=00",
        ] {
            let answer = get(world, &format!("vendors/vendor_001/messages?{query}")).await;
            is_problem(&answer, 400, "invalid_query");
        }
        let answer = get(world, "vendors/vendor_999/messages").await;
        is_problem(&answer, 404, "no_such_vendor");
        let answer = get(world, "vendors/a%20b/messages").await;
        is_problem(&answer, 400, "invalid_vendor_id");
        is_problem(&get(world, "nothing").await, 404, "no_such_route");
        let answer = world
            .admin("PATCH", "vendors/vendor_001", &[], &Value::Null)
            .await;
        is_problem(&answer, 405, "method_not_allowed");
    })
    .await;
}

const SEND: &str = "vendors/vendor_002/send-message";

fn good() -> Value {
    json!({ "to": format!("+{MOUSSA}"), "message": "Bonne fête" })
}

#[tokio::test]
async fn each_field_of_a_message_that_cannot_be_is_named() {
    run(async |world| {
        world.unspeakable(&[MOUSSA, "Bonne fête"]);
        let before = world.stored().await;
        let to = [
            json!(null),
            json!(""),
            json!("12"),
            json!("Moussa"),
            json!(221_700_000_002_u64),
            json!([]),
        ];
        let message = [
            json!(null),
            json!(" \n"),
            json!({}),
            json!("x".repeat(4097)),
            json!("é".repeat(2049)),
        ];
        let misspelt = [json!("a field that is not there")];
        for (field, values) in [
            ("to", &to[..]),
            ("message", &message),
            ("messsage", &misspelt),
        ] {
            for value in values {
                let mut body = good();
                body[field] = value.clone();
                let answer = world.admin("POST", SEND, &[], &body).await;
                assert_eq!(answer.json["field"], field, "{}", answer.text);
                is_problem(&answer, 422, "invalid_field");
            }
        }
        assert_eq!(world.stored().await, before);
        let mut longest = good();
        longest["message"] = "x".repeat(4096).into();
        assert_eq!(world.admin("POST", SEND, &[], &longest).await.status, 202);
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_2), ["x".repeat(4096)]);
    })
    .await;
}

#[tokio::test]
async fn a_request_to_send_that_cannot_be_is_refused() {
    run(async |world| {
        world.unspeakable(&[MOUSSA, "Bonne fête"]);
        let before = world.stored().await;
        let send = async |path: &str, key: &str, body: &Value| {
            world
                .admin("POST", path, &[("idempotency-key", key)], body)
                .await
        };
        for key in ["", &"k".repeat(256)] {
            is_problem(&send(SEND, key, &good()).await, 422, "invalid_field");
        }
        is_problem(&send(SEND, "key", &json!([])).await, 400, "invalid_json");
        is_problem(&send(SEND, "key", &Value::Null).await, 400, "invalid_json");
        let huge = json!("x".repeat(300_000));
        is_problem(&send(SEND, "key", &huge).await, 413, "body_too_large");
        let nobodys = "vendors/vendor_999/send-message";
        is_problem(&send(nobodys, "key", &good()).await, 404, "no_such_vendor");
        is_problem(&get(world, SEND).await, 405, "method_not_allowed");
        assert_eq!(world.stored().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_national_number_is_of_the_country_of_the_vendors_own() {
    run(async |world| {
        let shop = json!({
            "vendorId": "shop_ci", "businessName": "Boutique Abidjan", "phoneNumber": "+2250100000001",
            "wasenderInstanceId": "shop_instance_ci", "wasenderWebhookSecret": "secret_of_shop_ci",
        });
        let created = world.admin("POST", "vendors", &[], &shop).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let to_each = async |vendor: &str, to: &str| {
            let body = json!({ "to": to, "message": "Bonjour" });
            let path = format!("vendors/{vendor}/send-message");
            let answer = world.admin("POST", &path, &[], &body).await;
            assert_eq!(answer.status, 202, "{}", answer.text);
            let listed = get(world, &format!("vendors/{vendor}/messages?limit=1")).await;
            listed.json["messages"][0]["contact"]["phone"].clone()
        };
        assert_eq!(to_each("shop_ci", "01 00 00 00 02").await, "+2250100000002");
        assert_eq!(to_each("vendor_001", "70 000 00 02").await, "+221700000002");
    })
    .await;
}
