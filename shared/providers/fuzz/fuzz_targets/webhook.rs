//! Any bytes as the body of a webhook: nothing panics, and what is read keeps its bounds.

#![no_main]

use domain::{Content, Element, Event};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use providers::{quarantined, wasender};

/// Stands where Wasender puts the session's API key.
const KEY: &str = r#"{"sessionId":"a secret","session_id":"a secret","#;
/// 2026-11-22, 10:30 in Dakar.
const RECEIVED_AT: i64 = 1_795_343_400;

fuzz_target!(|body: &[u8]| {
    let received_at = Timestamp::from_second(RECEIVED_AT).expect("a time");
    let kept = quarantined(body);
    assert!(
        kept.len() <= 200 * 1024,
        "{} bytes are quarantined",
        kept.len()
    );
    let Ok(received) = wasender::parse(body, received_at) else {
        return;
    };
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    assert!(received.name.len() <= 64, "the name is too long");
    assert!(received.name.chars().all(safe), "the name is not safe");
    assert!(!received.elements.is_empty(), "a webhook has an element");
    assert!(
        received.elements.len() <= body.len(),
        "more elements than bytes"
    );
    for element in &received.elements {
        check(element);
    }
    let (before, after) = split(body);
    let with_key = [before, KEY.as_bytes(), after].concat();
    let again = wasender::parse(&with_key, received_at).expect("one field more is read too");
    assert_eq!(
        received, again,
        "the session's key is no part of what is read"
    );
});

/// What stands before and after the first brace.
fn split(body: &[u8]) -> (&[u8], &[u8]) {
    let brace = body.iter().position(|byte| *byte == b'{');
    let (before, after) = body.split_at(brace.expect("an object begins with a brace"));
    (before, &after[1..])
}

fn check(element: &Element) {
    let Element::Event(event) = element else {
        return;
    };
    match event {
        Event::Message(message) => {
            let name = message.contact.name.as_deref().unwrap_or_default();
            assert!(name.chars().count() <= 120, "a person's name is too long");
            bounded(&message.content);
            let known = message.contact.identities().next().is_some();
            assert!(known, "a message is by somebody");
        }
        Event::Echo(echo) => bounded(&echo.content),
        Event::Change(change) => {
            if let domain::Alteration::Edited(content) = &change.alteration {
                bounded(content);
            }
        }
        Event::Pairing(pairing) => {
            for secret in [&pairing.code, &pairing.token].into_iter().flatten() {
                assert!(secret.len() <= domain::limits::PAIRING_CODE_BYTES);
            }
        }
        Event::Status(status) => assert_ne!(status.reference, domain::ProviderRef::default()),
        Event::Session(_) => {}
    }
}

fn bounded(content: &Content) {
    let text = content.text.as_deref().unwrap_or_default();
    assert!(text.len() <= 64 * 1024, "a text is too long");
    let phones = content.card.as_ref().map_or(0, |card| card.phones.len());
    assert!(phones <= 20, "a card has too many numbers");
    if let Some(place) = &content.location {
        assert!(place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0);
    }
}
