//! The number of an order in a message.

use crate::fold::fold;

/// Words after which a number is an order's.
const BEFORE: [&str; 14] = [
    "commande",
    "commandes",
    "cmd",
    "cmde",
    "kmd",
    "order",
    "numero",
    "num",
    "no",
    "n",
    "colis",
    "ref",
    "reference",
    "bon",
];
/// Words after which a number is not, although one of the words above was there before.
const UNITS: [&str; 12] = [
    "f", "fr", "frs", "fcfa", "cfa", "francs", "xof", "h", "heures", "jours", "kg", "pieces",
];
/// The longest number of an order, in characters.
const LONGEST: usize = 32;

/// The number of an order that a text names, in capitals. A number that stands alone is one where it was `asked` for, or if it looks like nothing else.
pub(super) fn order_number(text: &str, asked: bool) -> Option<String> {
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || ",;:!?()'’\"«».".contains(c))
        .filter(|word| !word.is_empty())
        .take(super::message::MOST_WORDS)
        .collect();
    let mut is_told = false;
    for (at, word) in words.iter().enumerate() {
        let (is_marked, bare) = bare(word);
        let next = words.get(at + 1).map(|word| fold(word));
        let has_unit = next.is_some_and(|next| UNITS.contains(&next.trim()));
        let is_named = is_marked || is_told || asked;
        if !has_unit && is_number(bare, is_named) {
            return Some(bare.to_uppercase());
        }
        is_told = BEFORE.contains(&fold(word).trim()) || (is_told && bare.len() < 3);
    }
    None
}

/// The word without the sign of a number before it, and whether it had one.
fn bare(word: &str) -> (bool, &str) {
    let signs = ["#", "n°", "N°", "nº", "Nº", "№"];
    let bare = signs.iter().find_map(|sign| word.strip_prefix(sign));
    (
        bare.is_some(),
        bare.unwrap_or(word).trim_matches(['-', '#', '*']),
    )
}

/// Whether this may be the number of an order: digits where one is named, else letters, a hyphen and digits.
fn is_number(word: &str, is_named: bool) -> bool {
    let is_of_these = word
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/');
    if !is_of_these || word.len() > LONGEST {
        return false;
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let is_all_digits = digits == word.len();
    let is_composed = letters >= 2 && digits >= 3 && word[letters..].starts_with('-');
    let is_prefixed = letters >= 2 && digits >= 3 && letters + digits == word.len();
    let ends_in_letter = word.ends_with(|c: char| c.is_ascii_alphabetic());
    is_composed
        || (is_named && (is_prefixed || (is_all_digits && (1..=8).contains(&digits))))
        || (is_named
            && digits >= 3
            && !is_all_digits
            && !ends_in_letter
            && letters < 2
            && word.contains(['-', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, number: Option<&str>) {
        assert_eq!(order_number(text, false).as_deref(), number, "{text}");
    }

    #[test]
    fn a_number_is_an_orders_where_the_words_say_so() {
        check("ma commande 1042", Some("1042"));
        check("Commande n°558 svp", Some("558"));
        check("suivi CMD-2231", Some("CMD-2231"));
        check("commande numéro 12", Some("12"));
        check("track my order #7781", Some("7781"));
        check("bon de commande bc-0098", Some("BC-0098"));
    }

    #[test]
    fn other_numbers_are_not() {
        check("je paie 5000", None);
        check("commande de 5000 fcfa", None);
        check("3 sacs", None);
        check("rdv à 10h30", None);
        check("appelez le 770000001", None);
        check("iphone 13", None);
    }

    #[test]
    fn what_was_asked_for_is_taken() {
        assert_eq!(order_number("1042", true).as_deref(), Some("1042"));
        assert_eq!(order_number("c'est le 77", true).as_deref(), Some("77"));
        assert_eq!(order_number("je ne sais plus", true), None);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read(text in "\\PC{0,300}", asked in any::<bool>()) {
            let number = order_number(&text, asked);
            prop_assert!(number.is_none_or(|number| number.len() <= LONGEST && number.is_ascii()));
        }
    }
}
