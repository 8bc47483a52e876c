//! What the built-in engine says: in the vendor's own words where it has some.

use domain::limits;
use serde_json::{Value, json};
use testkit::wasender::received;

use crate::conversations::{decide, listed};
use crate::front_door::{get, is_problem};
use crate::people::writes;
use crate::world::{AWA, Answer, MOUSSA, VENDOR_1, World, run};

const CONFIG: &str = "vendors/vendor_001/config";

async fn put(world: &World, body: &Value) -> Answer {
    let etag = get(world, CONFIG).await.etag;
    world
        .admin("PUT", CONFIG, &[("if-match", &etag)], body)
        .await
}

/// The operator says how the vendor answers.
async fn configure(world: &World, body: &Value) {
    let answer = put(world, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// The last text that left, without what no keyboard has.
fn last(world: &World) -> String {
    let sent = world.sent(VENDOR_1).pop().expect("an answer");
    sent.replace(['\u{a0}', '\u{202f}'], " ")
}

#[tokio::test]
async fn a_template_is_what_the_customer_receives() {
    run(async |world| {
        let template = "Salut {customerName}, c'est {businessName} ! Ouvert {hours}.";
        let hours =
            json!({ "timeZone": "Africa/Dakar", "monday": [{ "from": "00:00", "to": "24:00" }] });
        configure(
            world,
            &json!({ "templates": { "greeting": template, "thanks": "De rien {customerName} !" } }),
        )
        .await;
        writes(world, "Bonjour", AWA, "NO-HOURS").await;
        let greeting = last(world);
        assert!(
            greeting.starts_with("Salut Awa, c'est My Shop A ! Ouvert."),
            "{greeting}"
        );
        configure(world, &json!({ "businessHours": hours })).await;
        writes(world, "Bonjour", MOUSSA, "HOURS").await;
        let greeting = last(world);
        assert!(greeting.contains("Ouvert le lundi 24 h/24."), "{greeting}");
        writes(world, "Merci", AWA, "THANKS").await;
        assert_eq!(last(world), "De rien Awa !");
        let wrong = json!({ "templates": { "greeting": "Dès {price}", "salut": "Bonjour" } });
        let refused = put(world, &wrong).await;
        is_problem(&refused, 422, "invalid_field");
        let errors = refused.json["errors"].as_array().expect("all of them");
        let fields: Vec<_> = errors.iter().map(|error| &error["field"]).collect();
        assert_eq!(fields, ["templates.greeting", "templates.salut"]);
    })
    .await;
}

/// The newest message of the customer.
async fn heard(world: &World) -> Value {
    world.messages(VENDOR_1, "inbound").await.remove(0)
}

async fn conversations(world: &World, query: &str) -> Vec<Value> {
    let listed = listed(world, query).await.json;
    listed["conversations"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_menu_is_answered_by_number_by_word_and_by_title() {
    run(async |world| {
        configure(world, &json!({ "segment": "b2b" })).await;
        writes(world, "/menu", AWA, "MENU").await;
        let menu = last(world);
        assert!(menu.ends_with("\n2. Suivi de commande\n3. Paiement et factures\n4. Prendre rendez-vous\n5. Parler à un commercial"), "{menu}");
        for (at, said) in ["2", "le 2", "2️⃣", "numéro 2", "deux", "la deuxième", "suivi de commande !"].into_iter().enumerate() {
            writes(world, said, AWA, &format!("TWO{at}")).await;
            let two = heard(world).await;
            assert_eq!(two["choice"]["id"], "order_status", "{said}");
            assert!(last(world).contains("numéro de votre commande ou de votre facture"));
        }
    })
    .await;
}

#[tokio::test]
async fn an_appointment_is_asked_for_noted_and_left_to_a_person() {
    run(async |world| {
        let day = json!([{ "from": "00:00", "to": "24:00" }]);
        let mut hours = json!({ "timeZone": "Africa/Dakar" });
        for name in [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ] {
            hours[name] = day.clone();
        }
        configure(
            world,
            &json!({ "segment": "services", "businessHours": hours }),
        )
        .await;
        writes(world, "/menu", AWA, "MENU").await;
        writes(world, "2", AWA, "CHOICE").await;
        let asked = last(world);
        assert!(
            asked.contains("Quel jour") && asked.ends_with("tous les jours 24 h/24."),
            "{asked}"
        );
        writes(world, "xyz samedi 10 h", AWA, "DAY").await;
        assert!(
            last(world).contains("confirme le rendez-vous"),
            "{}",
            last(world)
        );
        assert_eq!(heard(world).await["intent"], "appointment");
        assert_eq!(conversations(world, "?status=human").await.len(), 1);
        assert_eq!(conversations(world, "?priority=high").await.len(), 0);
    })
    .await;
}

/// A customer writes at the time that it is.
async fn writes_now(world: &World, text: &str, from: &str, key_id: &str) {
    world.unspeakable(&[from, text]);
    let mut body = received(text, from, key_id);
    body["data"]["messages"]["messageTimestamp"] = world.clock().now().as_second().into();
    assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200);
    world.quiet().await;
}

#[tokio::test]
async fn what_was_asked_for_is_forgotten_after_some_hours() {
    run(async |world| {
        writes_now(world, "/menu", AWA, "MENU1").await;
        writes_now(world, "2", AWA, "ORDER1").await;
        world.later(limits::STEP_LIVES.as_secs() - 60).await;
        writes_now(world, "xyz 1042", AWA, "NUMBER1").await;
        assert_eq!(heard(world).await["intent"], "order_status");
        assert!(last(world).contains("c’est noté"), "{}", last(world));
        writes_now(world, "/menu", MOUSSA, "MENU2").await;
        writes_now(world, "2", MOUSSA, "ORDER2").await;
        world.later(limits::STEP_LIVES.as_secs()).await;
        writes_now(world, "xyz zyx", MOUSSA, "NUMBER2").await;
        assert_eq!(heard(world).await["intent"], "unknown");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_not_understood_twice_gets_a_person() {
    run(async |world| {
        writes(world, "xyz zyx", AWA, "ONE").await;
        assert!(last(world).contains("1. Nos produits"), "{}", last(world));
        writes(world, "zyx xyz", AWA, "TWO").await;
        assert!(last(world).contains("Un conseiller de My Shop A lit vos messages"));
        assert_eq!(conversations(world, "?status=human").await.len(), 1);
        is_problem(
            &get(world, "vendors/vendor_001/conversations?priority=low").await,
            400,
            "invalid_query",
        );
    })
    .await;
}

#[tokio::test]
async fn a_complaint_goes_first_until_somebody_gives_the_conversation_back() {
    run(async |world| {
        writes(world, "Bonjour", MOUSSA, "HELLO").await;
        writes(
            world,
            "Ma robe est arrivée déchirée, c'est inadmissible",
            AWA,
            "TORN",
        )
        .await;
        assert!(
            last(world).contains("sincèrement désolés"),
            "{}",
            last(world)
        );
        let first = conversations(world, "?priority=high").await;
        assert_eq!(first.len(), 1);
        assert_eq!(
            (&first[0]["status"], &first[0]["intent"]),
            (&json!("human"), &json!("complaint"))
        );
        assert_eq!(conversations(world, "?priority=normal").await.len(), 1);
        let id = first[0]["conversationId"].as_str().expect("an id");
        let released = decide(world, id, "release", &Value::Null).await;
        assert_eq!(
            (released.status, &released.json["priority"]),
            (200, &json!("normal"))
        );
        assert_eq!(conversations(world, "?priority=high").await.len(), 0);
    })
    .await;
}
