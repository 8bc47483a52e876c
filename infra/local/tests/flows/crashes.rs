//! A function that dies at any step: nothing is lost and nothing is sent twice; a send in doubt is `unknown`.

use embedded_aws::When;
use serde_json::json;
use simulator::{Fault, FaultKind};

use crate::world::{AWA, VENDOR_1, World, run};

/// More steps than any function takes for one message and its echoes.
const STEPS: usize = 60;

/// How one message ended whose functions were made to die.
#[derive(Debug)]
struct Ended {
    sent: usize,
    statuses: Vec<String>,
}

/// A customer of their own for each step, so that one world serves them all.
async fn one_message(world: &World, step: usize) -> Ended {
    let customer = format!("2217000001{step:02}");
    let answer = world
        .customer_writes(VENDOR_1, &customer, "Bonjour", &format!("CRASH{step}"))
        .await;
    assert_eq!(answer.status, 200);
    world.quiet().await;
    world.recover().await;
    let number = json!(format!("+{customer}"));
    let sends = world.simulator().sends();
    let replies = world
        .messages(VENDOR_1, "outbound")
        .await
        .into_iter()
        .filter(|reply| reply["contact"]["phone"] == number);
    Ended {
        sent: sends.iter().filter(|send| json!(send.to) == number).count(),
        statuses: replies
            .map(|reply| reply["status"].as_str().unwrap_or_default().to_owned())
            .collect(),
    }
}

/// Lets a function die at its first step, at its second, and so on, until it takes fewer steps than that. Answers how often it died.
async fn dies_at_every_step(
    world: &World,
    function: &'static str,
    when: When,
    check: impl Fn(&Ended),
) -> usize {
    for step in 1..=STEPS {
        world.aws().faults().crash(function, step, when);
        let ended = one_message(world, step).await;
        let died = world.aws().faults().pending_crashes() == 0;
        assert_eq!(
            ended.statuses.len(),
            1,
            "one reply is decided; {function} dies {when:?} step {step}: {ended:?}"
        );
        match ended.statuses[0].as_str() {
            // In doubt: the ledger can't say whether it was sent, and never sends it again.
            "unknown" => assert!(
                ended.sent <= 1,
                "{function} dies {when:?} step {step}: {ended:?}"
            ),
            "read" => assert_eq!(
                ended.sent, 1,
                "{function} dies {when:?} step {step}: {ended:?}"
            ),
            _ => panic!("{function} dies {when:?} step {step}: {ended:?}"),
        }
        check(&ended);
        if !died {
            world.heal();
            return step - 1;
        }
    }
    panic!("{function} takes more than {STEPS} steps");
}

/// The reply is sent once for certain, because the conversation never talks to the provider.
async fn the_conversation_dies(when: When) {
    run(async |world| {
        let deaths = dies_at_every_step(world, "conversation", when, |ended| assert_eq!(ended.statuses, ["read"])).await;
        assert!(deaths >= 6, "claim, aliases, decision, enqueueing, marking and an echo are steps, and {deaths} were seen");
    })
    .await;
}

#[tokio::test]
async fn the_conversation_may_die_before_any_step() {
    the_conversation_dies(When::Before).await;
}

#[tokio::test]
async fn the_conversation_may_die_after_any_step() {
    the_conversation_dies(When::After).await;
}

#[tokio::test]
async fn the_sender_may_die_before_any_step() {
    run(async |world| {
        let deaths = dies_at_every_step(world, "sender", When::Before, |_| {}).await;
        assert!(
            deaths >= 3,
            "reading, taking and settling are steps, and {deaths} were seen"
        );
    })
    .await;
}

#[tokio::test]
async fn the_sender_may_die_after_any_step() {
    run(async |world| {
        let deaths = dies_at_every_step(world, "sender", When::After, |_| {}).await;
        assert!(
            deaths >= 3,
            "reading, taking and settling are steps, and {deaths} were seen"
        );
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_provider_took_the_message_is_settled_by_its_echo() {
    run(async |world| {
        let lost = Fault::new(FaultKind::TimeoutAfter)
            .session(VENDOR_1.session)
            .path("send-message")
            .times(1);
        world.simulator().fault(lost).expect("a fault");
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "LOST")
            .await;
        world.quiet().await;
        assert_eq!(
            (world.sent(VENDOR_1).len(), world.statuses(VENDOR_1).await),
            (1, vec!["read".to_owned()])
        );
        world.recover().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_send_that_nobody_answers_ends_unknown_and_is_not_sent_again() {
    run(async |world| {
        let lost = Fault::new(FaultKind::TimeoutBefore)
            .session(VENDOR_1.session)
            .path("send-message")
            .times(1);
        world.simulator().fault(lost).expect("a fault");
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "SILENT")
            .await;
        world.quiet().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["unknown"]);
        world.recover().await;
        assert_eq!(
            (world.sent(VENDOR_1).len(), world.statuses(VENDOR_1).await),
            (0, vec!["unknown".to_owned()])
        );
    })
    .await;
}

#[tokio::test]
async fn a_hanging_session_leaves_at_most_two_sends_in_doubt() {
    run(async |world| {
        let hangs = Fault::new(FaultKind::Reset)
            .session(VENDOR_1.session)
            .path("send-message");
        world.simulator().fault(hangs).expect("a fault");
        // Each in a conversation of their own: the next of one in doubt would wait for evidence.
        for number in 0..8 {
            let customer = format!("2217000002{number:02}");
            world
                .customer_writes(VENDOR_1, &customer, "Bonjour", &format!("HANG{number}"))
                .await;
        }
        world.quiet().await;
        let statuses = world.statuses(VENDOR_1).await;
        let count = |word: &str| statuses.iter().filter(|status| *status == word).count();
        assert_eq!((count("unknown"), count("parked")), (2, 6), "{statuses:?}");
        world.simulator().clear_faults().expect("faults end");
        world.later(61).await;
        world.sweep().await;
        let statuses = world.statuses(VENDOR_1).await;
        assert_eq!(
            statuses.iter().filter(|status| *status == "read").count(),
            6,
            "{statuses:?}"
        );
    })
    .await;
}
