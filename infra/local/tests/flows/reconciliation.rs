//! What becomes of a send whose outcome nobody knows: it is asked after, proved, or left to a person, and never sent twice by itself.

use serde_json::{Value, json};
use simulator::{Fault, FaultKind};

use crate::front_door::{calls_of, get, register, shop};
use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, World, run, run_with};

/// Staff writes to a customer; answers with the message's id.
pub(crate) async fn writes(world: &World, vendor: &str, to: &str, text: &str) -> String {
    world.unspeakable(&[text]);
    let path = format!("vendors/{vendor}/send-message");
    let body = json!({ "to": format!("+{to}"), "message": text });
    let answer = world.admin("POST", &path, &[], &body).await;
    assert_eq!(answer.status, 202, "{}", answer.json);
    answer.json["messageId"].as_str().expect("an id").to_owned()
}

pub(crate) async fn write(world: &World, text: &str) -> String {
    let id = writes(world, VENDOR_1.id, AWA, text).await;
    world.quiet().await;
    id
}

pub(crate) async fn detail(world: &World, id: &str) -> Value {
    let answer = get(world, &format!("vendors/{}/messages/{id}", VENDOR_1.id)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

pub(crate) async fn status(world: &World, id: &str) -> String {
    let detail = detail(world, id).await;
    detail["status"].as_str().expect("a status").to_owned()
}

pub(crate) fn fault(world: &World, fault: Fault) {
    world.simulator().fault(fault).expect("a fault");
}

/// The provider does this to the next sends of the first vendor.
pub(crate) fn sends(kind: FaultKind, times: u32) -> Fault {
    Fault::new(kind)
        .session(VENDOR_1.session)
        .path("send-message")
        .times(times)
}

/// No webhook of any kind arrives.
pub(crate) fn deaf(world: &World) {
    fault(world, Fault::new(FaultKind::Drop));
}

pub(crate) fn well(world: &World) {
    world.simulator().clear_faults().expect("faults end");
}

/// Wasender logs no messages of the first vendor's session any more.
pub(crate) async fn logs_nothing(world: &World) {
    let token = format!("Bearer {}", simulator::DEFAULT_PERSONAL_ACCESS_TOKEN);
    let changed = world
        .simulator_request(
            "PUT",
            &format!("/api/whatsapp-sessions/{}", VENDOR_1.session),
            &[
                ("authorization", &token),
                ("content-type", "application/json"),
            ],
            &json!({ "log_messages": false }),
        )
        .await;
    assert_eq!(changed.status, 200, "{}", changed.text);
}

/// A minute passes, and the sweep.
async fn minutes(world: &World, count: u64) {
    for _ in 0..count {
        world.later(60).await;
        world.sweep().await;
    }
}

#[tokio::test]
async fn a_timeout_after_acceptance_sends_once_and_is_settled_by_asking_though_no_webhook_comes() {
    run(async |world| {
        deaf(world);
        fault(world, sends(FaultKind::TimeoutAfter, 1));
        let id = write(world, "Votre colis est prêt").await;
        assert_eq!(status(world, &id).await, "unknown");
        world.later(16).await;
        let settled = detail(world, &id).await;
        assert_eq!(settled["status"], "read", "{settled}");
        assert_eq!(settled["sending"]["dispatch"], "accepted");
        assert_eq!(settled["sending"]["attempts"], 1);
        assert!(settled["sending"]["whatsappId"].is_string(), "{settled}");
        world.recover().await;
        assert_eq!(world.sent(VENDOR_1), ["Votre colis est prêt"]);
    })
    .await;
}

#[tokio::test]
async fn a_send_that_the_log_calls_failed_ends_failed_with_its_reason() {
    run(async |world| {
        deaf(world);
        fault(world, Fault::new(FaultKind::FailLater).times(1));
        fault(world, sends(FaultKind::ResetAfter, 1));
        let id = write(world, "Votre colis est prêt").await;
        assert_eq!(status(world, &id).await, "unknown");
        world.later(16).await;
        let settled = detail(world, &id).await;
        assert_eq!(settled["sending"]["dispatch"], "rejected", "{settled}");
        assert_eq!(settled["status"], "failed");
        let reason = settled["sending"]["failure"].as_str().expect("a reason");
        assert!(reason.starts_with("other: "), "{reason}");
    })
    .await;
}

#[tokio::test]
async fn without_a_row_in_the_log_a_send_stays_unknown_for_a_person() {
    run(async |world| {
        fault(world, sends(FaultKind::Reset, 1));
        let id = write(world, "Votre colis est prêt").await;
        world.recover().await;
        for _ in 0..5 {
            world.later(3 * 3600).await;
            world.sweep().await;
        }
        assert_eq!(status(world, &id).await, "unknown");
        world.aws().calls().take();
        minutes(world, 3).await;
        let asked = calls_of(world, "sweep");
        // Counting looks at its own table alone.
        let leaves_alone =
            |call: &String| call.contains("Query") || call.ends_with("local-counters");
        assert!(
            asked.iter().all(leaves_alone),
            "it is left alone: {asked:#?}"
        );
        assert_eq!(world.sent(VENDOR_1).len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_logs_nothing_proves_nothing() {
    run(async |world| {
        logs_nothing(world).await;
        deaf(world);
        fault(world, sends(FaultKind::ResetAfter, 1));
        let id = write(world, "Votre colis est prêt").await;
        world.recover().await;
        assert_eq!(status(world, &id).await, "unknown");
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn one_row_settles_one_of_two_sends_that_are_alike() {
    run(async |world| {
        deaf(world);
        fault(world, sends(FaultKind::ResetAfter, 1));
        let first = write(world, "Bonjour").await;
        world.clock().advance(std::time::Duration::from_secs(61));
        fault(world, sends(FaultKind::Reset, 1));
        let second = write(world, "Bonjour").await;
        world.recover().await;
        assert_eq!(status(world, &first).await, "read");
        assert_eq!(status(world, &second).await, "unknown");
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_accepted_send_of_which_nothing_is_told_is_joined_by_asking() {
    run(async |world| {
        deaf(world);
        let id = write(world, "Votre colis est prêt").await;
        assert_eq!(status(world, &id).await, "accepted");
        world.later(31).await;
        world.sweep().await;
        let joined = detail(world, &id).await;
        assert_eq!(joined["status"], "read", "{joined}");
        assert!(joined["sending"]["whatsappId"].is_string());
    })
    .await;
}

#[tokio::test]
async fn a_status_that_came_before_the_join_is_applied_by_it() {
    let by_key_alone = |options: &mut simulator::Options| options.msg_id_in_events = false;
    run_with(by_key_alone, async |world| {
        deaf(world);
        let id = write(world, "Votre colis est prêt").await;
        let number = world.simulator().sends()[0].msg_id;
        let path = format!("/api/messages/{number}/info");
        let key = [("authorization", "Bearer api_key_abc")];
        let info = world
            .simulator_request("GET", &path, &key, &Value::Null)
            .await;
        let key_id = info.json["data"]["key"]["id"].as_str().expect("an id");
        let played = testkit::wasender::update(key_id, AWA, 5);
        assert_eq!(world.webhook(VENDOR_1, &played).await.status, 200);
        assert_eq!(status(world, &id).await, "accepted");
        world.later(31).await;
        world.sweep().await;
        assert_eq!(status(world, &id).await, "played");
    })
    .await;
}

#[tokio::test]
async fn a_send_of_which_enough_was_told_is_not_asked_after() {
    run(async |world| {
        write(world, "Votre colis est prêt").await;
        world.aws().calls().take();
        minutes(world, 20).await;
        let asked = calls_of(world, "sweep");
        let of_messages = |call: &&String| call.contains("local-messages");
        assert!(
            asked
                .iter()
                .filter(of_messages)
                .all(|call| call.contains("Query")),
            "{asked:#?}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_next_message_of_a_conversation_waits_for_evidence_and_goes_when_it_comes() {
    run(async |world| {
        fault(world, sends(FaultKind::ResetAfter, 1));
        deaf(world);
        let first = write(world, "Un").await;
        let second = write(world, "Deux").await;
        assert_eq!(status(world, &first).await, "unknown");
        assert_eq!(status(world, &second).await, "queued");
        world.later(6).await;
        assert_eq!(status(world, &second).await, "queued");
        world.later(10).await;
        assert_eq!(status(world, &first).await, "read");
        world.later(6).await;
        assert_eq!(world.sent(VENDOR_1), ["Un", "Deux"]);
    })
    .await;
}

#[tokio::test]
async fn without_evidence_the_conversation_goes_on_after_a_minute() {
    run(async |world| {
        fault(world, sends(FaultKind::Reset, 1));
        let first = write(world, "Un").await;
        write(world, "Deux").await;
        for _ in 0..9 {
            world.later(6).await;
        }
        assert_eq!(world.sent(VENDOR_1).len(), 0, "54 s are no minute");
        for _ in 0..3 {
            world.later(6).await;
        }
        assert_eq!(world.sent(VENDOR_1), ["Deux"]);
        assert_eq!(status(world, &first).await, "unknown");
    })
    .await;
}

#[tokio::test]
async fn a_hanging_session_has_two_sends_in_doubt_and_the_rest_leaves_in_order_when_it_is_well() {
    run(async |world| {
        let hanging = Fault::new(FaultKind::Reset)
            .session(VENDOR_1.session)
            .path("send-message");
        fault(world, hanging);
        let texts: Vec<_> = (0..100)
            .map(|number| format!("message {number:03}"))
            .collect();
        let customers: Vec<_> = (0..20)
            .map(|number| format!("2217000000{number:02}"))
            .collect();
        for (text, customer) in texts.iter().zip(customers.iter().cycle()) {
            writes(world, VENDOR_1.id, customer, text).await;
        }
        world.quiet().await;
        minutes(world, 10).await;
        let count = |statuses: &[String], wanted: &str| {
            statuses.iter().filter(|status| *status == wanted).count()
        };
        let statuses = world.statuses(VENDOR_1).await;
        assert_eq!(count(&statuses, "unknown"), 2, "{statuses:?}");
        assert_eq!(count(&statuses, "parked"), 98, "{statuses:?}");
        writes(world, VENDOR_2.id, MOUSSA, "ailleurs").await;
        world.quiet().await;
        assert_eq!(
            world.sent(VENDOR_2),
            ["ailleurs"],
            "another session is well"
        );
        well(world);
        minutes(world, 3).await;
        assert_eq!(world.sent(VENDOR_1), texts[2..]);
        let statuses = world.statuses(VENDOR_1).await;
        assert_eq!(count(&statuses, "unknown"), 2);
        assert_eq!(count(&statuses, "read"), 98);
    })
    .await;
}

#[tokio::test]
async fn twenty_doubts_over_all_lanes_hold_the_platform_until_a_probe_is_answered() {
    run(async |world| {
        for number in 0..22 {
            register(world, &shop(number)).await;
        }
        fault(world, Fault::new(FaultKind::Reset).path("send-message"));
        let mut ids = Vec::new();
        for number in 0..20 {
            let vendor = format!("shop_{number:02}");
            ids.push((vendor.clone(), writes(world, &vendor, AWA, "Bonjour").await));
        }
        world.quiet().await;
        let statuses = async |ids: &[(String, String)]| {
            let mut statuses = Vec::new();
            for (vendor, id) in ids {
                let answer = get(world, &format!("vendors/{vendor}/messages/{id}")).await;
                statuses.push(
                    answer.json["status"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                );
            }
            statuses
        };
        assert_eq!(statuses(&ids).await, vec!["unknown"; 20]);
        // No environment remembers that the platform was not held.
        world.later(6).await;
        let mut held = Vec::new();
        for vendor in ["shop_00", "shop_20", "shop_21"] {
            held.push((
                vendor.to_owned(),
                writes(world, vendor, MOUSSA, "Bonsoir").await,
            ));
        }
        world.quiet().await;
        assert_eq!(statuses(&held).await, ["parked"; 3]);
        minutes(world, 3).await;
        assert_eq!(statuses(&held).await, ["parked"; 3], "no send is tried");
        well(world);
        minutes(world, 3).await;
        assert_eq!(statuses(&held).await, ["read"; 3]);
        assert_eq!(world.simulator().sends().len(), 3);
    })
    .await;
}
