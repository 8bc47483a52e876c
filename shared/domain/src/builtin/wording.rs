//! What the built-in engine says: texts and menus, French first.

use super::{Intent, Shop};
use crate::content::Content;
use crate::engine::Question;
use crate::menu::{Menu, MenuKind, MenuOption};

/// What the menu offers, each option under the name of the intent that it chooses.
const OPTIONS: [(Intent, &str); 3] = [
    (Intent::ProductInfo, "Nos produits"),
    (Intent::OrderStatus, "Une commande"),
    (Intent::Human, "Parler à un conseiller"),
];

/// The reply to this intent.
pub(super) fn reply(intent: Intent, question: &Question, shop: &Shop<'_>) -> Content {
    let shop = &shop.config.business_name;
    let name = name(question);
    match intent {
        Intent::Greeting => menu(format!(
            "Bonjour{name} ! Bienvenue chez {shop}. Comment pouvons-nous vous aider ?"
        )),
        Intent::Menu | Intent::Help => menu(format!("Voici ce que {shop} peut faire pour vous :")),
        Intent::Unknown | Intent::Goodbye | Intent::Payment | Intent::Appointment => menu(format!(
            "Merci pour votre message. Pour que {shop} vous aide au mieux, choisissez :"
        )),
        Intent::Thanks => Content::text(format!(
            "Avec plaisir{name} ! {shop} reste à votre disposition."
        )),
        Intent::ProductInfo => Content::text(format!(
            "Quel produit cherchez-vous ? Écrivez son nom, sa taille ou sa couleur, ou envoyez une photo : {shop} vous répondra."
        )),
        Intent::OrderStatus => Content::text(format!(
            "Écrivez le numéro de votre commande, ou le nom et la date : {shop} la retrouvera pour vous."
        )),
        Intent::Human | Intent::Complaint => Content::text(format!(
            "Bien reçu. Un conseiller de {shop} va vous répondre personnellement dès que possible."
        )),
    }
}

/// What somebody is told whose answer is a person's.
pub(super) fn handed_on(question: &Question, shop: &Shop<'_>) -> String {
    let (name, shop) = (name(question), &shop.config.business_name);
    format!("Merci{name}, c'est noté. Un conseiller de {shop} vous répond dès que possible.")
}

fn menu(body: String) -> Content {
    Content::menu(Menu {
        kind: MenuKind::List,
        body,
        options: options(),
    })
}

/// The options of the menu.
pub(super) fn options() -> Vec<MenuOption> {
    let option = |(intent, title): (Intent, &str)| MenuOption::new(intent.as_str(), title);
    OPTIONS.map(option).into()
}

/// A blank and the customer's first name, if it is known.
fn name(question: &Question) -> String {
    let name = question.from.name.as_deref();
    name.map_or_else(String::new, |name| format!(" {}", first_name(name)))
}

/// The first word of a name, if it is short enough to be one.
fn first_name(name: &str) -> &str {
    name.split_whitespace()
        .next()
        .filter(|word| word.chars().count() <= 30)
        .unwrap_or_default()
}
