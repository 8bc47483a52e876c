//! Rules that hold for every body, whatever its event.

use domain::{Element, Event, IgnoreReason, Kind, Received};
use proptest::prelude::*;
use providers::wasender::{Malformed, parse};
use serde_json::{Value, json};
use testkit::wasender::{self, event};

use crate::described;

fn read(body: &Value) -> Received {
    read_bytes(body.to_string().as_bytes()).expect("a webhook")
}

fn read_bytes(body: &[u8]) -> Result<Received, Malformed> {
    parse(body, described::received_at())
}

#[track_caller]
fn refused(body: impl AsRef<[u8]>, code: &str, detail: &str) {
    let malformed = read_bytes(body.as_ref()).expect_err("it is refused");
    assert_eq!(
        (malformed.code(), malformed.to_string().as_str()),
        (code, detail)
    );
}

#[test]
fn a_body_that_is_no_webhook_is_refused_with_what_is_wrong() {
    refused(
        b"{\"event\":\"\xff\"}",
        "body_not_utf8",
        "the body is not UTF-8 from byte 10 on",
    );
    refused(
        "",
        "body_not_json",
        "the body is not JSON: it can't be read at line 1, column 0",
    );
    refused(
        "{\"event\":",
        "body_not_json",
        "the body is not JSON: it can't be read at line 1, column 9",
    );
    refused(
        "{} {}",
        "body_not_json",
        "the body is not JSON: it can't be read at line 1, column 4",
    );
    for body in ["[]", "null", "\"messages.received\"", "7"] {
        refused(
            body,
            "body_not_an_object",
            "the body is JSON, but not an object",
        );
    }
    for body in [
        "{}",
        r#"{"event":""}"#,
        r#"{"event":7}"#,
        r#"{"Event":"call"}"#,
    ] {
        refused(
            body,
            "event_missing",
            "the field \"event\" is missing, or is not a text",
        );
    }
    let deep = format!(
        r#"{{"event":"call","data":{}"#,
        r#"{"a":"#.repeat(1_000_000)
    );
    refused(
        deep,
        "body_too_deep",
        "the body is nested more than 64 levels deep",
    );
    let many = format!(r#"{{"event":"call","data":[{}0]}}"#, "0,".repeat(2_500_000));
    refused(
        many,
        "body_too_many_values",
        "the body holds more than 250000 values",
    );
}

#[test]
fn a_five_megabyte_text_is_cut_between_characters() {
    let text = "é".repeat(2_500_000);
    let received = read(&wasender::received(&text, "221700000001", "3EB0A1"));
    let [Element::Event(Event::Message(message))] = &received.elements[..] else {
        panic!("{received:?}")
    };
    assert_eq!(
        message.content.text.as_ref().map(String::len),
        Some(64 * 1024)
    );
}

#[test]
fn a_name_is_cut_to_120_characters_on_one_line() {
    let mut body = wasender::received("Bonjour", "221700000001", "3EB0A1");
    body["data"]["messages"]["pushName"] = format!(" A\n{}", "é".repeat(200)).into();
    let received = read(&body);
    let [Element::Event(Event::Message(message))] = &received.elements[..] else {
        panic!("{received:?}")
    };
    assert_eq!(message.contact.name, Some(format!("A {}", "é".repeat(118))));
}

#[test]
fn the_events_name_is_safe_to_log() {
    let name = |event: &str| read(&json!({ "event": event })).name;
    assert_eq!(name(" Messages.Upsert "), "Messages.Upsert");
    assert_eq!(
        name("group-participants.update_2"),
        "group-participants.update_2"
    );
    assert_eq!(name("a b\n\u{1b}[31mé"), "a_b___31m_");
    assert_eq!(name(&"x".repeat(5000)).len(), 64);
}

#[test]
fn the_same_message_is_the_same_under_each_of_its_event_names() {
    let body = wasender::received("Bonjour", "221700000001", "3EB0A1");
    let expected = read(&body).elements;
    assert!(matches!(expected[..], [Element::Event(Event::Message(_))]));
    for name in [
        "messages.upsert",
        "MESSAGES.UPSERT",
        "message.received",
        "messages.recieved",
        "messages-personal.received",
        "messages-group.received",
    ] {
        assert_eq!(
            read(&wasender::renamed(body.clone(), name)).elements,
            expected,
            "{name}"
        );
    }
    let upsert = wasender::upsert("Bonjour", "+221700000001", "3EB0A1");
    assert_eq!(read(&upsert).elements, expected);
}

#[test]
fn what_the_vendor_sent_is_an_echo_under_every_event_name() {
    let body = wasender::echo("Bienvenue", "221700000001", "3EB0A1");
    for name in [
        "messages.upsert",
        "messages.received",
        "messages-personal.received",
    ] {
        let elements = read(&wasender::renamed(body.clone(), name)).elements;
        assert!(
            matches!(elements[..], [Element::Event(Event::Echo(_))]),
            "{name}: {elements:?}"
        );
    }
}

#[test]
fn the_bodies_of_the_testkit_are_what_they_are_called() {
    let (to, id) = ("+221700000001", "3EB0A1");
    for (body, expected) in [
        (
            wasender::received_from_lid("Oui", "123456789012301", id),
            r#"message 3EB0A1 from lid:123456789012301 [Awa Ndiaye] text "Oui" at 10:00:00"#,
        ),
        (
            wasender::received_in_group("Oui", to, "120363000000000001", id),
            r#"message 3EB0A1 from pn:221700000001 [Awa Ndiaye] in 120363000000000001 text "Oui" at 10:00:00"#,
        ),
        (
            wasender::sent("Oui", to, id, Some(7)),
            r#"echo k:3EB0A1 n:7 to pn:221700000001 text "Oui" at 10:00:00"#,
        ),
        (
            wasender::update(id, to, 4),
            "status k:3EB0A1 read at 10:00:00",
        ),
        (
            wasender::session_status("disconnected"),
            "session disconnected",
        ),
    ] {
        let elements = read(&body).elements;
        assert_eq!(
            elements.iter().map(described::element).collect::<Vec<_>>(),
            [expected]
        );
    }
}

#[test]
fn wrappers_are_opened_in_any_order_and_number() {
    let wrappers = [
        "ephemeralMessage",
        "viewOnceMessageV2",
        "editedMessage",
        "keepInChatMessage",
    ];
    for first in wrappers {
        let mut message =
            json!({ "imageMessage": { "mimetype": "image/png", "caption": "Voici" } });
        for wrapper in std::iter::once(first).chain(wrappers).cycle().take(12) {
            message = json!({ wrapper: { "message": message } });
        }
        let mut body = wasender::received("", "221700000001", "3EB0A1");
        body["data"]["messages"]["message"] = message;
        let received = read(&body);
        let [Element::Event(Event::Message(message))] = &received.elements[..] else {
            panic!("{received:?}")
        };
        assert_eq!(
            (message.content.kind, message.content.text.as_deref()),
            (Kind::Image, Some("Voici"))
        );
        assert!(message.content.media.as_ref().unwrap().view_once);
    }
}

#[test]
fn an_absurd_time_is_left_out_and_the_message_kept() {
    for time in [
        json!(0),
        json!(-1),
        json!(99_999_999_999_i64),
        json!("soon"),
        json!({}),
        Value::Null,
    ] {
        let mut body = wasender::received("Bonjour", "221700000001", "3EB0A1");
        body["data"]["messages"]["messageTimestamp"] = time;
        let received = read(&body);
        let [Element::Event(Event::Message(message))] = &received.elements[..] else {
            panic!("{received:?}")
        };
        assert_eq!(message.occurred_at, None);
    }
}

#[test]
fn an_album_is_announced_without_words_and_an_order_is_kept_as_unsupported() {
    let kind = |message: Value| {
        let mut body = wasender::received("", "221700000001", "3EB0A1");
        body["data"]["messages"]["message"] = message;
        read(&body).elements.remove(0)
    };
    let album = kind(json!({ "albumMessage": { "expectedImageCount": 3 } }));
    assert_eq!(album, Element::Ignored(IgnoreReason::Empty));
    let order = described::element(&kind(json!({ "orderMessage": { "itemCount": 3 } })));
    assert!(order.contains(" unsupported "), "{order}");
    let nowhere = described::element(&kind(
        json!({ "locationMessage": { "degreesLatitude": 91, "degreesLongitude": 0 } }),
    ));
    assert!(nowhere.contains(" unsupported "), "{nowhere}");
}

#[test]
fn a_message_without_id_is_the_same_each_time_and_another_hour_another() {
    let body = json!({ "event": "message", "data": { "from": "221700000001", "message": "Oui", "type": "text" } });
    let at = |time: &str| {
        let received = parse(body.to_string().as_bytes(), time.parse().unwrap()).unwrap();
        described::element(&received.elements[0])
    };
    let first = at("2026-11-22T10:30:00Z");
    assert_eq!(first, at("2026-11-22T10:31:00Z"));
    assert_ne!(first, at("2026-11-23T10:30:00Z"));
}

#[test]
fn an_event_of_the_dashboards_test_is_ignored_whatever_its_name() {
    for name in ["messages.upsert", "session.status", "webhook.test"] {
        let received = read(&event(
            name,
            &json!({ "test": true, "status": "connected" }),
        ));
        assert_eq!(
            received.elements,
            [Element::Ignored(IgnoreReason::Test)],
            "{name}"
        );
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9@.+:_ é-]{0,24}".prop_map(Value::from),
        Just(json!("221700000001@s.whatsapp.net")),
    ];
    let name = prop::sample::select(vec![
        "key",
        "id",
        "fromMe",
        "remoteJid",
        "message",
        "messages",
        "conversation",
        "update",
        "status",
        "reaction",
        "receipt",
        "text",
        "chats",
        "mediaKey",
        "imageMessage",
        "data",
        "low",
        "high",
        "contextInfo",
        "vcard",
    ]);
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<Value>()
            }),
        ]
    })
}

const NAMES: [&str; 24] = [
    "messages.received",
    "messages.upsert",
    "messages-newsletter.received",
    "messages.update",
    "messages.delete",
    "messages.reaction",
    "message-receipt.update",
    "message.sent",
    "session.status",
    "qrcode.updated",
    "passkey.updated",
    "poll.results",
    "call",
    "chats.upsert",
    "chats.update",
    "chats.delete",
    "contacts.update",
    "groups.update",
    "group-participants.update",
    "presence.update",
    "message",
    "status",
    "connection_status",
    "unheard.of",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_data_under_any_event_name_is_read(name in prop::sample::select(NAMES.to_vec()), data in any_json()) {
        let received = read(&event(name, &data));
        prop_assert!(!received.elements.is_empty());
    }

    #[test]
    fn there_are_as_many_elements_as_items(items in prop::collection::vec(any_json(), 0..8)) {
        let count = items.len().max(1);
        for name in ["messages.upsert", "messages.update", "message.sent", "messages-newsletter.received"] {
            let received = read(&event(name, &json!({ "messages": &items })));
            prop_assert_eq!(received.elements.len(), count, "{}", name);
        }
        for name in ["messages.reaction", "contacts.update", "chats.delete", "messages.update"] {
            let received = read(&event(name, &Value::from(items.clone())));
            prop_assert_eq!(received.elements.len(), count, "{}", name);
        }
    }

    #[test]
    fn a_good_message_is_read_whatever_stands_beside_it(before in any_json(), after in any_json()) {
        let good = wasender::received("Bonjour", "221700000001", "3EB0A1")["data"]["messages"].clone();
        let received = read(&event("messages.upsert", &json!({ "messages": [before, good, after] })));
        prop_assert_eq!(received.elements.len(), 3);
        let good = described::element(&received.elements[1]);
        prop_assert_eq!(good, r#"message 3EB0A1 from pn:221700000001 [Awa Ndiaye] text "Bonjour" at 10:00:00"#);
    }
}
