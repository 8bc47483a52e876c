//! Polls, pairing codes and changes, beyond what one payload each can show.

use domain::{Element, Event};
use providers::wasender::parse;
use serde_json::{Value, json};
use testkit::wasender::event;

use crate::described::{self, received_at};

fn read(body: &Value) -> Vec<Element> {
    parse(body.to_string().as_bytes(), received_at())
        .expect("a webhook")
        .elements
}

/// The results of a poll in a group: of each option its voters.
fn results(options: &[(&str, Vec<String>)]) -> Vec<Element> {
    let options = options.iter();
    let options: Vec<_> = options
        .map(|(name, voters)| json!({ "name": name, "voters": voters }))
        .collect();
    let key = json!({ "id": "POLL", "fromMe": true, "remoteJid": "120363000000000001@g.us" });
    read(&event(
        "poll.results",
        &json!({ "key": key, "pollResult": options }),
    ))
}

fn voter(number: usize) -> String {
    format!("2217{number:08}@s.whatsapp.net")
}

fn key_id(element: &Element) -> &str {
    match element {
        Element::Event(Event::Message(message)) => message.key_id.as_str(),
        other => panic!("{other:?} is no message"),
    }
}

#[test]
fn a_vote_told_again_is_the_same_and_another_vote_another() {
    let (awa, moussa) = (voter(1), voter(2));
    let first = results(&[("Lundi", vec![awa.clone()]), ("Mardi", vec![])]);
    let later = results(&[("Lundi", vec![moussa, awa.clone()]), ("Mardi", vec![])]);
    assert_eq!(first[0], later[1], "what others voted changes nothing");
    assert_ne!(key_id(&later[0]), key_id(&later[1]));
    let both = results(&[("Lundi", vec![awa.clone()]), ("Mardi", vec![awa.clone()])]);
    let turned = results(&[("Mardi", vec![awa.clone()]), ("Lundi", vec![awa])]);
    assert_ne!(key_id(&first[0]), key_id(&both[0]));
    assert_eq!(key_id(&both[0]), key_id(&turned[0]));
}

#[test]
fn a_poll_is_read_as_far_as_a_group_may_have_members() {
    let long = "é".repeat(100_000);
    let many: Vec<_> = (0..3000).map(voter).collect();
    let read = results(&[(&long, many.clone()), (&long, many)]);
    assert_eq!(read.len(), 1025);
    assert_eq!(read[1024], Element::NotUnderstood("pollResult.voters"));
    let Element::Event(Event::Message(message)) = &read[1023] else {
        panic!("{read:?}")
    };
    assert_eq!(message.content.text, Some("é".repeat(256)));
}

#[test]
fn a_code_that_is_too_long_to_keep_is_not_understood() {
    let code = |length| {
        let element = read(&event(
            "qrcode.updated",
            &json!({ "qr": "x".repeat(length) }),
        ))
        .remove(0);
        matches!(element, Element::Event(Event::Pairing(_)))
    };
    assert!(code(32 * 1024));
    assert!(!code(32 * 1024 + 1));
    let nothing = event("passkey.updated", &json!({ "requestId": "req_1" }));
    assert_eq!(read(&nothing), [Element::NotUnderstood("data.stage")]);
}

#[test]
fn what_is_neither_an_edit_nor_a_deletion_changes_nothing() {
    let key =
        json!({ "id": "3EB0A1", "fromMe": false, "remoteJid": "221700000001@s.whatsapp.net" });
    let upsert = |protocol: Value| {
        let mut body = testkit::wasender::received("", "221700000001", "3EB0A2");
        body["data"]["messages"]["message"] = json!({ "protocolMessage": protocol });
        described::element(&read(&body)[0])
    };
    // The setting of disappearing messages, and a key without an id.
    assert_eq!(upsert(json!({ "key": key, "type": 3 })), "ignored empty");
    assert_eq!(
        upsert(json!({ "key": { "fromMe": true }, "type": 0 })),
        "not understood: protocolMessage.key"
    );
    assert_eq!(
        upsert(json!({ "key": key, "type": 14, "editedMessage": {} })),
        "not understood: protocolMessage.editedMessage"
    );
    // A message that is fetched again comes by the same event.
    let again = json!({ "key": key, "update": { "message": { "conversation": "Bonjour" } } });
    assert_eq!(
        described::element(&read(&event("messages.update", &again))[0]),
        "not understood: update.message"
    );
}
