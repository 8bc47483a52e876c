//! A vendor's conversations as the back office sees them, and what is still to be sent in one.

use serde_json::{Value, json};
use simulator::FaultKind;
use testkit::wasender::received_from_lid;

use crate::front_door::{get, is_problem};
use crate::people::{LID, session, writes, writes_by_lid};
use crate::reconciliation::{deaf, fault, sends, write};
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, VENDOR_2, World, run};

/// A vendor's conversations of one page.
pub(crate) async fn listed(world: &World, query: &str) -> Answer {
    let path = format!("vendors/{}/conversations{query}", VENDOR_1.id);
    let answer = get(world, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// The first vendor's conversations, the one that moved last first.
pub(crate) async fn all(world: &World) -> Vec<Value> {
    let answer = listed(world, "").await;
    answer.json["conversations"]
        .as_array()
        .expect("a list")
        .clone()
}

/// The id of the conversation that moved last.
pub(crate) async fn newest(world: &World) -> String {
    let id = &all(world).await[0]["conversationId"];
    id.as_str().expect("an id").to_owned()
}

pub(crate) async fn detail(world: &World, id: &str) -> Value {
    let answer = get(
        world,
        &format!("vendors/{}/conversations/{id}", VENDOR_1.id),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

/// A person decides about a conversation.
pub(crate) async fn decide(world: &World, id: &str, what: &str, body: &Value) -> Answer {
    let path = format!("vendors/{}/conversations/{id}/{what}", VENDOR_1.id);
    world.admin("POST", &path, &[], body).await
}

async fn cancel(world: &World, id: &str) -> Value {
    let answer = decide(world, id, "cancel", &Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    world.quiet().await;
    answer.json
}

#[tokio::test]
async fn conversations_are_listed_page_by_page_the_last_that_moved_first() {
    run(async |world| {
        for number in 1..=5 {
            let from = format!("22170000003{number}");
            writes(world, "Bonjour", &from, &format!("C{number}")).await;
            world.later(1).await;
        }
        writes(world, "Merci", "221700000032", "AGAIN").await;
        let (mut phones, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = listed(world, &format!("?limit=2{cursor}")).await.json;
            let shown = page["conversations"].as_array().expect("a list").clone();
            assert!(shown.len() <= 2);
            phones.extend(shown.iter().map(|one| one["contact"]["phone"].to_string()));
            let Some(next) = page["nextCursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        let expected = [2, 5, 4, 3, 1].map(|number| format!("\"+22170000003{number}\""));
        assert_eq!(phones, expected);
        for (query, field) in [
            ("?limit=0", "limit"),
            ("?status=nobody", "status"),
            ("?cursor=zz", "cursor"),
        ] {
            let path = format!("vendors/{}/conversations{query}", VENDOR_1.id);
            let answer = get(world, &path).await;
            is_problem(&answer, 400, "invalid_query");
            assert_eq!(answer.json["field"], field);
        }
        let nobody = get(world, "vendors/nobody/conversations").await;
        is_problem(&nobody, 404, "no_such_vendor");
    })
    .await;
}

#[tokio::test]
async fn a_conversation_tells_of_the_customer_and_of_what_was_said() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "A1").await;
        let id = newest(world).await;
        let seen = detail(world, &id).await;
        assert_eq!(seen["contact"]["phone"], format!("+{AWA}"));
        assert_eq!(
            (&seen["status"], &seen["attendedBy"], &seen["attendedUntil"]),
            (&json!("bot"), &Value::Null, &Value::Null)
        );
        assert_eq!(
            (&seen["intent"], &seen["messageCount"]),
            (&json!("greeting"), &json!(1))
        );
        assert_eq!(seen["openSends"], json!([]));
        let messages = seen["messages"].as_array().expect("a list");
        let directions: Vec<_> = messages.iter().map(|one| &one["direction"]).collect();
        assert_eq!(directions, ["outbound", "inbound"], "newest first");
        let of = |vendor: &str, id: &str| format!("vendors/{vendor}/conversations/{id}");
        for path in [of(VENDOR_2.id, &id), of(VENDOR_1.id, "conv_nobody")] {
            is_problem(&get(world, &path).await, 404, "no_such_conversation");
        }
        for what in ["takeover", "release", "cancel"] {
            let path = format!("{}/{what}", of(VENDOR_2.id, &id));
            let others = world.admin("POST", &path, &[], &Value::Null).await;
            is_problem(&others, 404, "no_such_conversation");
        }
    })
    .await;
}

#[tokio::test]
async fn two_conversations_that_were_found_to_be_one_are_shown_as_one() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "PN1").await;
        let by_phone = newest(world).await;
        writes_by_lid(world, "Merci", LID, "LID1").await;
        let by_lid = newest(world).await;
        assert_eq!(all(world).await.len(), 2);
        let mut richer = received_from_lid("Merci", LID, "LID1");
        richer["data"]["messages"]["key"]["cleanedSenderPn"] = AWA.into();
        assert_eq!(world.webhook(VENDOR_1, &richer).await.status, 200);
        world.quiet().await;
        let shown = all(world).await;
        assert_eq!(shown.len(), 1, "{shown:#?}");
        assert_eq!(shown[0]["conversationId"], by_phone.as_str());
        assert_eq!(shown[0]["mergedFrom"], json!([by_lid]));
        for id in [&by_phone, &by_lid] {
            let seen = detail(world, id).await;
            assert_eq!(seen["conversationId"], by_phone.as_str());
            assert_eq!(seen["messages"].as_array().expect("a list").len(), 4);
        }
    })
    .await;
}

#[tokio::test]
async fn all_that_is_open_in_a_conversation_is_cancelled_and_nothing_else() {
    run(async |world| {
        session(world, "disconnected").await;
        writes(world, "Bonjour", AWA, "A1").await;
        write(world, "Votre colis").await;
        write(world, "est prêt").await;
        let awa = newest(world).await;
        writes(world, "Bonjour", MOUSSA, "M1").await;
        let open = detail(world, &awa).await["openSends"].clone();
        let statuses: Vec<_> = open.as_array().expect("a list").iter().collect();
        assert_eq!(statuses.len(), 3);
        assert!(statuses.iter().all(|send| send["status"] == "parked"));
        let cancelled = cancel(world, &awa).await;
        assert_eq!(cancelled["cancelled"].as_array().expect("a list").len(), 3);
        assert_eq!(
            (&cancelled["notCancellable"], &cancelled["more"]),
            (&json!([]), &json!(false))
        );
        let again = cancel(world, &awa).await;
        assert_eq!(again["cancelled"], json!([]));
        session(world, "connected").await;
        let statuses = world.statuses(VENDOR_1).await;
        assert_eq!(statuses, ["cancelled", "cancelled", "cancelled", "read"]);
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_may_have_left_is_named_and_not_cancelled() {
    run(async |world| {
        deaf(world);
        fault(world, sends(FaultKind::ResetAfter, 1));
        let doubtful = write(world, "Votre colis est prêt").await;
        let behind = write(world, "à la boutique").await;
        let awa = newest(world).await;
        let cancelled = cancel(world, &awa).await;
        assert_eq!(cancelled["cancelled"], json!([behind]), "{cancelled}");
        let left =
            json!([{ "messageId": doubtful, "status": "unknown", "code": "not_cancellable" }]);
        assert_eq!(cancelled["notCancellable"], left);
    })
    .await;
}

#[tokio::test]
async fn of_cancelling_a_conversation_and_a_sender_one_wins_each_message() {
    run(async |world| {
        writes(world, "Bonjour", AWA, "A1").await;
        let awa = newest(world).await;
        let path = format!("vendors/{}/send-message", VENDOR_1.id);
        for number in 0..10 {
            let text = format!("course {number}");
            let body = json!({ "to": format!("+{AWA}"), "message": text });
            let written = world.admin("POST", &path, &[], &body).await;
            let id = written.json["messageId"]
                .as_str()
                .expect("an id")
                .to_owned();
            let answer = decide(world, &awa, "cancel", &Value::Null).await.json;
            let cancelled = answer["cancelled"].to_string().contains(&id);
            world.later(20).await;
            let sent = world.sent(VENDOR_1).contains(&text);
            assert_ne!(cancelled, sent, "{text}: {answer}");
        }
    })
    .await;
}
