//! What customers ask about a vendor's products, and what they see of them.

use domain::limits;
use serde_json::{Value, json};
use testkit::wasender::received;

use crate::front_door::{calls_of, get};
use crate::world::{AWA, MOUSSA, VENDOR_1, World, run};

const CONFIG: &str = "vendors/vendor_001/config";

/// Puts these products in the place of the first vendor's.
pub(crate) async fn sells(world: &World, products: &[Value]) {
    let etag = get(world, CONFIG).await.etag;
    let catalogue = json!({ "catalogue": { "products": products } });
    let headers = [("if-match", etag.as_str())];
    let answer = world.admin("PUT", CONFIG, &headers, &catalogue).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

pub(crate) fn product(code: &str, name: &str, stock: u32) -> Value {
    json!({ "code": code, "name": name, "price": 12_500, "currency": "XOF", "stock": stock })
}

fn fashion() -> [Value; 4] {
    let mut bag = product("S-7", "Sac en cuir", 3);
    bag["imageUrl"] = "https://shop.example/sac.jpg".into();
    [
        product("R1", "Robe wax bleue", 9),
        product("R2", "Robe wax rouge", 9),
        bag,
        product("P12", "Climatiseur mural", 0),
    ]
}

/// A customer writes; answers with what was sent for it.
pub(crate) async fn asks(world: &World, from: &str, text: &str, key_id: &str) -> Vec<String> {
    world.unspeakable(&[from]);
    let before = world.sent(VENDOR_1).len();
    let answer = world.webhook(VENDOR_1, &received(text, from, key_id)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    world.quiet().await;
    world.sent(VENDOR_1).split_off(before)
}

/// What a question of the first customer's makes the conversation function ask of AWS.
async fn asked_of_aws(world: &World, text: &str, key_id: &str) -> Vec<String> {
    world.aws().calls().take();
    asks(world, AWA, text, key_id).await;
    let mut calls = calls_of(world, "conversation");
    calls.sort_unstable();
    calls
}

#[tokio::test]
async fn a_product_is_found_by_its_code_and_by_its_name_with_a_typing_error() {
    run(async |world| {
        sells(world, &fashion()).await;
        for (text, key_id) in [("p-12", "CODE"), ("un climatizeur ?", "TYPO")] {
            let said = asks(world, AWA, text, key_id).await;
            assert_eq!(said.len(), 1, "{said:?}");
            let lines: Vec<_> = said[0].lines().take(3).collect();
            let expected = [
                "Climatiseur mural (P12)",
                "Prix\u{a0}: 12\u{202f}500\u{a0}FCFA",
                "En rupture de stock pour le moment",
            ];
            assert_eq!(lines, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_picture_follows_the_words() {
    run(async |world| {
        sells(world, &fashion()).await;
        let said = asks(world, AWA, "sac en cuir", "BAG").await;
        assert!(said[0].contains("Plus que 3 en stock"), "{said:?}");
        assert_eq!(said[1], "Sac en cuir — 12\u{202f}500\u{a0}FCFA");
        let sends = world.accepted().await;
        let picture = sends.last().expect("a picture");
        assert_eq!(picture["imageUrl"], "https://shop.example/sac.jpg");
    })
    .await;
}

#[tokio::test]
async fn several_products_are_numbered_and_a_two_shows_the_second() {
    run(async |world| {
        sells(world, &fashion()).await;
        let said = asks(world, AWA, "une robe", "ROBES").await;
        let lines = "1. Robe wax bleue — 12\u{202f}500\u{a0}FCFA · R1\n2. Robe wax rouge — 12\u{202f}500\u{a0}FCFA · R2";
        assert!(said[0].ends_with(lines), "{said:?}");
        let said = asks(world, AWA, "2", "TWO").await;
        assert!(said[0].starts_with("Robe wax rouge (R2)"), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn the_menu_leads_to_the_products_page_by_page() {
    run(async |world| {
        let products: Vec<_> = (1..=25)
            .map(|at| product(&format!("C{at}"), &format!("Chaise {at}"), 1))
            .collect();
        sells(world, &products).await;
        asks(world, AWA, "menu", "MENU").await;
        let first = asks(world, AWA, "1", "FIRST").await;
        assert!(first[0].ends_with("\n10. Voir plus"), "{first:?}");
        let second = asks(world, AWA, "10", "SECOND").await;
        assert!(second[0].contains("\n1. Chaise 10 "), "{second:?}");
        let chair = asks(world, AWA, "9", "CHAIR").await;
        assert!(chair[0].starts_with("Chaise 18 (C18)"), "{chair:?}");
        let third = asks(world, MOUSSA, "les chaises", "SEARCHED").await;
        assert!(third[0].contains("25 produits (1/3)"), "{third:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_understood_may_still_be_a_product() {
    run(async |world| {
        sells(world, &fashion()).await;
        asks(world, AWA, "menu", "MENU").await;
        asks(world, AWA, "1", "LIST").await;
        let unknown = asks(world, AWA, "himalaya", "UNKNOWN").await;
        assert!(unknown[0].contains("choisissez"), "{unknown:?}");
        let found = asks(world, AWA, "le sac", "SAC").await;
        assert!(found[0].starts_with("Sac en cuir"), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn a_catalogue_is_read_once_and_again_when_it_was_written() {
    run(async |world| {
        sells(world, &fashion()).await;
        let usual = asked_of_aws(world, "Bonjour", "HELLO").await;
        let catalogue = "DynamoDb BatchGetItem local-waba_instances";
        assert!(!usual.iter().any(|call| call == catalogue), "{usual:#?}");
        // A first message begins a conversation; the next ones find it.
        let usual = asked_of_aws(world, "Bonjour", "AGAIN").await;
        let mut first = asked_of_aws(world, "robe", "ROBE").await;
        let read = first.iter().position(|call| call == catalogue);
        first.remove(read.expect("the catalogue is read, in one call"));
        assert_eq!(first, usual);
        assert_eq!(asked_of_aws(world, "robe", "ROBE2").await, usual);
        sells(world, &[product("R9", "Robe verte", 1)]).await;
        let said = asks(world, AWA, "robe", "GREEN").await;
        assert!(said[0].starts_with("Robe verte (R9)"), "{said:?}");
        sells(world, &[]).await;
        let said = asks(world, AWA, "robe", "NONE").await;
        assert!(said[0].contains("Quel produit"), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn the_largest_catalogue_is_read_in_one_call() {
    run(async |world| {
        let products: Vec<_> = (0..limits::PRODUCTS)
            .map(|at| {
                let mut product = product(&format!("C{at}"), &format!("Chaise {at}"), 1);
                product["description"] = "x".repeat(100).into();
                product
            })
            .collect();
        sells(world, &products).await;
        let calls = asked_of_aws(world, "C4321", "CHAIR").await;
        let reads = calls.iter().filter(|call| call.ends_with("waba_instances"));
        assert_eq!(reads.count(), 1, "{calls:#?}");
        assert!(
            world.sent(VENDOR_1)[0].starts_with("Chaise 4321 (C4321)"),
            "{:?}",
            world.sent(VENDOR_1)
        );
    })
    .await;
}
