//! Texts with placeholders: what may stand in one, and what is said in the place of each.

mod gap;
mod values;

pub use values::Values;

use crate::limits;
use gap::{GAP, mended};

/// What a text may name: `{customerName}` stands for the customer's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    CustomerName,
    BusinessName,
    Hours,
    Catalogue,
    ProductName,
    Price,
    Currency,
    Stock,
    OrderNumber,
}

impl Placeholder {
    pub const ALL: [Self; 9] = [
        Self::CustomerName,
        Self::BusinessName,
        Self::Hours,
        Self::Catalogue,
        Self::ProductName,
        Self::Price,
        Self::Currency,
        Self::Stock,
        Self::OrderNumber,
    ];

    /// What is known in every conversation, as far as the customer and the vendor told it.
    pub const ANYWHERE: [Self; 3] = [Self::CustomerName, Self::BusinessName, Self::Hours];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CustomerName => "customerName",
            Self::BusinessName => "businessName",
            Self::Hours => "hours",
            Self::Catalogue => "catalogue",
            Self::ProductName => "productName",
            Self::Price => "price",
            Self::Currency => "currency",
            Self::Stock => "stock",
            Self::OrderNumber => "orderNumber",
        }
    }

    /// The placeholder of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// The text with its values, at most [`limits::REPLY_TEXT_BYTES`] long. A placeholder without a value goes, with the blank and the
/// punctuation that only it needed; a line that had nothing else goes too, so that nothing may be left.
pub fn fill(template: &str, values: &Values) -> String {
    let mut filled = String::with_capacity(template.len());
    for line in template.lines() {
        let line = with_values(line, values);
        let Some(line) = mended(&line) else { continue };
        filled.push_str(&line);
        filled.push('\n');
    }
    let end = filled.floor_char_boundary(limits::REPLY_TEXT_BYTES);
    filled[..end].trim().to_owned()
}

/// A line with a mark where a value is missing.
fn with_values(line: &str, values: &Values) -> String {
    let line = line.replace(GAP, "");
    let (mut said, mut rest) = (String::with_capacity(line.len()), line.as_str());
    while let Some((text, after)) = rest.split_once('{') {
        said.push_str(text);
        let (name, left) = after.split_once('}').unwrap_or(("", after));
        match Placeholder::of(name).and_then(|known| values.get(known)) {
            Some(value) => said.push_str(value),
            None => said.push(GAP),
        }
        rest = left;
    }
    said.push_str(rest);
    said
}

/// The first thing in braces that is no placeholder, shortened; a brace that is never closed counts as one.
pub fn unknown_placeholder(text: &str) -> Option<String> {
    named(text).find_map(Result::err)
}

/// The first placeholder that is none of these.
pub fn misplaced(text: &str, allowed: &[Placeholder]) -> Option<Placeholder> {
    named(text)
        .filter_map(Result::ok)
        .find(|named| !allowed.contains(named))
}

/// What stands in braces, in its order.
fn named(text: &str) -> impl Iterator<Item = Result<Placeholder, String>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once('{')?;
        let name = after.split('}').next().unwrap_or_default();
        let is_closed = name.len() < after.len();
        rest = after.get(name.len() + 1..).unwrap_or_default();
        let known = Placeholder::of(name).filter(|_| is_closed);
        Some(known.ok_or_else(|| name.chars().take(40).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(template: &str, values: &Values, expected: &str) {
        assert_eq!(fill(template, values), expected, "{template}");
    }

    #[test]
    fn a_text_is_said_with_its_values() {
        let values = Values::default()
            .with(Placeholder::CustomerName, "Awa Diop")
            .with(Placeholder::ProductName, "Robe wax")
            .with(Placeholder::Price, "12\u{202f}500")
            .with(Placeholder::Currency, "FCFA");
        check("Bonjour {customerName} !", &values, "Bonjour Awa !");
        check(
            "*{productName}* : {price} {currency}.",
            &values,
            "*Robe wax* : 12\u{202f}500 FCFA.",
        );
    }

    #[test]
    fn a_placeholder_without_a_value_leaves_no_trace() {
        let values = Values::default().with(Placeholder::BusinessName, "My Shop A");
        for (template, expected) in [
            ("Bonjour {customerName} !", "Bonjour !"),
            ("Bonjour {customerName}\u{a0}!", "Bonjour\u{a0}!"),
            ("Bonjour {customerName}!", "Bonjour!"),
            ("Bonjour, {customerName} !", "Bonjour !"),
            ("Merci, {customerName}.", "Merci."),
            (
                "Bonjour {customerName}, ici {businessName}.",
                "Bonjour, ici My Shop A.",
            ),
            (
                "{customerName}, bienvenue chez {businessName} !",
                "Bienvenue chez My Shop A !",
            ),
            (
                "Bienvenue {customerName} chez {businessName}",
                "Bienvenue chez My Shop A",
            ),
            ("Prix : {price} {currency}", "Prix"),
            (
                "Prix : {price} {currency}, livraison offerte",
                "Prix, livraison offerte",
            ),
            ("Robe ({stock} en stock)", "Robe (en stock)"),
            ("Robe ({stock}) rouge", "Robe rouge"),
            ("Robe « {productName} » rouge", "Robe rouge"),
            ("Le *{productName}* est là", "Le est là"),
            ("Le *lot* {productName} *promo*", "Le *lot* *promo*"),
            (
                "Nos produits :\n{catalogue}\nÀ bientôt",
                "Nos produits :\nÀ bientôt",
            ),
            ("- {productName}\n- Autre", "- Autre"),
            ("{productName}", ""),
            ("{price}{currency}", ""),
            ("Bonjour {inconnu} !", "Bonjour !"),
            ("Bonjour {", "Bonjour"),
            ("Un\n\nDeux", "Un\n\nDeux"),
        ] {
            check(template, &values, expected);
        }
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        let values = Values::default()
            .with(Placeholder::CustomerName, "{businessName}")
            .with(Placeholder::ProductName, "{price}")
            .with(Placeholder::BusinessName, "My Shop A")
            .with(Placeholder::Price, "1");
        check(
            "{customerName} / {productName}",
            &values,
            "businessName / price",
        );
    }

    #[test]
    fn what_is_in_braces_and_no_placeholder_is_named() {
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
        let anywhere = &Placeholder::ANYWHERE;
        assert_eq!(
            misplaced("{hours} {price}", anywhere),
            Some(Placeholder::Price)
        );
        assert_eq!(misplaced("{hours} {autre}", anywhere), None);
    }

    fn any_values() -> impl Strategy<Value = Values> {
        let value = proptest::option::of(".{0,40}");
        proptest::collection::vec(value, Placeholder::ALL.len()).prop_map(|texts| {
            let known = Placeholder::ALL.into_iter().zip(texts);
            known.fold(Values::default(), |values, (placeholder, text)| {
                values.with(placeholder, text.as_deref().unwrap_or_default())
            })
        })
    }

    /// A template that has no double blank itself.
    fn any_template() -> impl Strategy<Value = String> {
        let names = proptest::sample::select(Placeholder::ALL.to_vec());
        let word = prop_oneof![
            names.prop_map(|name| format!("{{{}}}", name.as_str())),
            "[a-zé]{1,8}",
            proptest::sample::select(vec!["(", ")", ",", ".", "!", ":", "*", "«", "\n", "👋"])
                .prop_map(str::to_owned),
        ];
        proptest::collection::vec(word, 0..20).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn any_text_is_filled_without_braces_and_within_bounds(text in "(.|\n){0,300}", values in any_values()) {
            let said = fill(&text, &values);
            let has_brace = said.contains('{');
            prop_assert!(!has_brace && said.len() <= limits::REPLY_TEXT_BYTES);
        }

        #[test]
        fn a_gap_leaves_no_double_blank(template in any_template()) {
            let said = fill(&template, &Values::default());
            prop_assert!(!said.contains("  "), "{template:?} -> {said:?}");
        }

        #[test]
        fn a_text_without_placeholders_is_said_as_it_stands(text in "[^{\0]{0,300}") {
            let lines: Vec<_> = text.lines().collect();
            let expected = lines.join("\n");
            prop_assert_eq!(fill(&text, &Values::default()), expected.trim());
        }
    }
}
