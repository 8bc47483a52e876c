//! What comes besides messages and statuses: calls, votes, receipts of a group's members, pairing codes, Wasender's numbers.

use domain::limits;
use embedded_aws::{Matcher, Service};
use serde_json::{Value, json};
use testkit::wasender::{event, received, renamed, session_status};

use crate::front_door::{get, is_problem};
use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, World, run};

const GROUP: &str = "120363000000000001@g.us";

async fn told(world: &World, body: &Value) {
    assert_eq!(world.webhook(VENDOR_1, body).await.status, 200);
    world.quiet().await;
}

fn jid(number: &str) -> String {
    format!("{number}@s.whatsapp.net")
}

fn call(status: &str) -> Value {
    let call = json!({ "id": "CALL", "from": jid(AWA), "isVideo": true, "status": status });
    event("call", &json!({ "call": call }))
}

#[tokio::test]
async fn a_call_is_recorded_once_with_its_last_status_and_never_answered() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        for status in ["offer", "timeout", "offer", "ringing"] {
            told(world, &call(status)).await;
        }
        told(world, &renamed(call("offer"), "call.received")).await;
        let messages = world.messages(VENDOR_1, "inbound").await;
        assert_eq!(messages.len(), 1, "{messages:#?}");
        let expected = json!({ "video": true, "group": false, "status": "timeout" });
        assert_eq!(messages[0]["kind"], "call");
        assert_eq!(messages[0]["call"], expected);
        assert_eq!(messages[0]["providerMessageId"], "CALL");
        assert_eq!(messages[0]["status"], "handled");
        assert_eq!(world.sent(VENDOR_1), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn each_vote_of_a_poll_counts_once_however_often_its_results_are_told() {
    run(async |world| {
        world.unspeakable(&[AWA, MOUSSA, "Lundi", "Mardi"]);
        let results = |lundi: &[&str], mardi: &[&str]| {
            let voters = |of: &[&str]| of.iter().map(|number| jid(number)).collect::<Vec<_>>();
            event(
                "poll.results",
                &json!({
                    "key": { "id": "POLL", "fromMe": true, "remoteJid": GROUP },
                    "pollResult": [
                        { "name": "Lundi", "voters": voters(lundi) },
                        { "name": "Mardi", "voters": voters(mardi) },
                    ],
                }),
            )
        };
        told(world, &results(&[AWA], &[])).await;
        told(world, &results(&[AWA], &[MOUSSA])).await;
        world.later(400).await;
        told(world, &results(&[AWA], &[MOUSSA])).await;
        let messages = world.messages(VENDOR_1, "inbound").await;
        let votes: Vec<_> = messages
            .iter()
            .map(|vote| {
                assert_eq!(
                    (&vote["kind"], &vote["replyTo"]),
                    (&json!("choice"), &json!("POLL"))
                );
                (
                    vote["contact"]["phone"].clone(),
                    vote["choice"]["title"].clone(),
                )
            })
            .collect();
        let vote = |number: &str, title: &str| (json!(format!("+{number}")), json!(title));
        assert_eq!(votes, [vote(MOUSSA, "Mardi"), vote(AWA, "Lundi")]);
    })
    .await;
}

#[tokio::test]
async fn a_vote_that_whatsapp_alone_can_read_is_answered_once_its_poll_tells_it() {
    run(async |world| {
        world.unspeakable(&[AWA, "Lundi"]);
        let poll = json!({ "id": "POLL", "fromMe": true, "remoteJid": jid(AWA) });
        let sealed = json!({
            "key": { "id": "VOTE", "fromMe": false, "remoteJid": jid(AWA) },
            "message": { "pollUpdateMessage": {
                "pollCreationMessageKey": poll,
                "vote": { "encPayload": "c2VhbGVk", "encIv": "c2VhbGVk" },
            } },
        });
        told(
            world,
            &event("messages.upsert", &json!({ "messages": sealed })),
        )
        .await;
        assert_eq!(world.sent(VENDOR_1), [""; 0]);
        let results =
            json!({ "key": poll, "pollResult": [{ "name": "Lundi", "voters": [jid(AWA)] }] });
        told(world, &event("poll.results", &results)).await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        let messages = world.messages(VENDOR_1, "inbound").await;
        let statuses: Vec<_> = messages.iter().map(|vote| &vote["status"]).collect();
        assert_eq!(statuses, ["answered", "handled"]);
    })
    .await;
}

/// A receipt of a group's member, by the name of its time.
fn receipt(key_id: &str, member: &str, time: &str) -> Value {
    let key = json!({ "id": key_id, "fromMe": true, "remoteJid": GROUP });
    let receipt = json!({ "userJid": jid(member), time: 1_795_341_600 });
    event(
        "message-receipt.update",
        &json!({ "message": { "key": key, "receipt": receipt } }),
    )
}

const DELIVERED: &str = "receiptTimestamp";
const READ: &str = "readTimestamp";
const PLAYED: &str = "playedTimestamp";

/// One reply that left, of which its provider told nothing more: our id of it and WhatsApp's.
async fn sent_reply(world: &World) -> (String, String) {
    let untold = simulator::Fault::new(simulator::FaultKind::Drop).event("messages.update");
    world.simulator().fault(untold).expect("a fault");
    world.customer_writes(VENDOR_1, AWA, "Bonjour", "KEY").await;
    world.quiet().await;
    let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
    let text = |name: &str| reply[name].as_str().expect("an id").to_owned();
    (text("id"), text("providerMessageId"))
}

async fn one(world: &World, id: &str) -> Value {
    let answer = get(world, &format!("vendors/vendor_001/messages/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

#[tokio::test]
async fn one_members_receipt_lifts_a_message_to_delivered_and_members_are_counted() {
    run(async |world| {
        let (id, key_id) = sent_reply(world).await;
        let member = |number: usize| format!("2217000000{number:02}");
        // In an order that no phone would keep, and some of them twice.
        for (number, time) in [
            (1, READ),
            (1, DELIVERED),
            (2, DELIVERED),
            (3, PLAYED),
            (2, READ),
            (3, READ),
            (4, DELIVERED),
            (3, PLAYED),
        ] {
            told(world, &receipt(&key_id, &member(number), time)).await;
        }
        let shown = one(world, &id).await;
        assert_eq!(shown["status"], "delivered");
        let expected = json!({ "delivered": 4, "read": 3, "played": 1 });
        assert_eq!(shown["receipts"], expected);
    })
    .await;
}

#[tokio::test]
async fn a_receipt_that_comes_before_its_message_is_known_counts_when_it_is() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        told(world, &receipt("EARLY", MOUSSA, READ)).await;
        let untold = simulator::Fault::new(simulator::FaultKind::Drop);
        world.simulator().fault(untold).expect("a fault");
        told(world, &received("Bonjour", AWA, "KEY")).await;
        let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
        let text = reply["text"].as_str().expect("a text");
        let mut echo = testkit::wasender::echo(text, AWA, "EARLY");
        let now = world.clock().now().as_second();
        echo["data"]["messages"]["messageTimestamp"] = now.into();
        told(world, &echo).await;
        let shown = one(world, reply["id"].as_str().expect("an id")).await;
        assert_eq!(shown["status"], "delivered");
        let expected = json!({ "delivered": 1, "read": 1, "played": 0 });
        assert_eq!(shown["receipts"], expected);
    })
    .await;
}

#[tokio::test]
async fn a_receipt_that_the_table_refuses_is_counted_later() {
    run(async |world| {
        let (id, key_id) = sent_reply(world).await;
        let refused = Matcher::any().caller("messages").service(Service::DynamoDb);
        world.refuse(refused);
        told(world, &receipt(&key_id, MOUSSA, READ)).await;
        world.heal();
        world.later(10).await;
        assert_eq!(one(world, &id).await["receipts"]["read"], 1);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_is_not_there_is_not_found() {
    run(async |world| {
        told(world, &received("Bonjour", AWA, "KEY")).await;
        world.unspeakable(&[AWA]);
        let id = world.messages(VENDOR_1, "inbound").await[0]["id"].clone();
        let id = id.as_str().expect("an id");
        for path in [
            "vendors/vendor_001/messages/msg_0".to_owned(),
            "vendors/vendor_001/messages/a%20b".to_owned(),
            format!("vendors/vendor_002/messages/{id}"),
        ] {
            is_problem(&get(world, &path).await, 404, "no_such_message");
        }
    })
    .await;
}

fn qr(code: &str) -> Value {
    json!({ "event": "qrcode.updated", "sessionId": "api_key_abc", "data": { "qr": code } })
}

const PAIRING: &str = "vendors/vendor_001/pairing";

#[tokio::test]
async fn the_last_pairing_code_is_shown_while_it_is_good() {
    run(async |world| {
        world.unspeakable(&["2@first", "2@second"]);
        is_problem(&get(world, PAIRING).await, 404, "no_pairing");
        told(world, &qr("2@first")).await;
        told(world, &qr("2@second")).await;
        let shown = get(world, PAIRING).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        assert_eq!(shown.json["wabaId"], "waba_vendor_001");
        assert_eq!(
            (&shown.json["kind"], &shown.json["code"]),
            (&json!("qr"), &json!("2@second"))
        );
        assert!(shown.json["expiresAt"].is_string());
        let named = get(world, &format!("{PAIRING}?wabaId=waba_vendor_001")).await;
        assert_eq!(named.json, shown.json);
        for other in ["waba_vendor_002", "a%20b"] {
            let answer = get(world, &format!("{PAIRING}?wabaId={other}")).await;
            is_problem(&answer, 404, "no_pairing");
        }
        is_problem(
            &get(world, "vendors/vendor_002/pairing").await,
            404,
            "no_pairing",
        );
        is_problem(
            &get(world, "vendors/vendor_999/pairing").await,
            404,
            "no_such_vendor",
        );
        world.later(limits::PAIRING_LIVES.as_secs() + 1).await;
        is_problem(&get(world, PAIRING).await, 404, "no_pairing");
    })
    .await;
}

#[tokio::test]
async fn a_pairing_code_goes_when_the_session_is_connected_and_is_in_no_queue() {
    run(async |world| {
        world.unspeakable(&["tok_secret", "2@pairing"]);
        let now = world.clock().now();
        let expires = now + std::time::Duration::from_mins(5);
        let passkey = json!({
            "stage": "request", "requestId": "req_1", "token": "tok_secret", "expiresAt": expires.to_string(),
        });
        told(world, &qr("2@pairing")).await;
        told(world, &event("passkey.updated", &passkey)).await;
        let shown = get(world, PAIRING).await.json;
        assert_eq!((&shown["kind"], &shown["token"], &shown["code"]), (&json!("passkey"), &json!("tok_secret"), &Value::Null));
        let stored = world.stored().await;
        let queues = world.aws().queues().names();
        for queue in queues {
            assert_eq!(stored[&queue].as_array().map(Vec::len), Some(0), "{queue}");
        }
        told(world, &session_status("connected")).await;
        is_problem(&get(world, PAIRING).await, 404, "no_pairing");
        assert!(!world.stored().await.to_string().contains("tok_secret"));
    })
    .await;
}

#[tokio::test]
async fn a_pairing_code_that_the_table_refuses_is_asked_for_again_and_queued_nowhere() {
    run(async |world| {
        world.unspeakable(&["2@pairing"]);
        world.refuse(Matcher::any().caller("messages").service(Service::DynamoDb));
        assert_eq!(world.webhook(VENDOR_1, &qr("2@pairing")).await.status, 503);
        world.heal();
        assert!(!world.stored().await.to_string().contains("2@pairing"));
        assert_eq!(world.webhook(VENDOR_1, &qr("2@pairing")).await.status, 200);
        assert_eq!(get(world, PAIRING).await.json["code"], "2@pairing");
    })
    .await;
}

#[tokio::test]
async fn wasenders_number_of_a_message_is_kept_whichever_event_tells_it() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        let plain = received("Bonjour", AWA, "KEY");
        let mut numbered = renamed(plain.clone(), "messages.upsert");
        numbered["data"]["messages"]["msgId"] = 4711.into();
        told(world, &plain).await;
        told(world, &numbered).await;
        told(world, &plain).await;
        let stored = world.stored().await;
        let rows = stored["messages"].as_array().expect("items");
        let row = rows
            .iter()
            .find(|row| row["keyId"]["S"] == "KEY")
            .expect("a row");
        assert_eq!(row["msgId"]["N"], "4711");
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 1);
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

/// Wasender puts the session's API key there, at the top of any event.
#[tokio::test]
async fn the_key_at_the_top_of_an_event_is_neither_logged_nor_kept() {
    const MARKER: &str = "marker_of_a_session_key";
    run(async |world| {
        world.unspeakable(&[MARKER]);
        let mut sent = 0;
        for golden in testkit::events() {
            let Some(name) = golden.name.strip_prefix("wasender/") else {
                continue;
            };
            let body = String::from_utf8(golden.body).expect("a text");
            let body = body.replace("api_key_abc", MARKER).replacen(
                '{',
                &format!(r#"{{"sessionId":"{MARKER}","session_id":"{MARKER}","#),
                1,
            );
            let headers = testkit::wasender::headers(VENDOR_2.secret);
            let answer = crate::front_door::post(world, VENDOR_2.id, &headers, body).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
            sent += 1;
        }
        assert!(sent > 100, "{sent}");
        let kept = async || {
            let stored = world.stored().await.to_string();
            assert!(!stored.contains(MARKER), "a table or a queue holds it");
        };
        kept().await;
        world.quiet().await;
        kept().await;
        world.later(limits::CHANGE_HELD.as_secs() + 1).await;
        kept().await;
    })
    .await;
}
