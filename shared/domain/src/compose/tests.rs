mod options;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::content::{Kind, Location};
use crate::menu::MenuKind;

const FILE: &str = "https://files.example/a";

fn read(body: &Value) -> Result<Content, Refused> {
    content(body.as_object().expect("an object"), "SN")
}

#[track_caller]
fn reads(body: &Value) -> Content {
    read(body).unwrap_or_else(|refused| panic!("{body}: {refused:?}"))
}

#[track_caller]
fn refuses(body: &Value, code: &str, field: &str) {
    let refused = read(body).expect_err("it is refused");
    assert_eq!(
        (refused.code, refused.field.as_str()),
        (code, field),
        "{body}: {refused:?}"
    );
    assert!(!refused.detail.is_empty() && !refused.hint.is_empty());
}

#[test]
fn the_kind_is_told_by_its_type_or_by_its_own_field() {
    let poll = json!({"question": "Taille ?", "options": ["S", "M"]});
    let options = json!([{"id": "a", "title": "A"}]);
    for (body, kind) in [
        (json!({"message": " Bonjour "}), Kind::Text),
        (json!({"type": "text", "text": "Bonjour"}), Kind::Text),
        (
            json!({"type": "image", "mediaUrl": FILE, "caption": "Voici", "viewOnce": true}),
            Kind::Image,
        ),
        (json!({"type": "video", "mediaUrl": FILE}), Kind::Video),
        (
            json!({"type": "document", "mediaUrl": FILE, "fileName": "a.pdf", "viewOnce": false}),
            Kind::Document,
        ),
        (json!({"type": "audio", "mediaUrl": FILE}), Kind::Audio),
        (
            json!({"type": "sticker", "mediaUrl": format!("{FILE}.WebP?v=1")}),
            Kind::Sticker,
        ),
        (
            json!({"contact": {"name": "Awa", "phone": "70 000 00 02"}}),
            Kind::Contact,
        ),
        (
            json!({"location": {"latitude": 14.7, "longitude": -17.4}}),
            Kind::Location,
        ),
        (json!({"poll": poll}), Kind::Poll),
        (
            json!({"buttons": {"text": "?", "options": options}}),
            Kind::Text,
        ),
        (
            json!({"type": "list", "list": {"text": "?", "options": options}}),
            Kind::Text,
        ),
    ] {
        assert_eq!(reads(&body).kind, kind, "{body}");
    }
}

#[test]
fn what_is_read_is_what_was_written() {
    assert_eq!(
        reads(&json!({"text": " Bonjour "})),
        Content::text("Bonjour")
    );
    let card = reads(&json!({"contact": {"name": "Awa", "phone": "70 000 00 02"}})).card;
    assert_eq!(card.expect("a card").phones, ["+221700000002"]);
    let place = json!({"latitude": 14.7, "longitude": -17.4, "name": "Dakar", "address": null});
    let expected = Location {
        latitude: 14.7,
        longitude: -17.4,
        name: Some("Dakar".to_owned()),
        address: None,
    };
    assert!(reads(&json!({"location": place})).location == Some(expected));
    let options = json!([{"id": "home", "title": "À domicile", "description": "2 000 F"}, {"id": "shop", "title": "En boutique"}]);
    let content = reads(&json!({"list": {"text": "Livraison ?", "options": options}}));
    assert_eq!(
        content.text.as_deref(),
        Some("Livraison ?\n\n1. À domicile — 2 000 F\n2. En boutique")
    );
    assert_eq!(content.menu.expect("a menu").kind, MenuKind::List);
    let mentions = json!(["70 000 00 02", "221700000003@s.whatsapp.net", "123@lid"]);
    let people = reads(&json!({"text": "@221700000002", "mentions": mentions})).mentions;
    let people: Vec<_> = people.iter().map(Identity::key).collect();
    assert_eq!(people, ["pn:221700000002", "pn:221700000003", "lid:123"]);
}

#[test]
fn what_goes_not_with_a_kind_is_not_sendable() {
    let webp = format!("{FILE}.webp");
    for (body, field) in [
        (
            json!({"type": "sticker", "mediaUrl": webp, "caption": "x"}),
            "caption",
        ),
        (
            json!({"type": "audio", "mediaUrl": FILE, "caption": "x"}),
            "caption",
        ),
        (
            json!({"type": "document", "mediaUrl": FILE, "viewOnce": true}),
            "viewOnce",
        ),
        (
            json!({"type": "text", "text": "x", "viewOnce": true}),
            "viewOnce",
        ),
        (
            json!({"type": "image", "mediaUrl": FILE, "fileName": "a.jpg"}),
            "fileName",
        ),
        (
            json!({"type": "image", "mediaUrl": FILE, "message": "x"}),
            "message",
        ),
        (
            json!({"type": "image", "mediaUrl": FILE, "mentions": ["70 000 00 02"]}),
            "mentions",
        ),
        (
            json!({"type": "text", "text": "x", "mediaUrl": FILE}),
            "mediaUrl",
        ),
        (json!({"poll": {}, "location": {}}), "poll"),
        (
            json!({"type": "image", "mediaUrl": "http://files.example/a"}),
            "mediaUrl",
        ),
        (
            json!({"type": "image", "mediaUrl": "file:///etc/passwd"}),
            "mediaUrl",
        ),
        (
            json!({"type": "sticker", "mediaUrl": format!("{FILE}.png")}),
            "mediaUrl",
        ),
    ] {
        refuses(&body, "not_sendable", field);
    }
}

#[test]
fn fields_that_are_not_of_their_form_are_named() {
    for (body, field) in [
        (json!({}), "message"),
        (json!({"text": " "}), "text"),
        (json!({"text": "x".repeat(4097)}), "text"),
        (json!({"message": "x", "text": "y"}), "message"),
        (json!({"type": "gif", "text": "x"}), "type"),
        (json!({"mediaUrl": FILE}), "type"),
        (json!({"type": "image"}), "mediaUrl"),
        (json!({"type": "image", "mediaUrl": "https://"}), "mediaUrl"),
        (
            json!({"type": "image", "mediaUrl": "https://moi:secret@files.example/a"}),
            "mediaUrl",
        ),
        (
            json!({"type": "image", "mediaUrl": "https://files.example/une photo"}),
            "mediaUrl",
        ),
        (
            json!({"type": "image", "mediaUrl": FILE, "caption": "é".repeat(1025)}),
            "caption",
        ),
        (
            json!({"type": "image", "mediaUrl": FILE, "viewOnce": "oui"}),
            "viewOnce",
        ),
        (
            json!({"type": "document", "mediaUrl": FILE, "fileName": "../a.pdf"}),
            "fileName",
        ),
        (
            json!({"type": "document", "mediaUrl": FILE, "fileName": "a\nb.pdf"}),
            "fileName",
        ),
    ] {
        refuses(&body, "invalid_field", field);
    }
}

#[test]
fn members_of_a_field_that_are_not_of_their_form_are_named() {
    for (body, field) in [
        (json!({"type": "contact"}), "contact"),
        (json!({"contact": "Awa"}), "contact"),
        (json!({"contact": {"name": "Awa"}}), "contact.phone"),
        (
            json!({"contact": {"name": "Awa", "phone": "12"}}),
            "contact.phone",
        ),
        (
            json!({"contact": {"name": "", "phone": "70 000 00 02"}}),
            "contact.name",
        ),
        (json!({"contact": {"nom": "Awa"}}), "contact.nom"),
        (
            json!({"location": {"latitude": 90.1, "longitude": 0}}),
            "location.latitude",
        ),
        (
            json!({"location": {"latitude": "14.7", "longitude": 0}}),
            "location.latitude",
        ),
        (
            json!({"location": {"latitude": 0, "longitude": -180.5}}),
            "location.longitude",
        ),
        (
            json!({"location": {"latitude": 0, "longitude": 0, "name": "é".repeat(121)}}),
            "location.name",
        ),
        (json!({"poll": {"options": ["a", "b"]}}), "poll.question"),
        (
            json!({"poll": {"question": "?", "options": ["a", 2]}}),
            "poll.options",
        ),
        (
            json!({"poll": {"question": "?", "options": ["a", "b"], "multiSelect": 1}}),
            "poll.multiSelect",
        ),
        (json!({"text": "x", "mentions": ["personne"]}), "mentions"),
        (json!({"text": "x", "mentions": ["12036@g.us"]}), "mentions"),
        (json!({"text": "x", "mentions": "70 000 00 02"}), "mentions"),
    ] {
        refuses(&body, "invalid_field", field);
    }
}

/// Members of what a message holds.
const NAMES: [&str; 9] = [
    "name",
    "phone",
    "latitude",
    "longitude",
    "question",
    "options",
    "text",
    "id",
    "title",
];

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!(FILE)),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(&NAMES[..]), inner), 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_body_is_read_or_refused_without_a_panic(
        kind in proptest::option::of(proptest::sample::select(&["text", "image", "poll", "list", "contact"][..])),
        members in proptest::collection::vec((proptest::sample::select(&FIELDS[..]), values()), 0..4),
    ) {
        let mut body: Map<String, Value> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if let Some(kind) = kind {
            body.insert("type".to_owned(), kind.into());
        }
        if let Ok(content) = content(&body, "SN") {
            prop_assert!(content.text.is_none_or(|text| text.len() <= limits::REPLY_TEXT_BYTES));
        }
    }
}
