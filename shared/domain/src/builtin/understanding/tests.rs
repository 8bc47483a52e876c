use super::*;
use crate::content::Choice;
use proptest::prelude::*;

fn read(text: &str) -> Understood {
    understand(&Content::text(text), None)
}

#[track_caller]
fn check(text: &str, intent: Intent) {
    assert_eq!(read(text).intent, intent, "{text}");
}

#[test]
fn a_question_is_answered_before_a_courtesy() {
    check("bonjour, c'est combien ?", Intent::ProductInfo);
    check(
        "merci mais ma commande n'est pas arrivée",
        Intent::OrderStatus,
    );
    check("merci, bonne journée", Intent::Goodbye);
    check("Bonjour et merci", Intent::Thanks);
}

#[test]
fn what_is_denied_is_not_taken_for_its_contrary() {
    check("pas de problème merci", Intent::Thanks);
    check("je ne veux pas parler à un robot", Intent::Human);
    check("je ne suis pas content", Intent::Complaint);
    assert!(read("c'est urgent").urgent);
    assert!(!read("rien d'urgent").urgent);
}

#[test]
fn a_heavy_word_is_not_outweighed_by_what_a_phrase_already_counted() {
    check("annuler ma commande", Intent::OrderStatus);
    check("annuler mon rendez-vous", Intent::Appointment);
    check("le prix de la livraison", Intent::Help);
    check("je veux payer ma commande", Intent::Payment);
}

#[test]
fn how_it_is_written_does_not_matter() {
    for text in [
        "bonjouuur",
        "BONJOUR",
        "bjr",
        "bonjuor",
        "Bo\u{301}njour",
        "👋",
    ] {
        check(text, Intent::Greeting);
    }
    for text in ["c koi le prix", "kombien", "ñaata", "naata la", "PRIX???"] {
        check(text, Intent::ProductInfo);
    }
    for text in ["ok", "👍", "👍🏾", "jërëjëf", "mercii"] {
        check(text, Intent::Thanks);
    }
    check("?", Intent::Help);
    check("🤷", Intent::Unknown);
}

#[test]
fn the_language_is_told_by_the_words_that_only_it_has() {
    for (text, language) in [
        ("Bonjour, c'est combien ?", Some(Language::French)),
        ("how much is the bag", Some(Language::English)),
        ("nanga def", Some(Language::Wolof)),
        ("sama commande ana", Some(Language::Wolof)),
        ("👍", None),
        ("asdf", None),
    ] {
        assert_eq!(read(text).language, language, "{text}");
    }
}

#[test]
fn what_is_left_is_what_is_looked_for() {
    for (text, subject) in [
        ("Bonjour, combien coûte la robe rouge svp ?", "robe rouge"),
        ("je cherche un bazin getzner", "bazin getzner"),
        ("C'est combien ?", ""),
        ("dama bëgg jënd montre bi", "montre"),
        ("le prix du P-204 👍", "p 204"),
    ] {
        assert_eq!(read(text).subject, subject, "{text}");
    }
}

#[test]
fn a_command_is_surer_than_words_and_brings_its_argument() {
    let product = read("/produit robe rouge");
    assert_eq!(
        (product.intent, product.command),
        (Intent::ProductInfo, Some(Command::Product))
    );
    assert_eq!(product.subject, "robe rouge");
    let order = read("/commande 123");
    assert_eq!(
        (order.intent, order.order_number.as_deref()),
        (Intent::OrderStatus, Some("123"))
    );
    assert_eq!(read("/nimporte").intent, Intent::Help);
}

#[test]
fn the_step_decides_what_nothing_else_tells() {
    let at = |step: &str, text: &str| understand(&Content::text(text), Some(step));
    let product = at("product_info", "la grande avec les fleurs");
    assert_eq!(
        (product.intent, product.answers_step),
        (Intent::ProductInfo, true)
    );
    let day = at("appointment", "demain à 15h");
    assert_eq!((day.intent, day.answers_step), (Intent::Appointment, true));
    let order = at("order_status", "c'est le 77");
    assert_eq!(order.order_number.as_deref(), Some("77"));
    let thanks = at("product_info", "merci");
    assert_eq!(
        (thanks.intent, thanks.answers_step),
        (Intent::Thanks, false)
    );
    let picture = understand(&Content::of(Kind::Image), Some("product_info"));
    assert_eq!(
        (picture.intent, picture.answers_step),
        (Intent::ProductInfo, true)
    );
}

#[test]
fn what_was_chosen_is_certain() {
    let choice = Choice {
        id: Some("payment".to_owned()),
        title: Some("Bonjour".to_owned()),
    };
    let content = Content {
        choice: Some(choice),
        ..Content::of(Kind::Choice)
    };
    let understood = understand(&content, None);
    assert_eq!(
        (understood.intent, understood.score),
        (Intent::Payment, CERTAIN)
    );
}

#[test]
fn what_comes_after_a_thousand_characters_is_not_read() {
    let long = |before: usize| format!("{}combien", "x ".repeat(before));
    check(&long(60), Intent::ProductInfo);
    check(&long(500), Intent::Unknown);
}

#[test]
fn what_was_written_is_not_shown() {
    let shown = format!("{:?}", read("combien la robe de Fatou, commande 1042"));
    assert!(
        !shown.contains("robe") && !shown.contains("1042"),
        "{shown}"
    );
}

proptest! {
    #[test]
    fn every_text_is_understood_somehow_and_always_alike(text in "\\PC{0,4096}", step in "[a-z_]{0,12}") {
        let content = Content::text(text);
        let once = understand(&content, Some(&step));
        prop_assert_eq!(&once, &understand(&content, Some(&step)));
        prop_assert!(once.subject.len() <= 4_096);
    }
}
