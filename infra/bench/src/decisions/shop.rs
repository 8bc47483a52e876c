//! A vendor with as much as a vendor may have.

use domain::config::{Catalogue, Product};
use domain::engine::{Context, Question};
use domain::order::Order;
use domain::{
    CatalogueSize, Contact, Content, MessageId, PhoneNumber, VendorConfig, VendorId, limits,
};
use jiff::Timestamp;
use serde_json::{Number, json};

const KINDS: [&str; 10] = [
    "Robe",
    "Boubou",
    "Chemise",
    "Sac",
    "Climatiseur",
    "Parfum",
    "Chaussure",
    "Téléphone",
    "Ventilateur",
    "Tissu",
];
const SORTS: [&str; 10] = [
    "wax",
    "brodé",
    "mural",
    "cuir",
    "coton",
    "bazin",
    "soie",
    "sport",
    "enfant",
    "classique",
];
const COLOURS: [&str; 10] = [
    "bleu", "rouge", "vert", "noir", "blanc", "jaune", "orange", "violet", "marron", "doré",
];

/// As many products as a catalogue may have, of names that have words in common and words of their own.
pub(crate) fn catalogue() -> Catalogue {
    let products = (0..limits::PRODUCTS).map(|at| {
        let (kind, sort, colour) = (KINDS[at % 10], SORTS[at / 10 % 10], COLOURS[at / 100 % 10]);
        Product {
            code: format!("P{at}"),
            name: format!("{kind} {sort} {colour} modèle {}", own_word(at)),
            price: Number::from(1_000 + at),
            currency: "XOF".to_owned(),
            stock: Some(3),
            description: Some("Livraison à Dakar sous 48 heures.".to_owned()),
            image_url: None,
            keywords: vec![own_word(at + limits::PRODUCTS), "promo".to_owned()],
        }
    });
    Catalogue {
        products: products.collect(),
    }
}

/// A word that nobody else has: numbers as syllables.
fn own_word(number: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ba", "ko", "di", "fu", "ga", "ne", "li", "mo", "pa", "ru", "sa", "te", "vi", "zo", "cha",
        "nde",
    ];
    let places = [0, 4, 8, 12].into_iter();
    places
        .map(|place| SYLLABLES[number >> place & 15])
        .collect()
}

pub(crate) fn config() -> VendorConfig {
    let now = Timestamp::UNIX_EPOCH;
    VendorConfig {
        vendor_id: vendor(),
        business_name: "Boutique".to_owned(),
        active: true,
        auto_reply: true,
        language: "fr".to_owned(),
        answer_groups: false,
        typed_pause_minutes: 60,
        settings: domain::config::Settings::default(),
        catalogue: CatalogueSize {
            parts: 1,
            products: limits::PRODUCTS,
            revision: 1,
        },
        revision: 1,
        created_at: now,
        updated_at: now,
    }
}

pub(crate) fn question(text: &str) -> Question {
    Question {
        vendor: vendor(),
        business_name: "Boutique".to_owned(),
        language: "fr".to_owned(),
        message: MessageId::derived(&["m"]),
        content: Content::text(text),
        from: Contact {
            phone: PhoneNumber::from_provider("221700000001"),
            name: Some("Awa".to_owned()),
            ..Contact::default()
        },
        in_group: false,
        occurred_at: Timestamp::UNIX_EPOCH,
        context: Context::default(),
    }
}

/// As many orders as are read of one customer.
pub(crate) fn orders() -> Vec<Order> {
    let order = |number: usize| {
        let order = json!({
            "orderId": format!("CMD-{}", 1_040 + number), "customerPhone": "+221700000001", "status": "shipped",
            "items": [{ "name": "Robe wax", "quantity": 2 }], "updatedAt": "1970-01-01T00:00:00Z",
        });
        serde_json::from_value(order).expect("an order")
    };
    (0..limits::CUSTOMER_ORDERS).map(order).collect()
}

fn vendor() -> VendorId {
    VendorId::parse("vendor_001").expect("an id")
}
