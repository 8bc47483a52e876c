//! The record of changes: who, what, when, how it ended, and no secret.

use embedded_aws::Matcher;
use serde_json::{Value, json};

use crate::admin_keys_made::{create, with};
use crate::front_door::{get, is_problem, register, shop};
use crate::world::{AWA, VENDOR_1, VENDOR_2, World, run};

/// The records that a listing shows, all pages of it.
async fn records(world: &World, query: &str) -> Vec<Value> {
    let (mut records, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(world, &format!("audit?{query}{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        records.extend(
            page.json["records"]
                .as_array()
                .expect("a list")
                .iter()
                .cloned(),
        );
        let Some(next) = page.json["nextCursor"].as_str() else {
            return records;
        };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_change_is_recorded_with_who_made_it_and_what_it_changed() {
    run(async |world| {
        let asked = json!({ "name": "Till 3", "scopes": ["admin"] });
        let (id, key) = create(world, &asked).await;
        let lost = with(
            world,
            &key,
            "POST",
            "keys",
            &json!({ "name": "Till 4", "scopes": ["read"] }),
        )
        .await;
        let path = format!("keys/{}", lost.json["keyId"].as_str().expect("an id"));
        world.unspeakable(&[lost.json["key"].as_str().expect("a key")]);
        with(world, &key, "DELETE", &path, &Value::Null).await;
        let refused = with(world, &key, "DELETE", "keys/none", &Value::Null).await;
        is_problem(&refused, 404, "no_such_key");
        let newest = records(world, "limit=3").await;
        let who = json!(format!("key:{id}"));
        let line = |method, route, status: u16| json!([who, "Till 3", method, route, status]);
        let expected = [
            line("DELETE", "/keys/{keyId}", 404),
            line("DELETE", "/keys/{keyId}", 200),
            line("POST", "/keys", 201),
        ];
        let members = ["who", "label", "method", "route", "status"];
        let seen = newest.iter().take(3);
        let seen = seen.map(|record| members.map(|name| record[name].clone()));
        assert_eq!(json!(seen.collect::<Vec<_>>()), json!(expected));
        assert_eq!(newest[0]["parameters"], json!({ "keyId": "none" }));
        assert_eq!(
            (
                &newest[1]["before"]["status"],
                &newest[1]["after"]["status"]
            ),
            (&json!("good"), &json!("revoked"))
        );
        assert_eq!(
            (&newest[2]["before"], &newest[2]["after"]["name"]),
            (&Value::Null, &json!("Till 4"))
        );
    })
    .await;
}

#[tokio::test]
async fn changes_are_listed_by_vendor_and_time_in_pages() {
    run(async |world| {
        world.later(1).await;
        let begun = world.clock().now().to_string();
        for vendor in [VENDOR_1, VENDOR_2, VENDOR_1] {
            let path = format!("vendors/{}/messages/msg_1/cancel", vendor.id);
            let answer = world.admin("POST", &path, &[], &Value::Null).await;
            assert_eq!(answer.status, 404);
            // Over the end of a month, however long it is.
            world.later(32 * 24 * 3600).await;
        }
        let vendors = |records: &[Value]| {
            records
                .iter()
                .map(|record| record["vendorId"].clone())
                .collect::<Vec<_>>()
        };
        let since = format!("from={begun}&limit=1");
        assert_eq!(
            vendors(&records(world, &since).await),
            [VENDOR_1.id, VENDOR_2.id, VENDOR_1.id]
        );
        let of_second = records(world, &format!("{since}&vendorId={}", VENDOR_2.id)).await;
        assert_eq!(vendors(&of_second), [VENDOR_2.id]);
        let of_first = records(world, &format!("{since}&vendorId={}", VENDOR_1.id)).await;
        assert_eq!(of_first.len(), 2);
        let until = format!("{since}&to={}", of_first[1]["at"].as_str().expect("a time"));
        assert_eq!(records(world, &until).await.len(), 1);
        let backwards = format!("from={}&to={begun}", world.clock().now());
        assert_eq!(records(world, &backwards).await, [] as [Value; 0]);
        // The cursor of another listing, whose records are all older.
        let old = hex::encode(format!("{:013}#{:016x}", 1, 1));
        for part in ["", "&vendorId=vendor_001"] {
            let page = get(world, &format!("audit?from={begun}&cursor={old}{part}")).await;
            assert_eq!((page.status, &page.json["records"]), (200, &json!([])));
        }
        for wrong in [
            "from=yesterday",
            "to=1",
            "cursor=zz",
            "limit=0",
            "vendorId=a%20b",
        ] {
            is_problem(
                &get(world, &format!("audit?{wrong}")).await,
                400,
                "invalid_query",
            );
        }
        world.later(400 * 24 * 3600).await;
        assert_eq!(
            records(world, "").await,
            [] as [Value; 0],
            "what is old is forgotten"
        );
    })
    .await;
}

#[tokio::test]
async fn without_its_record_nothing_is_changed() {
    run(async |world| {
        let before = world.everything().await;
        world.refuse(Matcher::any().caller("admin").operation("PutItem"));
        let answer = world
            .admin(
                "POST",
                "keys",
                &[],
                &json!({ "name": "a", "scopes": ["read"] }),
            )
            .await;
        is_problem(&answer, 503, "unavailable");
        world.heal();
        let mut after = world.everything().await;
        after["lanes"] = before["lanes"].clone();
        assert_eq!(after, before);
    })
    .await;
}

#[tokio::test]
async fn a_change_whose_end_is_not_recorded_is_made_and_shown_as_begun() {
    run(async |world| {
        world.refuse(Matcher::any().caller("admin").operation("UpdateItem"));
        let (id, _) = create(world, &json!({ "name": "a", "scopes": ["read"] })).await;
        world.heal();
        assert_eq!(get(world, "keys").await.json["keys"][0]["keyId"], id);
        let newest = &records(world, "limit=1").await[0];
        assert_eq!(
            (&newest["outcome"], &newest["status"]),
            (&json!("begun"), &Value::Null)
        );
    })
    .await;
}

#[tokio::test]
async fn a_message_of_the_staff_says_in_the_ledger_who_asked_for_it() {
    run(async |world| {
        world.unspeakable(&[AWA, "Bonne fête"]);
        let (id, key) = create(world, &json!({ "name": "till", "scopes": ["send"] })).await;
        let before = records(world, "").await.len();
        let path = format!("vendors/{}/send-message", VENDOR_1.id);
        let body = json!({ "to": format!("+{AWA}"), "message": "Bonne fête" });
        let sent = with(world, &key, "POST", &path, &body).await;
        assert_eq!(sent.status, 202, "{}", sent.text);
        assert_eq!(records(world, "").await.len(), before);
        let path = format!(
            "vendors/{}/messages/{}",
            VENDOR_1.id,
            sent.json["messageId"].as_str().expect("an id")
        );
        assert_eq!(
            get(world, &path).await.json["sending"]["askedBy"],
            json!(format!("key:{id}"))
        );
    })
    .await;
}

#[tokio::test]
async fn the_record_of_changes_holds_no_secret_and_no_number() {
    run(async |world| {
        let shop = shop(4);
        register(world, &shop).await;
        register(world, &shop).await;
        let (_, key) = create(world, &json!({ "name": "till", "scopes": ["read"] })).await;
        let kept = world.everything().await["audit"].to_string();
        let of_shop = records(world, "vendorId=shop_04").await;
        let seen = of_shop.iter().map(|record| &record["status"]);
        assert_eq!(
            seen.collect::<Vec<_>>(),
            [200, 201],
            "registrations are recorded"
        );
        for secret in ["phoneNumber", "wasenderWebhookSecret", "wasenderApiKey"] {
            let secret = shop[secret]
                .as_str()
                .expect("a text")
                .trim_start_matches('+');
            assert!(!kept.contains(secret), "{secret}");
        }
        for secret in [
            &key,
            world.admin_key(),
            VENDOR_1.secret,
            "api_key_abc",
            "701111111",
            "702222222",
        ] {
            assert!(!kept.contains(secret), "{secret}");
        }
    })
    .await;
}
