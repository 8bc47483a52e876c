//! Group chats: recorded as the group's, answered there if the vendor wants that, and never mixed up with their authors' own chats.

use serde_json::{Value, json};
use testkit::wasender::{echo, received_in_group};

use crate::front_door::change;
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

const GROUP: &str = "120363000000000001";

async fn writes_in_group(world: &World, from: &str, text: &str, key_id: &str) {
    world.unspeakable(&[from, GROUP]);
    let body = received_in_group(text, from, GROUP, key_id);
    assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
    world.quiet().await;
}

/// The conversations: how each begins its names, and how many messages it heard.
async fn talks(world: &World) -> Vec<(String, u64)> {
    let stored = world.stored().await;
    let items = stored["conversations"].as_array().expect("items");
    let alias = |item: &Value| {
        let name = item["pk"]["S"].as_str()?.split_once('#')?.1;
        let id = item["conversationId"]["S"].as_str()?;
        Some((name.split(':').next()?.to_owned(), id.to_owned()))
    };
    let heard = |id: &str| -> u64 {
        let is_it = |item: &&Value| {
            item["sk"]["S"] == "conversation"
                && item["pk"]["S"].as_str().is_some_and(|pk| pk.ends_with(id))
        };
        let item = items.iter().find(is_it).expect("a conversation");
        let context = item["context"]["S"].as_str().expect("a text");
        let context: Value = serde_json::from_str(context).expect("JSON");
        context["messageCount"].as_u64().expect("a number")
    };
    let mut talks: Vec<_> = items
        .iter()
        .filter_map(alias)
        .map(|(name, id)| (name, heard(&id)))
        .collect();
    talks.sort();
    talks
}

fn recipients(world: &World) -> Vec<String> {
    let sends = world.simulator().sends();
    sends.into_iter().map(|send| send.to).collect()
}

#[tokio::test]
async fn a_message_in_a_group_is_recorded_as_the_groups_and_not_answered() {
    run(async |world| {
        writes_in_group(world, AWA, "Bonjour", "G1").await;
        writes_in_group(world, MOUSSA, "Bonjour", "G2").await;
        world.customer_writes(VENDOR_1, AWA, "Bonjour", "P1").await;
        world.quiet().await;
        assert_eq!(recipients(world), [format!("+{AWA}")]);
        assert_eq!(
            talks(world).await,
            [("group".to_owned(), 2), ("pn".to_owned(), 1)]
        );
        let inbound = world.messages(VENDOR_1, "inbound").await;
        assert_eq!(inbound[2]["group"], json!({ "id": GROUP }));
        assert_eq!(inbound[2]["contact"]["phone"], format!("+{AWA}"));
        assert_eq!(inbound[2]["status"], "handled");
        assert_eq!(inbound[0]["group"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_vendor_that_answers_groups_answers_in_the_group() {
    run(async |world| {
        change(world, "answerGroups", true.into()).await;
        writes_in_group(world, AWA, "Bonjour", "G1").await;
        assert_eq!(recipients(world), [format!("{GROUP}@g.us")]);
        assert_eq!(world.statuses(VENDOR_1).await, ["read"]);
        let reply = &world.messages(VENDOR_1, "outbound").await[0];
        assert_eq!(reply["group"], json!({ "id": GROUP }));
        // The reply is our own, however its echo comes back.
        world.later(61).await;
        writes_in_group(world, MOUSSA, "Merci", "G2").await;
        assert_eq!(recipients(world).len(), 2);
        assert_eq!(talks(world).await, [("group".to_owned(), 2)]);
        change(world, "answerGroups", false.into()).await;
        writes_in_group(world, MOUSSA, "Merci", "G3").await;
        assert_eq!(recipients(world).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_the_vendor_types_in_a_group_pauses_the_group_alone() {
    run(async |world| {
        change(world, "answerGroups", true.into()).await;
        let mut typed = echo("J'arrive", AWA, "TYPED");
        typed["data"]["messages"]["key"]["remoteJid"] = format!("{GROUP}@g.us").into();
        assert_eq!(world.webhook(VENDOR_1, &typed).await.status, 200);
        world.later(61).await;
        writes_in_group(world, AWA, "Bonjour", "G1").await;
        world.customer_writes(VENDOR_1, AWA, "Bonjour", "P1").await;
        world.quiet().await;
        assert_eq!(recipients(world), [format!("+{AWA}")]);
        world.later(3600).await;
        writes_in_group(world, AWA, "Bonjour", "G2").await;
        assert_eq!(recipients(world).last(), Some(&format!("{GROUP}@g.us")));
    })
    .await;
}
