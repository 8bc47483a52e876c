//! Keys of the admin API: made with less than one has, shown once, listed, used, revoked.

use serde_json::{Value, json};

use crate::admin_keys::put_key;
use crate::front_door::{get, is_problem};
use crate::world::{Answer, VENDOR_1, VENDOR_2, World, run};

pub(crate) fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

/// Makes a key with the bootstrap key; answers with its id and itself, which no log may hold from then on.
pub(crate) async fn create(world: &World, key: &Value) -> (String, String) {
    let answer = world.admin("POST", "keys", &[], key).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let text = |name: &str| answer.json[name].as_str().expect("a text").to_owned();
    world.unspeakable(&[&text("key")]);
    (text("keyId"), text("key"))
}

/// A request with this key.
pub(crate) async fn with(
    world: &World,
    key: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> Answer {
    let headers = [("authorization", bearer(key))];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    world
        .request(method, &format!("/api/admin/{path}"), &headers, body)
        .await
}

async fn listed(world: &World, id: &str) -> Value {
    let all = get(world, "keys").await;
    let keys = all.json["keys"].as_array().expect("a list");
    let found = keys.iter().find(|key| key["keyId"] == id);
    found.expect("the key is listed").clone()
}

#[tokio::test]
async fn a_key_is_shown_once_and_opens_what_it_was_made_for() {
    run(async |world| {
        let asked = json!({ "name": "Till 3", "scopes": ["send", "read", "read"], "vendors": [VENDOR_1.id] });
        let answer = world.admin("POST", "keys", &[], &asked).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let key = answer.json["key"].as_str().expect("the key").to_owned();
        let id = answer.json["keyId"].as_str().expect("its id").to_owned();
        world.unspeakable(&[&key]);
        assert!(key.starts_with(&format!("mw_{id}_")) && key.len() >= 3 + 16 + 1 + 32, "its form");
        assert_eq!(answer.json["scopes"], json!(["read", "send"]));
        assert_eq!(answer.json["createdBy"], "bootstrap");
        assert_eq!(answer.json["ratePerMinute"], 100);
        let secret = key.rsplit_once('_').expect("parts").1.to_owned();
        assert!(!world.everything().await.to_string().contains(&secret), "its secret is kept nowhere");
        assert!(!get(world, "keys").await.text.contains(&secret));
        assert_eq!(listed(world, &id).await["lastUsedAt"], Value::Null);
        let own = format!("vendors/{}", VENDOR_1.id);
        assert_eq!(with(world, &key, "GET", &own, &Value::Null).await.status, 200);
        assert_ne!(listed(world, &id).await["lastUsedAt"], Value::Null);
        let other = format!("vendors/{}", VENDOR_2.id);
        is_problem(&with(world, &key, "GET", &other, &Value::Null).await, 403, "forbidden_vendor");
        is_problem(&with(world, &key, "GET", "keys", &Value::Null).await, 403, "forbidden_scope");
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_from_then_on_and_revoking_it_again_changes_nothing() {
    run(async |world| {
        let (id, key) = create(world, &json!({ "name": "lost", "scopes": ["read"] })).await;
        assert_eq!(
            with(world, &key, "GET", "vendors", &Value::Null)
                .await
                .status,
            200
        );
        let path = format!("keys/{id}");
        let revoked = world.admin("DELETE", &path, &[], &Value::Null).await;
        assert_eq!(
            (revoked.status, &revoked.json["status"]),
            (200, &json!("revoked"))
        );
        is_problem(
            &with(world, &key, "GET", "vendors", &Value::Null).await,
            401,
            "unauthorized",
        );
        world.later(60).await;
        let again = world.admin("DELETE", &path, &[], &Value::Null).await;
        assert_eq!((again.status, again.json), (200, revoked.json.clone()));
        assert_eq!(
            listed(world, &id).await["revokedAt"],
            revoked.json["revokedAt"]
        );
        for unknown in ["keys/0123456789abcdef", "keys/none", "keys/%23"] {
            let answer = world.admin("DELETE", unknown, &[], &Value::Null).await;
            is_problem(&answer, 404, "no_such_key");
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_of_the_first_release_is_listed_and_can_be_revoked() {
    run(async |world| {
        put_key(world, "back-office-key-0004", false).await;
        world.unspeakable(&["back-office-key-0004"]);
        let all = get(world, "keys").await;
        let old = &all.json["keys"][0];
        assert_eq!(
            (&old["name"], &old["scopes"], &old["status"]),
            (&json!("back office"), &json!(["admin"]), &json!("good"))
        );
        let path = format!("keys/{}", old["keyId"].as_str().expect("an id"));
        assert_eq!(
            with(world, "back-office-key-0004", "DELETE", &path, &Value::Null)
                .await
                .status,
            200
        );
        is_problem(
            &with(
                world,
                "back-office-key-0004",
                "GET",
                "vendors",
                &Value::Null,
            )
            .await,
            401,
            "unauthorized",
        );
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_of_a_new_key_is_named() {
    run(async |world| {
        let wrong = json!({
            "name": "", "scopes": ["read", "root"], "vendors": [], "expiresAt": "2020-01-01T00:00:00Z", "ratePerMinute": 0,
        });
        let answer = world.admin("POST", "keys", &[], &wrong).await;
        is_problem(&answer, 422, "invalid_field");
        let fields: Vec<_> = answer.json["errors"].as_array().expect("errors").iter().map(|error| error["field"].clone()).collect();
        assert_eq!(fields, ["name", "scopes", "vendors", "expiresAt", "ratePerMinute"]);
        for (field, value) in [
            ("name", json!("n".repeat(61))),
            ("name", json!("a\nb")),
            ("scopes", json!("read")),
            ("scopes", json!([])),
            ("scopes", Value::Null),
            ("vendors", json!(["a b"])),
            ("vendors", (0..51).map(|n| json!(format!("v{n}"))).collect()),
            ("expiresAt", json!("tomorrow")),
            ("ratePerMinute", json!(6_001)),
            ("secret", json!("mine")),
        ] {
            let mut key = json!({ "name": "a", "scopes": ["read"] });
            key[field] = value;
            let answer = world.admin("POST", "keys", &[], &key).await;
            is_problem(&answer, 422, "invalid_field");
            assert_eq!(answer.json["field"], field, "{}", answer.text);
        }
        assert_eq!(get(world, "keys").await.json["keys"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_key_gives_no_more_than_it_has() {
    run(async |world| {
        let hour = (world.clock().now().as_second() / 3600 + 2) * 3600;
        let time = |second| {
            jiff::Timestamp::from_second(second)
                .expect("a time")
                .to_string()
        };
        let (until, later) = (time(hour), time(hour + 3600));
        let (_, own) = create(
            world,
            &json!({ "name": "own", "scopes": ["admin"], "expiresAt": until }),
        )
        .await;
        let asked = json!({ "name": "child", "scopes": ["admin"] });
        let child = with(world, &own, "POST", "keys", &asked).await;
        assert_eq!(
            (child.status, &child.json["expiresAt"]),
            (201, &json!(until)),
            "{}",
            child.text
        );
        let mut longer = asked.clone();
        longer["expiresAt"] = later.into();
        is_problem(
            &with(world, &own, "POST", "keys", &longer).await,
            422,
            "invalid_field",
        );
        let mut faster = asked.clone();
        faster["ratePerMinute"] = 101.into();
        is_problem(
            &with(world, &own, "POST", "keys", &faster).await,
            403,
            "forbidden_grant",
        );
        let bound = json!({ "name": "bound", "scopes": ["admin"], "vendors": [VENDOR_1.id] });
        let (_, bound) = create(world, &bound).await;
        is_problem(
            &with(world, &bound, "POST", "keys", &asked).await,
            403,
            "forbidden_vendor",
        );
    })
    .await;
}

#[tokio::test]
async fn keys_are_listed_in_pages() {
    run(async |world| {
        let mut made = Vec::new();
        for number in 0..5 {
            let key = json!({ "name": format!("key {number}"), "scopes": ["read"] });
            made.push(create(world, &key).await.0);
        }
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = get(world, &format!("keys?limit=2{cursor}")).await;
            let keys = page.json["keys"].as_array().expect("a list");
            assert!(keys.len() <= 2);
            found.extend(
                keys.iter()
                    .map(|key| key["keyId"].as_str().expect("an id").to_owned()),
            );
            let Some(next) = page.json["nextCursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        made.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, made);
        is_problem(&get(world, "keys?cursor=x").await, 400, "invalid_query");
    })
    .await;
}
