//! Whether sessions are heard: settings that drift, silence, words that got lost, and the gaps that are shown for them.

use embedded_aws::{Matcher, Service, When};
use serde_json::{Value, json};
use testkit::wasender::{received, session_status};

use crate::front_door::{calls_of, get, is_problem};
use crate::world::{AWA, VENDOR_1, VENDOR_2, World, run, run_without_repairs};

/// The sweep's next look at every session.
async fn look(world: &World) {
    world.later(301).await;
    world.sweep().await;
}

async fn set(world: &World, settings: Value) {
    let path = format!("whatsapp-sessions/{}", VENDOR_1.session);
    world.provider("PUT", &path, &settings).await;
}

/// What the admin API shows of the first vendor's number.
async fn number(world: &World) -> Value {
    get(world, "vendors/vendor_001").await.json["wabaInstances"][0].clone()
}

/// The first vendor's gaps of a cause, newest first, and whether each lasts.
async fn gaps(world: &World, cause: &str) -> Vec<bool> {
    let answer = get(world, "vendors/vendor_001/gaps").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let gaps = answer.json["gaps"].as_array().expect("a list");
    let of_cause = gaps.iter().filter(|gap| gap["cause"] == cause);
    of_cause.map(|gap| gap["to"].is_null()).collect()
}

async fn session(world: &World, status: &str) {
    let changed = world.simulator().set_status(VENDOR_1.session, status);
    assert_eq!(changed.await.expect("the session exists"), Some(200));
    world.quiet().await;
}

async fn session_silently(world: &World, status: &str) {
    let changed = world
        .simulator()
        .set_status_silently(VENDOR_1.session, status);
    changed.await.expect("the session exists");
}

fn count(metric: &str) -> usize {
    let lines = World::log_lines(VENDOR_1.id);
    lines.iter().filter(|line| line[metric] == 1).count()
}

#[tokio::test]
async fn settings_that_drift_are_shown_until_they_are_put_back() {
    run_without_repairs(async |world| {
        look(world).await;
        assert_eq!(number(world).await["drift"], json!([]));
        assert_eq!(gaps(world, "drift").await, Vec::<bool>::new());
        set(world, json!({
            "webhook_url": "https://elsewhere.example/hook", "ignore_groups": true,
            "webhook_events": ["messages.received", "message.sent", "message-receipt.update", "messages.reaction", "messages.delete",
                "session.status", "qrcode.updated", "passkey.updated", "poll.results", "call"],
        }))
        .await;
        for _ in 0..2 {
            look(world).await;
            let drift = json!(["webhook_url", "webhook_events.messages.update", "ignore_groups"]);
            assert_eq!(number(world).await["drift"], drift);
            assert_eq!(gaps(world, "drift").await, [true], "one gap, however often it is seen");
        }
        assert!(count("SettingsDrift") >= 2, "the alarm stays on");
        set(world, json!({ "webhook_url": null, "ignore_groups": false, "webhook_events": [] })).await;
        look(world).await;
        assert_eq!(number(world).await["drift"], json!([]));
        assert_eq!(gaps(world, "drift").await, [false]);
    })
    .await;
}

#[tokio::test]
async fn a_webhook_that_is_switched_off_is_a_drift_of_its_vendor_alone() {
    run_without_repairs(async |world| {
        set(world, json!({ "webhook_enabled": false })).await;
        look(world).await;
        assert_eq!(number(world).await["drift"], json!(["webhook_enabled"]));
        let other = get(world, &format!("vendors/{}", VENDOR_2.id)).await.json;
        assert_eq!(other["wabaInstances"][0]["drift"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn what_else_the_account_tells_of_a_session_is_learned() {
    run(async |world| {
        assert_eq!(
            number(world).await["providerAccountProtection"],
            Value::Null
        );
        set(
            world,
            json!({ "account_protection": true, "log_messages": false }),
        )
        .await;
        look(world).await;
        let seen = number(world).await;
        assert_eq!(
            (&seen["providerAccountProtection"], &seen["loggingOn"]),
            (&json!(true), &json!(false))
        );
        set(
            world,
            json!({ "account_protection": false, "log_messages": true }),
        )
        .await;
        look(world).await;
        let seen = number(world).await;
        assert_eq!(
            (&seen["providerAccountProtection"], &seen["loggingOn"]),
            (&json!(false), &json!(true))
        );
    })
    .await;
}

#[tokio::test]
async fn a_protection_that_the_account_tells_paces_the_lane() {
    run(async |world| {
        let staff_writes = async |count: usize| {
            for number in 0..count {
                let body = json!({ "to": format!("+{AWA}"), "message": format!("Le colis {number}") });
                let path = "vendors/vendor_001/send-message";
                let answer = world.admin("POST", path, &[], &body).await;
                assert_eq!(answer.status, 202, "{}", answer.text);
            }
            world.quiet().await;
        };
        set(world, json!({ "account_protection": true })).await;
        look(world).await;
        staff_writes(3).await;
        assert_eq!(world.sent(VENDOR_1).len(), 1, "one in 5 s");
        world.later(7).await;
        assert_eq!(world.sent(VENDOR_1).len(), 2);
        assert_eq!(count("SendDeferred"), 0, "the provider refused none");
        // Registered again as it is configured, it stays as slow as it was told.
        let vendor = json!({
            "vendorId": VENDOR_1.id, "businessName": "My Shop A", "phoneNumber": "+221701111111",
            "wasenderInstanceId": VENDOR_1.session, "wasenderWebhookSecret": VENDOR_1.secret, "wasenderApiKey": "api_key_abc",
        });
        let registered = world.admin("POST", "vendors", &[], &vendor).await;
        assert_eq!(registered.status, 200, "{}", registered.text);
        staff_writes(2).await;
        assert_eq!(world.sent(VENDOR_1).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_connected_session_that_falls_silent_is_reported_until_it_is_heard() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        for number in 0..8 {
            let message = received("Bonjour", AWA, &format!("HEARD{number}"));
            world.webhook(VENDOR_1, &message).await;
            look(world).await;
            world.later(11 * 3600).await;
        }
        look(world).await;
        assert_eq!(
            gaps(world, "silent").await,
            Vec::<bool>::new(),
            "it is a night"
        );
        world.later(24 * 3600).await;
        for _ in 0..2 {
            look(world).await;
            assert_eq!(gaps(world, "silent").await, [true]);
        }
        assert!(count("SessionSilent") >= 2, "the alarm stays on");
        world
            .webhook(VENDOR_1, &received("Bonjour", AWA, "AGAIN"))
            .await;
        look(world).await;
        assert_eq!(gaps(world, "silent").await, [false]);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_silent_because_it_is_down_is_down() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        for number in 0..8 {
            let message = received("Bonjour", AWA, &format!("HEARD{number}"));
            world.webhook(VENDOR_1, &message).await;
            look(world).await;
            world.later(11 * 3600).await;
        }
        world.later(24 * 3600).await;
        session_silently(world, "logged_out").await;
        look(world).await;
        assert_eq!(gaps(world, "silent").await, Vec::<bool>::new());
        assert_eq!(gaps(world, "disconnected").await, [true]);
        assert_eq!(number(world).await["status"], "logged_out");
    })
    .await;
}

#[tokio::test]
async fn a_session_that_was_away_leaves_one_gap_that_the_messages_page_shows() {
    run(async |world| {
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "BEFORE")
            .await;
        world.later(60).await;
        session(world, "disconnected").await;
        session(world, "need_scan").await;
        assert_eq!(gaps(world, "disconnected").await, [true]);
        world.later(20).await;
        session(world, "connected").await;
        world.later(60).await;
        world.customer_writes(VENDOR_1, AWA, "Merci", "AFTER").await;
        world.quiet().await;
        assert_eq!(gaps(world, "disconnected").await, [false]);
        let page = get(world, "vendors/vendor_001/messages").await.json;
        let shown = page["gaps"].as_array().expect("a list");
        assert_eq!(shown.len(), 1, "{page}");
        assert_eq!(
            (&shown[0]["cause"], &shown[0]["wabaId"]),
            (&json!("disconnected"), &json!("waba_vendor_001"))
        );
        assert!(shown[0]["from"].as_str() < shown[0]["to"].as_str());
        // A page of what came after it does not touch it.
        let newest = get(world, "vendors/vendor_001/messages?limit=1").await.json;
        assert_eq!(newest["gaps"], json!([]), "{newest}");
        let other = get(world, "vendors/vendor_002/gaps").await.json;
        assert_eq!(other, json!({ "gaps": [] }));
        is_problem(
            &get(world, "vendors/vendor_999/gaps").await,
            404,
            "no_such_vendor",
        );
    })
    .await;
}

#[tokio::test]
async fn a_drop_whose_word_got_lost_is_found_by_the_next_look() {
    run(async |world| {
        session_silently(world, "disconnected").await;
        look(world).await;
        assert_eq!(gaps(world, "disconnected").await, [true]);
        assert_eq!(number(world).await["lane"]["reason"], "not_connected");
        session_silently(world, "connected").await;
        world.later(61).await;
        world.sweep().await;
        assert_eq!(gaps(world, "disconnected").await, [false]);
        assert_eq!(number(world).await["lane"]["state"], "open");
    })
    .await;
}

#[tokio::test]
async fn a_word_that_is_not_so_is_corrected_within_a_minute() {
    run(async |world| {
        let answer = world
            .webhook(VENDOR_1, &session_status("disconnected"))
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(number(world).await["lane"]["reason"], "not_connected");
        world.later(31).await;
        assert_eq!(number(world).await["lane"]["state"], "open");
        assert_eq!(number(world).await["status"], "connected");
        // The other way round: it came back and left again, and its words changed places.
        session_silently(world, "disconnected").await;
        let answer = world.webhook(VENDOR_1, &session_status("connected")).await;
        assert_eq!(answer.status, 200);
        world.quiet().await;
        assert_eq!(number(world).await["lane"]["reason"], "not_connected");
    })
    .await;
}

#[tokio::test]
async fn a_storm_of_words_is_confirmed_once() {
    run(async |world| {
        for _ in 0..10 {
            for status in ["disconnected", "connecting"] {
                world.webhook(VENDOR_1, &session_status(status)).await;
            }
        }
        assert_eq!(world.held("later"), 1);
    })
    .await;
}

#[tokio::test]
async fn a_confirmation_that_the_queue_refused_is_made_by_the_sweep() {
    run(async |world| {
        world.refuse(Matcher::any().caller("messages").service(Service::Sqs));
        let answer = world
            .webhook(VENDOR_1, &session_status("disconnected"))
            .await;
        assert_eq!(answer.status, 200);
        world.heal();
        assert_eq!(world.held("later"), 0);
        world.later(61).await;
        world.sweep().await;
        assert_eq!(number(world).await["lane"]["state"], "open");
    })
    .await;
}

#[tokio::test]
async fn a_time_in_which_nobody_looked_is_a_gap() {
    run(async |world| {
        look(world).await;
        look(world).await;
        assert_eq!(gaps(world, "observer").await, Vec::<bool>::new());
        world.later(16 * 60).await;
        world.sweep().await;
        assert_eq!(gaps(world, "observer").await, [false]);
        look(world).await;
        assert_eq!(gaps(world, "observer").await, [false]);
    })
    .await;
}

#[tokio::test]
async fn webhooks_that_could_not_be_kept_leave_a_gap_once_they_are() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        world
            .webhook(VENDOR_1, &received("Bonjour", AWA, "WARM"))
            .await;
        world.refuse(Matcher::any().caller("messages"));
        for number in 0..3 {
            let lost = received("Bonjour", AWA, &format!("LOST{number}"));
            assert_eq!(world.webhook(VENDOR_1, &lost).await.status, 503);
            world.later(10).await;
        }
        world.heal();
        assert_eq!(gaps(world, "ingest").await, Vec::<bool>::new());
        world.aws().calls().take();
        world
            .webhook(VENDOR_1, &received("Bonjour", AWA, "KEPT"))
            .await;
        let calls = calls_of(world, "messages");
        let expected = [
            "Sqs SendMessage local-inbound.fifo",
            "DynamoDb UpdateItem local-waba_instances",
        ];
        assert_eq!(calls, expected);
        assert_eq!(gaps(world, "ingest").await, [false]);
        world.aws().calls().take();
        world
            .webhook(VENDOR_1, &received("Bonjour", AWA, "NEXT"))
            .await;
        assert_eq!(calls_of(world, "messages"), expected[..1]);
    })
    .await;
}

#[tokio::test]
async fn a_look_may_die_at_any_step() {
    run_without_repairs(async |world| {
        for when in [When::Before, When::After] {
            for step in 1.. {
                set(world, json!({ "ignore_groups": true })).await;
                world.later(301).await;
                world.aws().faults().crash("sweep", step, when);
                world.sweep_that_may_die().await;
                let died = world.aws().faults().pending_crashes() == 0;
                world.heal();
                look(world).await;
                assert_eq!(
                    number(world).await["drift"],
                    json!(["ignore_groups"]),
                    "{when:?} {step}"
                );
                set(world, json!({ "ignore_groups": false })).await;
                look(world).await;
                assert_eq!(number(world).await["drift"], json!([]), "{when:?} {step}");
                let all = gaps(world, "drift").await;
                assert!(all.iter().all(|lasts| !lasts), "{when:?} {step}: {all:?}");
                if !died {
                    break;
                }
            }
        }
    })
    .await;
}
