//! An engine that answers later: in time, too late, twice, after somebody else spoke, and whatever dies on the way.

use domain::limits;
use embedded_aws::{Matcher, Service, When};
use serde_json::{Value, json};

use crate::conversations::{decide, detail, newest};
use crate::engine_double::{Act, EngineDouble};
use crate::front_door::is_problem;
use crate::reconciliation::{self, write};
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, VENDOR_2, World, run};

const DEADLINE: u64 = limits::ANSWER_WITHIN.as_secs() + 2;
const FALLBACK: &str = "Un conseiller va vous répondre personnellement";

/// A customer asks, and the engine takes its time.
async fn asks(world: &World, from: &str, key_id: &str) -> String {
    world
        .customer_writes(VENDOR_1, from, "Vous livrez à Thiès ?", key_id)
        .await;
    world.quiet().await;
    let inbound = world.messages(VENDOR_1, "inbound").await;
    inbound[0]["id"].as_str().expect("an id").to_owned()
}

async fn slow_engine(world: &World) -> EngineDouble {
    let engine = EngineDouble::start(world);
    engine.always(Act::status(202));
    world.configure_engine(VENDOR_1, &engine).await;
    engine
}

async fn replies(world: &World, body: &Value, key: &str) -> Answer {
    let path = format!("vendors/{}/send-message", VENDOR_1.id);
    let answer = world
        .admin("POST", &path, &[("idempotency-key", key)], body)
        .await;
    world.quiet().await;
    answer
}

async fn says(world: &World, question: &str, text: &str) -> Answer {
    let key: String = text.chars().filter(char::is_ascii).collect();
    let body = json!({ "inReplyTo": question, "text": text });
    replies(world, &body, &key).await
}

async fn shown(world: &World, question: &str) -> Value {
    reconciliation::detail(world, question).await["status"].clone()
}

#[tokio::test]
async fn replies_in_time_go_to_who_asked_in_order_and_the_deadline_says_nothing() {
    run(async |world| {
        let engine = slow_engine(world).await;
        let question = asks(world, AWA, "Q1").await;
        assert_eq!(shown(world, &question).await, "handled");
        world.later(120).await;
        let first = json!({
            "inReplyTo": question, "text": "Oui, demain.", "intent": "delivery", "nextStep": "address",
        });
        let answer = replies(world, &first, "1").await;
        assert_eq!((answer.status, &answer.json["status"]), (202, &json!("queued")));
        assert_eq!(
            replies(world, &first, "1").await.json["messageId"],
            answer.json["messageId"]
        );
        let to = json!({ "inReplyTo": question, "to": format!("+{AWA}"), "text": "Votre adresse ?" });
        assert_eq!(replies(world, &to, "2").await.status, 202);
        assert_eq!(shown(world, &question).await, "answered");
        world.later(DEADLINE).await;
        world.sweep().await;
        assert_eq!(world.sent(VENDOR_1), ["Oui, demain.", "Votre adresse ?"]);
        is_problem(&says(world, &question, "Et encore").await, 409, "too_late");
        asks(world, AWA, "Q2").await;
        let conversation = &engine.asked()[1].body["conversation"];
        assert_eq!(
            (&conversation["currentIntent"], &conversation["currentStep"]),
            (&json!("delivery"), &json!("address"))
        );
    })
    .await;
}

#[tokio::test]
async fn without_a_reply_the_customer_is_told_once_and_a_person_goes_on() {
    run(async |world| {
        let _engine = slow_engine(world).await;
        let question = asks(world, AWA, "Q1").await;
        world.later(DEADLINE).await;
        world.recover().await;
        let sent = world.sent(VENDOR_1);
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].contains(FALLBACK), "{sent:?}");
        let conversation = detail(world, &newest(world).await).await;
        assert_eq!(conversation["status"], "human");
        is_problem(&says(world, &question, "Oui").await, 409, "too_late");
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_vendors_own_words_are_said_and_a_vendor_who_wants_silence_has_it() {
    run(async |world| {
        let _engine = slow_engine(world).await;
        asks(world, AWA, "Q1").await;
        let path = format!("vendors/{}/config", VENDOR_1.id);
        let config = async |body: Value| {
            let etag = crate::front_door::get(world, &path).await.etag;
            let answer = world
                .admin("PUT", &path, &[("if-match", &etag)], &body)
                .await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        };
        config(json!({ "fallbackText": "Un instant, on arrive." })).await;
        world.later(DEADLINE).await;
        assert_eq!(world.sent(VENDOR_1), ["Un instant, on arrive."]);
        let engine = slow_engine(world).await;
        let question = asks(world, MOUSSA, "Q2").await;
        assert_eq!(engine.asked().len(), 1);
        config(json!({ "autoReply": false })).await;
        world.later(DEADLINE).await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        is_problem(&says(world, &question, "Oui").await, 409, "superseded");
    })
    .await;
}

#[tokio::test]
async fn after_somebody_else_spoke_nothing_is_said_be_it_given_back_since_or_not() {
    for gives_back in [false, true] {
        run(async |world| {
            let _engine = slow_engine(world).await;
            let question = asks(world, AWA, "Q1").await;
            let id = newest(world).await;
            assert_eq!(decide(world, &id, "takeover", &json!({})).await.status, 200);
            if gives_back {
                assert_eq!(
                    decide(world, &id, "release", &json!(null)).await.status,
                    200
                );
            }
            is_problem(&says(world, &question, "Oui").await, 409, "superseded");
            world.later(DEADLINE).await;
            world.sweep().await;
            assert!(world.sent(VENDOR_1).is_empty());
            is_problem(&says(world, &question, "Oui").await, 409, "superseded");
        })
        .await;
    }
}

#[tokio::test]
async fn a_late_reply_that_is_kept_and_not_sent_is_not_sent_after_a_takeover() {
    run(async |world| {
        let _engine = slow_engine(world).await;
        let question = asks(world, AWA, "Q1").await;
        world.refuse(Matcher::any().caller("sender").service(Service::DynamoDb));
        assert_eq!(says(world, &question, "Oui").await.status, 202);
        let id = newest(world).await;
        assert_eq!(decide(world, &id, "takeover", &json!({})).await.status, 200);
        write(world, "Bonjour, ici Fatou").await;
        world.heal();
        world.recover().await;
        assert_eq!(world.sent(VENDOR_1), ["Bonjour, ici Fatou"]);
        assert_eq!(world.statuses(VENDOR_1).await, ["cancelled", "read"]);
    })
    .await;
}

#[tokio::test]
async fn a_late_reply_that_calls_a_person_silences_the_engine() {
    run(async |world| {
        let engine = slow_engine(world).await;
        let question = asks(world, AWA, "Q1").await;
        let body =
            json!({ "inReplyTo": question, "text": "Je vous passe Fatou.", "requiresHuman": true });
        assert_eq!(replies(world, &body, "1").await.status, 202);
        assert_eq!(says(world, &question, "À tout de suite.").await.status, 202);
        asks(world, AWA, "Q2").await;
        assert_eq!(engine.asked().len(), 1);
        assert_eq!(world.sent(VENDOR_1).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_reply_to_what_does_not_wait_is_refused() {
    run(async |world| {
        let engine = slow_engine(world).await;
        engine.then(Act::say("Bonjour"));
        let answered = asks(world, AWA, "Q1").await;
        is_problem(&says(world, &answered, "Oui").await, 409, "not_deferred");
        let question = asks(world, AWA, "Q2").await;
        let ours = world.messages(VENDOR_1, "outbound").await[0]["id"].clone();
        for (body, field) in [
            (json!({ "inReplyTo": ours, "text": "Oui" }), "inReplyTo"),
            (json!({ "inReplyTo": "msg_0", "text": "Oui" }), "inReplyTo"),
            (
                json!({ "inReplyTo": question, "to": format!("+{MOUSSA}"), "text": "Oui" }),
                "to",
            ),
            (
                json!({ "inReplyTo": question, "wabaId": "waba_other", "text": "Oui" }),
                "wabaId",
            ),
            (
                json!({ "inReplyTo": question, "intent": "a b", "text": "Oui" }),
                "intent",
            ),
            (
                json!({ "to": format!("+{AWA}"), "intent": "a", "text": "Oui" }),
                "intent",
            ),
            (json!({ "text": "Oui" }), "to"),
        ] {
            let answer = replies(
                world,
                &body,
                &body.to_string().replace(|c: char| !c.is_ascii(), ""),
            )
            .await;
            is_problem(&answer, 422, "invalid_field");
            assert_eq!(answer.json["field"], field, "{body}");
        }
        let others = format!("vendors/{}/send-message", VENDOR_2.id);
        let body = json!({ "inReplyTo": question, "text": "Oui" });
        is_problem(
            &world.admin("POST", &others, &[], &body).await,
            422,
            "invalid_field",
        );
        assert_eq!(world.sent(VENDOR_1), ["Bonjour"]);
    })
    .await;
}

#[tokio::test]
async fn a_question_has_at_most_ten_late_replies() {
    run(async |world| {
        let _engine = slow_engine(world).await;
        let question = asks(world, AWA, "Q1").await;
        for number in 0..10 {
            assert_eq!(
                says(
                    world,
                    &question,
                    &format!("Réponse {number}").replace('é', "e")
                )
                .await
                .status,
                202
            );
        }
        is_problem(
            &says(world, &question, "Encore").await,
            409,
            "too_many_replies",
        );
        for _ in 0..4 {
            world.later(20).await;
        }
        let expected: Vec<_> = (0..10).map(|number| format!("Reponse {number}")).collect();
        assert_eq!(world.sent(VENDOR_1), expected);
    })
    .await;
}

/// The queue's entry is lost, and so are those of the reply.
#[tokio::test]
async fn a_deadline_whose_entry_is_lost_is_kept_by_the_sweep() {
    run(async |world| {
        let _engine = slow_engine(world).await;
        world.refuse(
            Matcher::any()
                .caller("conversation")
                .operation("SendMessage"),
        );
        asks(world, AWA, "Q1").await;
        world.heal();
        assert_eq!(world.held("later"), 0);
        world.later(DEADLINE).await;
        assert!(world.sent(VENDOR_1).is_empty());
        world.sweep().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

/// Lets a function die at each of its steps while questions are put off or their time ends.
async fn dies(function: &'static str, when: When) -> usize {
    let mut deaths = 0;
    run(async |world| {
        let _engine = slow_engine(world).await;
        for step in 1..=14 {
            let customer = format!("2217000003{step:02}");
            let crash = || world.aws().faults().crash(function, step, when);
            if function == "conversation" {
                crash();
            }
            let key_id = format!("Q{step}");
            world
                .customer_writes(VENDOR_1, &customer, "Ouvert ?", &key_id)
                .await;
            world.quiet().await;
            if function == "sweep" {
                crash();
            }
            world.later(DEADLINE).await;
            for _ in 0..3 {
                world.later(130).await;
                world.sweep_that_may_die().await;
            }
            world.later(DEADLINE).await;
            world.recover().await;
            let died = world.aws().faults().pending_crashes() == 0;
            let number = json!(format!("+{customer}"));
            let sends = world.simulator().sends();
            let said = sends.iter().filter(|send| json!(send.to) == number).count();
            assert_eq!(said, 1, "{function} dies {when:?} step {step}");
            if !died {
                break;
            }
            deaths += 1;
        }
        world.heal();
    })
    .await;
    deaths
}

#[tokio::test]
async fn whoever_puts_a_question_off_may_die_at_any_step() {
    for when in [When::Before, When::After] {
        assert!(dies("conversation", when).await >= 5);
    }
}

#[tokio::test]
async fn whoever_ends_a_question_may_die_at_any_step() {
    for when in [When::Before, When::After] {
        assert!(dies("sweep", when).await >= 5);
    }
}
