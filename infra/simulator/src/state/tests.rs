use std::time::Duration;

use serde_json::json;

use super::*;
use crate::op::Step;
use crate::send_request::SendRequest;
use crate::webhook::{Outcome, Settled};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).expect("a time")
}

fn spec() -> SessionSpec {
    SessionSpec {
        vendor_id: "vendor_001".to_owned(),
        instance_id: "instance_abc123".to_owned(),
        phone: "+221701111111".to_owned(),
        api_key: "api_key_abc".to_owned(),
        webhook_secret: "secret_123".to_owned(),
    }
}

fn registered() -> State {
    let mut state = State::default();
    state
        .apply(&Op::Register { spec: spec() }, at(0))
        .expect("a session");
    state
}

fn accept(state: &mut State, text: &str, now: Timestamp) -> i64 {
    let body = json!({"to": "+221700000001", "text": text})
        .as_object()
        .expect("an object")
        .clone();
    let request = SendRequest::parse(body, false).expect("a valid request");
    let steps = vec![
        Step {
            after: Duration::from_millis(10),
            status: 2,
        },
        Step {
            after: Duration::from_millis(20),
            status: 4,
        },
    ];
    state
        .apply(
            &Op::Accept {
                session: 1,
                request,
                steps,
                failure: None,
            },
            now,
        )
        .expect("accepted")
        .msg_id
}

fn planned(event: &str, due: Timestamp) -> Planned {
    Planned {
        event: event.to_owned(),
        data: json!({}),
        timestamp: None,
        key_id: None,
        due,
        dropped: false,
    }
}

#[test]
fn a_registered_session_is_connected_and_known_by_number_label_and_key() {
    let state = registered();
    for found in [
        state.session_named("1"),
        state.session_named("instance_abc123"),
        state.session_of_key("api_key_abc"),
    ] {
        assert!(found.is_some_and(|session| session.number == 1 && session.is_connected()));
    }
    assert!(state.session_of_key("").is_none() && state.session_named("2").is_none());
}

#[test]
fn registering_again_changes_nothing_and_a_changed_spec_reconnects() {
    let mut state = registered();
    state
        .apply(
            &Op::SetStatus {
                session: 1,
                status: SessionStatus::LoggedOut,
                qr_code: None,
                passkey: None,
            },
            at(1),
        )
        .expect("a status");
    state
        .apply(&Op::Register { spec: spec() }, at(2))
        .expect("the same session");
    assert_eq!(
        state.session(1).expect("a session").status,
        SessionStatus::LoggedOut
    );
    let spec = SessionSpec {
        webhook_secret: "secret_124".to_owned(),
        ..spec()
    };
    assert_eq!(
        state
            .apply(&Op::Register { spec }, at(3))
            .expect("the same session")
            .session,
        1
    );
    assert!(state.session(1).expect("a session").is_connected());
    assert_eq!(state.sessions().count(), 1);
}

#[test]
fn a_key_opens_one_session_only() {
    let mut state = registered();
    let spec = SessionSpec {
        instance_id: "instance_def456".to_owned(),
        ..spec()
    };
    assert_eq!(
        state.apply(&Op::Register { spec }, at(1)).err(),
        Some(Refusal::KeyInUse)
    );
}

#[test]
fn a_message_climbs_its_steps_with_the_clock() {
    let mut state = registered();
    let msg_id = accept(&mut state, "Bonjour", at(0));
    let message = state.message(1, msg_id).expect("a message");
    let statuses: Vec<_> = [0, 9, 10, 19, 20, 900]
        .into_iter()
        .map(|millis| message.status_at(at(millis)))
        .collect();
    assert_eq!(statuses, [1, 1, 2, 2, 4, 4]);
}

#[test]
fn message_numbers_and_ids_are_never_given_twice_not_even_after_a_reset() {
    let mut state = registered();
    let first = accept(&mut state, "un", at(0));
    let key_id = state.message(1, first).expect("a message").key_id.clone();
    state.apply(&Op::Reset, at(1)).expect("a reset");
    assert!(state.messages().is_empty() && state.message(1, first).is_none());
    let second = accept(&mut state, "deux", at(0));
    assert!(second > first);
    assert_ne!(state.message(1, second).expect("a message").key_id, key_id);
}

#[test]
fn a_reset_connects_every_session_and_clears_what_waits() {
    let mut state = registered();
    state
        .apply(
            &Op::SetStatus {
                session: 1,
                status: SessionStatus::Expired,
                qr_code: None,
                passkey: None,
            },
            at(0),
        )
        .expect("a status");
    state
        .apply(
            &Op::Queue {
                session: 1,
                webhooks: vec![planned("message.sent", at(0))],
            },
            at(0),
        )
        .expect("queued");
    state.apply(&Op::Reset, at(1)).expect("a reset");
    assert!(state.session(1).expect("a session").is_connected() && state.outbox.is_empty());
    let settled = Settled {
        outcome: Outcome::Delivered,
        status: Some(200),
        tries: 1,
    };
    state
        .apply(
            &Op::Settle {
                session: 1,
                serial: 1,
                settled,
            },
            at(2),
        )
        .expect("nobody's business");
    assert!(state.outbox.records().is_empty());
}

#[test]
fn a_sessions_webhooks_leave_by_due_time_and_then_in_order_of_queueing() {
    let mut state = registered();
    let webhooks = vec![
        planned("c", at(5)),
        planned("a", at(1)),
        planned("b", at(1)),
    ];
    state
        .apply(
            &Op::Queue {
                session: 1,
                webhooks,
            },
            at(0),
        )
        .expect("queued");
    while let Some(serial) = first(&state) {
        let settled = Settled {
            outcome: Outcome::Delivered,
            status: Some(200),
            tries: 1,
        };
        state
            .apply(
                &Op::Settle {
                    session: 1,
                    serial,
                    settled,
                },
                at(9),
            )
            .expect("settled");
    }
    let left: Vec<_> = state
        .outbox
        .records()
        .into_iter()
        .map(|record| record.event)
        .collect();
    assert_eq!(left, ["a", "b", "c"]);
}

#[test]
fn a_dropped_webhook_is_on_record_and_waits_nowhere() {
    let mut state = registered();
    let webhooks = vec![Planned {
        dropped: true,
        ..planned("message.sent", at(0))
    }];
    assert!(
        state
            .apply(
                &Op::Queue {
                    session: 1,
                    webhooks
                },
                at(0)
            )
            .expect("queued")
            .serials
            .is_empty()
    );
    assert!(state.outbox.is_empty());
    assert_eq!(state.outbox.records()[0].outcome, Outcome::Dropped);
}

#[test]
fn a_reply_quotes_the_message_it_names() {
    let mut state = registered();
    let quoted = accept(&mut state, "Taille ?", at(0));
    let body = json!({"to": "+221700000001", "text": "M", "replyTo": quoted})
        .as_object()
        .expect("an object")
        .clone();
    let request = SendRequest::parse(body, false).expect("a valid request");
    let applied = state
        .apply(
            &Op::Accept {
                session: 1,
                request,
                steps: Vec::new(),
                failure: None,
            },
            at(1),
        )
        .expect("accepted");
    let (quoted, reply) = (
        state.message(1, quoted).expect("a message"),
        state.message(1, applied.msg_id).expect("a message"),
    );
    assert_eq!(
        reply.content["extendedTextMessage"]["contextInfo"]["stanzaId"],
        json!(quoted.key_id)
    );
}

fn first(state: &State) -> Option<u64> {
    state.outbox.heads().map(|(_, serial, _)| serial).next()
}
