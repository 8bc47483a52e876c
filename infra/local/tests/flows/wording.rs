//! What the built-in engine says: in the vendor's own words where it has some.

use serde_json::{Value, json};

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
