//! As fast as the session may, never faster, in order: by what is configured, by what the provider answers, by the day.

use axum::http::Request;
use axum::http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use platform::Http;
use serde_json::{Value, json};
use simulator::{DEFAULT_PERSONAL_ACCESS_TOKEN, Fault, FaultKind, Plan, ResetHeader};

use crate::front_door::{registered_as, shop};
use crate::world::{AWA, MOUSSA, VENDOR_2, Vendor, World, run, run_with};

/// A vendor of its own for each test, because the log is one for all of them. Its number is the test's.
async fn registered(world: &World, number: usize, pacing: &Value) -> Vendor {
    let mut vendor = shop(number);
    for (name, value) in pacing.as_object().expect("fields") {
        vendor[name] = value.clone();
    }
    registered_as(world, &vendor).await
}

/// Somebody switches account protection on in Wasender's dashboard.
async fn protected_at_wasender(world: &World, vendor: Vendor) {
    let url = format!(
        "{}/api/whatsapp-sessions/{}",
        world.simulator().url(),
        vendor.session
    );
    let request = Request::put(url)
        .header(
            AUTHORIZATION,
            format!("Bearer {DEFAULT_PERSONAL_ACCESS_TOKEN}"),
        )
        .header("content-type", "application/json")
        .body(json!({ "account_protection": true }).to_string().into());
    let answer = Http::new().perform(request.expect("a request")).await;
    assert_eq!(answer.expect("an answer").status(), 200);
}

fn numbered(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("message {number:02}"))
        .collect()
}

async fn staff_writes(world: &World, vendor: Vendor, count: usize) {
    let path = format!("vendors/{}/send-message", vendor.id);
    for text in numbered(count) {
        world.unspeakable(&[&text]);
        let body = json!({ "to": format!("+{AWA}"), "message": text });
        let answer = world.admin("POST", &path, &[], &body).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
    world.quiet().await;
}

/// Lets time pass in steps until so many have left; the sweep passes once a minute.
async fn until_sent(world: &World, vendor: Vendor, count: usize, (step, at_most): (u64, u64)) {
    let mut passed = 0;
    while world.sent(vendor).len() < count {
        assert!(
            passed < at_most,
            "{:?} after {passed} s",
            world.sent(vendor)
        );
        world.later(step).await;
        passed += step;
        if passed % 60 < step {
            world.sweep().await;
        }
    }
}

/// The times between a vendor's sends.
fn gaps(world: &World, vendor: Vendor) -> Vec<SignedDuration> {
    let sends = world.simulator().sends();
    let of_the_vendor = |send: &&simulator::Send| send.session == vendor.session;
    let times: Vec<Timestamp> = sends
        .iter()
        .filter(of_the_vendor)
        .map(|send| send.at)
        .collect();
    times
        .windows(2)
        .map(|pair| pair[1].duration_since(pair[0]))
        .collect()
}

/// How often something was counted about a vendor, with this reason if it has one.
fn counted(vendor: Vendor, metric: &str, reason: Option<&str>) -> usize {
    let is_it = |line: &&Value| line[metric] == 1 && line["reason"].as_str() == reason;
    World::log_lines(vendor.id).iter().filter(is_it).count()
}

/// Every message has left once and none failed.
async fn all_left_in_order(world: &World, vendor: Vendor, count: usize) {
    world.quiet().await;
    assert_eq!(world.sent(vendor), numbered(count));
    assert_eq!(world.statuses(vendor).await, vec!["read"; count]);
    assert_eq!(world.held("outbound-dead.fifo"), 0);
}

#[tokio::test]
async fn with_account_protection_thirty_messages_leave_five_seconds_apart_and_another_vendors_at_once()
 {
    run(async |world| {
        let vendor = registered(world, 81, &json!({ "accountProtection": true })).await;
        protected_at_wasender(world, vendor).await;
        staff_writes(world, vendor, 30).await;
        assert_eq!(world.sent(vendor).len(), 1);
        until_sent(world, vendor, 10, (1, 90)).await;
        world
            .customer_writes(VENDOR_2, MOUSSA, "Merci", "OTHER")
            .await;
        world.quiet().await;
        assert_eq!(
            (world.sent(vendor).len(), world.sent(VENDOR_2).len()),
            (10, 1)
        );
        until_sent(world, vendor, 30, (1, 170)).await;
        all_left_in_order(world, vendor, 30).await;
        let shortest = gaps(world, vendor).into_iter().min();
        assert!(
            shortest >= Some(SignedDuration::from_secs(5)),
            "{shortest:?}"
        );
        assert_eq!(
            counted(vendor, "SendDeferred", None),
            0,
            "nothing was refused"
        );
    })
    .await;
}

#[tokio::test]
async fn account_protection_that_nobody_told_us_of_is_learned_from_refusals() {
    let silent = |simulator: &mut simulator::Options| simulator.rate_limit_headers = false;
    run_with(silent, async |world| {
        let vendor = registered(world, 82, &json!({})).await;
        protected_at_wasender(world, vendor).await;
        staff_writes(world, vendor, 30).await;
        world
            .customer_writes(VENDOR_2, MOUSSA, "Merci", "OTHER")
            .await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_2).len(), 1);
        until_sent(world, vendor, 30, (2, 300)).await;
        all_left_in_order(world, vendor, 30).await;
        assert_eq!(
            counted(vendor, "SendDeferred", None),
            2,
            "the second teaches"
        );
    })
    .await;
}

#[tokio::test]
async fn a_quota_that_an_accepted_send_used_up_is_waited_for_in_both_meanings_of_its_reset() {
    let seconds_left = |_: &mut simulator::Options| {};
    let unix_time =
        |simulator: &mut simulator::Options| simulator.reset_header = ResetHeader::UnixTime;
    for (number, simulator) in [(83, seconds_left as fn(&mut _)), (84, unix_time)] {
        run_with(simulator, async |world| {
            let vendor = registered(world, number, &json!({})).await;
            protected_at_wasender(world, vendor).await;
            staff_writes(world, vendor, 6).await;
            until_sent(world, vendor, 6, (1, 60)).await;
            all_left_in_order(world, vendor, 6).await;
            assert_eq!(
                counted(vendor, "SendDeferred", None),
                0,
                "nothing was refused"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn a_provider_that_refuses_again_and_again_ends_nothing_and_fills_no_dead_letter_queue() {
    run(async |world| {
        let vendor = registered(world, 85, &json!({})).await;
        let mut policy = json!({ "deadLetterTargetArn": "", "maxReceiveCount": 14 });
        policy["deadLetterTargetArn"] =
            "arn:aws:sqs:eu-west-1:000000000000:local-outbound-dead.fifo".into();
        let fewer_receives = json!({
            "QueueUrl": format!("{}/000000000000/local-outbound.fifo", world.aws().url()),
            "Attributes": { "RedrivePolicy": policy.to_string() },
        });
        world
            .aws_operation("AmazonSQS.SetQueueAttributes", &fewer_receives)
            .await;
        let refusals = Fault::new(FaultKind::TooManyRequests)
            .session(vendor.session)
            .path("send-message")
            .times(25);
        world.simulator().fault(refusals).expect("a fault");
        staff_writes(world, vendor, 3).await;
        until_sent(world, vendor, 3, (20, 2_000)).await;
        all_left_in_order(world, vendor, 3).await;
        assert_eq!(counted(vendor, "SendDeferred", None), 25);
        assert_eq!(counted(vendor, "SendRejected", Some("unavailable")), 0);
        assert_eq!(counted(vendor, "LaneStopped", Some("rate_limited")), 15);
    })
    .await;
}

#[tokio::test]
async fn a_trial_sends_once_a_minute() {
    let trial = |simulator: &mut simulator::Options| simulator.plan = Plan::Trial;
    run_with(trial, async |world| {
        let pacing = json!({ "plan": "trial", "accountProtection": true });
        let vendor = registered(world, 86, &pacing).await;
        staff_writes(world, vendor, 4).await;
        until_sent(world, vendor, 4, (10, 500)).await;
        all_left_in_order(world, vendor, 4).await;
        let shortest = gaps(world, vendor).into_iter().min();
        assert!(
            shortest >= Some(SignedDuration::from_mins(1)),
            "{shortest:?}"
        );
        assert_eq!(
            counted(vendor, "SendDeferred", None),
            0,
            "nothing was refused"
        );
    })
    .await;
}

/// Whole seconds until the day (UTC) is over, rounded up.
fn until_midnight(world: &World) -> u64 {
    let second = world.clock().now().as_second();
    u64::try_from(86_400 - second.rem_euclid(86_400)).expect("it lies ahead")
}

#[tokio::test]
async fn a_daily_cap_parks_what_is_beyond_it_until_midnight() {
    run(async |world| {
        // Not so near midnight that the test sees it pass.
        world.later(until_midnight(world) + 3_600).await;
        let vendor = registered(world, 87, &json!({ "dailyCap": 2 })).await;
        staff_writes(world, vendor, 5).await;
        world.later(5).await;
        let held = ["read", "read", "parked", "parked", "parked"];
        assert_eq!(world.statuses(vendor).await, held);
        assert_eq!(counted(vendor, "LaneStopped", Some("daily_cap")), 1);
        world.later(until_midnight(world) - 60).await;
        world.sweep().await;
        assert_eq!(world.sent(vendor).len(), 2);
        world.later(61).await;
        world.sweep().await;
        world.later(5).await;
        assert_eq!(world.sent(vendor), numbered(4));
        let raised = json!({ "dailyCap": null });
        registered(world, 87, &raised).await;
        all_left_in_order(world, vendor, 5).await;
    })
    .await;
}

#[tokio::test]
async fn a_refusal_does_not_count_towards_the_daily_cap() {
    run(async |world| {
        world.later(until_midnight(world) + 3_600).await;
        let vendor = registered(world, 88, &json!({ "dailyCap": 3 })).await;
        let refusals = Fault::new(FaultKind::TooManyRequests)
            .session(vendor.session)
            .path("send-message")
            .times(5);
        world.simulator().fault(refusals).expect("a fault");
        staff_writes(world, vendor, 3).await;
        until_sent(world, vendor, 3, (6, 120)).await;
        all_left_in_order(world, vendor, 3).await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_a_busy_provider_never_takes_fails_with_its_reason_and_the_lane_goes_on() {
    run(async |world| {
        let vendor = registered(world, 89, &json!({})).await;
        let busy = Fault::new(FaultKind::Unavailable)
            .session(vendor.session)
            .path("send-message");
        world.simulator().fault(busy.times(8)).expect("a fault");
        staff_writes(world, vendor, 3).await;
        assert_eq!(world.statuses(vendor).await, vec!["queued"; 3]);
        for _ in 0..10 {
            world.later(31).await;
        }
        assert_eq!(world.sent(vendor), numbered(3)[1..]);
        assert_eq!(world.statuses(vendor).await, ["failed", "read", "read"]);
        let first = world.messages(vendor, "outbound").await.remove(2);
        let failure = json!({
            "class": "unavailable",
            "reason": "the provider was not available at any of several tries",
        });
        assert_eq!(first["failure"], failure);
        assert_eq!(counted(vendor, "SendRejected", Some("unavailable")), 1);
        assert_eq!(counted(vendor, "SendDeferred", None), 0);
    })
    .await;
}

#[tokio::test]
async fn a_change_of_pace_is_shown_and_kept_until_it_is_changed_again() {
    run(async |world| {
        let shown = async || {
            let answer = world
                .admin("GET", "vendors/shop_90", &[], &Value::Null)
                .await;
            answer.json["wabaInstances"][0]["pacing"].clone()
        };
        let mut expected =
            json!({ "plan": "paid", "accountProtection": false, "dailyCap": null, "jitter": true });
        registered(world, 90, &json!({})).await;
        assert_eq!(shown().await, expected);
        for (name, value) in [
            ("plan", json!("trial")),
            ("accountProtection", json!(true)),
            ("dailyCap", json!(20)),
            ("jitter", json!(false)),
            ("dailyCap", json!(null)),
        ] {
            registered(world, 90, &json!({ name: value.clone() })).await;
            expected[name] = value;
            assert_eq!(shown().await, expected);
        }
        for (name, value) in [
            ("plan", json!("gold")),
            ("plan", json!(1)),
            ("accountProtection", json!("yes")),
            ("dailyCap", json!(0)),
            ("dailyCap", json!(100_001)),
            ("dailyCap", json!(1.5)),
            ("jitter", json!(1)),
        ] {
            let mut vendor = shop(90);
            vendor[name] = value;
            let refused = world.admin("POST", "vendors", &[], &vendor).await;
            assert_eq!(
                (refused.status, refused.json["field"].as_str()),
                (422, Some(name))
            );
        }
        assert_eq!(shown().await, expected);
    })
    .await;
}
