use std::collections::BTreeMap;
use std::fmt;

use super::Placeholder;
use crate::limits;

/// What is said in the place of placeholders. Its `Debug` shows nothing of it: a customer's name may be among it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<Placeholder, String>);

impl Values {
    /// With one more value, tidied so that nobody writes more into a text than its author meant; what is empty then is no value.
    #[must_use]
    pub fn with(mut self, placeholder: Placeholder, value: &str) -> Self {
        let value = match placeholder {
            Placeholder::CustomerName => first_name(value),
            Placeholder::OrderNumber => order_number(value),
            Placeholder::Hours | Placeholder::Catalogue => lines(value),
            Placeholder::BusinessName
            | Placeholder::ProductName
            | Placeholder::Price
            | Placeholder::Currency
            | Placeholder::Stock => line(value),
        };
        if value.is_empty() {
            self.0.remove(&placeholder);
        } else {
            self.0.insert(placeholder, value);
        }
        self
    }

    pub fn get(&self, placeholder: Placeholder) -> Option<&str> {
        self.0.get(&placeholder).map(String::as_str)
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The first word of a name that is one, without marks: customers choose their names, and WhatsApp would format them.
fn first_name(name: &str) -> String {
    let is_of_a_name = |c: &char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '.');
    let words = name.split_whitespace().map(|word| {
        let kept: String = word.chars().filter(is_of_a_name).collect();
        kept.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
    });
    let is_name = |word: &String| {
        word.chars().any(char::is_alphabetic) && word.chars().count() <= limits::FIRST_NAME_CHARS
    };
    words
        .into_iter()
        .find(|word| !word.is_empty())
        .filter(is_name)
        .unwrap_or_default()
}

/// An order's number as customers write it, without what could be anything else.
fn order_number(number: &str) -> String {
    let is_of_a_number = |c: &char| c.is_alphanumeric() || "-/#._".contains(*c);
    let kept = number.chars().filter(is_of_a_number);
    kept.take(limits::ORDER_NUMBER_CHARS).collect()
}

fn line(text: &str) -> String {
    let plain = text.chars().filter(|c| !"{}".contains(*c));
    let plain: String = plain
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    plain.trim().to_owned()
}

fn lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(line).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(placeholder: Placeholder, value: &str, expected: Option<&str>) {
        let values = Values::default().with(placeholder, value);
        assert_eq!(values.get(placeholder), expected, "{value:?}");
    }

    #[test]
    fn a_customer_is_called_by_the_first_name_without_marks() {
        for (name, expected) in [
            ("Awa Diop", Some("Awa")),
            ("  awa", Some("awa")),
            ("*Awa*", Some("Awa")),
            ("_A~w`a_", Some("Awa")),
            ("🌹 Awa 🌹", Some("Awa")),
            ("Awa\nDiop", Some("Awa")),
            ("{customerName}", Some("customerName")),
            ("Marie-Thérèse Faye", Some("Marie-Thérèse")),
            ("N'Deye", Some("N'Deye")),
            ("عائشة", Some("عائشة")),
            ("+221 70 000 00 01", None),
            ("🌹", None),
            ("", None),
            ("\u{202e}Awa", Some("Awa")),
            (&"a".repeat(31), None),
        ] {
            check(Placeholder::CustomerName, name, expected);
        }
    }

    #[test]
    fn other_values_are_one_line_unless_they_are_lists() {
        check(
            Placeholder::BusinessName,
            " My\tShop {A} ",
            Some("My Shop A"),
        );
        check(Placeholder::ProductName, "Robe\nwax", Some("Robe wax"));
        check(
            Placeholder::Catalogue,
            "1. Robe\r\n2. Sac\n",
            Some("1. Robe\n2. Sac"),
        );
        check(Placeholder::OrderNumber, "*CMD-1042* !", Some("CMD-1042"));
        check(Placeholder::Price, " ", None);
    }

    #[test]
    fn what_a_debugger_sees_is_which_values_there_are() {
        let values = Values::default().with(Placeholder::CustomerName, "Awa");
        assert_eq!(format!("{values:?}"), "{CustomerName}");
    }
}
