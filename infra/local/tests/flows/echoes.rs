//! Whose an echo is: our own sends never silence the engine, and what the vendor types on the phone does, for a while.

use embedded_aws::When;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use testkit::wasender::{echo, renamed};

use crate::front_door::change;
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run, run_with};

/// A little more than an echo that fits no send waits for one.
const HELD: u64 = 61;
const TYPED: &str = "Je vous appelle";

/// An echo stamped now, as Wasender posts it.
async fn comes_back(world: &World, text: &str, to: &str, key_id: &str) {
    let mut body = echo(text, to, key_id);
    body["data"]["messages"]["messageTimestamp"] = world.clock().now().as_second().into();
    assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
    world.quiet().await;
}

/// The vendor types, and every send had its time to be known.
async fn types(world: &World, text: &str, to: &str, key_id: &str) {
    world.unspeakable(&[text]);
    comes_back(world, text, to, key_id).await;
    world.later(HELD).await;
}

async fn staff_writes(world: &World, text: &str) {
    world.unspeakable(&[text]);
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let body = json!({ "to": format!("+{AWA}"), "message": text });
    assert_eq!(world.admin("POST", &path, &[], &body).await.status, 202);
    world.quiet().await;
}

/// Whether a customer who writes now is answered.
async fn answers(world: &World, customer: &str, key_id: &str) -> bool {
    let before = world.sent(VENDOR_1).len();
    world
        .customer_writes(VENDOR_1, customer, "Bonjour", key_id)
        .await;
    world.quiet().await;
    world.sent(VENDOR_1).len() > before
}

/// The control epochs of all conversations.
async fn epochs(world: &World) -> Vec<String> {
    let stored = world.stored().await;
    let items = stored["conversations"].as_array().expect("items");
    let epochs = items.iter().filter_map(|item| item["epoch"]["N"].as_str());
    epochs.map(str::to_owned).collect()
}

fn fault(world: &World, fault: Fault) {
    world.simulator().fault(fault).expect("a fault");
}

fn without_numbers(options: &mut simulator::Options) {
    options.msg_id_in_events = false;
    options.echo = true;
}

#[tokio::test]
async fn echoes_of_our_own_never_pause_anything() {
    for behaviour in [
        |options: &mut simulator::Options| options.echo = true,
        without_numbers,
    ] {
        run_with(behaviour, async |world| {
            for number in 0..4 {
                assert!(answers(world, AWA, &format!("KEY{number}")).await);
                staff_writes(world, "Votre colis est là").await;
            }
            world.later(HELD).await;
            assert!(answers(world, AWA, "AFTER").await);
            assert_eq!(epochs(world).await, ["0"]);
            assert_eq!(world.statuses(VENDOR_1).await, vec!["read"; 9]);
        })
        .await;
    }
}

#[tokio::test]
async fn an_echo_that_overtakes_the_providers_answer_is_ours() {
    run_with(without_numbers, async |world| {
        let slow = Fault::new(FaultKind::Slow).path("send-message").times(1);
        let slow = Fault {
            delay_ms: Some(1_500),
            ..slow
        };
        fault(world, slow);
        assert!(answers(world, AWA, "KEY1").await);
        world.later(HELD).await;
        assert_eq!(world.statuses(VENDOR_1).await, ["read"]);
        assert!(answers(world, AWA, "KEY2").await);
    })
    .await;
}

#[tokio::test]
async fn an_echo_settles_a_send_in_doubt_and_pauses_nothing() {
    for kind in [
        FaultKind::TimeoutAfter,
        FaultKind::ResetAfter,
        FaultKind::ServerErrorAfter,
    ] {
        run_with(without_numbers, async |world| {
            fault(world, Fault::new(kind).path("send-message").times(1));
            assert!(answers(world, AWA, "KEY1").await);
            world.later(HELD).await;
            assert_eq!(world.statuses(VENDOR_1).await, ["read"], "{kind:?}");
            assert!(answers(world, AWA, "KEY2").await, "{kind:?}");
            assert_eq!(epochs(world).await, ["0"], "{kind:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn of_two_equal_texts_with_one_echo_the_older_is_linked_and_the_other_stays() {
    run(async |world| {
        fault(world, Fault::new(FaultKind::Drop));
        staff_writes(world, "Votre colis est là").await;
        staff_writes(world, "Votre colis est là").await;
        comes_back(world, "Votre colis est là", AWA, "ECHO1").await;
        world.later(HELD).await;
        world.simulator().clear_faults().expect("faults end");
        let sent = world.messages(VENDOR_1, "outbound").await;
        assert_eq!(sent.len(), 2, "nothing was typed: {sent:#?}");
        assert_eq!(sent[1]["providerMessageId"], "ECHO1");
        assert_ne!(sent[0]["providerMessageId"], "ECHO1");
        assert!(answers(world, AWA, "AFTER").await);
    })
    .await;
}

/// The limit of telling by the text: while a send waits for its echo, an equal text that the vendor types is taken for it.
#[tokio::test]
async fn a_person_who_types_what_was_sent_is_seen_once_the_send_is_known() {
    run(async |world| {
        fault(world, Fault::new(FaultKind::Drop));
        staff_writes(world, TYPED).await;
        types(world, TYPED, AWA, "TYPED1").await;
        world.simulator().clear_faults().expect("faults end");
        assert_eq!(world.messages(VENDOR_1, "outbound").await.len(), 1);
        assert!(answers(world, AWA, "BETWEEN").await);
        types(world, TYPED, AWA, "TYPED2").await;
        assert_eq!(world.messages(VENDOR_1, "outbound").await.len(), 3);
        assert!(!answers(world, AWA, "AFTER").await);
    })
    .await;
}

#[tokio::test]
async fn what_the_vendor_types_pauses_its_conversation_alone_and_for_an_hour() {
    run(async |world| {
        assert!(answers(world, AWA, "BEFORE").await);
        types(world, TYPED, AWA, "TYPED1").await;
        let outbound = world.messages(VENDOR_1, "outbound").await;
        let typed = outbound.iter().find(|message| message["text"] == TYPED);
        assert_eq!(typed.expect("it is kept")["status"], "sent");
        assert!(!answers(world, AWA, "DURING").await);
        assert!(answers(world, MOUSSA, "ANOTHER").await);
        world.later(40 * 60).await;
        assert!(!answers(world, AWA, "STILL").await);
        // Each further message prolongs it.
        types(world, "Encore un instant", AWA, "TYPED2").await;
        world.later(40 * 60).await;
        assert!(!answers(world, AWA, "PROLONGED").await);
        world.later(20 * 60).await;
        assert!(answers(world, AWA, "AFTER").await);
        let inbound = world.messages(VENDOR_1, "inbound").await;
        let handled = inbound
            .iter()
            .filter(|message| message["status"] == "handled");
        assert_eq!(handled.count(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_vendor_says_how_long_typing_pauses_and_may_say_never() {
    run(async |world| {
        change(world, "typedPauseMinutes", 5.into()).await;
        assert!(answers(world, AWA, "BEFORE").await);
        types(world, TYPED, AWA, "TYPED1").await;
        world.later(4 * 60).await;
        assert!(!answers(world, AWA, "DURING").await);
        world.later(60).await;
        assert!(answers(world, AWA, "AFTER").await);
        change(world, "typedPauseMinutes", 0.into()).await;
        types(world, TYPED, AWA, "TYPED2").await;
        assert!(answers(world, AWA, "NEVER").await);
        assert_eq!(epochs(world).await, ["1"]);
    })
    .await;
}

#[tokio::test]
async fn a_vendor_who_writes_first_begins_a_conversation_that_is_the_vendors() {
    run(async |world| {
        types(world, TYPED, AWA, "TYPED1").await;
        assert_eq!(world.messages(VENDOR_1, "outbound").await.len(), 1);
        assert!(!answers(world, AWA, "DURING").await);
        world.later(3600).await;
        assert!(answers(world, AWA, "AFTER").await);
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_waits_is_not_sent_after_the_vendor_typed() {
    run(async |world| {
        let session = async |status| {
            let changed = world.simulator().set_status(VENDOR_1.session, status);
            assert_eq!(changed.await.expect("the session exists"), Some(200));
            world.quiet().await;
        };
        session("disconnected").await;
        assert!(!answers(world, AWA, "QUESTION").await);
        staff_writes(world, "Votre colis est là").await;
        types(world, TYPED, AWA, "TYPED1").await;
        session("connected").await;
        assert_eq!(world.sent(VENDOR_1), ["Votre colis est là"]);
        let mut statuses = world.statuses(VENDOR_1).await;
        // What was typed is placed by the phone's whole seconds.
        statuses.sort();
        assert_eq!(statuses, ["cancelled", "read", "sent"]);
    })
    .await;
}

#[tokio::test]
async fn a_conversation_that_asked_for_a_person_is_not_given_back_by_typing() {
    run(async |world| {
        world
            .customer_writes(VENDOR_1, AWA, "Je veux parler à un conseiller", "HUMAN")
            .await;
        world.quiet().await;
        types(world, TYPED, AWA, "TYPED1").await;
        world.later(2 * 3600).await;
        assert!(!answers(world, AWA, "DURING").await);
        world.later(10 * 3600).await;
        assert!(answers(world, AWA, "AFTER").await);
    })
    .await;
}

#[tokio::test]
async fn one_typed_message_under_two_event_names_and_again_is_one() {
    run(async |world| {
        assert!(answers(world, AWA, "BEFORE").await);
        let body = echo(TYPED, AWA, "TYPED1");
        for _ in 0..2 {
            for name in ["messages.upsert", "message.sent"] {
                let body = renamed(body.clone(), name);
                assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
            }
            // SQS forgets a dedup id after five minutes.
            world.later(400).await;
        }
        assert_eq!(world.messages(VENDOR_1, "outbound").await.len(), 2);
        assert_eq!(epochs(world).await, ["1"]);
    })
    .await;
}

/// Lets the sweep die at each of its steps while it keeps a typed message, until it has fewer steps.
async fn the_sweep_dies(when: When) {
    run(async |world| {
        for step in 1..30 {
            let customer = format!("2217000001{step:02}");
            assert!(answers(world, &customer, &format!("BEFORE{step}")).await);
            world.aws().faults().crash("sweep", step, when);
            types(world, TYPED, &customer, &format!("TYPED{step}")).await;
            world.later(400).await;
            let died = world.aws().faults().pending_crashes() == 0;
            let number = json!(format!("+{customer}"));
            let outbound = world.messages(VENDOR_1, "outbound").await;
            let theirs = |message: &&Value| message["contact"]["phone"] == number;
            assert_eq!(
                outbound.iter().filter(theirs).count(),
                2,
                "{when:?} step {step}"
            );
            assert_eq!(epochs(world).await, vec!["1"; step], "{when:?} step {step}");
            if !died {
                assert!(step > 3, "reading, keeping and linking are steps");
                return;
            }
        }
        panic!("the sweep takes too many steps");
    })
    .await;
}

#[tokio::test]
async fn the_sweep_may_die_before_any_step_of_keeping_what_was_typed() {
    the_sweep_dies(When::Before).await;
}

#[tokio::test]
async fn the_sweep_may_die_after_any_step_of_keeping_what_was_typed() {
    the_sweep_dies(When::After).await;
}
