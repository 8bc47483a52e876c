//! What engines have the vendor's other systems do: recorded, and told once it is decided, until somebody takes it.

use embedded_aws::{Matcher, When};
use local::Options;
use serde_json::{Value, json};

use crate::engine_double::{Act, EngineDouble};
use crate::reconciliation;
use crate::world::{AWA, VENDOR_1, World, run, run_in};

/// Runs a test in a world where actions are told to somebody.
async fn told(test: impl AsyncFnOnce(&World, &EngineDouble, &EngineDouble)) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let options = Options {
        actions_url: Some(format!("http://{address}/actions")),
        ..Options::default()
    };
    run_in(options, async |world| {
        let receiver = EngineDouble::on(world, listener);
        let engine = engine(world).await;
        test(world, &engine, &receiver).await;
    })
    .await;
}

async fn engine(world: &World) -> EngineDouble {
    let engine = EngineDouble::start(world);
    engine.always(Act::Answer(json!({
        "replies": [{ "type": "text", "text": "C'est noté." }],
        "actions": [{ "type": "order.create", "data": { "sku": "robe-42" } }, { "type": "notify" }],
    })));
    world.configure_engine(VENDOR_1, &engine).await;
    engine
}

async fn asks(world: &World, key_id: &str) -> String {
    world
        .customer_writes(VENDOR_1, AWA, "Je la prends", key_id)
        .await;
    world.quiet().await;
    let inbound = world.messages(VENDOR_1, "inbound").await;
    inbound[0]["id"].as_str().expect("an id").to_owned()
}

async fn state(world: &World, id: &str) -> Value {
    reconciliation::detail(world, id).await["actions"]["state"].clone()
}

#[tokio::test]
async fn actions_are_told_once_after_the_decision_signed_as_questions_are() {
    told(async |world, engine, receiver| {
        let id = asks(world, "Q1").await;
        let expected = json!([
            { "type": "order.create", "data": { "sku": "robe-42" } },
            { "type": "notify", "data": {} },
        ]);
        let asked = receiver.asked();
        assert_eq!(asked.len(), 1);
        assert!(asked[0].is_genuine);
        assert_eq!(asked[0].header("webhook-id"), format!("{id}_actions"));
        let session = &engine.asked()[0].body["conversation"]["sessionId"];
        assert_eq!(
            asked[0].body,
            json!({
                "version": 1, "vendor": { "id": VENDOR_1.id }, "message": { "id": id },
                "conversation": { "sessionId": session }, "actions": expected,
            })
        );
        let shown = reconciliation::detail(world, &id).await;
        assert_eq!(
            shown["actions"],
            json!({ "state": "delivered", "list": expected })
        );
        world.recover().await;
        assert_eq!(receiver.asked().len(), 1);
        assert_eq!(world.sent(VENDOR_1), ["C'est noté."]);
    })
    .await;
}

#[tokio::test]
async fn without_anybody_to_tell_actions_are_recorded() {
    run(async |world| {
        let _engine = engine(world).await;
        let id = asks(world, "Q1").await;
        world.recover().await;
        assert_eq!(state(world, &id).await, "recorded");
        assert_eq!(world.held("later"), 0);
    })
    .await;
}

#[tokio::test]
async fn who_is_away_or_refuses_is_told_again_with_the_same_words_until_it_takes_them() {
    told(async |world, _engine, receiver| {
        for act in [Act::status(503), Act::Reset, Act::status(404)] {
            receiver.then(act);
        }
        receiver.always(Act::status(204));
        let id = asks(world, "Q1").await;
        assert_eq!(state(world, &id).await, "pending");
        assert_eq!(
            world.sent(VENDOR_1).len(),
            1,
            "the customer does not wait for it"
        );
        for wait in [31, 121, 481] {
            world.later(wait).await;
            world.sweep().await;
        }
        let asked = receiver.asked();
        assert_eq!(asked.len(), 4);
        assert!(
            asked
                .iter()
                .all(|it| it.body == asked[0].body && it.is_genuine)
        );
        assert_eq!(state(world, &id).await, "delivered");
        world.later(3600).await;
        world.sweep().await;
        assert_eq!(receiver.asked().len(), 4);
    })
    .await;
}

#[tokio::test]
async fn who_takes_nothing_for_a_day_is_given_up() {
    told(async |world, _engine, receiver| {
        receiver.always(Act::status(500));
        let id = asks(world, "Q1").await;
        for _ in 0..30 {
            world.later(3600).await;
            world.sweep().await;
        }
        assert_eq!(state(world, &id).await, "failed");
        let asked = receiver.asked().len();
        assert!((20..40).contains(&asked), "{asked}");
        world.later(3600).await;
        world.sweep().await;
        assert_eq!(receiver.asked().len(), asked);
    })
    .await;
}

#[tokio::test]
async fn who_does_not_believe_the_signature_is_told_nothing_else() {
    told(async |world, _engine, receiver| {
        receiver.believes(&["whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC1vdGhlcg=="]);
        let id = asks(world, "Q1").await;
        assert!(!receiver.asked()[0].is_genuine);
        assert_eq!(state(world, &id).await, "pending");
    })
    .await;
}

#[tokio::test]
async fn a_request_to_tell_that_is_lost_is_made_by_the_timer() {
    told(async |world, _engine, receiver| {
        world.refuse(
            Matcher::any()
                .caller("conversation")
                .operation("SendMessage"),
        );
        let id = asks(world, "Q1").await;
        assert!(receiver.asked().is_empty());
        world.heal();
        world.recover().await;
        assert_eq!(
            (receiver.asked().len(), state(world, &id).await),
            (1, json!("delivered"))
        );
    })
    .await;
}

/// Whoever dies after the receiver took them can't know: then they are told twice, with one id.
#[tokio::test]
async fn whoever_tells_may_die_at_any_step() {
    for when in [When::Before, When::After] {
        told(async |world, _engine, receiver| {
            for step in 1..=12 {
                let before = receiver.asked().len();
                world.aws().faults().crash("sweep", step, when);
                let id = asks(world, &format!("Q{step}")).await;
                for _ in 0..4 {
                    world.later(130).await;
                    world.sweep_that_may_die().await;
                }
                let died = world.aws().faults().pending_crashes() == 0;
                assert_eq!(state(world, &id).await, "delivered", "{when:?} {step}");
                let asked = receiver.asked();
                let told = &asked[before..];
                let expected = format!("{id}_actions");
                assert!(told.iter().all(|it| it.header("webhook-id") == expected));
                assert!(
                    (1..=2).contains(&told.len()),
                    "{when:?} {step}: {}",
                    told.len()
                );
                if !died {
                    break;
                }
            }
            world.heal();
        })
        .await;
    }
}
