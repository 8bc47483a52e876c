//! The tables are restored from a backup while everything else goes on: nothing is sent twice, nothing that was taken away comes back, and
//! what is new goes its way.

mod drill;

use std::time::Duration;

use domain::restore::Restore;
use embedded_aws::When;
use platform::telemetry::Metric;
use serde_json::{Value, json};

use crate::admin_keys_made::{create, with};
use crate::backup::Backup;
use crate::deleting::delete;
use crate::engine_double::{Act, EngineDouble};
use crate::front_door::{get, is_problem, register, shop};
use crate::reconciliation::{detail, logs_nothing};
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, VENDOR_2, Vendor, World, run};

/// A customer who writes nothing before the backup.
const RAMA: &str = "221700000003";

/// A customer's message as the provider posts it, written at this second.
pub(crate) fn message(world: &World, from: &str, text: &str, key_id: &str) -> Value {
    world.unspeakable(&[from, text]);
    let mut event = testkit::wasender::received(text, from, key_id);
    event["data"]["messages"]["messageTimestamp"] = world.clock().now().as_second().into();
    event
}

pub(crate) async fn writes(world: &World, vendor: Vendor, from: &str, text: &str, key_id: &str) {
    let event = message(world, from, text, key_id);
    assert_eq!(world.webhook(vendor, &event).await.status, 200);
    world.quiet().await;
}

pub(crate) async fn staff_writes(world: &World, to: &str, text: &str) -> Answer {
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let body = json!({ "to": format!("+{to}"), "message": text });
    let answer = world.admin("POST", &path, &[], &body).await;
    world.quiet().await;
    answer
}

pub(crate) async fn session(world: &World, vendor: Vendor, status: &str) {
    let changed = world.simulator().set_status(vendor.session, status);
    changed.await.expect("the session exists");
    world.quiet().await;
}

/// Works the restore through, and lets the numbers be verified.
pub(crate) async fn worked_through(world: &World) {
    for _ in 0..2 {
        world.sweep().await;
        world.later(61).await;
    }
    assert_eq!(state(world).await, "done");
}

async fn state(world: &World) -> Value {
    get(world, "restore").await.json["state"].clone()
}

/// How many messages left to somebody.
pub(crate) fn sent_to(world: &World, to: &str) -> usize {
    let number = format!("+{to}");
    let sends = world.simulator().sends();
    sends.iter().filter(|send| send.to == number).count()
}

#[tokio::test]
async fn nothing_leaves_and_nothing_is_changed_before_a_restore_is_worked_through() {
    run(async |world| {
        assert_eq!(state(world).await, "none");
        let backup = Backup::of(world).await;
        backup.put_back(world).await;
        world.later(2).await;
        assert_eq!(state(world).await, "waiting");
        writes(world, VENDOR_1, AWA, "Bonjour", "NEW").await;
        is_problem(
            &staff_writes(world, MOUSSA, "Le colis").await,
            503,
            "restoring",
        );
        assert_eq!(get(world, "vendors/vendor_001").await.status, 200);
        assert_eq!(world.sent(VENDOR_1).len(), 0);
        worked_through(world).await;
        assert_eq!(sent_to(world, AWA), 1, "it came after the restore");
        assert_eq!(staff_writes(world, MOUSSA, "Le colis").await.status, 202);
        assert_eq!(sent_to(world, MOUSSA), 1);
        let shown = get(world, "restore").await.json;
        assert_eq!(
            (&shown["phase"], &shown["worked"]["lanes"]),
            (&json!("done"), &json!(2))
        );
        world.deploy(None);
        writes(world, VENDOR_1, RAMA, "Bonjour", "LATER").await;
        assert_eq!(sent_to(world, RAMA), 1, "the restore is over");
    })
    .await;
}

#[tokio::test]
async fn what_the_backup_holds_open_was_perhaps_sent_since_and_is_not_sent_again() {
    run(async |world| {
        logs_nothing(world).await;
        session(world, VENDOR_1, "disconnected").await;
        writes(world, VENDOR_1, AWA, "Bonjour", "PARKED").await;
        staff_writes(world, MOUSSA, "Le colis est prêt").await;
        assert_eq!(world.statuses(VENDOR_1).await, ["parked", "parked"]);
        let backup = Backup::of(world).await;
        session(world, VENDOR_1, "connected").await;
        world.recover().await;
        assert_eq!((sent_to(world, AWA), sent_to(world, MOUSSA)), (1, 1));
        let restore = backup.put_back(world).await;
        worked_through(world).await;
        assert_eq!(world.statuses(VENDOR_1).await, ["unknown", "unknown"]);
        for _ in 0..5 {
            world.later(3_600).await;
            world.sweep().await;
        }
        assert_eq!((sent_to(world, AWA), sent_to(world, MOUSSA)), (1, 1));
        let listed = world.messages(VENDOR_1, "outbound").await;
        let id = listed[0]["id"].as_str().expect("an id");
        let sending = &detail(world, id).await["sending"];
        assert_eq!(
            sending["restoredAt"],
            json!(millis(restore.moment())),
            "{sending}"
        );
        writes(world, VENDOR_1, RAMA, "Bonjour", "NEW").await;
        assert_eq!(sent_to(world, RAMA), 1, "its lane goes again");
    })
    .await;
}

/// The values that were told of a metric of no vendor.
fn told(metric: Metric) -> Vec<u64> {
    let lines = World::all_log_lines();
    let values = lines.iter().map(|line| &line[metric.name()]);
    values.filter_map(Value::as_u64).collect()
}

#[tokio::test]
async fn how_many_sends_wait_for_a_person_is_told_until_somebody_decided_on_each() {
    run(async |world| {
        logs_nothing(world).await;
        session(world, VENDOR_1, "disconnected").await;
        writes(world, VENDOR_1, AWA, "Bonjour", "PARKED").await;
        staff_writes(world, MOUSSA, "Le colis est prêt").await;
        let backup = Backup::of(world).await;
        session(world, VENDOR_1, "connected").await;
        world.recover().await;
        backup.put_back(world).await;
        worked_through(world).await;
        let held = async || get(world, "restore").await.json["held"].clone();
        let before = held().await;
        let vendors = json!([{ "vendorId": "vendor_001", "left": 2 }]);
        assert_eq!(
            (&before["sends"], &before["left"], &before["vendors"]),
            (&json!(2), &json!(2), &vendors)
        );
        assert!(told(Metric::RestorePending).contains(&2));
        world.later(600).await;
        let listed = world.messages(VENDOR_1, "outbound").await;
        for (message, decision) in listed.iter().zip(["discard", "retry"]) {
            let id = message["id"].as_str().expect("an id");
            let path = format!("vendors/{}/messages/{id}/{decision}", VENDOR_1.id);
            let answer = world.admin("POST", &path, &[], &Value::Null).await;
            assert!(answer.status < 300, "{}", answer.text);
            world.later(600).await;
            world.sweep().await;
        }
        let after = held().await;
        let counts = ["sends", "decided", "left"].map(|name| after[name].clone());
        assert_eq!(counts, [json!(2), json!(2), json!(0)]);
        assert_eq!(after["vendors"], json!([]));
        // Nothing comes into doubt by it any more, so it is not counted again.
        world.later(600).await;
        world.sweep().await;
        assert_eq!(held().await, after);
        assert!(told(Metric::RestorePending).contains(&0));
    })
    .await;
}

#[tokio::test]
async fn a_restore_that_is_not_worked_through_is_told_every_minute() {
    run(async |world| {
        let moment = world.clock().now() + Duration::from_mins(10);
        world.deploy(Some(Restore::at(moment)));
        world.sweep().await;
        assert_eq!(state(world).await, "waiting");
        assert!(told(Metric::RestoreRunning).contains(&1));
        writes(world, VENDOR_1, AWA, "Bonjour", "WAITS").await;
        assert_eq!(world.sent(VENDOR_1).len(), 0);
        world.later(601).await;
        world.sweep().await;
        assert_eq!(state(world).await, "done");
        assert!(told(Metric::RestoreRunning).contains(&0));
        assert_eq!(get(world, "restore").await.json["held"]["sends"], json!(0));
    })
    .await;
}

/// A moment as tables keep it.
fn millis(at: jiff::Timestamp) -> String {
    let kept = jiff::Timestamp::from_millisecond(at.as_millisecond());
    kept.expect("a moment").to_string()
}

#[tokio::test]
async fn a_log_that_the_provider_keeps_settles_what_a_restore_brought_into_doubt() {
    run(async |world| {
        session(world, VENDOR_1, "disconnected").await;
        writes(world, VENDOR_1, AWA, "Bonjour", "PARKED").await;
        let backup = Backup::of(world).await;
        session(world, VENDOR_1, "connected").await;
        world.recover().await;
        assert_eq!(sent_to(world, AWA), 1);
        backup.put_back(world).await;
        worked_through(world).await;
        world.recover().await;
        let statuses = world.statuses(VENDOR_1).await;
        assert!(!statuses.contains(&"unknown".to_owned()), "{statuses:?}");
        assert_eq!(sent_to(world, AWA), 1);
    })
    .await;
}

#[tokio::test]
async fn a_message_of_before_that_comes_again_is_kept_and_not_answered_again() {
    run(async |world| {
        let backup = Backup::of(world).await;
        let event = message(world, AWA, "Bonjour", "BEFORE");
        assert_eq!(world.webhook(VENDOR_1, &event).await.status, 200);
        world.quiet().await;
        assert_eq!(sent_to(world, AWA), 1);
        // Longer than the queue remembers that it had it.
        world.later(600).await;
        backup.put_back(world).await;
        worked_through(world).await;
        assert_eq!(world.webhook(VENDOR_1, &event).await.status, 200);
        world.recover().await;
        assert_eq!(sent_to(world, AWA), 1);
        let inbound = world.messages(VENDOR_1, "inbound").await;
        assert_eq!(inbound.len(), 1);
        assert_eq!(
            (&inbound[0]["status"], &inbound[0]["outcome"]),
            (&json!("handled"), &json!("restored"))
        );
        world.later(2).await;
        writes(world, VENDOR_1, AWA, "Bonjour encore", "SINCE").await;
        assert_eq!(sent_to(world, AWA), 2, "what is new is answered");
    })
    .await;
}

#[tokio::test]
async fn what_was_deleted_revoked_paused_or_silenced_since_the_backup_stays_so() {
    run(async |world| {
        let (id, key) = create(world, &json!({ "name": "till", "scopes": ["read"] })).await;
        assert_eq!(register(world, &shop(3)).await.status, 201);
        writes(world, VENDOR_1, AWA, "Bonjour", "KNOWN").await;
        let backup = Backup::of(world).await;
        assert_eq!(delete(world, "vendors/shop_03").await.status, 202);
        crate::deleting::until_erased(world, "shop_03").await;
        let number = "vendors/vendor_002/waba/waba_vendor_002";
        assert_eq!(delete(world, number).await.status, 200);
        assert_eq!(delete(world, &format!("keys/{id}")).await.status, 200);
        writes(world, VENDOR_1, AWA, "STOP", "STOP1").await;
        writes(world, VENDOR_1, RAMA, "STOP", "STOP2").await;
        writes(world, VENDOR_1, MOUSSA, "STOP", "STOP3").await;
        world.later(2).await;
        writes(world, VENDOR_1, MOUSSA, "START", "START3").await;
        backup.put_back(world).await;
        assert_eq!(
            get(world, "vendors/shop_03").await.status,
            200,
            "it is back"
        );
        worked_through(world).await;
        is_problem(&get(world, "vendors/shop_03").await, 404, "no_such_vendor");
        let revoked = with(world, &key, "GET", "vendors", &Value::Null).await;
        is_problem(&revoked, 401, "unauthorized");
        let vendor = get(world, "vendors/vendor_002").await;
        assert_eq!(vendor.json["wabaInstances"], json!([]));
        let before = [AWA, RAMA, MOUSSA].map(|to| sent_to(world, to));
        writes(world, VENDOR_1, AWA, "Bonjour", "AGAIN1").await;
        writes(world, VENDOR_1, RAMA, "Bonjour", "AGAIN2").await;
        writes(world, VENDOR_1, MOUSSA, "Bonjour", "AGAIN3").await;
        let after = [AWA, RAMA, MOUSSA].map(|to| sent_to(world, to));
        assert_eq!(after, [before[0], before[1], before[2] + 1]);
        crate::deleting::until_erased(world, "shop_03").await;
        // With words that were kept beside conversations that began since.
        let all = delete(world, "vendors/vendor_001?force=true").await;
        assert_eq!(all.status, 202, "{}", all.text);
        crate::deleting::until_erased(world, "vendor_001").await;
    })
    .await;
}

#[tokio::test]
async fn a_vendor_that_was_paused_since_the_backup_is_paused_and_one_that_goes_on_again_is_not() {
    run(async |world| {
        let backup = Backup::of(world).await;
        let set = async |vendor: &str, how: &str| {
            let path = format!("vendors/{vendor}/{how}");
            let answer = world.admin("POST", &path, &[], &Value::Null).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            world.later(1).await;
        };
        set(VENDOR_1.id, "pause").await;
        set(VENDOR_2.id, "pause").await;
        set(VENDOR_2.id, "resume").await;
        backup.put_back(world).await;
        worked_through(world).await;
        writes(world, VENDOR_1, AWA, "Bonjour", "PAUSED").await;
        writes(world, VENDOR_2, RAMA, "Bonjour", "RESUMED").await;
        assert_eq!((sent_to(world, AWA), sent_to(world, RAMA)), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_question_that_its_engine_answered_since_the_backup_is_not_answered_again() {
    run(async |world| {
        let engine = EngineDouble::start(world);
        engine.always(Act::status(202));
        world.configure_engine(VENDOR_1, &engine).await;
        writes(world, VENDOR_1, AWA, "Vous livrez ?", "Q1").await;
        let inbound = world.messages(VENDOR_1, "inbound").await;
        let question = inbound[0]["id"].clone();
        let backup = Backup::of(world).await;
        let path = format!("vendors/{}/send-message", VENDOR_1.id);
        let reply = json!({ "inReplyTo": question, "text": "Oui, demain." });
        let key = [("idempotency-key", "late")];
        assert_eq!(world.admin("POST", &path, &key, &reply).await.status, 202);
        world.quiet().await;
        assert_eq!(sent_to(world, AWA), 1);
        backup.put_back(world).await;
        worked_through(world).await;
        is_problem(
            &world.admin("POST", &path, &key, &reply).await,
            409,
            "superseded",
        );
        world.later(600).await;
        world.recover().await;
        assert_eq!(
            sent_to(world, AWA),
            1,
            "neither the reply again nor the fallback"
        );
    })
    .await;
}

/// Lets the worker of a restore die at a step; `false`: the restore was done before.
async fn dies_at(world: &World, backup: &Backup, step: usize) -> bool {
    backup.put_back(world).await;
    world.aws().faults().crash("sweep", step, When::After);
    world.sweep_that_may_die().await;
    world.heal();
    let is_undone = state(world).await != "done";
    world.sweep().await;
    assert_eq!(state(world).await, "done", "step {step}");
    let statuses = world.statuses(VENDOR_1).await;
    let sent = (sent_to(world, AWA), sent_to(world, MOUSSA));
    assert_eq!(statuses, ["unknown", "unknown"], "step {step}");
    assert_eq!(sent, (1, 1), "step {step}");
    let erasure = get(world, "vendors/shop_03").await;
    is_problem(&erasure, 404, "no_such_vendor");
    is_undone
}

/// Each time with a new moment, as a person would restore once more.
#[tokio::test]
async fn a_restore_whose_worker_dies_at_any_step_ends_as_one_whose_worker_lives() {
    run(async |world| {
        logs_nothing(world).await;
        assert_eq!(register(world, &shop(3)).await.status, 201);
        session(world, VENDOR_1, "disconnected").await;
        writes(world, VENDOR_1, AWA, "Bonjour", "PARKED").await;
        staff_writes(world, MOUSSA, "Le colis est prêt").await;
        let backup = Backup::of(world).await;
        assert_eq!(delete(world, "vendors/shop_03").await.status, 202);
        session(world, VENDOR_1, "connected").await;
        world.recover().await;
        let mut steps = 1;
        while dies_at(world, &backup, steps).await {
            // One by one through what deletes a vendor again, and then every other: its page is done again from its beginning.
            steps += if steps < 16 { 1 } else { 2 };
            assert!(steps < 100, "a restore takes fewer steps");
        }
        assert!(steps > 15, "a restore takes more steps than {steps}");
        worked_through(world).await;
        writes(world, VENDOR_1, RAMA, "Bonjour", "NEW").await;
        assert_eq!(sent_to(world, RAMA), 1);
    })
    .await;
}
