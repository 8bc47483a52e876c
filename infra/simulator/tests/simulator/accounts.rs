use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{CUSTOMER, KEY_A, World};

fn new_session() -> Value {
    json!({"name": "Shop C", "phone_number": "+221700000033", "account_protection": false, "log_messages": false,
        "webhook_url": "http://127.0.0.1:9/hook", "webhook_enabled": true, "webhook_events": ["messages.upsert", "session.status"]})
}

#[tokio::test]
async fn the_accounts_endpoints_take_the_personal_access_token_only() {
    let world = World::new().await;
    let missing = world.get("/api/whatsapp-sessions", "").await;
    assert_eq!(
        (missing.status, missing.body),
        (401, json!({"success": false, "message": "Unnotarized"}))
    );
    assert_eq!(world.get("/api/whatsapp-sessions", KEY_A).await.status, 401);
    assert_eq!(
        world.manage(Method::GET, "", Value::Null).await.body["data"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}

#[tokio::test]
async fn a_session_is_found_by_number_and_label_with_key_and_secret() {
    let world = World::new().await;
    let by_number = world.manage(Method::GET, "/1", Value::Null).await.body;
    assert_eq!(
        by_number,
        world
            .manage(Method::GET, "/instance_abc123", Value::Null)
            .await
            .body
    );
    let session = &by_number["data"];
    let url = format!("{}/api/webhooks/wasender/vendor_001", world.gateway.url);
    for (field, value) in [
        ("id", json!(1)),
        ("status", json!("connected")),
        ("phone_number", json!("+221701111111")),
        ("api_key", json!(KEY_A)),
        ("webhook_secret", json!("secret_123")),
        ("webhook_url", json!(url)),
        ("webhook_enabled", json!(true)),
        ("webhook_events", json!([])),
        ("account_protection", json!(false)),
    ] {
        assert_eq!(session[field], value, "{field}");
    }
    assert_eq!(
        world.manage(Method::GET, "/99", Value::Null).await.status,
        404
    );
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let world = World::new().await;
    let answer = world
        .manage(
            Method::PUT,
            "/1",
            json!({"webhook_events": ["messages.upsert"], "ignore_groups": true, "unknown": 1}),
        )
        .await;
    let session = &answer.body["data"];
    assert_eq!(
        (
            answer.status,
            &session["webhook_events"],
            &session["ignore_groups"]
        ),
        (200, &json!(["messages.upsert"]), &json!(true))
    );
    assert_eq!(
        (&session["webhook_enabled"], &session["api_key"]),
        (&json!(true), &json!(KEY_A))
    );
    let invalid = world
        .manage(
            Method::PUT,
            "/1",
            json!({"webhook_events": ["message.recieved"], "log_messages": "yes"}),
        )
        .await;
    assert_eq!(invalid.status, 422);
    assert!(
        invalid.body["errors"]["webhook_events"].is_array()
            && invalid.body["errors"]["log_messages"].is_array()
    );
}

#[tokio::test]
async fn a_new_session_has_a_key_and_a_secret_and_waits_to_be_linked() {
    let world = World::new().await;
    let created = world.manage(Method::POST, "", new_session()).await;
    let session = &created.body["data"];
    let length = |field: &str| session[field].as_str().map(str::len);
    assert_eq!(
        (created.status, length("api_key"), length("webhook_secret")),
        (201, Some(64), Some(32))
    );
    assert_eq!(
        (&session["status"], &session["id"]),
        (&json!("need_scan"), &json!(3))
    );
    let incomplete = world
        .manage(Method::POST, "", json!({"name": "Shop D"}))
        .await;
    let missing = incomplete.body["errors"]
        .as_object()
        .map(serde_json::Map::len);
    assert_eq!((incomplete.status, missing), (422, Some(3)));
}

#[tokio::test]
async fn a_session_sends_once_its_code_was_scanned() {
    let world = World::new().await;
    let created = world.manage(Method::POST, "", new_session()).await.body;
    let key = created["data"]["api_key"]
        .as_str()
        .expect("a key")
        .to_owned();
    let message = json!({"to": CUSTOMER, "text": "x"});
    assert!(
        world
            .manage(Method::GET, "/3/qrcode", Value::Null)
            .await
            .body["error"]
            .is_string()
    );
    let connect = world
        .manage(Method::POST, "/3/connect", Value::Null)
        .await
        .body;
    let qr_code = connect["data"]["qrCode"].clone();
    assert_eq!(connect["data"]["status"], "NEED_SCAN");
    assert!(
        qr_code.as_str().is_some_and(|code| code.starts_with("2@")),
        "{connect}"
    );
    assert_eq!(
        world
            .manage(Method::GET, "/3/qrcode", Value::Null)
            .await
            .body["data"]["qrCode"],
        qr_code
    );
    assert_eq!(world.send(&key, message.clone()).await.status, 400);
    world
        .simulator
        .set_status_silently("3", "connected")
        .await
        .expect("scanned");
    assert_eq!(world.send(&key, message).await.status, 200);
    assert!(
        world
            .manage(Method::GET, "/3/qrcode", Value::Null)
            .await
            .body["error"]
            .is_string()
    );
}

#[tokio::test]
async fn connecting_answers_by_the_state_it_finds() {
    let world = World::new().await;
    assert_eq!(
        world
            .manage(Method::POST, "/1/connect", Value::Null)
            .await
            .body["data"]["status"],
        "CONNECTED"
    );
    let gone = world
        .manage(Method::POST, "/1/disconnect", Value::Null)
        .await
        .body;
    assert_eq!(
        gone,
        json!({"success": true, "data": {"status": "disconnected", "message": "WhatsApp session disconnected successfully"}})
    );
    assert_eq!(
        world
            .manage(Method::POST, "/1/connect", Value::Null)
            .await
            .body["data"]["status"],
        "CONNECTED"
    );
    assert_eq!(
        world.get("/api/status", KEY_A).await.body["status"],
        "connected"
    );
    world
        .simulator
        .set_status_silently("1", "logged_out")
        .await
        .expect("a status");
    let passkey = world
        .manage(Method::POST, "/1/connect", json!({"linkMethod": "passkey"}))
        .await
        .body;
    assert_eq!(passkey["data"]["status"], "NEED_PASSKEY");
    assert!(
        passkey["data"]["passkey"]["token"].is_string()
            && passkey["data"]["passkey"]["expires_at"].is_string()
    );
    world.simulator.idle().await;
    let statuses: Vec<_> = world
        .gateway
        .got()
        .iter()
        .filter(|got| got.event() == "session.status")
        .map(|got| got.body["data"]["status"].clone())
        .collect();
    assert_eq!(statuses, ["disconnected", "connected", "need_passkey"]);
}

#[tokio::test]
async fn only_a_connected_session_restarts() {
    let world = World::new().await;
    let done = world
        .manage(Method::POST, "/1/restart", Value::Null)
        .await
        .body;
    assert_eq!(
        done,
        json!({"success": true, "message": "WhatsApp session restarted successfully."})
    );
    world
        .simulator
        .set_status_silently("1", "expired")
        .await
        .expect("a status");
    let refused = world
        .manage(Method::POST, "/1/restart", Value::Null)
        .await
        .body;
    assert_eq!(
        refused,
        json!({"success": false, "error": "WhatsApp session is not connected. Cannot restart."})
    );
}

#[tokio::test]
async fn a_regenerated_key_replaces_the_old_one_at_once() {
    let world = World::new().await;
    let answer = world
        .manage(Method::POST, "/1/regenerate-key", Value::Null)
        .await
        .body;
    let key = answer["api_key"].as_str().expect("a key at the top level");
    assert_eq!(answer["success"], true);
    assert_eq!(world.get("/api/status", KEY_A).await.status, 401);
    assert_eq!(world.get("/api/status", key).await.status, 200);
}

#[tokio::test]
async fn webhooks_that_are_switched_on_have_another_secret() {
    let world = World::new().await;
    let secret = async || {
        let detail = world.manage(Method::GET, "/1", Value::Null).await.body;
        detail["data"]["webhook_secret"].clone()
    };
    let set = async |on: bool| {
        let body = json!({ "webhook_enabled": on });
        world.manage(Method::PUT, "/1", body).await.body
    };
    let first = secret().await;
    set(true).await;
    assert_eq!(secret().await, first, "they were on");
    set(false).await;
    assert_eq!(secret().await, first);
    let answer = set(true).await;
    let second = secret().await;
    assert_ne!(second, first);
    assert_eq!(answer["data"]["webhook_secret"], second);
}

#[tokio::test]
async fn a_deleted_session_and_its_key_are_gone() {
    let world = World::new().await;
    let deleted = world.manage(Method::DELETE, "/1", Value::Null).await;
    assert_eq!((deleted.status, deleted.body), (204, Value::Null));
    assert_eq!(world.get("/api/status", KEY_A).await.status, 401);
    assert_eq!(
        world.manage(Method::GET, "/1", Value::Null).await.status,
        404
    );
}

#[tokio::test]
async fn deleting_a_session_ends_the_wait_for_its_webhooks() {
    let world = World::new().await;
    world
        .control(
            Method::POST,
            "/faults",
            json!({"fault": "delay", "delayMs": 3_600_000, "times": 1}),
        )
        .await;
    let delete = async {
        while !world
            .control(Method::GET, "/faults", Value::Null)
            .await
            .body["faults"]
            .as_array()
            .is_some_and(Vec::is_empty)
        {
            tokio::task::yield_now().await;
        }
        world.manage(Method::DELETE, "/1", Value::Null).await
    };
    let (answer, deleted) = tokio::join!(world.simulator.inbound(World::writes("Bonjour")), delete);
    assert!(answer.is_err());
    assert_eq!(deleted.status, 204);
    world.simulator.idle().await;
}

#[tokio::test]
async fn message_logs_are_paged_newest_first_and_hide_what_is_not_logged() {
    let world = World::new().await;
    for text in ["un", "deux", "trois"] {
        world.send_text(text).await;
    }
    world.simulator.idle().await;
    let page = world
        .manage(
            Method::GET,
            "/1/message-logs?page=1&per_page=2",
            Value::Null,
        )
        .await
        .body["data"]
        .clone();
    let contents: Vec<_> = (0..2)
        .map(|row| {
            page["data"][row]["content"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(contents, [r#"{"text":"trois"}"#, r#"{"text":"deux"}"#]);
    assert_eq!(page["data"][0]["status"], "sent");
    for (field, value) in [
        ("current_page", json!(1)),
        ("from", json!(1)),
        ("to", json!(2)),
        ("last_page", json!(2)),
        ("total", json!(3)),
        ("prev_page_url", Value::Null),
    ] {
        assert_eq!(page[field], value, "{field}");
    }
    assert_eq!(
        page["next_page_url"],
        "/api/whatsapp-sessions/1/message-logs?page=2"
    );
    world
        .manage(Method::PUT, "/1", json!({"log_messages": false}))
        .await;
    let row = world
        .manage(
            Method::GET,
            "/1/message-logs?status=sent&page=2&per_page=2",
            Value::Null,
        )
        .await
        .body["data"]["data"][0]
        .clone();
    assert_eq!(
        (&row["to"], &row["content"], &row["whatsapp_session_id"]),
        (&Value::Null, &Value::Null, &json!("1"))
    );
    let failed = world
        .manage(Method::GET, "/1/message-logs?status=failed", Value::Null)
        .await
        .body;
    assert_eq!(failed["data"]["total"], 0);
}

#[tokio::test]
async fn the_list_for_tests_shows_no_key_and_no_secret() {
    let world = World::new().await;
    let sessions = world
        .control(Method::GET, "/sessions", Value::Null)
        .await
        .body;
    assert_eq!(
        (
            &sessions["sessions"][0]["id"],
            &sessions["sessions"][0]["number"]
        ),
        (&json!("instance_abc123"), &json!(1))
    );
    let shown = sessions.to_string();
    assert!(
        !shown.contains(KEY_A) && !shown.contains("secret_123"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_session_registered_over_http_is_connected_at_once() {
    let world = World::new().await;
    let spec = json!({"vendorId": "vendor_003", "instanceId": "instance_ghi789", "phone": "+221700000034", "apiKey": "api_key_ghi", "webhookSecret": "secret_789"});
    assert_eq!(
        world
            .control(Method::POST, "/sessions", spec.clone())
            .await
            .status,
        200
    );
    assert_eq!(
        world.get("/api/status", "api_key_ghi").await.body["status"],
        "connected"
    );
    let mut taken = spec;
    taken["instanceId"] = json!("instance_jkl");
    assert_eq!(
        world.control(Method::POST, "/sessions", taken).await.status,
        422
    );
}
