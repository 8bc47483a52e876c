//! A session that drops and comes back, a provider that says wait, a key that is refused: order is kept, nothing is lost or doubled.

use serde_json::json;
use simulator::{Fault, FaultKind};

use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, World, run};

/// Staff messages, because each has its own text; they take the same way as replies.
async fn staff_writes(world: &World, text: &str) {
    world.unspeakable(&[text]);
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let answer = world
        .admin(
            "POST",
            &path,
            &[],
            &json!({ "to": format!("+{AWA}"), "message": text }),
        )
        .await;
    assert_eq!(answer.status, 202, "{}", answer.json);
}

/// Several messages, one after the other.
async fn staff_writes_all(world: &World, numbers: std::ops::Range<usize>) {
    for text in numbered(numbers) {
        staff_writes(world, &text).await;
    }
}

/// The provider answers the next send 429 and asks to wait for so many seconds.
fn limit_the_next_send(world: &World, seconds: u64) {
    let limit = Fault::new(FaultKind::TooManyRequests)
        .session(VENDOR_1.session)
        .path("send-message")
        .times(1);
    let limit = Fault {
        retry_after: Some(seconds),
        ..limit
    };
    world.simulator().fault(limit).expect("a fault");
}

fn numbered(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers
        .map(|number| format!("message {number:02}"))
        .collect()
}

async fn session(world: &World, status: &str) {
    let answered = world
        .simulator()
        .set_status(VENDOR_1.session, status)
        .await
        .expect("the session exists");
    assert_eq!(answered, Some(200));
}

#[tokio::test]
async fn a_dropped_session_parks_twenty_messages_and_resumes_them_in_order_within_a_second() {
    run(async |world| {
        session(world, "disconnected").await;
        staff_writes_all(world, 0..20).await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), Vec::<String>::new());
        assert_eq!(world.statuses(VENDOR_1).await, vec!["parked"; 20]);
        assert_eq!(world.held("outbound.fifo"), 0);
        // At once: SQS still remembers every dedup id of the first enqueueing.
        session(world, "connected").await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..20));
        assert_eq!(world.statuses(VENDOR_1).await, vec!["read"; 20]);
    })
    .await;
}

#[tokio::test]
async fn a_newer_message_does_not_overtake_what_is_drained() {
    run(async |world| {
        session(world, "disconnected").await;
        staff_writes_all(world, 0..10).await;
        world.quiet().await;
        session(world, "connected").await;
        staff_writes_all(world, 10..14).await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..14));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_drops_again_while_it_drains_keeps_order_and_doubles_nothing() {
    run(async |world| {
        session(world, "disconnected").await;
        staff_writes_all(world, 0..12).await;
        world.quiet().await;
        session(world, "connected").await;
        session(world, "disconnected").await;
        staff_writes_all(world, 12..15).await;
        world.quiet().await;
        session(world, "connected").await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..15));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_drops_without_a_word_is_parked_by_the_providers_answer_and_probed_by_the_sweep()
 {
    run(async |world| {
        world
            .simulator()
            .set_status_silently(VENDOR_1.session, "disconnected")
            .await
            .expect("the session exists");
        staff_writes_all(world, 0..3).await;
        world.quiet().await;
        assert_eq!(world.statuses(VENDOR_1).await, vec!["parked"; 3]);
        world.later(61).await;
        world.sweep().await;
        assert_eq!(world.sent(VENDOR_1).len(), 0, "it is still down");
        world
            .simulator()
            .set_status_silently(VENDOR_1.session, "connected")
            .await
            .expect("the session exists");
        world.later(61).await;
        world.sweep().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..3));
    })
    .await;
}

#[tokio::test]
async fn a_rate_limit_keeps_order_and_delays_only_its_vendor() {
    run(async |world| {
        limit_the_next_send(world, 20);
        staff_writes_all(world, 0..3).await;
        world
            .customer_writes(VENDOR_2, MOUSSA, "Merci", "OTHER")
            .await;
        world.quiet().await;
        assert_eq!(
            (world.sent(VENDOR_1).len(), world.sent(VENDOR_2).len()),
            (0, 1)
        );
        world.later(25).await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..3));
    })
    .await;
}

#[tokio::test]
async fn a_long_rate_limit_parks_and_the_sweep_resumes_in_order() {
    run(async |world| {
        limit_the_next_send(world, 600);
        staff_writes_all(world, 0..3).await;
        world.quiet().await;
        assert_eq!(world.statuses(VENDOR_1).await, vec!["parked"; 3]);
        world.later(500).await;
        world.sweep().await;
        assert_eq!(world.sent(VENDOR_1).len(), 0);
        world.later(101).await;
        world.sweep().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..3));
    })
    .await;
}

#[tokio::test]
async fn a_refused_key_stops_the_lane_until_a_new_one_is_registered() {
    run(async |world| {
        let refused = Fault::new(FaultKind::Unauthorized).session(VENDOR_1.session).path("send-message");
        world.simulator().fault(refused).expect("a fault");
        staff_writes_all(world, 0..3).await;
        world.later(5).await;
        assert_eq!(world.statuses(VENDOR_1).await, vec!["parked"; 3]);
        world.simulator().clear_faults().expect("faults end");
        let vendor = json!({
            "vendorId": VENDOR_1.id, "businessName": "My Shop A", "phoneNumber": "+221701111111",
            "wasenderInstanceId": VENDOR_1.session, "wasenderWebhookSecret": VENDOR_1.secret, "wasenderApiKey": "api_key_new",
        });
        world.unspeakable(&["api_key_new"]);
        let registered = world.admin("POST", "vendors", &[], &vendor).await;
        assert_eq!(registered.status, 200);
        // The simulator learns the key after the gateway, so that the first try may be refused once more.
        world.later(61).await;
        world.sweep().await;
        assert_eq!(world.sent(VENDOR_1), numbered(0..3));
    })
    .await;
}

#[tokio::test]
async fn a_parked_reply_expires_and_a_parked_staff_message_waits_longer() {
    run(async |world| {
        session(world, "disconnected").await;
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "GREETING")
            .await;
        staff_writes(world, "message 00").await;
        world.quiet().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["parked", "parked"]);
        world.later(16 * 60).await;
        world.sweep().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["expired", "parked"]);
        session(world, "connected").await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), ["message 00"]);
    })
    .await;
}

#[tokio::test]
async fn one_vendors_stopped_session_does_not_touch_another() {
    run(async |world| {
        session(world, "disconnected").await;
        world.customer_writes(VENDOR_1, AWA, "Bonjour", "ONE").await;
        world.customer_writes(VENDOR_2, AWA, "Bonjour", "TWO").await;
        world.quiet().await;
        assert_eq!(
            (world.sent(VENDOR_1).len(), world.sent(VENDOR_2).len()),
            (0, 1)
        );
    })
    .await;
}
