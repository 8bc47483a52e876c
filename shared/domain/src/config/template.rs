use std::collections::BTreeMap;

use super::reading::Reading;
use crate::builtin::Intent;
use crate::limits;
use crate::template::{Placeholder, misplaced, unknown_placeholder};

/// The templates of a document, by their intents.
pub(super) fn read(all: &mut Reading<'_>) -> BTreeMap<String, String> {
    let mut templates = BTreeMap::new();
    let Some(value) = all.get("templates") else {
        return templates;
    };
    let Some(members) = value.as_object() else {
        all.wrong("templates", "must be an object of texts by intent");
        return templates;
    };
    for (name, text) in members {
        let at = format!("templates.{}", name.chars().take(64).collect::<String>());
        let Some(intent) = Intent::of(name) else {
            let known = Intent::ALL.map(Intent::as_str).join(", ");
            all.wrong(&at, format!("is no intent; known are {known}"));
            continue;
        };
        let text = text.as_str().map(str::trim).unwrap_or_default();
        if text.is_empty() || text.len() > limits::REPLY_TEXT_BYTES {
            let most = limits::REPLY_TEXT_BYTES;
            all.wrong(&at, format!("must be a text of 1 to {most} bytes"));
        } else if let Some(wrong) = wrong_placeholder(text, &placeholders(intent)) {
            all.wrong(&at, wrong);
        } else {
            templates.insert(name.clone(), text.to_owned());
        }
    }
    templates
}

/// A text that is said whatever the customer wants.
pub(super) fn text(all: &mut Reading<'_>, name: &str) -> Option<String> {
    let text = all.text(name, limits::REPLY_TEXT_BYTES)?;
    if let Some(wrong) = wrong_placeholder(&text, &Placeholder::ANYWHERE) {
        all.wrong(name, wrong);
        return None;
    }
    Some(text)
}

/// What an answer to this intent can name.
fn placeholders(intent: Intent) -> Vec<Placeholder> {
    let own: &[Placeholder] = match intent {
        Intent::ProductInfo => &[
            Placeholder::Catalogue,
            Placeholder::ProductName,
            Placeholder::Price,
            Placeholder::Currency,
            Placeholder::Stock,
        ],
        Intent::OrderStatus | Intent::Complaint => &[Placeholder::OrderNumber],
        Intent::Greeting
        | Intent::Payment
        | Intent::Appointment
        | Intent::Human
        | Intent::Menu
        | Intent::Help
        | Intent::Thanks
        | Intent::Goodbye
        | Intent::Unknown => &[],
    };
    [&Placeholder::ANYWHERE, own].concat()
}

/// What is wrong with the placeholders of a text that can have these.
fn wrong_placeholder(text: &str, allowed: &[Placeholder]) -> Option<String> {
    let shown = |placeholders: &[Placeholder]| {
        let names: Vec<_> = placeholders.iter().map(|it| it.as_str()).collect();
        names.join(", ")
    };
    if let Some(unknown) = unknown_placeholder(text) {
        let known = shown(allowed);
        return Some(format!(
            "names the placeholder {{{unknown}}}; known here are {known}"
        ));
    }
    let other = misplaced(text, allowed)?.as_str();
    let known = shown(allowed);
    Some(format!(
        "names the placeholder {{{other}}}, which has no value in this text; known here are {known}"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::config::Config;

    /// The fields that are wrong, and why.
    fn wrong(document: &Value) -> Vec<(String, String)> {
        let read = Config::read(document.as_object().expect("an object"));
        let parts = read.err().unwrap_or_default().into_iter();
        parts.map(|part| (part.field, part.detail)).collect()
    }

    #[test]
    fn a_template_is_of_an_intent_and_names_what_its_answer_knows() {
        for (intent, text) in [
            (
                "greeting",
                "Bonjour {customerName}, ici {businessName}, ouvert {hours}",
            ),
            (
                "product_info",
                "{productName} : {price} {currency} ({stock})\n{catalogue}",
            ),
            ("order_status", "Commande {orderNumber}"),
            ("complaint", "Commande {orderNumber}"),
        ] {
            assert_eq!(wrong(&json!({ "templates": { intent: text } })), []);
        }
    }

    #[test]
    fn what_no_answer_could_fill_is_refused_and_says_what_could_be() {
        for (intent, text, says) in [
            (
                "salutation",
                "Bonjour",
                "is no intent; known are greeting, product_info",
            ),
            (
                "greeting",
                "Bonjour {nom}",
                "{nom}; known here are customerName, businessName, hours",
            ),
            (
                "greeting",
                "Dès {price}",
                "{price}, which has no value in this text",
            ),
            (
                "product_info",
                "{orderNumber}",
                "{orderNumber}, which has no value",
            ),
            ("thanks", " ", "1 to 4096 bytes"),
        ] {
            let wrong = wrong(&json!({ "templates": { intent: text } }));
            let [(field, detail)] = wrong.as_slice() else {
                panic!("one part is wrong: {wrong:?}")
            };
            assert_eq!(field, &format!("templates.{intent}"));
            assert!(detail.contains(says), "{detail}");
        }
        for name in ["welcomeText", "outsideHoursText", "fallbackText"] {
            assert_eq!(wrong(&json!({ name: "Bonjour {customerName}" })), []);
            let [(field, _)] = &wrong(&json!({ name: "Dès {price}" }))[..] else {
                panic!("one part is wrong")
            };
            assert_eq!(field, name);
        }
        assert_eq!(
            wrong(&json!({ "templates": ["Bonjour"] }))[0].0,
            "templates"
        );
    }
}
