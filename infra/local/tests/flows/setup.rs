//! Sessions are set up at the provider as the gateway needs them, kept so though another tool changes them, and shown as they are.

use serde_json::{Value, json};
use simulator::{Fault, FaultKind, Inbound, SessionSpec};
use testkit::wasender::{headers, received};

use crate::front_door::{get, is_problem, post, register};
use crate::world::{AWA, Answer, VENDOR_1, World, run, run_without_repairs};

const SET_UP: &str = "vendors/vendor_001/setup-wasender-webhook";
const STATUS: &str = "vendors/vendor_001/wasender-status";
/// Where nobody listens.
const ELSEWHERE: &str = "http://127.0.0.1:1/hook";
const EVENTS: [&str; 11] = [
    "messages.upsert",
    "messages.update",
    "message.sent",
    "message-receipt.update",
    "messages.reaction",
    "messages.delete",
    "session.status",
    "qrcode.updated",
    "passkey.updated",
    "poll.results",
    "call",
];

async fn set_up(world: &World) -> Answer {
    let answer = world.admin("POST", SET_UP, &[], &Value::Null).await;
    world.quiet().await;
    answer
}

/// Another tool sets the session as it likes.
async fn overwrite(world: &World, settings: Value) {
    let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
    world.provider("PUT", &path, &settings).await;
}

async fn webhook_url(world: &World) -> Value {
    let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
    world.provider("GET", &path, &Value::Null).await["data"]["webhook_url"].clone()
}

async fn look(world: &World) {
    world.later(301).await;
    world.sweep().await;
}

/// Whether each gap by drift lasts, newest first.
async fn gaps(world: &World) -> Vec<bool> {
    let answer = get(world, "vendors/vendor_001/gaps").await.json;
    let gaps = answer["gaps"].as_array().expect("a list").iter();
    let of_drift = gaps.filter(|gap| gap["cause"] == "drift");
    of_drift.map(|gap| gap["to"].is_null()).collect()
}

/// A customer writes, and the provider posts that where it was told to.
async fn customer_writes(world: &World, text: &str) {
    world.unspeakable(&[AWA]);
    let inbound = Inbound {
        vendor_id: VENDOR_1.id.to_owned(),
        from: format!("+{AWA}"),
        text: text.to_owned(),
        ..Inbound::default()
    };
    let answer = world.simulator().inbound(inbound).await;
    answer.expect("the session exists");
    world.quiet().await;
}

#[tokio::test]
async fn a_session_is_set_up_read_back_and_verified_however_often() {
    run(async |world| {
        overwrite(world, json!({ "webhook_url": ELSEWHERE, "webhook_enabled": false, "webhook_events": ["call"], "ignore_groups": true })).await;
        // Switching the webhooks on has the provider make another secret.
        for secret in ["adopted", "known"] {
            let answer = set_up(world).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let told = &answer.json;
            assert_eq!((&told["verified"], &told["drift"]), (&json!(true), &json!([])));
            assert_eq!((&told["warning"], &told["webhookSecret"]), (&Value::Null, &json!(secret)));
            assert_eq!(told["events"], json!(EVENTS));
            assert_eq!(told["webhookUrl"], webhook_url(world).await);
        }
        customer_writes(world, "Bonjour").await;
        assert_eq!(world.sent(VENDOR_1).len(), 1, "webhooks come");
        let unknown = json!({ "wabaId": "waba_x" });
        is_problem(&world.admin("POST", SET_UP, &[], &unknown).await, 404, "no_such_number");
    })
    .await;
}

#[tokio::test]
async fn setting_up_ends_a_drift_that_was_seen() {
    run_without_repairs(async |world| {
        overwrite(world, json!({ "webhook_url": ELSEWHERE })).await;
        look(world).await;
        assert_eq!(gaps(world).await, [true]);
        assert_eq!(set_up(world).await.json["verified"], true);
        assert_eq!(gaps(world).await, [false]);
        let number = get(world, "vendors/vendor_001").await.json["wabaInstances"][0].clone();
        assert_eq!(number["drift"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn another_secret_of_the_provider_is_read_back_and_the_former_stays_good() {
    run(async |world| {
        let fresh = "secret_of_another_time";
        world.unspeakable(&[fresh]);
        let spec = SessionSpec {
            vendor_id: VENDOR_1.id.to_owned(),
            instance_id: VENDOR_1.session.to_owned(),
            phone: "+221701111111".to_owned(),
            api_key: "api_key_abc".to_owned(),
            webhook_secret: fresh.to_owned(),
        };
        world.simulator().add_session(spec).expect("it is known");
        assert_eq!(set_up(world).await.json["webhookSecret"], "adopted");
        for (secret, key_id) in [(fresh, "FRESH"), (VENDOR_1.secret, "FORMER")] {
            let body = received("Bonjour", AWA, key_id);
            let answer = post(world, VENDOR_1.id, &headers(secret), body.to_string()).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        world.quiet().await;
        assert_eq!(set_up(world).await.json["webhookSecret"], "known");
    })
    .await;
}

#[tokio::test]
async fn settings_that_the_running_session_does_not_go_by_are_warned_of() {
    run(async |world| {
        let unsynced = Fault::new(FaultKind::NotSynced).times(1);
        world.simulator().fault(unsynced).expect("a fault");
        let warned = set_up(world).await.json;
        let warning = warned["warning"].as_str().expect("a warning");
        assert!(warning.contains("failed to sync") && warned["hint"].is_string());
        let again = set_up(world).await.json;
        assert_eq!(
            (&again["warning"], &again["hint"]),
            (&Value::Null, &Value::Null)
        );
    })
    .await;
}

#[tokio::test]
async fn what_another_tool_overwrites_is_put_back_and_events_come_again() {
    run(async |world| {
        look(world).await;
        let ours = webhook_url(world).await;
        overwrite(world, json!({ "webhook_url": ELSEWHERE, "webhook_events": ["messages.upsert", "contacts.upsert"] })).await;
        customer_writes(world, "Perdu").await;
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 0, "it went elsewhere");
        look(world).await;
        assert_eq!(webhook_url(world).await, ours);
        assert_eq!(gaps(world).await, [false], "it began and ended");
        customer_writes(world, "Bonjour").await;
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 1);
        // What was subscribed by hand stays.
        let status = get(world, STATUS).await.json;
        let account = &status["numbers"][0]["account"];
        let events = account["webhookEvents"].as_array().expect("a list");
        assert!(events.contains(&json!("contacts.upsert")) && events.contains(&json!("messages.update")));
        assert_eq!(account["drift"], json!([]));
        let lines = World::log_lines(VENDOR_1.id);
        assert!(lines.iter().any(|line| line["SettingsRepaired"] == 1));
    })
    .await;
}

/// Says whether the settings of the first demo vendor's number are put back.
async fn repairs(world: &World, are_put_back: bool) {
    let vendor = json!({
        "vendorId": VENDOR_1.id, "businessName": "My Shop A", "phoneNumber": "+221701111111",
        "wasenderInstanceId": VENDOR_1.session, "wasenderWebhookSecret": VENDOR_1.secret,
        "repairDrift": are_put_back,
    });
    let answer = register(world, &vendor).await;
    assert_eq!(answer.json["wabaInstances"][0]["repairDrift"], are_put_back);
}

#[tokio::test]
async fn what_another_tool_sets_is_left_and_shown_where_a_number_says_so() {
    run(async |world| {
        repairs(world, false).await;
        overwrite(world, json!({ "webhook_url": ELSEWHERE })).await;
        look(world).await;
        assert_eq!(webhook_url(world).await, ELSEWHERE);
        assert_eq!(gaps(world).await, [true]);
        let number = get(world, "vendors/vendor_001").await.json["wabaInstances"][0].clone();
        assert_eq!(number["repairDrift"], false);
        assert_ne!(number["drift"], json!([]));
        repairs(world, true).await;
        world.later(301).await;
        look(world).await;
        assert_ne!(webhook_url(world).await, ELSEWHERE);
        assert_eq!(gaps(world).await, [false]);
    })
    .await;
}

#[tokio::test]
async fn two_tools_do_not_fight_for_ever() {
    run(async |world| {
        let ours = webhook_url(world).await;
        let mut repaired = 0;
        for _ in 0..72 {
            overwrite(world, json!({ "webhook_url": ELSEWHERE })).await;
            // Once in 10 minutes, for half a day.
            world.later(299).await;
            look(world).await;
            repaired += usize::from(webhook_url(world).await == ours);
        }
        assert_eq!(repaired, 5);
        assert_eq!(gaps(world).await[0], Value::Bool(true), "it lasts");
        for _ in 0..2 {
            world.later(12 * 3_600).await;
            look(world).await;
        }
        assert_eq!(
            webhook_url(world).await,
            ours,
            "the next day it is tried again"
        );
    })
    .await;
}

#[tokio::test]
async fn a_sessions_live_status_is_shown_beside_the_stored_one() {
    run(async |world| {
        let shown = get(world, STATUS).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        let number = &shown.json["numbers"][0];
        assert_eq!(number["live"], json!({ "status": "connected" }));
        assert_eq!(
            (&number["stored"]["status"], &number["stored"]["identity"]),
            (&json!("pending"), &json!("verified"))
        );
        assert_eq!(
            (&number["account"]["status"], &number["account"]["drift"]),
            (&json!("connected"), &json!([]))
        );
        assert_eq!(
            (&number["lane"]["state"], &number["openGaps"]),
            (&json!("open"), &json!([]))
        );
        let gone = world
            .simulator()
            .set_status_silently(VENDOR_1.session, "logged_out");
        gone.await.expect("the session exists");
        let number = get(world, &format!("{STATUS}?wabaId=waba_vendor_001"))
            .await
            .json["numbers"][0]
            .clone();
        assert_eq!(
            (&number["live"]["status"], &number["stored"]["status"]),
            (&json!("logged_out"), &json!("pending"))
        );
        is_problem(
            &get(world, &format!("{STATUS}?wabaId=waba_x")).await,
            404,
            "no_such_number",
        );
        is_problem(
            &get(world, "vendors/vendor_999/wasender-status").await,
            404,
            "no_such_vendor",
        );
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_counted_and_a_provider_that_is_away_is_part_of_the_answer() {
    run(async |world| {
        let changed = world
            .simulator()
            .set_status(VENDOR_1.session, "disconnected");
        changed.await.expect("the session exists");
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "WAITS")
            .await;
        world.quiet().await;
        for path in ["status", "whatsapp-sessions"] {
            let away = Fault::new(FaultKind::Reset).path(path);
            world.simulator().fault(away).expect("a fault");
        }
        let shown = get(world, STATUS).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        let number = &shown.json["numbers"][0];
        assert_eq!(
            (&number["live"], &number["liveReason"]),
            (&Value::Null, &json!("provider_unavailable"))
        );
        assert_eq!(
            (&number["account"], &number["accountReason"]),
            (&Value::Null, &json!("provider_unavailable"))
        );
        assert_eq!(
            (&number["lane"]["waiting"], &number["open"]),
            (&json!(1), &json!({ "parked": 1 }))
        );
        assert_eq!(number["openGaps"][0]["cause"], "disconnected");
        world.simulator().clear_faults().expect("faults end");
        let refused = Fault::new(FaultKind::Unauthorized);
        world.simulator().fault(refused).expect("a fault");
        let number = get(world, STATUS).await.json["numbers"][0].clone();
        assert_eq!(
            (&number["liveReason"], &number["accountReason"]),
            (&json!("api_key_refused"), &json!("account_token_refused"))
        );
    })
    .await;
}
