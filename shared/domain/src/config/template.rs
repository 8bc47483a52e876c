use std::collections::BTreeMap;

use super::reading::Reading;
use crate::ids::is_id;
use crate::limits;

/// What a template may name: `{customerName}` stands for the customer's name.
pub const PLACEHOLDERS: [&str; 9] = [
    "customerName",
    "businessName",
    "productName",
    "price",
    "currency",
    "stock",
    "hours",
    "catalogue",
    "orderNumber",
];

/// The templates of a document, by their intents.
pub(super) fn read(all: &mut Reading<'_>) -> BTreeMap<String, String> {
    let mut templates = BTreeMap::new();
    let Some(value) = all.get("templates") else {
        return templates;
    };
    let Some(members) = value.as_object().filter(|it| it.len() <= limits::TEMPLATES) else {
        let most = limits::TEMPLATES;
        all.wrong(
            "templates",
            format!("must be an object of at most {most} intents"),
        );
        return templates;
    };
    for (intent, text) in members {
        let at = format!("templates.{}", intent.chars().take(64).collect::<String>());
        let text = text.as_str().map(str::trim).unwrap_or_default();
        if !is_id(intent) {
            all.wrong(
                &at,
                "an intent has 1 to 64 characters of a-z, A-Z, 0-9, '_' and '-'",
            );
        } else if text.is_empty() || text.len() > limits::REPLY_TEXT_BYTES {
            let most = limits::REPLY_TEXT_BYTES;
            all.wrong(&at, format!("must be a text of 1 to {most} bytes"));
        } else if let Some(unknown) = unknown_placeholder(text) {
            let known = PLACEHOLDERS.join(", ");
            let detail = format!("names the placeholder {{{unknown}}}; known are {known}");
            all.wrong(&at, detail);
        } else {
            templates.insert(intent.clone(), text.to_owned());
        }
    }
    templates
}

/// The first thing in braces that is no placeholder, shortened; a brace that is never closed counts as one.
fn unknown_placeholder(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let name = after.split('}').next().unwrap_or_default();
        let is_closed = name.len() < after.len();
        if !is_closed || !PLACEHOLDERS.contains(&name) {
            return Some(name.chars().take(40).collect());
        }
        rest = &after[name.len() + 1..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_that_nobody_knows_is_named() {
        for (text, unknown) in [
            ("Bonjour", None),
            (
                "Bonjour {customerName}, {productName} : {price} {currency}",
                None,
            ),
            ("a } alone", None),
            ("Bonjour {name}", Some("name")),
            ("Bonjour {customerName} {", Some("")),
            ("Bonjour {customerName", Some("customerName")),
            ("{ customerName }", Some(" customerName ")),
            ("{{customerName}}", Some("{customerName")),
            ("{}", Some("")),
        ] {
            assert_eq!(unknown_placeholder(text).as_deref(), unknown, "{text}");
        }
    }
}
