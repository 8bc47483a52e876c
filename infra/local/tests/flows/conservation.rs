//! Nothing that is genuine disappears: what is not understood is kept, and every element of a webhook is accounted for.

use serde_json::{Value, json};

use crate::front_door::{JSON, post, register, shop};
use crate::world::{VENDOR_1, World, run};

#[tokio::test]
async fn an_event_that_nobody_knows_is_quarantined_without_its_secrets() {
    run(async |world| {
        let body = json!({
            "event": "wallet.updated", "sessionId": "api_key_abc", "timestamp": 1_795_341_600_000_i64,
            "data": { "apiKey": "api_key_abc", "webhook_secret": VENDOR_1.secret, "qr": "2@pairing", "amount": 17 },
        });
        world.unspeakable(&["2@pairing"]);
        assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
        world.quiet().await;
        let kept = world.bodies("local-quarantine");
        assert_eq!(kept.len(), 1, "{kept:?}");
        for secret in ["api_key_abc", VENDOR_1.secret, "2@pairing"] {
            assert!(!kept[0].contains(secret), "{secret} is kept: {}", kept[0]);
        }
        let entry: Value = serde_json::from_str(&kept[0]).expect("it is JSON");
        assert_eq!((&entry["vendorId"], &entry["event"]), (&json!("vendor_001"), &json!("wallet.updated")));
        let kept: Value = serde_json::from_str(entry["body"].as_str().expect("a body")).expect("it is JSON");
        assert_eq!(kept["data"]["amount"], 17, "the rest is kept");
    })
    .await;
}

#[tokio::test]
async fn every_element_of_every_known_event_goes_to_exactly_one_place() {
    run(async |world| {
        world.unspeakable(&["22170000", "Bonjour", "Awa Ndiaye"]);
        let registered = register(world, &shop(77)).await;
        let id = registered.json["vendorId"].as_str().expect("an id");
        // So that no reply, and no webhook about it, comes between an event and its log line.
        world.pause();
        for golden in testkit::events() {
            let before = World::log_lines(id).len();
            let body = String::from_utf8(golden.body).expect("it is text");
            let body = body.replace(testkit::wasender::SESSION_ID, "shop_key_77");
            let signature = testkit::hmac_signature("shop_secret_77", body.as_bytes());
            let proof = match golden.name.split_once('/') {
                Some(("owner", _)) => ("x-wasender-signature", signature.as_str()),
                _ => ("x-webhook-signature", "shop_secret_77"),
            };
            let answer = post(world, id, &[JSON, proof], body).await;
            assert_eq!(answer.status, 200, "{}: {}", golden.name, answer.text);
            let lines = World::log_lines(id);
            let told: Vec<_> = lines[before..]
                .iter()
                .filter(|line| line["message"] == "webhook received")
                .collect();
            assert_eq!(told.len(), 1, "{}: {told:?}", golden.name);
            let count = |name: &str| told[0][name].as_u64().expect("a number");
            let places = [
                "enqueued",
                "applied",
                "duplicate",
                "ignored",
                "quarantined",
                "refused",
            ];
            let sum: u64 = places.into_iter().map(count).sum();
            assert!(count("elements") >= 1, "{}: {:?}", golden.name, told[0]);
            assert_eq!(count("elements"), sum, "{}: {:?}", golden.name, told[0]);
            assert_eq!(count("refused"), 0, "{}: {:?}", golden.name, told[0]);
        }
    })
    .await;
}
