use super::{MenuOption, line};
use crate::fold::fold;

/// Words that a customer may write before the number, without accents; longer ones first.
const BEFORE_THE_NUMBER: [&str; 10] = [
    "numero", "numéro", "option", "choix", "reponse", "réponse", "no", "n", "le", "la",
];

/// The words of each number from one, folded.
const WORDS: [&[&str]; 10] = [
    &[
        "un", "une", "one", "premier", "premiere", "1er", "1ere", "first", "benn",
    ],
    &[
        "deux", "two", "deuxieme", "2e", "2eme", "second", "seconde", "niaar", "naar",
    ],
    &[
        "trois",
        "three",
        "troisieme",
        "3e",
        "3eme",
        "third",
        "niett",
        "nett",
    ],
    &[
        "quatre",
        "four",
        "quatrieme",
        "4e",
        "4eme",
        "fourth",
        "nient",
    ],
    &["cinq", "five", "cinquieme", "5e", "5eme", "fifth", "juroom"],
    &["six", "sixieme", "6e", "6eme", "sixth"],
    &["sept", "seven", "septieme", "7e", "7eme", "seventh"],
    &["huit", "eight", "huitieme", "8e", "8eme", "eighth"],
    &["neuf", "nine", "neuvieme", "9e", "9eme", "ninth"],
    &["dix", "ten", "dixieme", "10e", "10eme", "tenth"],
];

/// The option that a text chooses: by its number (`2`, ` 2. `, `n°2`, `٢`), by its title or its whole line, by a description that no other
/// option has, or by the word of its number (`deux`, `le 2ème`).
pub fn chosen<'a>(options: &'a [MenuOption], said: &str) -> Option<&'a MenuOption> {
    if let Some(number) = number(said) {
        return options.get(number.checked_sub(1)?);
    }
    let (exact, folded) = (said.trim(), fold(said));
    let is_blank = folded.trim().is_empty();
    let is_said = |text: &str| !is_blank && fold(text) == folded;
    let fits = |(index, option): &(usize, &MenuOption)| {
        option.title.trim() == exact || is_said(&option.title) || is_said(&line(*index, option))
    };
    let titled = options.iter().enumerate().find(fits);
    titled
        .map(|(_, option)| option)
        .or_else(|| described(options, is_said))
        .or_else(|| options.get(word(&folded)?))
}

/// The only option with such a description.
fn described(options: &[MenuOption], is_said: impl Fn(&str) -> bool) -> Option<&MenuOption> {
    let mut found = options
        .iter()
        .filter(|option| option.description.as_deref().is_some_and(&is_said));
    found.next().filter(|_| found.next().is_none())
}

/// A text that is nothing but a number of at most three digits, with what people put around it.
fn number(said: &str) -> Option<usize> {
    let said = said.trim_matches(is_ornament).to_lowercase();
    let digits = BEFORE_THE_NUMBER
        .iter()
        .find_map(|word| said.strip_prefix(word))
        .unwrap_or(&said)
        .trim_start_matches(is_ornament);
    if !(1..=3).contains(&digits.chars().count()) {
        return None;
    }
    digits
        .chars()
        .try_fold(0, |number, c| Some(number * 10 + digit(c)?))
}

/// The place in the list, from zero, that a folded text names in words, in French, English or Wolof.
fn word(folded: &str) -> Option<usize> {
    let said = folded.trim();
    let bare = BEFORE_THE_NUMBER
        .iter()
        .find_map(|word| said.strip_prefix(word)?.strip_prefix(' '));
    let said = bare.unwrap_or(said);
    WORDS.iter().position(|words| words.contains(&said))
}

/// A decimal digit, also an Arabic-Indic, Persian or full-width one.
fn digit(c: char) -> Option<usize> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    usize::try_from(u32::from(c) - u32::from(zero)).ok()
}

/// Blanks, punctuation, the marks of a keycap emoji and of bidirectional text.
fn is_ornament(c: char) -> bool {
    c.is_whitespace()
        || ".,;:!()[]{}#*_-–—°ºª'’\"«»/№".contains(c)
        || matches!(
            c,
            '\u{fe0f}' | '\u{20e3}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use crate::menu::{Menu, MenuKind};
    use proptest::prelude::*;

    fn options() -> Vec<MenuOption> {
        vec![
            MenuOption::new("products", "Nos produits"),
            MenuOption::new("order", "Une commande"),
            MenuOption::new("human", "Parler à un conseiller"),
        ]
    }

    #[track_caller]
    fn check(said: &str, expected: Option<&str>) {
        let options = options();
        let id = chosen(&options, said).map(|option| option.id.as_str());
        assert_eq!(id, expected, "{said:?}");
    }

    #[test]
    fn a_number_chooses_however_it_is_written() {
        for said in [
            "2",
            " 2 ",
            "2.",
            "2)",
            "(2)",
            "n°2",
            "N° 2",
            "nº2",
            "№2",
            "no 2",
            "numéro 2",
            "Option 2",
            "choix : 2",
            "le 2",
            "#2",
            "*2*",
            "02",
            "2️⃣",
            "٢",
            "۲",
            "２",
            "\u{200f}٢\u{200f}",
            "2 !",
            "deux",
            "Deux.",
            "le deux",
            "numéro deux",
            "la deuxième",
            "le 2ème",
            "two",
            "ñaar",
        ] {
            check(said, Some("order"));
        }
    }

    #[test]
    fn a_title_or_a_line_chooses_whatever_its_case_and_accents() {
        for said in [
            "Parler à un conseiller",
            "PARLER A UN CONSEILLER",
            "parler a un conseiller !",
            "3. Parler à un conseiller",
        ] {
            check(said, Some("human"));
        }
    }

    #[test]
    fn another_text_chooses_nothing() {
        for said in [
            "",
            " ",
            "!",
            "0",
            "4",
            "22",
            "1000",
            "2.5",
            "2 kg",
            "1 et 2",
            "1/2",
            "deux kilos",
            "neuf",
            "les deux",
            "commande",
            "2?",
            "2€",
            "221700000001",
            "😀",
        ] {
            check(said, None);
        }
    }

    #[test]
    fn a_description_chooses_where_only_one_option_has_it_and_titles_go_before_words() {
        let described = |id: &str, title: &str, description: &str| MenuOption {
            description: Some(description.to_owned()),
            ..MenuOption::new(id, title)
        };
        let options = [
            described("three", "Trois", "Lot de trois"),
            described("two", "Deux", "En promotion"),
            described("one", "Un", "En promotion"),
        ];
        let id = |said| chosen(&options, said).map(|option| option.id.as_str());
        assert_eq!(id("lot de TROIS"), Some("three"));
        assert_eq!(id("En promotion"), None);
        assert_eq!(id("trois"), Some("three"), "its title, and not its number");
    }

    #[test]
    fn a_title_without_letters_is_chosen_as_it_stands() {
        let options = [MenuOption::new("yes", "👍"), MenuOption::new("no", "👎")];
        assert_eq!(chosen(&options, " 👎 ").unwrap().id, "no");
        assert_eq!(chosen(&options, "🙂"), None);
    }

    proptest! {
        #[test]
        fn answering_a_rendered_menu_with_a_number_gives_the_option_of_that_line(
            titles in proptest::collection::vec("[^\n\r]{1,30}", 1..=limits::LIST_OPTIONS),
            wanted in any::<proptest::sample::Index>(),
        ) {
            let options: Vec<_> = titles
                .iter()
                .enumerate()
                .map(|(index, title)| MenuOption::new(&format!("option {index}"), title))
                .collect();
            let menu = Menu { kind: MenuKind::List, body: "Choisissez :".to_owned(), options };
            let text = menu.text();
            let line = text.split('\n').nth(2 + wanted.index(titles.len())).unwrap();
            let (number, title) = line.split_once(". ").unwrap();
            let option = chosen(&menu.options, number).unwrap();
            prop_assert_eq!(&option.title, title);
            prop_assert_eq!(&option.id, &menu.options[wanted.index(titles.len())].id);
        }

        #[test]
        fn any_text_is_read_without_a_panic(said in ".{0,60}") {
            chosen(&options(), &said);
        }
    }
}
