//! What a word that is in no table was meant to be.

use std::sync::LazyLock;

use super::lexicon::{Lexicon, Word};

/// The longest word that is a misspelling of another, in letters.
const LONGEST: usize = 24;
/// The shortest word that is a misspelling of another, in letters: shorter ones are too near to each other.
const SHORTEST: usize = 4;

/// The word of the tables that this word, which is not one of them, was meant to be. One that is nearest to a word which means nothing here is left.
pub(super) fn guess(lexicon: &Lexicon, word: &str) -> Option<u16> {
    closest(lexicon, word).filter(|id| lexicon.word(*id).means_something())
}

fn closest(lexicon: &Lexicon, word: &str) -> Option<u16> {
    let is_word = word.bytes().all(|b| b.is_ascii_lowercase());
    if !is_word {
        return None;
    }
    let calm = squeeze(word);
    if calm.len() < word.len()
        && let Some(found) = lexicon.find(&calm)
    {
        return Some(found);
    }
    if !(SHORTEST..=LONGEST).contains(&calm.len()) {
        return None;
    }
    alike(lexicon, &calm).or_else(|| nearest(lexicon, &calm))
}

/// The word with each run of a letter written once.
fn squeeze(word: &str) -> String {
    let mut squeezed = String::with_capacity(word.len());
    for c in word.chars() {
        if !squeezed.ends_with(c) {
            squeezed.push(c);
        }
    }
    squeezed
}

/// How a word sounds to a French ear, roughly: "kommandé" and "commander" are the same.
fn sound(word: &str) -> String {
    let mut sound = String::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some(letter) = rest.first() {
        let (heard, letters) = match rest {
            [b'e', b'a', b'u', ..] => (Some('o'), 3),
            [b'a', b'u', ..] => (Some('o'), 2),
            [b'a' | b'e', b'i', ..] => (Some('e'), 2),
            [b'p', b'h', ..] => (Some('f'), 2),
            [b'q', b'u', ..] => (Some('k'), 2),
            [b'g', b'u', ..] => (Some('g'), 2),
            [b'c', b'h', ..] => (Some('c'), 2),
            [b'c', b'e' | b'i' | b'y', ..] | [b'z', ..] => (Some('s'), 1),
            [b'c' | b'q', ..] => (Some('k'), 1),
            [b'y', ..] => (Some('i'), 1),
            [b'h', ..] => (None, 1),
            _ => (Some(char::from(*letter)), 1),
        };
        sound.extend(heard.filter(|heard| !sound.ends_with(*heard)));
        rest = &rest[letters..];
    }
    while sound.len() > 3 && sound.ends_with(['e', 's', 't', 'x', 'd', 'r']) {
        sound.pop();
    }
    sound
}

/// The words that a misspelt one may be found among; they are put in order when the first is looked for.
struct Neighbours {
    /// By how they sound.
    sounds: Vec<(String, u16)>,
    /// By their first letter: the letters that they have, and how many.
    initials: [Vec<(u32, usize, u16)>; 32],
}

static NEIGHBOURS: LazyLock<Neighbours> = LazyLock::new(|| Neighbours::of(&Lexicon::get().words));

impl Neighbours {
    fn of(words: &[Word]) -> Self {
        let targets = || (0..).zip(words).filter(|(_, word)| is_target(word));
        let mut initials = [const { Vec::new() }; 32];
        for (id, word) in targets() {
            let entry = (letters(word.text), word.text.len(), id);
            initials[initial(word.text, 0)].push(entry);
        }
        let mut sounds: Vec<_> = targets().map(|(id, word)| (sound(word.text), id)).collect();
        sounds.sort_unstable();
        Self { sounds, initials }
    }
}

/// The place of a letter of a word in the alphabet.
fn initial(word: &str, letter: usize) -> usize {
    usize::from(word.as_bytes()[letter] & 31)
}

/// Whether a word may be what a misspelt one was meant to be.
fn is_target(word: &Word) -> bool {
    (SHORTEST..LONGEST).contains(&word.text.len())
        && word.text.bytes().all(|b| b.is_ascii_lowercase())
}

/// A bit for each letter of a word.
fn letters(word: &str) -> u32 {
    word.bytes().fold(0, |bits, b| bits | 1 << (b & 31))
}

/// The nearest of the words that sound the same.
fn alike(lexicon: &Lexicon, word: &str) -> Option<u16> {
    let sound = sound(word);
    if sound.len() < SHORTEST {
        return None;
    }
    let sounds = &NEIGHBOURS.sounds;
    let from = sounds.partition_point(|(other, _)| *other < sound);
    let same = sounds[from..]
        .iter()
        .take_while(|(other, _)| *other == sound);
    same.map(|(_, id)| (distance(word, lexicon.word(*id).text), *id))
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, id)| id)
}

/// The nearest word within the distance that a word of this length may have, and with the same first letter. Among equally near ones those that are
/// a phrase come first, then those that begin one, then the alphabet decides.
fn nearest(lexicon: &Lexicon, word: &str) -> Option<u16> {
    let most = distance_of(word);
    let own = letters(word);
    let mut initials = vec![initial(word, 0), initial(word, 1)];
    initials.dedup();
    let near = initials
        .iter()
        .flat_map(|initial| &NEIGHBOURS.initials[*initial])
        .filter(|(_, length, _)| length.abs_diff(word.len()) <= most)
        .filter(|(other, ..)| (own ^ other).count_ones() as usize <= 2 * most)
        .map(|(.., id)| (*id, lexicon.word(*id)))
        .filter(|(_, other)| begin_alike(word, other.text) && most <= distance_of(other.text))
        .filter_map(|(id, other)| {
            let distance = distance(word, other.text);
            let is_other = other.text.len() == SHORTEST && !is_slip(word, other);
            let rank = (distance, !other.is_phrase, other.starts.is_empty(), id);
            (distance <= most && !is_other).then_some(rank)
        });
    near.min().map(|(.., id)| id)
}

/// How far a word of this length may be from what was meant.
const fn distance_of(word: &str) -> usize {
    if word.len() < 7 { 1 } else { 2 }
}

/// Whether two words begin with the same letter, or their first two letters changed places.
fn begin_alike(word: &str, other: &str) -> bool {
    let (a, b) = (word.as_bytes(), other.as_bytes());
    a[0] == b[0] || (a[0] == b[1] && a[1] == b[0])
}

/// Whether a short word differs from one that is a phrase in no more than its last letter, or has the same letters in another order. Other words of four
/// letters are too near to each other.
fn is_slip(word: &str, other: &Word) -> bool {
    let is_same_but_for_the_last = word.len() == SHORTEST
        && other.is_phrase
        && word.as_bytes()[..SHORTEST - 1] == other.text.as_bytes()[..SHORTEST - 1];
    is_same_but_for_the_last || letters(word) == letters(other.text)
}

/// Letters to put in, leave out, exchange or swap with their neighbour to make one word of the other.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before = [0_usize; LONGEST + 1];
    let mut row: [usize; LONGEST + 1] = std::array::from_fn(|j| j);
    let mut next = [0_usize; LONGEST + 1];
    for i in 1..=a.len() {
        next[0] = i;
        for j in 1..=b.len() {
            let is_same = a[i - 1] == b[j - 1];
            let changed = row[j - 1] + usize::from(!is_same);
            let mut least = changed.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next[j] = least;
        }
        before = row;
        row = next;
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(written: &str, meant: Option<&str>) {
        let lexicon = Lexicon::get();
        let guessed = guess(lexicon, written).map(|id| lexicon.word(id).text);
        assert_eq!(guessed, meant, "{written}");
    }

    #[test]
    fn what_is_misspelt_within_reason_is_found() {
        check("bonjouuuur", Some("bonjour"));
        check("bonjuor", Some("bonjour"));
        check("bonsior", Some("bonsoir"));
        check("livraisson", Some("livraison"));
        check("mneu", Some("menu"));
        check("commendes", Some("commandes"));
    }

    #[test]
    fn what_is_another_word_stays_one() {
        check("himalaya", None);
        check("remerciement", None);
        check("p12", None);
        check("yuong", None);
        check("rad", None);
        check("привет", None);
    }

    #[test]
    fn neighbours_that_changed_places_are_one_step_apart() {
        assert_eq!(distance("menu", "mneu"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("prix", "prix"), 0);
        assert_eq!(distance("chat", "chien"), 3);
    }

    proptest! {
        #[test]
        fn every_word_is_looked_at_without_fear(word in "[a-zé0-9]{0,40}") {
            guess(Lexicon::get(), &word);
        }

        #[test]
        fn the_way_there_is_as_long_as_the_way_back(a in "[a-e]{0,20}", b in "[a-e]{0,20}") {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
        }
    }
}
