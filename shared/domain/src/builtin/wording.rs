//! What the built-in engine says: texts and menus, French first.

use super::{Intent, Shop};
use crate::content::Content;
use crate::engine::Question;
use crate::limits;
use crate::menu::{Menu, MenuKind, MenuOption};
use crate::template::{self, Placeholder, Values};

/// What the menu offers, each option under the name of the intent that it chooses.
const OPTIONS: [(Intent, &str); 3] = [
    (Intent::ProductInfo, "Nos produits"),
    (Intent::OrderStatus, "Une commande"),
    (Intent::Human, "Parler à un conseiller"),
];

/// The reply to this intent, in the vendor's own words if it has some.
pub(super) fn reply(intent: Intent, question: &Question, shop: &Shop<'_>) -> Content {
    let values = values(question, shop);
    let text =
        templated(intent, shop, &values).unwrap_or_else(|| template::fill(usual(intent), &values));
    match intent {
        Intent::Greeting
        | Intent::Menu
        | Intent::Help
        | Intent::Unknown
        | Intent::Goodbye
        | Intent::Payment
        | Intent::Appointment => menu(text),
        Intent::Thanks
        | Intent::ProductInfo
        | Intent::OrderStatus
        | Intent::Human
        | Intent::Complaint => Content::text(text),
    }
}

/// The vendor's own answer to an intent, if it has one and anything of it can be said.
pub(super) fn templated(intent: Intent, shop: &Shop<'_>, values: &Values) -> Option<String> {
    let template = shop.config.settings.templates.get(intent.as_str())?;
    Some(template::fill(template, values)).filter(|text| !text.is_empty())
}

/// What is known of the customer and of the vendor in every conversation.
pub(super) fn values(question: &Question, shop: &Shop<'_>) -> Values {
    let hours = shop.config.settings.business_hours.as_ref();
    let hours = hours.map(|hours| hours.shown(&question.language));
    Values::default()
        .with(
            Placeholder::CustomerName,
            question.from.name.as_deref().unwrap_or_default(),
        )
        .with(Placeholder::BusinessName, &shop.config.business_name)
        .with(Placeholder::Hours, &hours.unwrap_or_default())
}

/// What is said to an intent by a vendor that says nothing else.
const fn usual(intent: Intent) -> &'static str {
    match intent {
        Intent::Greeting => {
            "Bonjour {customerName} ! Bienvenue chez {businessName}. Comment pouvons-nous vous aider ?"
        }
        Intent::Menu | Intent::Help => "Voici ce que {businessName} peut faire pour vous :",
        Intent::Unknown | Intent::Goodbye | Intent::Payment | Intent::Appointment => {
            "Merci pour votre message. Pour que {businessName} vous aide au mieux, choisissez :"
        }
        Intent::Thanks => "Avec plaisir {customerName} ! {businessName} reste à votre disposition.",
        Intent::ProductInfo => {
            "Quel produit cherchez-vous ? Écrivez son nom, sa taille ou sa couleur, ou envoyez une photo : {businessName} vous répondra."
        }
        Intent::OrderStatus => {
            "Écrivez le numéro de votre commande, ou le nom et la date : {businessName} la retrouvera pour vous."
        }
        Intent::Human | Intent::Complaint => {
            "Bien reçu. Un conseiller de {businessName} va vous répondre personnellement dès que possible."
        }
    }
}

/// What somebody is told whose answer is a person's.
pub(super) fn handed_on(question: &Question, shop: &Shop<'_>) -> String {
    template::fill(
        "Merci {customerName}, c'est noté. Un conseiller de {businessName} vous répond dès que possible.",
        &values(question, shop),
    )
}

/// The menu below a text, which is cut where the two have no room in one message.
fn menu(mut body: String) -> Content {
    let mut menu = Menu {
        kind: MenuKind::List,
        body: String::new(),
        options: options(),
    };
    let room = limits::REPLY_TEXT_BYTES.saturating_sub(menu.text().len());
    body.truncate(body.floor_char_boundary(room));
    menu.body = body;
    Content::menu(menu)
}

/// The options of the menu.
pub(super) fn options() -> Vec<MenuOption> {
    let option = |(intent, title): (Intent, &str)| MenuOption::new(intent.as_str(), title);
    OPTIONS.map(option).into()
}
