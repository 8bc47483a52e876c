use serde_json::{Value, json};

use super::super::{Needs, Shop, answer as engine_answer, needs};
use super::*;
use crate::content::{Choice, Kind};
use crate::phone::PhoneNumber;

fn order(id: &str, more: &Value) -> Order {
    let mut order = json!({
        "orderId": id, "customerPhone": "+221700000001", "status": "shipped", "updatedAt": "1970-01-01T00:00:00Z",
    });
    for (name, value) in more.as_object().expect("an object") {
        order[name] = value.clone();
    }
    serde_json::from_value(order).expect("an order")
}

fn asked(content: Content) -> Question {
    let mut question = crate::builtin::tests::question(content);
    question.from.phone = PhoneNumber::from_provider("221700000001");
    question
}

fn choice(id: &str) -> Content {
    let choice = Choice {
        id: Some(id.to_owned()),
        title: None,
    };
    Content {
        choice: Some(choice),
        text: Some("2".to_owned()),
        ..Content::of(Kind::Choice)
    }
}

fn answered_from(orders: &[Order], question: &Question) -> Answer {
    let config = crate::conversation::tests::config();
    let shop = Shop {
        orders: Some(orders),
        ..Shop::of(&config)
    };
    engine_answer(question, &shop)
}

/// What is told when the customer asks for the order of this number after having been asked for it.
fn named(orders: &[Order], number: &str) -> Answer {
    let mut question = asked(Content::text(number));
    question.context.current_step = Some("order_status".to_owned());
    answered_from(orders, &question)
}

fn text(answer: &Answer) -> &str {
    answer.replies[0].text.as_deref().expect("a text")
}

#[test]
fn the_only_order_is_told_of_at_once() {
    let more = json!({
        "total": 27_500, "currency": "XOF", "expectedAt": "1970-01-06", "trackingUrl": "https://livreur.example/1042",
        "items": [{ "name": "Robe wax", "quantity": 2 }, { "name": "Sac", "quantity": 1 }],
    });
    let answer = answered_from(&[order("CMD-1042", &more)], &asked(choice("order_status")));
    assert_eq!(
        text(&answer),
        "Votre commande CMD-1042 a été expédiée.\nLivraison prévue\u{a0}: mardi 6 janvier\nArticles\u{a0}: 2 × Robe wax, Sac\nTotal\u{a0}: 27\u{202f}500\u{a0}FCFA\nSuivi\u{a0}: https://livreur.example/1042\n\nUne question\u{a0}? Écrivez «\u{a0}conseiller\u{a0}»."
    );
    assert_eq!(
        (answer.intent.as_deref(), answer.requires_human),
        (Some("order_status"), false)
    );
}

#[test]
fn an_order_is_told_of_in_english_to_who_is_spoken_to_in_english() {
    let mut question = asked(choice("order_status"));
    question.language = "en".to_owned();
    let more = json!({ "expectedAt": "1970-02-01" });
    let answer = answered_from(&[order("A7", &more)], &question);
    let said = text(&answer);
    assert!(
        said.starts_with("Your order A7 was shipped.\nExpected: Sunday 1 February\n"),
        "{said}"
    );
}

#[test]
fn what_has_ended_or_is_late_is_promised_for_no_day_and_the_vendors_words_are_used() {
    for more in [
        json!({ "status": "delivered", "expectedAt": "1970-01-06" }),
        json!({ "expectedAt": "1969-12-31" }),
    ] {
        let answer = answered_from(&[order("A7", &more)], &asked(choice("order_status")));
        assert!(!text(&answer).contains("prévue"), "{}", text(&answer));
    }
    let own = json!({ "status": "at_the_port", "statusText": "au port de Dakar" });
    let answer = answered_from(&[order("A7", &own)], &asked(choice("order_status")));
    assert!(text(&answer).starts_with("Votre commande A7\u{a0}: au port de Dakar\n"));
}

#[test]
fn several_orders_are_numbered_and_a_choice_tells_of_one() {
    let delivered = json!({ "status": "delivered" });
    let orders = [order("A7", &json!({})), order("A8", &delivered)];
    let answer = answered_from(&orders, &asked(choice("order_status")));
    assert!(
        text(&answer).ends_with(
            "1. A7 — jeudi 1er janvier · a été expédiée\n2. A8 — jeudi 1er janvier · a été livrée"
        ),
        "{}",
        text(&answer)
    );
    let second = answered_from(&orders, &asked(choice("order:A8")));
    assert!(text(&second).starts_with("Votre commande A8 a été livrée."));
}

#[test]
fn a_number_that_is_not_the_customers_is_answered_as_one_that_is_nobodys() {
    let orders = [order("CMD-1042", &json!({})), order("CMD-1043", &json!({}))];
    let mine = named(&orders, "c'est la 1043");
    assert!(text(&mine).starts_with("Votre commande CMD-1043"));
    let (others, nobodys) = (named(&orders, "CMD-2000"), named(&[], "CMD-9999"));
    assert_eq!(others, nobodys);
    assert!(others.requires_human);
    assert_eq!(
        answered_from(&orders, &asked(choice("order:CMD-2000"))),
        others
    );
}

#[test]
fn who_has_no_order_is_asked_for_the_number() {
    let answer = answered_from(&[], &asked(choice("order_status")));
    assert_eq!(answer.next_step.as_deref(), Some("order_status"));
    assert!(!answer.requires_human);
}

#[test]
fn orders_are_needed_only_for_a_customer_whose_number_is_known_and_never_in_a_group() {
    let config = crate::conversation::tests::config();
    let orders = |question: &Question| needs(question, &config).orders;
    let question = asked(choice("order_status"));
    assert!(orders(&question) && orders(&asked(choice("order:A7"))));
    assert_eq!(
        needs(&asked(Content::text("Bonjour")), &config),
        Needs::default()
    );
    let mut unknown = question.clone();
    unknown.from.phone = None;
    let in_group = Question {
        in_group: true,
        ..question
    };
    assert!(!orders(&unknown) && !orders(&in_group));
}
