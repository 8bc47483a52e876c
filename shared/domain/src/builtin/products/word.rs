//! Words as a catalogue is searched by them.

/// The longest word that a typing error is looked for in, in characters.
const LONGEST: usize = 24;

/// Words that name no product, folded.
const EMPTY: [&str; 123] = [
    "a",
    "about",
    "ai",
    "am",
    "an",
    "and",
    "any",
    "article",
    "articles",
    "as",
    "au",
    "aux",
    "avec",
    "avez",
    "avoir",
    "begg",
    "besoin",
    "bi",
    "bien",
    "bonjour",
    "bonsoir",
    "buy",
    "can",
    "catalog",
    "catalogue",
    "ce",
    "cest",
    "cet",
    "cette",
    "cherche",
    "cmb",
    "code",
    "combien",
    "commander",
    "comment",
    "cost",
    "coute",
    "coutent",
    "d",
    "dans",
    "de",
    "des",
    "dispo",
    "disponible",
    "disponibles",
    "do",
    "donner",
    "du",
    "est",
    "et",
    "for",
    "have",
    "hello",
    "how",
    "i",
    "il",
    "ils",
    "image",
    "info",
    "infos",
    "is",
    "it",
    "j",
    "jar",
    "je",
    "jvx",
    "l",
    "la",
    "lay",
    "le",
    "les",
    "liste",
    "me",
    "moi",
    "montrer",
    "much",
    "naa",
    "naata",
    "nanga",
    "nata",
    "need",
    "nga",
    "ngeen",
    "nos",
    "of",
    "on",
    "ou",
    "par",
    "photo",
    "please",
    "pls",
    "pour",
    "pouvez",
    "price",
    "prix",
    "produit",
    "produits",
    "product",
    "products",
    "que",
    "quel",
    "quelle",
    "quels",
    "qui",
    "ref",
    "reference",
    "reste",
    "s",
    "salut",
    "show",
    "some",
    "stock",
    "stp",
    "sur",
    "svp",
    "the",
    "there",
    "tu",
    "un",
    "une",
    "veux",
    "voir",
    "voudrais",
];

/// More of them, which only some customers write.
const ALSO_EMPTY: [&str; 24] = [
    "vos",
    "votre",
    "vous",
    "vend",
    "vends",
    "vendez",
    "want",
    "what",
    "y",
    "you",
    "your",
    "ya",
    "en",
    "encore",
    "tout",
    "tous",
    "toujours",
    "donc",
    "alors",
    "merci",
    "si",
    "quoi",
    "acheter",
    "interesse",
];

/// Whether a folded word names no product.
pub(super) fn is_empty(word: &str) -> bool {
    EMPTY.contains(&word) || ALSO_EMPTY.contains(&word)
}

/// A folded word without what is often mistyped: a letter stands once where it stands several times, and an ending of the plural is gone.
/// A word with a digit stays as it is.
pub(super) fn stem(word: &str) -> String {
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        return word.to_owned();
    }
    let mut stem = String::with_capacity(word.len());
    for c in word.chars() {
        if !stem.ends_with(c) {
            stem.push(c);
        }
    }
    if stem.len() >= 4 && stem.ends_with(['s', 'x']) {
        stem.pop();
    }
    stem
}

/// How many typing errors a word of so many characters may have. In a short word each would make another word of it.
pub(super) const fn errors(chars: usize, least: usize) -> u8 {
    match chars {
        0..4 | LONGEST.. => 0,
        _ if chars < least => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// Which letters a word has: words that differ by few errors differ by few letters.
pub(super) fn letters(word: &str) -> u32 {
    word.bytes().fold(0, |mask, byte| {
        let place = match byte {
            b'a'..=b'z' => byte - b'a',
            b'0'..=b'9' => 26,
            _ => 27 + byte % 5,
        };
        mask | 1 << place
    })
}

/// How many letters must be changed, added, left out or swapped with the next to make one word of the other, if `most` are enough.
pub(super) fn distance(one: &str, other: &str, most: u8) -> Option<u8> {
    let columns = other.chars().count();
    if columns > LONGEST || one.chars().count().abs_diff(columns) > usize::from(most) {
        return None;
    }
    let mut before = [0_u8; LONGEST + 1];
    let mut last = [0_u8; LONGEST + 1];
    for (place, cell) in (0..).zip(&mut last) {
        *cell = place;
    }
    let mut letter_before = None;
    for (row, letter) in (1..).zip(one.chars()) {
        let mut next = [row; LONGEST + 1];
        let mut other_before = None;
        for (column, other) in other.chars().enumerate() {
            let changed = last[column] + u8::from(letter != other);
            let cell = changed.min(last[column + 1] + 1).min(next[column] + 1);
            let is_swapped = letter_before == Some(other) && other_before == Some(letter);
            next[column + 1] = if is_swapped && column > 0 {
                cell.min(before[column - 1] + 1)
            } else {
                cell
            };
            other_before = Some(other);
        }
        if next[..=columns].iter().all(|cell| *cell > most) {
            return None;
        }
        (before, last, letter_before) = (last, next, Some(letter));
    }
    Some(last[columns]).filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_plural_and_a_letter_typed_twice_make_no_other_word() {
        for (one, other) in [
            ("robes", "robe"),
            ("gateaux", "gateau"),
            ("balllon", "ballon"),
            ("pomme", "pome"),
        ] {
            assert_eq!(stem(one), stem(other));
        }
        for (word, expected) in [("bus", "bus"), ("100", "100"), ("xl", "xl"), ("p11", "p11")] {
            assert_eq!(stem(word), expected);
        }
    }

    #[test]
    fn errors_are_counted() {
        for (one, other, expected) in [
            ("robe", "robe", Some(0)),
            ("robe", "roeb", Some(1)),
            ("robe", "rob", Some(1)),
            ("robe", "robbe", Some(1)),
            ("robe", "rove", Some(1)),
            ("climatiseur", "climatizer", Some(2)),
            ("climatiseur", "ventilateur", None),
            ("robe", "sac", None),
        ] {
            assert_eq!(distance(one, other, 2), expected, "{one} {other}");
        }
        assert_eq!(distance("robe", "rbo", 1), None);
    }

    #[test]
    fn a_short_word_has_no_errors_and_a_long_one_two() {
        let allowed = [3, 4, 7, 8, 24].map(|chars| errors(chars, 4));
        assert_eq!(allowed, [0, 1, 1, 2, 0]);
        assert_eq!(errors(5, 6), 0, "who must be sure forgives less");
    }

    #[test]
    fn no_word_stands_in_the_list_twice() {
        let mut all = [&EMPTY[..], &ALSO_EMPTY[..]].concat();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    proptest! {
        #[test]
        fn distance_is_the_same_from_either_side_and_letters_never_hide_it(one in "[a-d]{0,8}", other in "[a-d]{0,8}") {
            let distance_of_one = distance(&one, &other, 2);
            prop_assert_eq!(distance_of_one, distance(&other, &one, 2));
            if let Some(distance) = distance_of_one {
                let differ = (letters(&one) ^ letters(&other)).count_ones();
                prop_assert!(differ <= 2 * u32::from(distance));
            }
            prop_assert_eq!(distance_of_one == Some(0), one == other);
        }
    }
}
