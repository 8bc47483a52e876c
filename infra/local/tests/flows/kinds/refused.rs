//! What can't be sent, and what the staff is told of it.

use serde_json::{Value, json};

use super::{FILE, SEND};
use crate::front_door::is_problem;
use crate::world::{MOUSSA, run};

/// What is asked for, and the code and the field that it is refused with.
fn refused_files_and_texts() -> Vec<(Value, &'static str, &'static str)> {
    let image = |url: &str| json!({"type": "image", "mediaUrl": url});
    vec![
        (json!({}), "invalid_field", "message"),
        (json!({"text": " "}), "invalid_field", "text"),
        (json!({"text": "x".repeat(4097)}), "invalid_field", "text"),
        (
            json!({"type": "carousel", "text": "x"}),
            "invalid_field",
            "type",
        ),
        (json!({"type": "image"}), "invalid_field", "mediaUrl"),
        (image("http://files.example/a"), "not_sendable", "mediaUrl"),
        (
            image("https://u:p@files.example/a"),
            "invalid_field",
            "mediaUrl",
        ),
        (
            json!({"type": "sticker", "mediaUrl": format!("{FILE}.png")}),
            "not_sendable",
            "mediaUrl",
        ),
        (
            json!({"type": "sticker", "mediaUrl": format!("{FILE}.webp"), "caption": "x"}),
            "not_sendable",
            "caption",
        ),
        (
            json!({"type": "audio", "mediaUrl": FILE, "caption": "x"}),
            "not_sendable",
            "caption",
        ),
        (
            json!({"type": "document", "mediaUrl": FILE, "viewOnce": true}),
            "not_sendable",
            "viewOnce",
        ),
    ]
}

fn refused_parts() -> Vec<(Value, &'static str, &'static str)> {
    let options: Vec<_> = (0..11)
        .map(|number| json!({"id": format!("{number}"), "title": format!("{number}")}))
        .collect();
    vec![
        (
            json!({"contact": {"name": "Fatou", "phone": "12"}}),
            "invalid_field",
            "contact.phone",
        ),
        (
            json!({"location": {"latitude": 91, "longitude": 0}}),
            "invalid_field",
            "location.latitude",
        ),
        (
            json!({"location": {"latitude": 0, "longitude": -181}}),
            "invalid_field",
            "location.longitude",
        ),
        (
            json!({"poll": {"question": "?", "options": ["seul"]}}),
            "not_sendable",
            "poll.options",
        ),
        (
            json!({"list": {"text": "?", "options": options}}),
            "not_sendable",
            "list.options",
        ),
        (
            json!({"buttons": {"text": "?", "options": options[..4]}}),
            "not_sendable",
            "buttons.options",
        ),
        (
            json!({"text": "x", "mentions": ["70 000 00 02"]}),
            "not_sendable",
            "mentions",
        ),
    ]
}

#[tokio::test]
async fn what_wasender_cannot_send_is_refused_with_what_to_do() {
    run(async |world| {
        world.unspeakable(&[MOUSSA]);
        let before = world.stored().await;
        for (mut body, code, field) in refused_files_and_texts().into_iter().chain(refused_parts())
        {
            body["to"] = format!("+{MOUSSA}").into();
            let answer = world.admin("POST", SEND, &[], &body).await;
            assert_eq!(answer.json["field"], field, "{body}: {}", answer.text);
            is_problem(&answer, 422, code);
            let hint = answer.json["hint"].as_str().unwrap_or_default();
            assert!(!hint.is_empty(), "{body}: {}", answer.text);
        }
        for (field, value) in [
            ("to", json!("12036@newsletter")),
            ("to", json!("-1@g.us")),
            ("wabaId", json!("waba_nobody")),
            ("replyTo", json!("msg 1")),
            ("viewonce", json!(true)),
        ] {
            let mut body = json!({"to": format!("+{MOUSSA}"), "text": "x"});
            body[field] = value;
            let answer = world.admin("POST", SEND, &[], &body).await;
            assert_eq!(answer.json["field"], field, "{}", answer.text);
            is_problem(&answer, 422, "invalid_field");
        }
        assert_eq!(world.stored().await, before);
    })
    .await;
}
