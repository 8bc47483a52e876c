//! A customer's message in, the vendor's answer out.

use futures_util::future::join_all;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind, SessionSpec};

use crate::world::{AWA, MOUSSA, VENDOR_1, VENDOR_2, Vendor, World, run, run_with};

#[tokio::test]
async fn a_greeting_is_answered_in_french_from_the_vendors_own_number_and_followed_until_it_is_read()
 {
    run(async |world| {
        for (vendor, shop) in [(VENDOR_1, "My Shop A"), (VENDOR_2, "My Shop B")] {
            let answer = world
                .customer_writes(vendor, AWA, "Bonjour", "GREETING")
                .await;
            assert_eq!(
                (answer.status, answer.json["status"].as_str()),
                (200, Some("received"))
            );
            assert!(
                answer.json["processId"]
                    .as_str()
                    .is_some_and(|id| !id.is_empty())
            );
            world.quiet().await;
            let sent = world.sent(vendor);
            assert_eq!(sent.len(), 1, "{sent:?}");
            assert!(
                sent[0].starts_with("Bonjour") && sent[0].contains(shop),
                "{sent:?}"
            );
            assert_eq!(world.statuses(vendor).await, ["read"]);
            let inbound = &world.messages(vendor, "inbound").await[0];
            assert_eq!(
                (&inbound["status"], &inbound["intent"], &inbound["text"]),
                (&json!("answered"), &json!("greeting"), &json!("Bonjour"))
            );
            assert_eq!(inbound["contact"]["phone"], json!("+221700000001"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_delivered_five_times_and_under_another_name_is_answered_once() {
    run(async |world| {
        let received = testkit::wasender::received("Bonjour", AWA, "SAME");
        let upsert = testkit::wasender::upsert("Bonjour", AWA, "SAME");
        let bodies = [&received, &upsert, &received, &upsert, &received];
        let answers = join_all(bodies.map(|body| world.webhook(VENDOR_1, body))).await;
        assert!(
            answers.iter().all(|answer| answer.status == 200),
            "{answers:?}"
        );
        world.quiet().await;
        // SQS forgets a dedup id after five minutes; the claim does not.
        world.later(400).await;
        assert_eq!(world.webhook(VENDOR_1, &received).await.status, 200);
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn twenty_messages_of_one_customer_are_answered_in_their_order() {
    run(async |world| {
        for number in 0..20 {
            let text = if number % 2 == 0 { "Merci" } else { "Bonjour" };
            world
                .customer_writes(VENDOR_1, AWA, text, &format!("KEY{number}"))
                .await;
        }
        world.quiet().await;
        let sent = world.sent(VENDOR_1);
        let thanks: Vec<_> = sent
            .iter()
            .map(|text| text.starts_with("Avec plaisir"))
            .collect();
        assert_eq!(
            thanks,
            (0..20).map(|number| number % 2 == 0).collect::<Vec<_>>()
        );
    })
    .await;
}

#[tokio::test]
async fn a_staff_message_is_queued_once_per_idempotency_key() {
    run(async |world| {
        world.unspeakable(&[MOUSSA, "Votre commande est prête"]);
        let path = format!("vendors/{}/send-message", VENDOR_1.id);
        let body = json!({ "to": "70 000 00 02", "message": "Votre commande est prête" });
        let key = [("idempotency-key", "order-17")];
        let first = world.admin("POST", &path, &key, &body).await;
        assert_eq!(
            (first.status, &first.json["status"]),
            (202, &json!("queued")),
            "{}",
            first.json
        );
        let again = world.admin("POST", &path, &key, &body).await;
        assert_eq!(again.json, first.json);
        let other = json!({ "to": "+221700000002", "message": "Autre chose" });
        let conflict = world.admin("POST", &path, &key, &other).await;
        assert_eq!(
            (conflict.status, &conflict.json["code"]),
            (409, &json!("idempotency_conflict"))
        );
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1), ["Votre commande est prête"]);
        assert_eq!(world.statuses(VENDOR_1).await, ["read"]);
    })
    .await;
}

#[tokio::test]
async fn a_customer_known_by_a_linked_id_and_then_by_a_number_keeps_one_conversation() {
    run(async |world| {
        world.unspeakable(&["123456789012301"]);
        let mut by_lid = testkit::wasender::received_from_lid("Bonjour", "123456789012301", "LID1");
        by_lid["data"]["messages"]["key"]["cleanedSenderPn"] = json!(AWA);
        world.webhook(VENDOR_1, &by_lid).await;
        world.quiet().await;
        world.customer_writes(VENDOR_1, AWA, "Merci", "PN1").await;
        world.quiet().await;
        let inbound = world.messages(VENDOR_1, "inbound").await;
        assert_eq!(inbound[1]["contact"]["lid"], json!("123456789012301"));
        assert_eq!(inbound[1]["contact"]["phone"], json!("+221700000001"));
        assert_eq!(world.sent(VENDOR_1).len(), 2);
    })
    .await;
}

/// A second number of the first vendor, as its secret and its session have it.
const SECOND_NUMBER: Vendor = Vendor {
    id: "vendor_001",
    secret: "secret_of_the_second",
    session: "instance_second",
};

/// Gives the first vendor its second number; the admin API registers one number a vendor so far.
async fn link_second_number(world: &World) {
    let name = json!({ "SecretId": "local/vendor/vendor_001" });
    let stored = world
        .aws_operation("secretsmanager.GetSecretValue", &name)
        .await;
    let mut secrets: Value =
        serde_json::from_str(stored["SecretString"].as_str().expect("a text")).expect("JSON");
    let second = json!({
        "wabaId": "waba_second", "apiKey": "api_key_second", "webhook": { "current": SECOND_NUMBER.secret },
    });
    secrets["instances"]
        .as_array_mut()
        .expect("a list")
        .push(second);
    let put = json!({
        "SecretId": "local/vendor/vendor_001", "SecretString": secrets.to_string(),
        "ClientRequestToken": "00000000-0000-4000-8000-000000000002",
    });
    world
        .aws_operation("secretsmanager.PutSecretValue", &put)
        .await;
    let session = SessionSpec {
        vendor_id: SECOND_NUMBER.id.to_owned(),
        instance_id: SECOND_NUMBER.session.to_owned(),
        phone: "+221701111112".to_owned(),
        api_key: "api_key_second".to_owned(),
        webhook_secret: SECOND_NUMBER.secret.to_owned(),
    };
    world.simulator().add_session(session).expect("a session");
    world.unspeakable(&[SECOND_NUMBER.secret, "api_key_second", "701111112"]);
}

#[tokio::test]
async fn a_vendor_with_two_numbers_answers_from_the_number_that_was_written_to() {
    run(async |world| {
        link_second_number(world).await;
        let first = world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "SAME_KEY")
            .await;
        let second = world
            .customer_writes(SECOND_NUMBER, AWA, "Merci", "SAME_KEY")
            .await;
        assert_eq!((first.status, second.status), (200, 200));
        world.quiet().await;
        let (first, second) = (world.sent(VENDOR_1), world.sent(SECOND_NUMBER));
        assert!(
            first.len() == 1 && first[0].starts_with("Bonjour"),
            "{first:?}"
        );
        assert!(
            second.len() == 1 && second[0].starts_with("Avec plaisir"),
            "{second:?}"
        );
        assert_eq!(world.statuses(VENDOR_1).await, ["read", "read"]);
    })
    .await;
}

#[tokio::test]
async fn an_echo_without_a_number_is_not_taken_for_an_equal_message_that_was_refused() {
    let without_numbers: fn(&mut simulator::Options) = |options| options.msg_id_in_events = false;
    run_with(without_numbers, async |world| {
        world.unspeakable(&["Votre colis est en route"]);
        let refused = Fault::new(FaultKind::SuccessFalse)
            .path("send-message")
            .times(1);
        world.simulator().fault(refused).expect("a fault");
        let path = format!("vendors/{}/send-message", VENDOR_1.id);
        let body = json!({ "to": format!("+{AWA}"), "message": "Votre colis est en route" });
        for _ in 0..2 {
            assert_eq!(world.admin("POST", &path, &[], &body).await.status, 202);
            world.quiet().await;
        }
        assert_eq!(world.statuses(VENDOR_1).await, ["failed", "read"]);
    })
    .await;
}
