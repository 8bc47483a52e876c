use domain::compose;
use domain::contract::{REPLY_KINDS, Reply, answer};
use domain::engine::{Answer, Asked, Trouble};
use domain::limits;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::described::{ANSWER, complaints, examples};

fn read(body: &Value) -> Result<Answer, String> {
    answer(body.to_string().as_bytes())
}

/// Refused, and the parts named are these; where the schema can say so it refuses as well.
#[track_caller]
fn refuses(body: &Value, parts: &[&str], is_said_by_schema: bool) {
    let reason = read(body).expect_err("it is refused");
    let named: Vec<_> = reason
        .split("; ")
        .filter_map(|part| Some(part.split_once(": ")?.0))
        .collect();
    assert_eq!(named, parts, "{body}: {reason}");
    let schema = complaints(&ANSWER, body);
    assert_eq!(!schema.is_empty(), is_said_by_schema, "{body}: {schema:?}");
}

#[test]
fn the_documents_answers_are_read_and_are_as_described() {
    let mut kinds = Vec::new();
    for example in examples("answer") {
        assert_eq!(complaints(&ANSWER, &example), Vec::<String>::new());
        let answer = read(&example).unwrap_or_else(|reason| panic!("{example}: {reason}"));
        let replies = example["replies"].as_array().expect("replies");
        assert_eq!(answer.replies.len(), replies.len());
        kinds.extend(replies.iter().map(|reply| reply["type"].clone()));
    }
    for kind in REPLY_KINDS {
        assert!(kinds.contains(&kind.into()), "no example has {kind}");
    }
}

#[test]
fn what_is_absent_null_or_unknown_is_no_error() {
    for body in [
        json!({}),
        json!({ "replies": null, "intent": null, "nextStep": null, "requiresHuman": null, "actions": null, "delayMs": null }),
        json!({ "replies": [], "mood": { "of": "the day" } }),
    ] {
        assert_eq!(read(&body), Ok(Answer::default()), "{body}");
        assert!(ANSWER.is_valid(&body), "{body}");
    }
    let body = json!({ "replies": [
        { "type": "text", "text": "Oui", "tone": "warm" },
        { "type": "buttons", "buttons": { "text": "?", "style": 1, "options": [{ "id": "a", "title": "A", "description": "b", "icon": 2 }] } },
    ] });
    assert_eq!(read(&body).map(|answer| answer.replies.len()), Ok(2));
    assert!(ANSWER.is_valid(&body));
}

#[test]
fn every_wrong_part_of_an_answer_is_named() {
    let body = json!({
        "replies": [
            { "type": "text", "text": "Bonjour" },
            { "type": "buttons", "buttons": { "text": "?", "options": [{ "id": "a", "title": "" }] } },
            { "type": "fax" }, 7, { "type": "text", "text": "x".repeat(limits::REPLY_TEXT_BYTES + 1) },
        ],
        "intent": "a b", "nextStep": 1, "requiresHuman": "yes", "delayMs": 10_001,
        "actions": [{ "type": "order.create", "data": [] }, { "type": "" }],
    });
    let parts = [
        "replies[1].buttons.options[0].title",
        "replies[2].type",
        "replies[3]",
        "replies[4].text",
        "intent",
        "nextStep",
        "requiresHuman",
        "actions[0].data",
        "actions[1].type",
        "delayMs",
    ];
    refuses(&body, &parts, true);
}

#[test]
fn an_answer_keeps_its_bounds_one_by_one() {
    let text = json!({ "type": "text", "text": "Oui" });
    let option =
        |number: usize| json!({ "id": format!("{number}"), "title": format!("N {number}") });
    let menu = |kind: &str, count| {
        let mut reply = json!({ "type": kind });
        let options: Vec<_> = (0..count).map(option).collect();
        reply[kind] = json!({ "text": "?", "options": options });
        json!({ "replies": [reply] })
    };
    let actions = vec![json!({ "type": "a" }); 11];
    for (body, part) in [
        (json!({ "replies": vec![text; 11] }), "replies"),
        (json!({ "replies": {} }), "replies"),
        (menu("buttons", 4), "replies[0].buttons.options"),
        (menu("list", 11), "replies[0].list.options"),
        (menu("list", 0), "replies[0].list.options"),
        (json!({ "intent": "x".repeat(65) }), "intent"),
        (json!({ "delayMs": -1 }), "delayMs"),
        (json!({ "delayMs": 1.5 }), "delayMs"),
        (json!({ "actions": actions }), "actions"),
    ] {
        refuses(&body, &[part], true);
    }
}

#[test]
fn a_reply_is_of_its_form() {
    let long = "x".repeat(limits::CAPTION_CHARS + 1);
    for (reply, part) in [
        (json!({ "type": "text" }), "text"),
        (json!({ "type": "text", "text": " " }), "text"),
        (
            json!({ "type": "text", "text": "a", "caption": "b" }),
            "caption",
        ),
        (
            json!({ "type": "text", "text": "a", "mentions": [] }),
            "mentions",
        ),
        (json!({ "type": "contact", "contact": {} }), "type"),
        (json!({ "type": "image" }), "mediaUrl"),
        (
            json!({ "type": "image", "mediaUrl": "http://a/b.jpg" }),
            "mediaUrl",
        ),
        (
            json!({ "type": "video", "mediaUrl": "https://u@a/b" }),
            "mediaUrl",
        ),
        (
            json!({ "type": "document", "mediaUrl": "https://a/b", "fileName": "a/b" }),
            "fileName",
        ),
        (
            json!({ "type": "image", "mediaUrl": "https://a/b", "caption": long }),
            "caption",
        ),
        (
            json!({ "type": "location", "location": { "latitude": 91, "longitude": 0 } }),
            "location.latitude",
        ),
    ] {
        let part = format!("replies[0].{part}");
        refuses(&json!({ "replies": [reply] }), &[&part], true);
    }
}

#[test]
fn what_no_schema_can_say_is_refused_too() {
    let mut deep = json!(1);
    for _ in 0..=limits::ENGINE_ACTION_DEPTH {
        deep = json!([deep]);
    }
    let long = "x".repeat(limits::ENGINE_ACTIONS_BYTES);
    let twice = json!([{ "id": "a", "title": "Café" }, { "id": "b", "title": "CAFE" }]);
    for (body, part) in [
        (
            json!({ "replies": [{ "type": "text", "text": "é".repeat(2049) }] }),
            "replies[0].text",
        ),
        (
            json!({ "replies": [{ "type": "list", "list": { "text": "?", "options": twice } }] }),
            "replies[0].list.options",
        ),
        (
            json!({ "actions": [{ "type": "a", "data": { "deep": deep } }] }),
            "actions[0].data",
        ),
        (
            json!({ "actions": [{ "type": "a", "data": { "long": long } }] }),
            "actions",
        ),
    ] {
        refuses(&body, &[part], false);
    }
}

#[test]
fn no_text_of_an_answer_is_in_the_reason_that_it_is_refused_for() {
    let secret = "Votre code est 4711";
    let body = json!({
        "replies": [{ "type": secret }, { "type": "text", "text": secret, "caption": secret }, secret],
        "intent": secret, "actions": [{ "type": secret, "data": secret }], secret: secret,
    });
    let reason = read(&body).expect_err("it is refused");
    assert!(!reason.contains("4711"), "{reason}");
}

fn reply(status: u16, content_type: &str, body: &[u8]) -> Reply {
    Reply {
        status,
        content_type: Some(content_type.to_owned()).filter(|named| !named.is_empty()),
        retry_after: None,
        body: body.to_vec(),
    }
}

fn is_invalid(asked: &Asked) -> bool {
    matches!(asked, Asked::Failed(Trouble::Invalid { .. }))
}

#[test]
fn a_status_tells_whether_asking_again_helps() {
    const JSON: &str = "application/json";
    let empty = Asked::Answered(Answer::default());
    assert_eq!(reply(200, JSON, b"{}").asked(), empty);
    assert_eq!(reply(204, "", b"").asked(), empty);
    assert_eq!(reply(202, "", b"").asked(), Asked::Later);
    for status in [408, 425, 429, 500, 502, 503, 504, 599] {
        let retry_after = None;
        let again = Asked::Failed(Trouble::Unavailable { retry_after });
        assert_eq!(reply(status, JSON, b"").asked(), again, "{status}");
    }
    for status in [201, 206, 301, 302, 307, 308, 400, 401, 403, 404, 410, 422] {
        assert!(is_invalid(&reply(status, JSON, b"{}").asked()), "{status}");
    }
    let waits = |text: &str| {
        let retry_after = Some(text.to_owned());
        match (Reply {
            retry_after,
            ..reply(429, JSON, b"")
        })
        .asked()
        {
            Asked::Failed(Trouble::Unavailable { retry_after }) => retry_after,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(waits(" 7 ").map(|wait| wait.as_secs()), Some(7));
    assert_eq!(waits("86400"), Some(limits::ENGINE_RETRY_AFTER));
    assert_eq!(waits("Wed, 21 Oct 2026 07:28:00 GMT"), None);
}

#[test]
fn an_answer_is_json_in_utf_8() {
    for named in ["application/json", "Application/JSON; Charset=\"utf-8\""] {
        assert!(!is_invalid(&reply(200, named, b"{}").asked()), "{named}");
    }
    for named in ["", "text/html", "application/json; charset=latin1", "json"] {
        assert!(is_invalid(&reply(200, named, b"{}").asked()), "{named}");
    }
    let deep = "[".repeat(100_000);
    for body in [
        &b""[..],
        b"null",
        b"[]",
        b"\xff{}",
        b"{",
        br#""\ud800""#,
        deep.as_bytes(),
    ] {
        assert!(is_invalid(&reply(200, "application/json", body).asked()));
    }
}

/// What was accepted is within every bound.
fn keeps_its_bounds(answer: &Answer) {
    assert!(answer.replies.len() <= limits::REPLIES_PER_DECISION);
    assert!(answer.actions.len() <= limits::ENGINE_ACTIONS);
    assert!(answer.delay <= limits::ENGINE_DELAY);
    for name in [&answer.intent, &answer.next_step].into_iter().flatten() {
        assert!((1..=limits::ENGINE_NAME_BYTES).contains(&name.len()));
    }
    for reply in &answer.replies {
        assert!(REPLY_KINDS.contains(&reply.kind.as_str()));
        let text = reply.text.as_deref().unwrap_or_default();
        assert!(text.len() <= limits::REPLY_TEXT_BYTES);
        let options = reply.menu.as_ref().map_or(0, |menu| menu.options.len());
        assert!(options <= limits::LIST_OPTIONS);
        assert!(
            reply
                .source()
                .is_none_or(|source| source.url.starts_with("https://"))
        );
    }
}

/// Values that are nearly an answer.
fn nearly() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..12_000).prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,80}".prop_map(Value::from),
        prop::sample::select(&REPLY_KINDS[..]).prop_map(Value::from),
        Just(json!("https://files.example/a.jpg")),
    ];
    let names: Vec<&str> = compose::FIELDS
        .into_iter()
        .chain([
            "replies",
            "intent",
            "nextStep",
            "requiresHuman",
            "actions",
            "delayMs",
        ])
        .chain([
            "options",
            "id",
            "title",
            "description",
            "latitude",
            "longitude",
            "data",
            "name",
        ])
        .collect();
    leaf.prop_recursive(5, 64, 12, move |inner| {
        let name = prop::sample::select(names.clone());
        let member = (name, inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..12).prop_map(Value::from),
            prop::collection::vec(member, 0..8).prop_map(|members| {
                let pairs = members.into_iter();
                Value::Object(
                    pairs
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(answer) = answer(&body) {
            keeps_its_bounds(&answer);
        }
    }

    #[test]
    fn whatever_is_accepted_keeps_the_bounds(replies in prop::collection::vec(nearly(), 0..12), whole in nearly()) {
        let mut body = json!({ "replies": replies });
        if let (Some(body), Some(more)) = (body.as_object_mut(), whole.as_object()) {
            body.extend(more.clone());
        }
        if let Ok(answer) = read(&body) {
            keeps_its_bounds(&answer);
        }
    }
}
