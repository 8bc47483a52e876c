//! What a customer means of a catalogue: codes, names and keywords, with plurals and typing errors.

use super::index::{Index, NAME, Word};
use super::word::{distance, errors, is_empty, letters, stem};
use crate::config::Product;
use crate::fold::fold;

/// Words of a message that are looked at.
const WORDS: usize = 24;
/// Words of a catalogue that one word of a message may stand for.
const MEANINGS: usize = 8;
/// Words of a catalogue that are compared letter by letter with one word of a message.
const COMPARED: usize = 400;
/// Words that a code stands after.
const BEFORE_A_CODE: [&str; 10] = [
    "ref",
    "reference",
    "code",
    "article",
    "produit",
    "produits",
    "product",
    "no",
    "numero",
    "n",
];

/// How sure it is that a message asks for a product at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It was understood so.
    Surely,
    /// It was not understood, and may be a product's name.
    Perhaps,
}

/// Whether something is left of a message that may name a product.
pub(super) fn names_something(said: &str) -> bool {
    fold(said).split_whitespace().any(|word| !is_empty(word))
}

/// The products that a message means, the likeliest first; the same message always finds the same.
pub(super) fn search<'a>(index: &'a Index, said: &str, asked: Asked) -> Vec<&'a Product> {
    let folded = fold(said);
    let said: Vec<_> = folded.split_whitespace().take(WORDS).collect();
    let mut places = by_code(index, &said);
    if places.is_empty() {
        places = by_words(index, &said, asked);
    }
    let found = places.into_iter().filter_map(|place| index.product(place));
    found.collect()
}

/// The products whose codes are named. "P-12" may be written as "p 12".
fn by_code(index: &Index, said: &[&str]) -> Vec<u32> {
    for length in (1..=said.len().min(4)).rev() {
        for (start, words) in said.windows(length).enumerate() {
            let joined = words.concat();
            let has = |is: fn(&u8) -> bool| joined.as_bytes().iter().any(is);
            let tells = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
            let is_announced = start > 0 && BEFORE_A_CODE.contains(&said[start - 1]);
            if tells || is_announced || length == said.len() {
                let found: Vec<_> = index.coded(&joined).collect();
                if !found.is_empty() {
                    return found;
                }
            }
        }
    }
    Vec::new()
}

/// What speaks for a product.
#[derive(Clone, Copy, Default)]
struct Score {
    points: u32,
    /// The words of the message that lead to it.
    words: u8,
    /// Those of them that stand in its name as they were written.
    named: u8,
    /// The last word of the message that led to it, counted from one.
    last: u8,
}

fn by_words(index: &Index, said: &[&str], asked: Asked) -> Vec<u32> {
    let mut telling: Vec<String> = Vec::new();
    for word in said.iter().filter(|word| !is_empty(word)) {
        let stem = stem(word);
        if !telling.contains(&stem) {
            telling.push(stem);
        }
    }
    let mut scores = vec![Score::default(); index.products().len()];
    let mut touched = Vec::new();
    for (number, word) in (1..).zip(&telling) {
        let (meanings, quality) = meanings(index, word, asked);
        let leads_to: usize = meanings.iter().map(|word| word.leads_to.len()).sum();
        let rarity = (scores.len() / leads_to.max(1) + 1).ilog2() + 1;
        for (place, weight) in meanings.iter().flat_map(|word| &word.leads_to) {
            let Some(score) = usize::try_from(*place)
                .ok()
                .and_then(|at| scores.get_mut(at))
            else {
                continue;
            };
            if score.last == number {
                continue;
            }
            if score.words == 0 {
                touched.push(*place);
            }
            score.points += rarity * quality * u32::from(*weight);
            score.words += 1;
            score.named += u8::from(quality == EXACT && *weight == NAME);
            score.last = number;
        }
    }
    let score = |place: &u32| {
        let at = usize::try_from(*place).unwrap_or_default();
        (scores[at], index.named_by(at))
    };
    let most = touched.iter().map(|place| score(place).0.words).max();
    let most = most.unwrap_or_default();
    if asked == Asked::Perhaps && usize::from(most) * 2 < telling.len() {
        return Vec::new();
    }
    touched.retain(|place| score(place).0.words == most);
    likeliest(touched, score)
}

/// The one whose name was said, or all that much speaks for.
fn likeliest(mut found: Vec<u32>, score: impl Fn(&u32) -> (Score, u8)) -> Vec<u32> {
    let is_named = |place: &&u32| {
        let (score, named_by) = score(place);
        score.named == score.words && score.named == named_by
    };
    let mut named = found.iter().filter(is_named);
    if let (Some(only), None) = (named.next(), named.next()) {
        return vec![*only];
    }
    let best = found.iter().map(|place| score(place).0.points).max();
    let best = best.unwrap_or_default();
    found.retain(|place| score(place).0.points * 4 >= best * 3);
    found.sort_by_key(|place| {
        let (score, named_by) = score(place);
        (u32::MAX - score.points, named_by, *place)
    });
    found
}

/// What a word is worth as it was written, and as something near it.
const EXACT: u32 = 4;
const NEAR: u32 = 2;

/// The words of the catalogue that a word of a message stands for, and what that is worth.
fn meanings<'a>(index: &'a Index, word: &str, asked: Asked) -> (Vec<&'a Word>, u32) {
    if let Some(exact) = index.word(word) {
        return (vec![exact], EXACT);
    }
    let chars = word.chars().count();
    let least = match asked {
        Asked::Surely => 4,
        Asked::Perhaps => 6,
    };
    if chars >= 4 {
        let longer: Vec<_> = index.beginning_with(word).take(MEANINGS).collect();
        if !longer.is_empty() {
            return (longer, NEAR);
        }
    }
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let most = if has_digit { 0 } else { errors(chars, least) };
    (mistyped(index, word, chars, most), NEAR)
}

/// The words that fewest typing errors, and at most so many, make of this one.
fn mistyped<'a>(index: &'a Index, word: &str, chars: usize, most: u8) -> Vec<&'a Word> {
    if most == 0 {
        return Vec::new();
    }
    let (mine, spread) = (letters(word), usize::from(most));
    let of_length = (chars - spread..=chars + spread).flat_map(|chars| index.of_length(chars));
    let may_fit = |other: &&Word| (other.letters ^ mine).count_ones() <= 2 * u32::from(most);
    let mut nearest: Vec<(u8, &Word)> = of_length
        .filter(may_fit)
        .take(COMPARED)
        .filter_map(|other| Some((distance(word, &other.text, most)?, other)))
        .collect();
    nearest.sort_by_key(|(distance, _)| *distance);
    let fewest = nearest.first().map(|(distance, _)| *distance);
    let as_near = nearest.into_iter().filter(|(it, _)| Some(*it) == fewest);
    as_near.map(|(_, word)| word).take(MEANINGS).collect()
}
