use super::*;
use crate::fold::fold;

const KNOWN: [&str; 6] = ["filler", "stop", "word", "alias", "urgent", "things"];

#[test]
fn every_line_of_the_tables_is_understood() {
    for table in TABLES {
        for line in table
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (label, entries) = line.split_once(": ").expect(line);
            let is_known = KNOWN.contains(&label) || label.starts_with('@');
            assert!(is_known || sense(label).is_some(), "{line}");
            assert!(
                !entries.ends_with([' ', '|']) && !entries.contains("  "),
                "{line}"
            );
            assert_eq!(label == "alias", entries.contains(" = "), "{line}");
        }
    }
}

#[test]
fn every_word_of_the_tables_is_written_as_it_is_looked_up() {
    for word in &Lexicon::get().words {
        let is_symbol = !word.text.is_ascii() || word.text == "+" || word.text.starts_with('@');
        assert!(
            is_symbol || fold(word.text).trim() == word.text,
            "{}",
            word.text
        );
        let has_accent = word.text.chars().any(char::is_alphabetic) && !word.text.is_ascii();
        assert!(!has_accent, "{}", word.text);
    }
}

#[test]
fn every_phrase_has_a_word_left_and_names_families_that_there_are() {
    let lexicon = Lexicon::get();
    let families = families();
    assert!(families.len() < 64);
    for line in lines().filter(|line| sense(line.label).is_some()) {
        for part in line.entries.split(' ').filter(|part| part.starts_with('@')) {
            assert!(families.contains_key(part), "{part}");
        }
    }
    for phrase in &lexicon.phrases {
        assert!(
            matches!(phrase.parts.first(), Some(Part::Word(_) | Part::Family(_))),
            "{phrase:?}"
        );
        assert!(
            !matches!(phrase.parts.last(), Some(Part::Gap)),
            "{phrase:?}"
        );
    }
}

#[test]
fn another_spelling_stands_for_words_that_stand_for_themselves() {
    let lexicon = Lexicon::get();
    for word in &lexicon.words {
        for meant in &word.stands_for {
            let meant = lexicon.word(*meant);
            assert!(
                meant.stands_for.is_empty(),
                "{} -> {}",
                word.text,
                meant.text
            );
        }
    }
}

#[test]
fn a_phrase_that_lost_its_fillers_still_says_something() {
    let lexicon = Lexicon::get();
    let role = |text: &str| lexicon.find(text).map(|id| lexicon.word(id).role);
    for line in lines().filter(|line| sense(line.label).is_some()) {
        for phrase in line
            .entries
            .split(" | ")
            .filter(|phrase| !phrase.starts_with('='))
        {
            let mut words = phrase.split(' ');
            let lost = words.clone().any(|word| role(word) == Some(Role::Filler));
            let tells = words.any(|word| !matches!(role(word), Some(Role::Filler | Role::Stop)));
            assert!(!lost || tells, "{phrase}");
        }
    }
}
