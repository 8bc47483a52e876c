//! Edits and deletions of messages that came or went before, in whatever order they come.

use domain::limits;
use serde_json::{Value, json};
use testkit::wasender::{WRITTEN_AT, echo, event, received, received_in_group};

use crate::engine_double::Act;
use crate::front_door::get;
use crate::outage::engine;
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

const GROUP: &str = "120363000000000001";

fn key(id: &str, from: &str, from_me: bool) -> Value {
    json!({ "id": id, "fromMe": from_me, "remoteJid": format!("{from}@s.whatsapp.net") })
}

/// An edit as `messages.upsert` carries it, so many seconds after the message was written.
fn edit(target: &str, from: &str, text: &str, after: i64) -> Value {
    let mut body = received("", from, &format!("EDIT_{target}_{after}"));
    body["event"] = "messages.upsert".into();
    body["data"]["messages"]["messageBody"] = text.into();
    body["data"]["messages"]["message"] = json!({ "editedMessage": { "message": { "protocolMessage": {
        "key": key(target, from, true), "type": 14, "editedMessage": { "conversation": text },
        "timestampMs": (WRITTEN_AT + after) * 1000,
    } } } });
    body
}

/// The same edit as the vendor makes it.
fn own_edit(target: &str, to: &str, text: &str) -> Value {
    let mut body = edit(target, to, text, 60);
    body["data"]["messages"]["key"] = key("OWN_EDIT", to, true);
    body
}

fn deletion(target: &str, from: &str, from_me: bool) -> Value {
    event(
        "messages.delete",
        &json!({ "keys": [key(target, from, from_me)] }),
    )
}

async fn told(world: &World, body: &Value) {
    assert_eq!(world.webhook(VENDOR_1, body).await.status, 200);
    world.quiet().await;
}

/// What the list shows of a message, by WhatsApp's id.
async fn shown(world: &World, key_id: &str, direction: &str) -> Value {
    let messages = world.messages(VENDOR_1, direction).await;
    let mut found = messages
        .into_iter()
        .filter(|message| message["providerMessageId"] == key_id);
    let message = found.next().expect("the message is listed");
    assert!(found.next().is_none(), "it is listed once");
    message
}

/// Text, first text, deleted.
async fn state(world: &World, key_id: &str) -> (Value, Value, Value) {
    let mut message = shown(world, key_id, "inbound").await;
    let [text, first, deleted] = ["text", "firstText", "deleted"].map(|name| message[name].take());
    (text, first, deleted)
}

async fn run_secretly(test: impl AsyncFnOnce(&World)) {
    run(async |world| {
        world.unspeakable(&[AWA, MOUSSA, "Bonjor", "Bonjour", "Bonsoir", "Merci"]);
        test(world).await;
    })
    .await;
}

#[tokio::test]
async fn an_edit_replaces_the_text_and_keeps_the_first() {
    run_secretly(async |world| {
        told(world, &received("Bonjor", AWA, "KEY")).await;
        told(world, &edit("KEY", AWA, "Bonjour", 10)).await;
        told(world, &edit("KEY", AWA, "Bonsoir", 20)).await;
        let message = shown(world, "KEY", "inbound").await;
        assert_eq!(message["text"], "Bonsoir");
        assert_eq!(message["firstText"], "Bonjor");
        assert_eq!(message["editedAt"], "2026-11-22T10:00:20Z");
        assert_eq!(message["status"], "answered");
        assert_eq!(message["deleted"], false);
        assert_eq!(world.sent(VENDOR_1).len(), 1, "an edit is not answered");
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_older_or_repeated_edit_changes_nothing() {
    run_secretly(async |world| {
        told(world, &received("Bonjor", AWA, "KEY")).await;
        told(world, &edit("KEY", AWA, "Bonsoir", 20)).await;
        for after in [10, 20] {
            let text = if after == 10 { "Bonjour" } else { "Bonsoir" };
            told(world, &edit("KEY", AWA, text, after)).await;
            world.later(400).await;
            told(world, &edit("KEY", AWA, text, after)).await;
        }
        let expected = (json!("Bonsoir"), json!("Bonjor"), json!(false));
        assert_eq!(state(world, "KEY").await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_message_is_shown_as_deleted_and_keeps_its_text() {
    run_secretly(async |world| {
        told(world, &received("Bonjour", AWA, "KEY")).await;
        for _ in 0..2 {
            told(world, &deletion("KEY", AWA, false)).await;
        }
        let message = shown(world, "KEY", "inbound").await;
        assert_eq!(
            (&message["text"], &message["deleted"]),
            (&json!("Bonjour"), &json!(true))
        );
        assert_eq!(message["deletedAt"], "2026-11-22T10:00:00Z");
    })
    .await;
}

#[tokio::test]
async fn a_change_that_comes_before_its_message_waits_for_it() {
    run_secretly(async |world| {
        told(world, &edit("KEY", AWA, "Bonsoir", 20)).await;
        assert_eq!(world.held("later"), 1);
        told(world, &received("Bonjor", AWA, "KEY")).await;
        world.later(limits::CHANGE_HELD.as_secs() + 1).await;
        let expected = (json!("Bonsoir"), json!("Bonjor"), json!(false));
        assert_eq!(state(world, "KEY").await, expected);
        assert_eq!(world.held("later"), 0);
    })
    .await;
}

#[tokio::test]
async fn a_change_of_a_message_that_waits_for_its_engine_is_applied_after_it() {
    run_secretly(async |world| {
        let engine = engine(world).await;
        engine.always(Act::status(503));
        told(world, &received("Bonjor", AWA, "KEY")).await;
        told(world, &edit("KEY", AWA, "Bonsoir", 20)).await;
        let waits = limits::ENGINE_AWAITED + limits::CHANGE_HELD;
        for _ in 0..waits.as_secs().div_ceil(10) {
            world.later(10).await;
        }
        assert_eq!(
            world.sent(VENDOR_1).len(),
            1,
            "it was told that nobody answers"
        );
        let expected = (json!("Bonsoir"), json!("Bonjor"), json!(false));
        assert_eq!(state(world, "KEY").await, expected);
        assert_eq!(world.held("later"), 0);
    })
    .await;
}

#[tokio::test]
async fn a_change_of_a_message_that_never_comes_is_dropped_after_some_waits() {
    run_secretly(async |world| {
        told(world, &deletion("NEVER", AWA, false)).await;
        for waits in 1..=limits::CHANGE_WAITS {
            assert_eq!(world.held("later"), 1, "wait {waits}");
            world.later(limits::CHANGE_HELD.as_secs() + 1).await;
        }
        assert_eq!(world.held("later"), 0);
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn the_vendor_edits_and_deletes_what_it_sent_and_what_it_typed() {
    run_secretly(async |world| {
        told(world, &received("Bonjour", AWA, "KEY")).await;
        let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
        let sent = reply["providerMessageId"].as_str().expect("an id");
        told(world, &own_edit(sent, AWA, "Bonsoir")).await;
        let edited = shown(world, sent, "outbound").await;
        assert_eq!(
            (&edited["text"], &edited["firstText"]),
            (&json!("Bonsoir"), &reply["text"])
        );
        // What is typed is kept a minute after it was heard of, and its deletion waits for that.
        told(world, &echo("Merci", AWA, "TYPED")).await;
        told(world, &deletion("TYPED", AWA, true)).await;
        world.later(limits::ECHO_HELD.as_secs() + 1).await;
        world.later(limits::CHANGE_HELD.as_secs() + 1).await;
        let typed = shown(world, "TYPED", "outbound").await;
        assert_eq!(
            (&typed["text"], &typed["deleted"]),
            (&json!("Merci"), &json!(true))
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_changes_what_another_wrote() {
    run_secretly(async |world| {
        told(world, &received("Bonjour", AWA, "KEY")).await;
        let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
        let sent = reply["providerMessageId"]
            .as_str()
            .expect("an id")
            .to_owned();
        for forged in [
            edit("KEY", MOUSSA, "Merci", 20),
            deletion("KEY", MOUSSA, false),
            edit(&sent, AWA, "Merci", 20),
            deletion(&sent, AWA, false),
        ] {
            told(world, &forged).await;
        }
        world.later(130).await;
        world.later(130).await;
        let untouched = (json!("Bonjour"), Value::Null, json!(false));
        assert_eq!(state(world, "KEY").await, untouched);
        let after = shown(world, &sent, "outbound").await;
        assert_eq!(after["text"], reply["text"]);
        assert_eq!(after["deleted"], false);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_deletes_in_a_group_what_another_wrote() {
    run_secretly(async |world| {
        told(world, &received_in_group("Bonjour", AWA, GROUP, "KEY")).await;
        let mut revoke = received_in_group("", MOUSSA, GROUP, "REVOKE");
        revoke["data"]["messages"]["messageBody"] = Value::Null;
        revoke["data"]["messages"]["message"] =
            json!({ "protocolMessage": { "key": key("KEY", AWA, false), "type": "REVOKE" } });
        told(world, &revoke).await;
        assert_eq!(state(world, "KEY").await.2, true);
    })
    .await;
}

#[tokio::test]
async fn a_change_that_the_queue_refuses_is_kept_and_applied() {
    run_secretly(async |world| {
        told(world, &received("Bonjour", AWA, "KEY")).await;
        let matcher = embedded_aws::Matcher::any()
            .caller("messages")
            .service(embedded_aws::Service::Sqs);
        world.refuse(matcher);
        told(world, &edit("KEY", AWA, "Bonsoir", 20)).await;
        world.heal();
        world.later(10).await;
        world.sweep().await;
        assert_eq!(state(world, "KEY").await.0, "Bonsoir");
    })
    .await;
}

#[tokio::test]
async fn a_changed_message_is_shown_by_itself_too() {
    run_secretly(async |world| {
        told(world, &received("Bonjour", AWA, "KEY")).await;
        told(world, &edit("KEY", AWA, "Bonsoir", 20)).await;
        let listed = shown(world, "KEY", "inbound").await;
        let id = listed["id"].as_str().expect("an id");
        let mut one = get(world, &format!("vendors/vendor_001/messages/{id}"))
            .await
            .json;
        let receipts = one.as_object_mut().expect("a message").remove("receipts");
        assert_eq!((one, receipts), (listed, Some(Value::Null)));
    })
    .await;
}
