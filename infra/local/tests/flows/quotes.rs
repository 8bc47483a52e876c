//! Messages that quote another one.

use serde_json::{Value, json};
use simulator::{Fault, FaultKind};

use crate::front_door::is_problem;
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, World, run};

const SEND: &str = "vendors/vendor_001/send-message";

async fn send(world: &World, to: &str, text: &str, reply_to: Option<&str>) -> Answer {
    world.unspeakable(&[to, text]);
    let body = json!({ "to": format!("+{to}"), "text": text, "replyTo": reply_to });
    world.admin("POST", SEND, &[], &body).await
}

/// A message that is taken; answers with our id of it.
async fn sends(world: &World, to: &str, text: &str, reply_to: Option<&str>) -> String {
    let answer = send(world, to, text, reply_to).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    answer.json["messageId"].as_str().expect("an id").to_owned()
}

/// The listed message with this text.
async fn listed(world: &World, direction: &str, text: &str) -> Value {
    let messages = world.messages(VENDOR_1, direction).await;
    let found = messages.into_iter().find(|message| message["text"] == text);
    found.expect("a message with this text")
}

/// Gives an inbound message the number that Wasender's event may have told.
async fn number(world: &World, id: &str, msg_id: i64) {
    let update = json!({
        "TableName": "local-messages",
        "Key": { "pk": { "S": format!("{}#{id}", VENDOR_1.id) }, "sk": { "S": "message" } },
        "UpdateExpression": "SET msgId = :number",
        "ExpressionAttributeValues": { ":number": { "N": msg_id.to_string() } },
    });
    world
        .aws_operation("DynamoDB_20120810.UpdateItem", &update)
        .await;
}

#[tokio::test]
async fn a_message_of_ours_is_quoted_by_its_number() {
    run(async |world| {
        let first = sends(world, AWA, "Votre colis est prêt", None).await;
        // The first has no number yet: it gets one before the second leaves, for both leave from one lane.
        let second = sends(world, AWA, "Il vous attend", Some(&first)).await;
        world.quiet().await;
        let third = sends(world, AWA, "Toujours là", Some(&second)).await;
        world.quiet().await;
        let numbers: Vec<_> = world
            .simulator()
            .sends()
            .iter()
            .map(|send| send.msg_id)
            .collect();
        let quoted: Vec<_> = world
            .accepted()
            .await
            .iter()
            .map(|body| body["replyTo"].clone())
            .collect();
        assert_eq!(quoted, [json!(null), json!(numbers[0]), json!(numbers[1])]);
        let of_second = listed(world, "outbound", "Il vous attend").await;
        let of_third = listed(world, "outbound", "Toujours là").await;
        assert_eq!(
            of_second["quote"],
            json!({ "messageId": first, "sent": true })
        );
        assert_eq!(of_third["id"], json!(third));
        assert_eq!(of_third["replyTo"], of_second["providerMessageId"]);
    })
    .await;
}

#[tokio::test]
async fn a_customers_message_is_quoted_if_its_event_told_a_number() {
    run(async |world| {
        world
            .customer_writes(VENDOR_1, AWA, "Merci", "THANKS")
            .await;
        world.quiet().await;
        let inbound = listed(world, "inbound", "Merci").await;
        let id = inbound["id"].as_str().expect("an id");
        let refused = send(world, AWA, "Je vous en prie", Some(id)).await;
        is_problem(&refused, 422, "not_quotable");
        assert_eq!(refused.json["field"], "replyTo");
        assert!(refused.json["hint"].is_string(), "{}", refused.text);
        // The stand-in quotes what it sent, and tells no numbers of what came in.
        let msg_id = world.simulator().sends()[0].msg_id;
        number(world, id, msg_id).await;
        sends(world, AWA, "Je vous en prie", Some(id)).await;
        world.quiet().await;
        assert_eq!(world.accepted().await[1]["replyTo"], json!(msg_id));
        let quoting = listed(world, "outbound", "Je vous en prie").await;
        assert_eq!(quoting["replyTo"], json!("THANKS"));
    })
    .await;
}

#[tokio::test]
async fn nobody_is_shown_what_was_written_in_another_chat() {
    run(async |world| {
        let awas = sends(world, AWA, "Votre code est prêt", None).await;
        world.quiet().await;
        let before = world.stored().await;
        for id in [awas.as_str(), "msg_00000000000000000000000000000000"] {
            let refused = send(world, MOUSSA, "Bonjour", Some(id)).await;
            is_problem(&refused, 422, "not_quotable");
        }
        assert_eq!(world.stored().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_message_whose_quote_never_left_leaves_without_it_and_says_so() {
    run(async |world| {
        let down = world
            .simulator()
            .set_status(VENDOR_1.session, "disconnected");
        down.await.expect("the session exists");
        world.quiet().await;
        let first = sends(world, AWA, "Votre colis est prêt", None).await;
        sends(world, AWA, "Il vous attend", Some(&first)).await;
        world.quiet().await;
        let refuse = Fault::new(FaultKind::SuccessFalse)
            .path("send-message")
            .times(1);
        world.simulator().fault(refuse).expect("a fault");
        let up = world.simulator().set_status(VENDOR_1.session, "connected");
        up.await.expect("the session exists");
        world.quiet().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["failed", "read"]);
        let sent = world.accepted().await;
        assert_eq!(
            sent,
            [json!({ "to": format!("+{AWA}"), "text": "Il vous attend" })]
        );
        let second = listed(world, "outbound", "Il vous attend").await;
        assert_eq!(
            second["quote"],
            json!({ "messageId": first, "sent": false })
        );
    })
    .await;
}
