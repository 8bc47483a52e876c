//! Who may use the admin API, and whose an idempotency key is.

use std::collections::BTreeSet;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::front_door::{is_problem, shop};
use crate::world::{Answer, MOUSSA, VENDOR_1, VENDOR_2, World, run};

async fn with_authorization(world: &World, value: &str) -> Answer {
    let headers = [("authorization", value)];
    world
        .request("GET", "/api/admin/vendors", &headers, "")
        .await
}

#[tokio::test]
async fn without_a_right_key_every_route_is_refused_and_nothing_changes() {
    run(async |world| {
        world.unspeakable(&["not-the-key-of-anybody-at-all"]);
        let before = world.stored().await;
        let vendor = shop(1).to_string();
        for (method, path) in [
            ("POST", "vendors"),
            ("GET", "vendors"),
            ("GET", "vendors/vendor_001"),
            ("GET", "vendors/vendor_001/messages"),
            ("POST", "vendors/vendor_001/send-message"),
            ("GET", "no/such/route"),
        ] {
            let path = format!("/api/admin/{path}");
            let wrong = [("authorization", "Bearer not-the-key-of-anybody-at-all")];
            for headers in [&[][..], &wrong] {
                let answer = world.request(method, &path, headers, vendor.clone()).await;
                is_problem(&answer, 401, "unauthorized");
            }
        }
        assert_eq!(world.stored().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_nearly_right_is_refused() {
    run(async |world| {
        let key = world.admin_key().to_owned();
        assert_eq!(
            with_authorization(world, &format!("Bearer {key}"))
                .await
                .status,
            200
        );
        assert_eq!(
            with_authorization(world, &format!("bearer {key}"))
                .await
                .status,
            200
        );
        for nearly in [
            key.clone(),
            format!("Basic {key}"),
            format!("Bearer {key}x"),
            format!("Bearer {}", &key[1..]),
            format!("Bearer {}", key.to_ascii_uppercase()),
            "Bearer ".to_owned(),
            format!("Bearer {}", "k".repeat(5000)),
            format!("Bearer {}", hex::encode(Sha256::digest(&key))),
        ] {
            is_problem(
                &with_authorization(world, &nearly).await,
                401,
                "unauthorized",
            );
        }
    })
    .await;
}

/// Puts a key's hash where keys are looked up.
pub(crate) async fn put_key(world: &World, key: &str, revoked: bool) {
    let hash = hex::encode(Sha256::digest(key));
    let item = json!({ "pk": { "S": hash }, "name": { "S": "back office" }, "revoked": { "BOOL": revoked } });
    let put = json!({ "TableName": "local-admin_keys", "Item": item });
    world.aws_operation("DynamoDB_20120810.PutItem", &put).await;
}

#[tokio::test]
async fn a_key_whose_hash_is_stored_opens_until_it_is_revoked() {
    run(async |world| {
        let key = "back-office-key-0001";
        world.unspeakable(&[key]);
        let bearer = format!("Bearer {key}");
        is_problem(
            &with_authorization(world, &bearer).await,
            401,
            "unauthorized",
        );
        put_key(world, key, false).await;
        assert_eq!(with_authorization(world, &bearer).await.status, 200);
        put_key(world, key, true).await;
        is_problem(
            &with_authorization(world, &bearer).await,
            401,
            "unauthorized",
        );
    })
    .await;
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_its_vendor_and_its_key_owner() {
    run(async |world| {
        world.unspeakable(&[MOUSSA, "Bonne fête", "back-office-key-0002"]);
        put_key(world, "back-office-key-0002", false).await;
        let body = json!({ "to": format!("+{MOUSSA}"), "message": "Bonne fête" });
        let key = ("idempotency-key", "order-17");
        let mut ids = BTreeSet::new();
        for vendor in [VENDOR_1, VENDOR_2] {
            let path = format!("vendors/{}/send-message", vendor.id);
            let answer = world.admin("POST", &path, &[key], &body).await;
            ids.insert(answer.json["messageId"].to_string());
            let headers = [key, ("authorization", "Bearer back-office-key-0002")];
            let path = format!("/api/admin/{path}");
            let answer = world
                .request("POST", &path, &headers, body.to_string())
                .await;
            assert_eq!(answer.status, 202, "{}", answer.text);
            ids.insert(answer.json["messageId"].to_string());
        }
        assert_eq!(ids.len(), 4, "{ids:?}");
        world.quiet().await;
        assert_eq!(
            (world.sent(VENDOR_1).len(), world.sent(VENDOR_2).len()),
            (2, 2)
        );
    })
    .await;
}
