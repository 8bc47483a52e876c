//! What does not change what a message means must not change what is understood.

use domain::Content;
use domain::builtin::{Intent, understand};

use crate::set::{Labelled, Split, labelled};

fn understood(message: &Labelled, text: String) -> Intent {
    understand(&Content::text(text), message.step).intent
}

/// Checks that 97 of 100 messages are understood as before, right or wrong, after the change.
#[track_caller]
fn check(change: impl Fn(&str) -> String) {
    let (mut same, mut all) = (0, 0);
    for message in labelled().filter(|message| message.split == Split::Train) {
        all += 1;
        let changed = change(message.text);
        let before = understood(&message, message.text.to_owned());
        let after = understood(&message, changed.clone());
        if before == after {
            same += 1;
        } else {
            println!("{}, {}: {changed}", before.as_str(), after.as_str());
        }
    }
    assert!(same * 100 >= all * 97, "{same} of {all}");
}

#[test]
fn exclamation_marks_change_nothing() {
    check(|text| format!("{text} !!!"));
}

#[test]
fn a_smile_changes_nothing() {
    check(|text| format!("{text} 😊✨"));
}

#[test]
fn capitals_change_nothing() {
    check(str::to_uppercase);
}

#[test]
fn missing_accents_change_nothing() {
    check(|text| {
        let plain = |c: char| match c {
            'à' | 'â' | 'ä' => 'a',
            'ç' => 'c',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            'ñ' => 'n',
            'É' => 'E',
            'À' => 'A',
            other => other,
        };
        text.chars().map(plain).collect()
    });
}

#[test]
fn missing_punctuation_changes_nothing() {
    check(|text| {
        let without = text.replace([',', '.', '!', ';', ':'], " ");
        if text.trim_matches('?').is_empty() {
            without
        } else {
            without.replace('?', "")
        }
    });
}

#[test]
fn blanks_around_and_lines_between_change_nothing() {
    check(|text| format!("\n  {}  ", text.replace(' ', "\n ")));
}
