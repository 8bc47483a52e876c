use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{CUSTOMER, KEY_A, KEY_B, World};

#[tokio::test]
async fn the_status_is_bare_and_in_lower_case() {
    let world = World::new().await;
    assert_eq!(
        world.get("/api/status", KEY_A).await.body,
        json!({"status": "connected"})
    );
    world
        .simulator
        .set_status_silently("instance_abc123", "NEED_SCAN")
        .await
        .expect("a status");
    assert_eq!(
        world.get("/api/status", KEY_A).await.body,
        json!({"status": "need_scan"})
    );
    assert_eq!(world.get("/api/status", "").await.status, 401);
}

#[tokio::test]
async fn the_user_is_the_number_behind_the_key() {
    let world = World::new().await;
    let user = world.get("/api/user", KEY_B).await.body;
    assert_eq!(
        (&user["success"], &user["data"]["id"]),
        (&json!(true), &json!("221702222222:2@s.whatsapp.net"))
    );
    assert!(user["data"]["name"].is_string() && user["data"]["lid"].is_string());
}

#[tokio::test]
async fn a_messages_info_follows_it_to_read_and_is_its_sessions_own() {
    let world = World::new().await;
    let msg_id = world.send_text("Bonjour").await;
    world.simulator.idle().await;
    let path = format!("/api/messages/{msg_id}/info");
    let info = world.get(&path, KEY_A).await.body;
    let key_id = info["data"]["key"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let jid = "221700000001@s.whatsapp.net";
    let seconds = info["data"]["messageTimestamp"]
        .as_str()
        .expect("seconds as text")
        .to_owned();
    assert!(seconds.parse::<i64>().is_ok());
    let expected = json!({"success": true, "data": {
        "remoteJid": jid,
        "id": key_id,
        "msgId": msg_id,
        "key": {"id": key_id, "fromMe": true, "remoteJid": jid},
        "message": {"conversation": "Bonjour"},
        "messageTimestamp": seconds,
        "status": 4,
    }});
    assert_eq!(info, expected);
    assert_eq!(world.get(&path, KEY_B).await.status, 404);
    assert_eq!(world.get("/api/messages/1/info", KEY_A).await.status, 404);
}

#[tokio::test]
async fn lids_and_numbers_are_found_once_a_customer_has_shown_both() {
    let world = World::new().await;
    let unknown = world.get("/api/pn-from-lid/777@lid", KEY_A).await;
    assert_eq!(
        (unknown.status, unknown.body),
        (
            404,
            json!({"success": false, "error": "LID not found or invalid."})
        )
    );
    let inbound = simulator::Inbound {
        lid: Some("777".to_owned()),
        hide_phone: true,
        ..World::writes("Bonjour")
    };
    world.simulator.inbound(inbound).await.expect("an answer");
    let pn = world.get("/api/pn-from-lid/777@lid", KEY_A).await.body;
    assert_eq!(
        pn,
        json!({"success": true, "data": {"pn": "221700000001@s.whatsapp.net"}})
    );
    let lid = world.get("/api/lid-from-pn/221700000001", KEY_A).await.body;
    assert_eq!(lid, json!({"success": true, "data": {"lid": "777@lid"}}));
    assert!(world.get("/api/lid-from-pn/221700000002", KEY_A).await.body["error"].is_string());
}

#[tokio::test]
async fn a_number_that_is_not_on_whatsapp_is_told_and_a_send_to_it_fails_later() {
    let world = World::new().await;
    world
        .control(
            Method::POST,
            "/contacts",
            json!({"phone": CUSTOMER, "onWhatsapp": false}),
        )
        .await;
    let answer = world.get("/api/on-whatsapp/+221700000001", KEY_A).await;
    assert_eq!(
        answer.body,
        json!({"success": true, "data": {"exists": false}})
    );
    assert_eq!(answer.headers["x-ratelimit-limit"], "60");
    assert_eq!(
        world
            .get("/api/on-whatsapp/%2B221700000002", KEY_A)
            .await
            .body["data"]["exists"],
        true
    );
    let msg_id = world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert_eq!(
        world.gateway.labels(),
        ["message.sent", "messages.update:0"]
    );
    let sent = world.gateway.got()[0].body["data"].clone();
    assert_eq!(
        sent,
        json!({"success": false, "error": format!("Failed to send message: Invalid number JID: {CUSTOMER}")})
    );
    let logs = world
        .manage(Method::GET, "/1/message-logs", Value::Null)
        .await
        .body;
    assert_eq!(
        (
            &logs["data"]["data"][0]["status"],
            &logs["data"]["data"][0]["id"]
        ),
        (&json!("failed"), &json!(msg_id.to_string()))
    );
}
