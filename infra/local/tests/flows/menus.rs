//! Menus without buttons: numbered lines, and a customer's "2" that is mapped back.

use domain::limits;
use serde_json::{Value, json};
use testkit::wasender::received;

use crate::world::{AWA, VENDOR_1, World, run};

const SEND: &str = "vendors/vendor_001/send-message";

async fn writes(world: &World, text: &str, key_id: &str) {
    // Not the text: "menu" is also the name of an intent, and intents are logged.
    world.unspeakable(&[AWA]);
    let answer = world.webhook(VENDOR_1, &received(text, AWA, key_id)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    world.quiet().await;
}

/// The newest message of the customer.
async fn heard(world: &World) -> Value {
    world.messages(VENDOR_1, "inbound").await.remove(0)
}

/// The staff offers two options; answers with WhatsApp's id of the menu.
async fn offers(world: &World, text: &str, ids: [&str; 2]) -> String {
    let options = ids.map(|id| json!({ "id": id, "title": format!("Le {id}") }));
    let body = json!({ "to": format!("+{AWA}"), "buttons": { "text": text, "options": options } });
    world.unspeakable(&[AWA, text]);
    let answer = world.admin("POST", SEND, &[], &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    world.quiet().await;
    let menu = world.messages(VENDOR_1, "outbound").await.remove(0);
    menu["providerMessageId"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[tokio::test]
async fn a_two_after_the_menu_gets_the_answer_of_its_second_option() {
    run(async |world| {
        writes(world, "menu", "MENU").await;
        let menu = world.sent(VENDOR_1).remove(0);
        let lines = "\n\n1. Nos produits\n2. Une commande\n3. Parler à un conseiller";
        assert!(menu.ends_with(lines), "{menu}");
        writes(world, "2", "TWO").await;
        let order = world.sent(VENDOR_1).remove(1);
        assert!(order.contains("numéro de votre commande"), "{order}");
        let two = heard(world).await;
        assert_eq!(
            (&two["text"], &two["intent"]),
            (&json!("2"), &json!("order_status"))
        );
        assert_eq!(
            two["choice"],
            json!({ "id": "order_status", "title": "Une commande" })
        );
        // The menu is still on the customer's screen.
        writes(world, "nos produits !", "ONE").await;
        assert_eq!(heard(world).await["intent"], "product_info");
        writes(world, "٣", "THREE").await;
        let three = heard(world).await;
        assert_eq!(
            (&three["intent"], &three["choice"]["id"]),
            (&json!("human"), &json!("human"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_text_that_is_no_answer_to_the_menu_is_itself() {
    run(async |world| {
        writes(world, "menu", "MENU").await;
        writes(world, "4", "FOUR").await;
        let four = heard(world).await;
        assert_eq!(
            (&four["choice"], &four["intent"]),
            (&json!(null), &json!("unknown"))
        );
        writes(world, "Merci", "THANKS").await;
        assert_eq!(heard(world).await["intent"], "thanks");
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_the_staffs_menu_is_known_for_a_day() {
    run(async |world| {
        offers(world, "Livraison ou retrait ?", ["livreur", "magasin"]).await;
        writes(world, " N°2 ", "CHOICE").await;
        let choice = heard(world).await;
        assert_eq!(
            choice["choice"],
            json!({ "id": "magasin", "title": "Le magasin" })
        );
        assert_eq!(
            (&choice["kind"], &choice["text"]),
            (&json!("text"), &json!(" N°2 "))
        );
        offers(world, "Livraison ou retrait ?", ["livreur", "magasin"]).await;
        world.later(limits::MENU_OPEN.as_secs()).await;
        writes(world, "2", "LATE").await;
        assert_eq!(heard(world).await["choice"], json!(null));
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_quotes_an_older_menu_chooses_from_that_one() {
    run(async |world| {
        let older = offers(world, "Quel jour ?", ["lundi", "mardi"]).await;
        offers(world, "Quelle heure ?", ["matin", "soir"]).await;
        let mut quoting = received("1", AWA, "QUOTES");
        quoting["data"]["messages"]["message"] = json!({
            "extendedTextMessage": { "text": "1", "contextInfo": { "stanzaId": older } },
        });
        assert_eq!(world.webhook(VENDOR_1, &quoting).await.status, 200);
        world.quiet().await;
        assert_eq!(heard(world).await["choice"]["id"], "lundi");
    })
    .await;
}
