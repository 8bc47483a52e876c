//! Damaged bodies: no byte that is lost or changed makes the reader panic, lose count or tell a secret.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::Index;
use providers::quarantined;
use providers::wasender::parse;
use testkit::wasender::SESSION_ID;

use crate::described::{self, received_at};

/// Whether the secret is in anything that the body becomes.
fn tells_the_secret(body: &[u8]) -> bool {
    let Ok(received) = parse(body, received_at()) else {
        return false;
    };
    assert!(!received.elements.is_empty(), "no element");
    let mut told = format!("{received:?}");
    for element in &received.elements {
        told += &described::element(element);
    }
    told.contains(SESSION_ID)
}

/// Where the names and values of secrets stand: what is changed there is no longer known to be one.
fn secrets(body: &str) -> Vec<Range<usize>> {
    let names = ["\"sessionId\": ", "\"session_id\": ", "\"sessionId\":"];
    let found = names.iter().flat_map(|name| body.match_indices(name));
    found
        .map(|(start, name)| start..start + name.len() + SESSION_ID.len() + 2)
        .collect()
}

#[test]
fn no_truncation_of_a_golden_event_panics_or_tells_the_secret() {
    for event in testkit::events() {
        let whole = event.body.trim_ascii_end().len();
        for length in 0..whole {
            let body = &event.body[..length];
            assert!(
                parse(body, received_at()).is_err(),
                "{} cut to {length} bytes is read",
                event.name
            );
            assert!(
                !quarantined(body).contains(SESSION_ID),
                "{} cut to {length} bytes",
                event.name
            );
        }
        assert!(!tells_the_secret(&event.body), "{}", event.name);
        assert!(
            !quarantined(&event.body).contains(SESSION_ID),
            "{}",
            event.name
        );
    }
}

#[test]
fn no_flipped_byte_of_any_golden_event_panics() {
    for event in testkit::events() {
        let mut body = event.body.clone();
        for position in 0..body.len() {
            let flip = 1 << (position % 8);
            body[position] ^= flip;
            assert!(!tells_the_secret(&body), "{} at {position}", event.name);
            body[position] ^= flip;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_changed_byte_panics_or_tells_the_secret(file: Index, position: Index, flip in 1_u8..) {
        let events = events();
        let mut body = file.get(events).clone();
        let position = position.index(body.len());
        let in_secret = secrets(std::str::from_utf8(&body).unwrap()).iter().any(|secret| secret.contains(&position));
        body[position] ^= flip;
        prop_assert!(!tells_the_secret(&body));
        if parse(&body, received_at()).is_ok() && !in_secret {
            prop_assert!(!quarantined(&body).contains(SESSION_ID));
        }
    }

    #[test]
    fn no_bytes_at_all_panic(body: Vec<u8>, text in "\\PC{0,200}") {
        for body in [body.as_slice(), text.as_bytes()] {
            prop_assert!(parse(body, received_at()).is_err() || !body.is_empty());
            quarantined(body);
        }
    }
}

fn events() -> &'static [Vec<u8>] {
    static EVENTS: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(|| {
        testkit::events()
            .into_iter()
            .map(|event| event.body)
            .collect()
    });
    &EVENTS
}
