//! A session's API key is made anew while its messages leave: none is lost, and none leaves twice.

use std::collections::BTreeSet;

use domain::limits;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};

use super::{ask, at_provider, dies_at_every_step, stored};
use crate::front_door::{get, is_problem};
use crate::world::{AWA, Answer, VENDOR_1, World, run};

const WHAT: &str = "regenerate-api-key";

async fn regenerate(world: &World) -> Answer {
    ask(world, WHAT, &Value::Null).await
}

async fn staff_writes(world: &World, number: usize) {
    let text = format!("message {number:02}");
    world.unspeakable(&[&text, AWA]);
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let body = json!({ "to": format!("+{AWA}"), "message": text });
    let answer = world.admin("POST", &path, &[], &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
}

/// Everything that was written left once, in its order.
fn left_once(world: &World, count: usize) {
    let sent = world.sent(VENDOR_1);
    let expected: Vec<_> = (0..count)
        .map(|number| format!("message {number:02}"))
        .collect();
    let distinct: BTreeSet<_> = sent.iter().cloned().collect();
    assert_eq!(distinct.len(), sent.len(), "twice: {sent:?}");
    assert_eq!(sent, expected);
}

async fn lane(world: &World) -> Value {
    let vendor = get(world, "vendors/vendor_001").await;
    vendor.json["wabaInstances"][0]["lane"]["state"].clone()
}

#[tokio::test]
async fn a_key_is_regenerated_stored_and_verified_before_anything_leaves_with_it() {
    run(async |world| {
        let answer = regenerate(world).await;
        assert_eq!(
            (answer.status, &answer.json["regenerated"]),
            (200, &json!(true)),
            "{}",
            answer.text
        );
        let key = at_provider(world).await["api_key"].clone();
        assert_ne!(key, "api_key_abc");
        assert!(!answer.text.contains(key.as_str().expect("a key")));
        assert_eq!(stored(world).await["instances"][0]["apiKey"], key);
        world.quiet().await;
        assert_eq!(lane(world).await, "open");
        staff_writes(world, 0).await;
        world.later(2).await;
        left_once(world, 1);
    })
    .await;
}

#[tokio::test]
async fn no_message_is_lost_or_leaves_twice_while_keys_are_regenerated_under_traffic() {
    const MESSAGES: usize = 40;
    run(async |world| {
        let writing = async {
            for number in 0..MESSAGES {
                staff_writes(world, number).await;
                world.clock().advance(std::time::Duration::from_millis(300));
            }
        };
        let regenerating = async {
            let mut regenerated = 0;
            for _ in 0..4 {
                // No lease is to end because a busy machine is slow.
                let path = format!("vendors/{}/{WHAT}", VENDOR_1.id);
                let answer = world.admin("POST", &path, &[], &Value::Null).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
                regenerated += 1;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            regenerated
        };
        let traffic = Box::pin(async { tokio::join!(writing, regenerating) });
        let ((), regenerated) = traffic.await;
        assert_eq!(regenerated, 4);
        for _ in 0..6 {
            world.recover().await;
        }
        left_once(world, MESSAGES);
        assert_eq!(lane(world).await, "open");
    })
    .await;
}

#[tokio::test]
async fn a_send_that_was_under_way_with_the_old_key_leaves_with_the_new_one() {
    run(async |world| {
        staff_writes(world, 0).await;
        world.quiet().await;
        // The sender remembers the old key, and takes this message before the lane is held.
        let slow = Fault {
            delay_ms: Some(300),
            ..Fault::new(FaultKind::Unauthorized)
                .session(VENDOR_1.session)
                .path("send-message")
                .times(1)
        };
        world.simulator().fault(slow).expect("a fault");
        world.later(2).await;
        let both = async { tokio::join!(staff_writes(world, 1), regenerate(world)) };
        assert_eq!(both.await.1.status, 200);
        for _ in 0..3 {
            world.recover().await;
        }
        left_once(world, 2);
    })
    .await;
}

#[tokio::test]
async fn a_key_whose_answer_is_lost_is_read_back_from_the_session() {
    run(async |world| {
        let before = at_provider(world).await;
        let path = format!("/api/whatsapp-sessions/{}/regenerate-key", before["id"]);
        let lost = Fault::new(FaultKind::ResetAfter).path(&path).times(1);
        world.simulator().fault(lost).expect("a fault");
        let answer = regenerate(world).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let after = at_provider(world).await;
        assert_ne!(after["api_key"], before["api_key"]);
        assert_eq!(
            stored(world).await["instances"][0]["apiKey"],
            after["api_key"]
        );
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_refuses_or_is_silent_keeps_the_old_key_and_the_lane_goes_on() {
    run(async |world| {
        let session = at_provider(world).await["id"].clone();
        let path = format!("/api/whatsapp-sessions/{session}/regenerate-key");
        for (written, (kind, status, code)) in [
            (FaultKind::Unauthorized, 502, "provider_refused"),
            (FaultKind::Reset, 503, "provider_unavailable"),
        ]
        .into_iter()
        .enumerate()
        {
            world.later(2).await;
            let fault = Fault::new(kind).path(&path).times(1);
            world.simulator().fault(fault).expect("a fault");
            is_problem(&regenerate(world).await, status, code);
            staff_writes(world, written).await;
            world.later(limits::RENEWAL_SETTLES.as_secs() + 1).await;
            world.recover().await;
            assert_eq!(lane(world).await, "open", "{kind:?}");
            left_once(world, written + 1);
            assert_eq!(stored(world).await["renewals"], Value::Null, "{kind:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_regeneration_may_die_at_any_step_and_is_finished_by_the_sweep() {
    run(async |world| {
        let deaths = dies_at_every_step(world, WHAT, false).await;
        assert!(deaths >= 12, "{deaths}");
        assert_eq!(lane(world).await, "open");
    })
    .await;
}

#[tokio::test]
async fn a_regeneration_may_die_at_any_step_and_be_asked_for_again() {
    run(async |world| {
        let deaths = dies_at_every_step(world, WHAT, true).await;
        assert!(deaths >= 12, "{deaths}");
        assert_eq!(lane(world).await, "open");
    })
    .await;
}
