//! The customers of one vendor share a few groups of the queue: a crowd at one vendor delays no other, and who has to wait holds up nobody.

use domain::entry::{InboundEntry, InboundEvent};
use domain::{Contact, Content, InboundMessage, PhoneNumber, ProviderMessageId, VendorId, WabaId};
use domain::{Fingerprint, limits};
use embedded_aws::{Matcher, Service, When};
use jiff::Timestamp;
use local::Options;
use serde_json::json;
use testkit::wasender::received;

use crate::engine_double::Act;
use crate::outage::{engine, nothing_is_left};
use crate::people::{recipients, writes};
use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, run, run_in};

const ANSWER: &str = "De la part du moteur";
/// The call by which an entry is set aside.
const ASIDE: &str = "Sqs SendMessage local-inbound.fifo";

/// What the first vendor's queue carries of a customer's text.
fn entry(customer: &str, key_id: &str) -> InboundEntry {
    let vendor_id = VendorId::parse(VENDOR_1.id).expect("an id");
    InboundEntry {
        waba_id: WabaId::first_of(&vendor_id),
        vendor_id,
        received_at: Timestamp::UNIX_EPOCH,
        event: InboundEvent::Message(InboundMessage {
            key_id: ProviderMessageId::parse(key_id).expect("an id"),
            msg_id: None,
            contact: Contact::by_phone(PhoneNumber::from_provider(customer).expect("a number")),
            group: None,
            content: Content::text("Bonjour"),
            reply_to: None,
            occurred_at: None,
        }),
    }
}

/// Somebody who shares a group with the first customer.
fn neighbour() -> String {
    let group = entry(AWA, "A").group_id();
    let customers = (10..).map(|number| format!("2217000000{number}"));
    let mut neighbours = customers.filter(|customer| entry(customer, "A").group_id() == group);
    neighbours.next().expect("one in eight")
}

fn of_decisions() -> Matcher {
    let decisions = Matcher::any().caller("conversation");
    decisions
        .service(Service::DynamoDb)
        .operation("TransactWriteItems")
}

#[tokio::test]
async fn a_crowd_at_one_vendor_delays_another_vendors_customer_by_a_few_messages_whatever_its_size()
{
    let options = Options {
        inbound_concurrency: 10,
        ..Options::default()
    };
    run_in(options, async |world| {
        world.pause();
        for number in 0..120 {
            let customer = format!("221700000{number:03}");
            let body = received("Bonjour", &customer, &format!("CROWD{number}"));
            assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
        }
        world
            .customer_writes(VENDOR_2, MOUSSA, "Bonjour", "QUIET")
            .await;
        world.resume();
        world.hold_sends(true);
        let is_quiet = |body: &String| body.contains(VENDOR_2.id);
        let replies = || world.bodies("local-outbound.fifo");
        world.until(async || replies().iter().any(is_quiet)).await;
        let before = replies().iter().position(is_quiet).expect("it is there");
        // Each share may be a few messages further by the time that this one is worked off.
        let few = 4 * limits::VENDOR_SHARES as usize;
        assert!(before <= few, "{before} were answered before");
    })
    .await;
}

#[tokio::test]
async fn a_message_that_fails_holds_up_nobody_but_its_customer() {
    run(async |world| {
        let neighbour = neighbour();
        world.refuse(of_decisions().times(2));
        writes(world, "Bonjour", AWA, "A1").await;
        assert!(world.sent(VENDOR_1).is_empty(), "it failed");
        writes(world, "Bonjour", &neighbour, "B1").await;
        assert_eq!(recipients(world), [format!("+{neighbour}")]);
        writes(world, "Et la robe ?", AWA, "A2").await;
        assert_eq!(recipients(world).len(), 1, "it is behind the first");
        world.later(2).await;
        world.later(limits::CLAIM_LEASE.as_secs()).await;
        let answered = [&neighbour, AWA, AWA].map(|customer| format!("+{customer}"));
        assert_eq!(recipients(world), answered);
        nothing_is_left(world);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_killed_its_function_holds_up_its_group_once() {
    run(async |world| {
        let neighbour = neighbour();
        world.aws().faults().crash("conversation", 2, When::Before);
        writes(world, "Bonjour", AWA, "A1").await;
        writes(world, "Bonjour", &neighbour, "B1").await;
        assert!(recipients(world).is_empty(), "nobody saw it fail");
        world.aws().calls().take();
        world.later(limits::INBOUND_VISIBILITY.as_secs() + 1).await;
        let calls = crate::front_door::calls_of(world, "conversation");
        let first = "DynamoDb UpdateItem local-conversations";
        assert_eq!(
            calls[..2],
            [first, ASIDE],
            "it is not tried again among the others"
        );
        assert_eq!(recipients(world).len(), 2);
        nothing_is_left(world);
    })
    .await;
}

#[tokio::test]
async fn a_neighbour_of_a_message_that_waits_for_its_engine_is_heard_at_once() {
    run(async |world| {
        let neighbour = neighbour();
        let engine = engine(world).await;
        engine.always(Act::status(503));
        writes(world, "Bonjour", AWA, "A1").await;
        writes(world, "STOP", &neighbour, "B1").await;
        assert_eq!(recipients(world), [format!("+{neighbour}")]);
        engine.always(Act::say(ANSWER));
        world.later(4).await;
        assert_eq!(recipients(world)[1..], [format!("+{AWA}")]);
        nothing_is_left(world);
    })
    .await;
}

#[tokio::test]
async fn a_customer_whose_message_waited_is_among_the_others_again() {
    run(async |world| {
        let engine = engine(world).await;
        engine.then(Act::status(503));
        writes(world, "Bonjour", AWA, "A1").await;
        world.later(4).await;
        writes(world, "Et la robe ?", AWA, "A2").await;
        world.aws().calls().take();
        writes(world, "Merci", AWA, "A3").await;
        let calls = crate::front_door::calls_of(world, "conversation");
        assert!(!calls.iter().any(|call| call == ASIDE), "{calls:#?}");
        assert_eq!(world.sent(VENDOR_1).len(), 3);
        nothing_is_left(world);
    })
    .await;
}

#[tokio::test]
async fn the_conversation_may_die_after_any_step_while_a_message_waits() {
    run(async |world| {
        let engine = engine(world).await;
        let faults = world.aws().faults();
        for step in 1.. {
            let customer = format!("2217000001{step:02}");
            let (first, next) = (format!("{step} d'abord"), format!("{step} ensuite"));
            engine.then(Act::status(503));
            faults.crash("conversation", step, When::After);
            for text in [&first, &next] {
                let key_id = Fingerprint::of(&[text]).short();
                world
                    .customer_writes(VENDOR_1, &customer, text, &key_id)
                    .await;
            }
            for _ in 0..3 {
                world.later(limits::INBOUND_VISIBILITY.as_secs() + 1).await;
            }
            let died = faults.pending_crashes() == 0;
            let to = format!("+{customer}");
            let answers = recipients(world).iter().filter(|one| **one == to).count();
            assert_eq!(answers, 2, "it dies after step {step}");
            let asked = engine.asked();
            let last = |text: &str| asked.iter().rposition(|asked| asked.text() == text);
            assert!(last(&first) < last(&next), "it dies after step {step}");
            nothing_is_left(world);
            if !died {
                assert!(step > 12, "{step}");
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_release_before_enqueued_keeps_its_customers_next_one_behind_it() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        let engine = engine(world).await;
        engine.always(Act::status(503));
        let before = InboundEntry {
            received_at: world.clock().now(),
            ..entry(AWA, "A1")
        };
        let url = format!("{}/000000000000/local-inbound.fifo", world.aws().url());
        let message = json!({
            "QueueUrl": url,
            "MessageBody": before.to_body(),
            "MessageGroupId": before.own_group_id(),
            "MessageDeduplicationId": before.dedup_id(),
        });
        world.aws_operation("AmazonSQS.SendMessage", &message).await;
        world.quiet().await;
        assert_eq!(engine.asked().len(), 1);
        writes(world, "Et la robe ?", AWA, "A2").await;
        engine.always(Act::say(ANSWER));
        for _ in 0..4 {
            world.later(10).await;
        }
        assert_eq!(world.sent(VENDOR_1), [ANSWER, ANSWER]);
        let asked = engine.asked();
        let (last, first) = asked.split_last().expect("questions");
        assert_eq!(last.text(), "Et la robe ?");
        assert!(first.iter().all(|asked| asked.text() == "Bonjour"));
        nothing_is_left(world);
    })
    .await;
}

#[tokio::test]
async fn while_aws_refuses_everything_nothing_leaves_its_place_and_all_is_answered_in_order_after_it()
 {
    run(async |world| {
        let neighbour = neighbour();
        world.refuse(Matcher::any().caller("conversation"));
        for (number, customer) in [AWA, &neighbour, AWA].into_iter().enumerate() {
            let text = format!("Bonjour {number}");
            writes(world, &text, customer, &format!("KEY{number}")).await;
        }
        for _ in 0..4 {
            world.later(limits::INBOUND_VISIBILITY.as_secs() + 1).await;
        }
        assert_eq!(world.held("inbound.fifo"), 3);
        world.heal();
        for _ in 0..4 {
            world.later(limits::INBOUND_VISIBILITY.as_secs() + 1).await;
        }
        let mut messages = world.messages(VENDOR_1, "inbound").await;
        messages.reverse();
        assert!(
            messages
                .iter()
                .all(|message| message["outcome"] == "answered"),
            "{messages:#?}"
        );
        assert_eq!(recipients(world).len(), 3);
        nothing_is_left(world);
    })
    .await;
}
