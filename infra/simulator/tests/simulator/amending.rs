use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, CUSTOMER, KEY_A, KEY_B, World};

async fn edit(world: &World, msg_id: i64, text: &str) -> Answer {
    let path = format!("/api/messages/{msg_id}");
    world
        .call(Method::PUT, &path, KEY_A, json!({"text": text}))
        .await
}

async fn delete(world: &World, msg_id: i64) -> Answer {
    let path = format!("/api/messages/{msg_id}");
    world.call(Method::DELETE, &path, KEY_A, Value::Null).await
}

async fn resend(world: &World, key: &str, log_id: i64) -> Answer {
    let path = format!("/api/messages/{log_id}/resend");
    world.call(Method::POST, &path, key, Value::Null).await
}

async fn info(world: &World, msg_id: i64) -> Value {
    let path = format!("/api/messages/{msg_id}/info");
    world.get(&path, KEY_A).await.body["data"].clone()
}

#[tokio::test]
async fn an_edit_is_answered_with_the_message_about_the_message_and_seen_afterwards() {
    let world = World::new().await;
    let msg_id = world.send_text("Bonjour").await;
    let answer = edit(&world, msg_id, "Bonsoir").await;
    let (data, key) = (
        &answer.body["data"],
        info(&world, msg_id).await["key"].clone(),
    );
    assert_eq!(
        (answer.status, &data["msgId"], &data["status"], &data["key"]),
        (200, &json!(msg_id), &json!(1), &key)
    );
    let protocol = &data["message"]["protocolMessage"];
    assert_eq!(
        (
            &protocol["type"],
            &protocol["key"],
            &protocol["editedMessage"]
        ),
        (&json!(14), &key, &json!({"conversation": "Bonsoir"}))
    );
    assert_eq!(
        info(&world, msg_id).await["message"],
        json!({"conversation": "Bonsoir"})
    );
}

#[tokio::test]
async fn only_texts_and_captions_are_edited_and_only_for_a_quarter_of_an_hour() {
    let world = World::new().await;
    assert_eq!(edit(&world, 1, "x").await.status, 404);
    let msg_id = world.send_text("Bonjour").await;
    assert_eq!(edit(&world, msg_id, " ").await.status, 422);
    let location = json!({"to": CUSTOMER, "location": {"latitude": 14.7, "longitude": -17.4}});
    let located = world.send(KEY_A, location).await.body["data"]["msgId"].clone();
    let located = located.as_i64().expect("a number");
    assert_eq!(edit(&world, located, "x").await.status, 400);
    world.clock.advance(Duration::from_mins(16));
    let late = edit(&world, msg_id, "x").await;
    assert_eq!((late.status, &late.body["success"]), (400, &json!(false)));
}

#[tokio::test]
async fn a_message_is_deleted_once_and_only_for_sixty_hours() {
    let world = World::new().await;
    let (first, second) = (world.send_text("un").await, world.send_text("deux").await);
    let answer = delete(&world, first).await;
    assert_eq!(
        answer.body,
        json!({"success": true, "message": "Message deleted successfully."})
    );
    assert_eq!(info(&world, first).await["message"], Value::Null);
    assert_eq!(
        [
            delete(&world, first).await.status,
            edit(&world, first, "x").await.status
        ],
        [400, 400]
    );
    world.clock.advance(Duration::from_hours(61));
    assert_eq!(delete(&world, second).await.status, 400);
}

#[tokio::test]
async fn a_failed_message_is_sent_again_and_no_other() {
    let world = World::new().await;
    let fault = json!({"fault": "fail_later", "times": 1});
    world.control(Method::POST, "/faults", fault).await;
    let failed = world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert_eq!(info(&world, failed).await["status"], 0);
    for (key, id, status, error) in [
        (
            KEY_B,
            failed,
            403,
            "You are not authorized to modify this message.",
        ),
        (KEY_A, failed + 1, 404, "Message not found."),
    ] {
        let answer = resend(&world, key, id).await;
        assert_eq!(
            (answer.status, answer.body),
            (status, json!({"success": false, "error": error}))
        );
    }
    world.gateway.forget();
    assert_eq!(
        resend(&world, KEY_A, failed).await.body,
        json!({"success": true, "message": "Message resend initiated successfully."})
    );
    world.simulator.idle().await;
    assert_eq!(
        world.gateway.labels(),
        [
            "message.sent",
            "messages.update:2",
            "messages.update:3",
            "messages.update:4"
        ]
    );
    assert_eq!(info(&world, failed).await["status"], 4);
    let again = resend(&world, KEY_A, failed).await;
    assert_eq!(
        (again.status, again.body["error"].as_str()),
        (
            400,
            Some("Only messages with status 'failed' can be resent.")
        )
    );
}

#[tokio::test]
async fn what_was_not_logged_is_not_sent_again() {
    let world = World::new().await;
    let settings = json!({"log_messages": false});
    world.manage(Method::PUT, "/1", settings).await;
    let fault = json!({"fault": "fail_later", "times": 1});
    world.control(Method::POST, "/faults", fault).await;
    let failed = world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert_eq!(resend(&world, KEY_A, failed).await.status, 400);
}

#[tokio::test]
async fn a_received_message_is_marked_as_read_by_its_key() {
    let world = World::new().await;
    let received = world.simulator.inbound(World::writes("Bonjour")).await;
    let key_id = received.expect("an answer").key_id;
    let key = json!({"id": key_id, "remoteJid": "221700000001@s.whatsapp.net", "fromMe": false});
    let path = "/api/messages/read";
    let answer = world
        .call(Method::POST, path, KEY_A, json!({"key": key}))
        .await;
    assert_eq!(
        answer.body,
        json!({"success": true, "data": {"status": "read"}})
    );
    let mut without_id = key.clone();
    without_id["id"] = json!("");
    let refused = world
        .call(Method::POST, path, KEY_A, json!({"key": without_id}))
        .await;
    let error = "The key.id field is required and must be a non-empty string.";
    assert_eq!(refused.body, json!({"success": false, "error": error}));
    let signals = world.control(Method::GET, "/signals", Value::Null).await;
    let signals = &signals.body["signals"];
    assert_eq!(
        (&signals[0]["signal"], &signals[0]["key"], &signals[1]),
        (&json!("read"), &key, &Value::Null)
    );
}

#[tokio::test]
async fn typing_is_shown_to_the_contact_and_presence_under_ones_own_number() {
    let world = World::new().await;
    let (contact, own) = ("221700000001@s.whatsapp.net", "221701111111@s.whatsapp.net");
    for (jid, kind, status) in [
        (contact, "composing", 200),
        (contact, "recording", 200),
        (own, "available", 200),
        (own, "unavailable", 200),
        (own, "composing", 400),
        (contact, "available", 400),
        ("221700000001", "composing", 400),
        (contact, "paused", 422),
    ] {
        let body = json!({"jid": jid, "type": kind, "delayMs": 500});
        let path = "/api/send-presence-update";
        let answer = world.call(Method::POST, path, KEY_A, body).await;
        assert_eq!(answer.status, status, "{jid} {kind}: {}", answer.body);
        if status == 200 {
            let told = json!({"success": true, "data": {"jid": jid, "type": kind}});
            assert_eq!(answer.body, told);
        }
        if status == 400 {
            let error = "Error sending presence update: Invalid JID provided.";
            assert_eq!(answer.body, json!({"success": false, "error": error}));
        }
    }
    assert_eq!(world.simulator.signals().len(), 4);
}
