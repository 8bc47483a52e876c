//! How a vendor is configured: one document, whole or in part, and never over another operator's.

use domain::limits;
use serde_json::{Value, json};

use crate::front_door::{get, is_problem};
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, World, run};

const PATH: &str = "vendors/vendor_001/config";

async fn put(world: &World, etag: &str, body: &Value) -> Answer {
    world.admin("PUT", PATH, &[("if-match", etag)], body).await
}

/// Changes what is there now.
pub(crate) async fn change(world: &World, body: &Value) -> Answer {
    let etag = get(world, PATH).await.etag;
    let answer = put(world, &etag, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

fn product(number: usize) -> Value {
    json!({
        "code": format!("P{number}"), "name": format!("Produit {number}"), "price": 1500, "currency": "XOF",
        "description": "é".repeat(40), "keywords": ["pain"], "stock": number,
    })
}

fn whole() -> Value {
    json!({
        "autoReply": true, "language": "wo", "answerGroups": true, "typedPauseMinutes": 5,
        "welcomeText": "Bienvenue", "outsideHoursText": "Nous sommes fermés", "fallbackText": "Pardon ?",
        "businessHours": {
            "timeZone": "Africa/Dakar",
            "monday": [{ "from": "08:00", "to": "12:30" }, { "from": "14:00", "to": "18:00" }], "tuesday": [], "wednesday": [],
            "thursday": [], "friday": [], "saturday": [{ "from": "20:00", "to": "02:00" }], "sunday": [],
        },
        "templates": { "greeting": "Bonjour {customerName}, ici {businessName}", "product_info": "{productName} : {price} {currency}" },
        "engine": { "url": "https://engine.example/answer", "secretRef": "engine_1", "timeoutMs": 3000 },
        "segment": "shop", "handoverHours": 6, "burstSeconds": 2, "optOutWords": ["stop"],
        "catalogue": { "products": [product(1), product(2)] },
    })
}

#[tokio::test]
async fn a_configuration_is_shown_as_it_was_sent_and_changed_in_parts() {
    run(async |world| {
        let usual = get(world, PATH).await;
        assert_eq!(
            (usual.status, &usual.json["catalogue"]),
            (200, &json!({ "products": [] })),
            "{}",
            usual.text
        );
        let sent = change(world, &whole()).await;
        assert_eq!(sent.json, whole());
        let shown = get(world, PATH).await;
        assert_eq!((&shown.json, &shown.etag), (&whole(), &sent.etag));
        let back = put(world, &shown.etag, &shown.json).await;
        assert_eq!(
            (back.status, &back.json),
            (200, &whole()),
            "what is shown can be sent back"
        );
        let part = change(world, &json!({ "segment": "events", "engine": null })).await;
        let mut expected = whole();
        (expected["segment"], expected["engine"]) = ("events".into(), Value::Null);
        assert_eq!(part.json, expected);
        let vendor = get(world, "vendors/vendor_001").await;
        assert_eq!(
            (&vendor.json["language"], &vendor.etag),
            (&json!("wo"), &part.etag)
        );
        assert_eq!(
            change(world, &json!({ "catalogue": null })).await.json["catalogue"],
            json!({ "products": [] })
        );
    })
    .await;
}

#[tokio::test]
async fn two_operators_cannot_overwrite_each_others_configuration() {
    run(async |world| {
        is_problem(
            &world.admin("PUT", PATH, &[], &whole()).await,
            428,
            "precondition_required",
        );
        for round in 0..4 {
            let etag = get(world, PATH).await.etag;
            let catalogue = |name: &str| {
                let products: Vec<_> = (0..=round).map(product).collect();
                json!({ "segment": name, "catalogue": { "products": products } })
            };
            let (one, other) = (catalogue("shop"), catalogue("events"));
            let (one, other) = tokio::join!(put(world, &etag, &one), put(world, &etag, &other));
            let mut seen = [one.status, other.status];
            seen.sort_unstable();
            assert_eq!(seen, [200, 412], "{} {}", one.text, other.text);
            let won = if one.status == 200 { one } else { other };
            assert_eq!(get(world, PATH).await.json, won.json);
            is_problem(
                &put(world, &etag, &whole()).await,
                412,
                "precondition_failed",
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_catalogue_is_kept_and_costs_a_conversation_nothing() {
    run(async |world| {
        let products: Vec<_> = (0..limits::PRODUCTS).map(product).collect();
        let large = change(world, &json!({ "catalogue": { "products": products } })).await;
        assert_eq!(
            large.json["catalogue"]["products"].as_array().map(Vec::len),
            Some(limits::PRODUCTS)
        );
        world.aws().calls().take();
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "ASKED")
            .await;
        world.quiet().await;
        let calls = world.aws().calls().take();
        let read = calls.iter().filter(|call| {
            call.caller == "conversation" && call.resource.ends_with("waba_instances")
        });
        assert_eq!(read.count(), 0);
        let small = change(world, &json!({ "catalogue": { "products": [product(7)] } })).await;
        assert_eq!(small.json["catalogue"]["products"], json!([product(7)]));
        let scan = json!({ "TableName": "local-waba_instances", "ConsistentRead": true });
        let found = world.aws_operation("DynamoDB_20120810.Scan", &scan).await;
        let items = found["Items"].as_array().expect("items").iter();
        let parts = items.filter(|item| {
            item["sk"]["S"]
                .as_str()
                .is_some_and(|sk| sk.starts_with("catalogue#"))
        });
        assert_eq!(parts.count(), 1);
    })
    .await;
}

#[tokio::test]
async fn every_wrong_part_of_a_configuration_is_named_and_nothing_changes() {
    run(async |world| {
        let before = world.stored().await;
        let etag = get(world, PATH).await.etag;
        let wrong = json!({
            "language": "français", "templates": { "greeting": "Bonjour {nom}" }, "engine": { "url": "https://10.0.0.1/" },
            "catalogue": { "products": [{ "code": "P1" }] }, "colour": "red",
        });
        let answer = put(world, &etag, &wrong).await;
        is_problem(&answer, 422, "invalid_field");
        let errors = answer.json["errors"].as_array().expect("all of them");
        let mut fields: Vec<_> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
        fields.sort_unstable();
        let expected = [
            "catalogue.products[0].currency", "catalogue.products[0].name", "catalogue.products[0].price", "colour","engine.url","language",
            "templates.greeting",
        ];
        assert_eq!(fields, expected);
        for url in [
            "http://engine.example/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://engine.internal/",
            "https://user:word@engine.example/", "https://engine.example:8443/", "https://engine/", "engine.example",
        ] {
            let answer = put(world, &etag, &json!({ "engine": { "url": url } })).await;
            is_problem(&answer, 422, "invalid_field");
            assert_eq!(answer.json["field"], "engine.url", "{url}");
        }
        let large = put(world, &etag, &json!({ "segment": "x".repeat(limits::CONFIG_BODY_BYTES) })).await;
        is_problem(&large, 413, "body_too_large");
        assert_eq!(world.stored().await, before);
    })
    .await;
}

#[tokio::test]
async fn what_is_configured_of_auto_reply_and_groups_takes_effect() {
    run(async |world| {
        change(world, &json!({ "autoReply": false })).await;
        world.customer_writes(VENDOR_1, AWA, "Bonjour", "OFF").await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 0);
        change(world, &json!({ "autoReply": null })).await;
        world
            .customer_writes(VENDOR_1, MOUSSA, "Bonjour", "ON")
            .await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}
