//! Webhooks that come twice, late, in another order, under two names, or again after hours: the ledger ends as if they had come once each
//! and in order.

mod ledger;
mod script;

use serde_json::json;
use simulator::{Fault, FaultKind, Inbound, Options};

use self::ledger::Ledger;
use self::script::{Plan, everything_again, play, settle};
use crate::world::{AWA, VENDOR_1, World, run, run_with};

/// Plays the script with the webhooks disturbed, lets everything come to its end, and looks at what there is.
async fn ends_in(simulator: fn(&mut Options), plan: Plan, again: bool) -> Ledger {
    let mut end = None;
    run_with(simulator, async |world| {
        let mut plan = plan;
        play(world, &mut plan).await;
        settle(world).await;
        if again {
            everything_again(world, &mut plan).await;
            settle(world).await;
        }
        end = Some(Ledger::of(world).await);
    })
    .await;
    end.expect("the script was played")
}

async fn clean() -> Ledger {
    let ledger = ends_in(as_it_is, Plan::undisturbed(), false).await;
    ledger.is_whole();
    ledger
}

fn as_it_is(_: &mut Options) {}

/// Statuses then find their message by WhatsApp's id alone, and echoes theirs by what they say.
fn without_msg_ids(options: &mut Options) {
    options.msg_id_in_events = false;
}

/// Every send is echoed as a message that left from the vendor's number.
fn with_echoes(options: &mut Options) {
    without_msg_ids(options);
    options.echo = true;
}

/// As long as SQS remembers a deduplication id, and longer than an echo waits for its send.
const LATE_MS: u64 = 330_000;

fn late(event: &str) -> Fault {
    Fault {
        delay_ms: Some(LATE_MS),
        ..Fault::new(FaultKind::Delay).event(event)
    }
}

/// One kind of disturbance, all the time, in each of these simulators.
async fn changes_nothing(faults: &[Fault], simulators: &[fn(&mut Options)]) {
    let clean = clean().await;
    for simulator in simulators {
        let plan = Plan::of(faults.to_vec());
        ends_in(*simulator, plan, false).await.is(&clean);
    }
}

const EVERY: [fn(&mut Options); 3] = [as_it_is, without_msg_ids, with_echoes];

#[tokio::test]
async fn webhooks_that_come_twice_change_nothing() {
    changes_nothing(&[Fault::new(FaultKind::Duplicate)], &EVERY).await;
}

#[tokio::test]
async fn webhooks_in_another_order_change_nothing() {
    changes_nothing(&[Fault::new(FaultKind::Reorder)], &EVERY).await;
}

#[tokio::test]
async fn echoes_that_come_minutes_late_change_nothing() {
    changes_nothing(&[late("message.sent")], &EVERY).await;
}

#[tokio::test]
async fn statuses_that_come_minutes_late_change_nothing() {
    changes_nothing(&[late("messages.update")], &EVERY).await;
}

#[tokio::test]
async fn both_event_names_of_everything_change_nothing() {
    let both = Fault::new(FaultKind::BothEventNames);
    changes_nothing(&[both], &[as_it_is, without_msg_ids]).await;
}

#[tokio::test]
async fn everything_again_hours_later_changes_nothing() {
    let clean = clean().await;
    for simulator in [as_it_is, with_echoes] {
        ends_in(simulator, Plan::seeded(7), true).await.is(&clean);
    }
}

#[tokio::test]
async fn all_disturbances_at_once_change_nothing() {
    let clean = clean().await;
    for (seed, simulator) in (1..).zip([EVERY, EVERY].concat()) {
        eprintln!("seed {seed}");
        let plan = Plan::seeded(seed);
        ends_in(simulator, plan, seed > 3).await.is(&clean);
    }
}

#[tokio::test]
async fn statuses_that_are_lost_lower_the_delivery_and_nothing_else() {
    let clean = clean().await;
    let lost = Fault::new(FaultKind::Drop).event("messages.update");
    let without = ends_in(as_it_is, Plan::of(vec![lost.clone()]), false).await;
    // That it was sent is known by its echo.
    assert!(without.deliveries().iter().all(|delivery| *delivery <= 2));
    without.is_but_for_delivery(&clean);
    let some = ends_in(with_echoes, Plan::of(vec![lost.times(7)]), false).await;
    some.is_but_for_delivery(&clean);
    let (heard, clean) = (some.deliveries(), clean.deliveries());
    assert!(
        heard
            .iter()
            .zip(&clean)
            .all(|(heard, clean)| heard <= clean)
    );
}

#[tokio::test]
async fn sends_whose_echo_is_lost_are_followed_by_their_numbers() {
    let clean = clean().await;
    let lost = Fault::new(FaultKind::Drop).event("message.sent");
    let without = ends_in(as_it_is, Plan::of(vec![lost]), false).await;
    // What marks a send for its echo stays until it expires.
    without.without_open_sends().is(&clean);
}

#[tokio::test]
async fn what_the_vendor_types_is_not_taken_for_an_equal_send_whose_echo_was_lost() {
    run(async |world| {
        world.unspeakable(&["Je vous appelle"]);
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "FIRST")
            .await;
        world.quiet().await;
        let lost = Fault::new(FaultKind::Drop).event("message.sent");
        world.simulator().fault(lost).expect("armed");
        let path = format!("vendors/{}/send-message", VENDOR_1.id);
        let body = json!({ "to": format!("+{AWA}"), "message": "Je vous appelle" });
        let answer = world.admin("POST", &path, &[], &body).await;
        assert_eq!(answer.status, 202, "{}", answer.json);
        world.quiet().await;
        let typed = Inbound {
            vendor_id: VENDOR_1.id.to_owned(),
            from: format!("+{AWA}"),
            text: "Je vous appelle".to_owned(),
            from_me: true,
            ..Inbound::default()
        };
        world.simulator().inbound(typed).await.expect("an answer");
        world.later(70).await;
        let sent = world.messages(VENDOR_1, "outbound").await;
        let same = sent.iter().filter(|sent| sent["text"] == "Je vous appelle");
        assert_eq!(same.count(), 2, "{sent:#?}");
    })
    .await;
}

#[tokio::test]
async fn the_script_itself_is_heard_in_full() {
    run(async |world: &World| {
        play(world, &mut Plan::undisturbed()).await;
        settle(world).await;
        let hooks = world.simulator().webhooks();
        let taken = |hook: &&simulator::WebhookRecord| hook.status == Some(200);
        assert_eq!(hooks.iter().filter(taken).count(), hooks.len());
        for event in [
            "messages.received",
            "message.sent",
            "messages.update",
            "messages.reaction",
        ] {
            assert!(hooks.iter().any(|hook| hook.event == event), "{event}");
        }
    })
    .await;
}
