//! What the phrases in a message speak for.

use super::lexicon::{Lexicon, Part, Phrase, Sense};
use super::message::{Message, Token};
use crate::builtin::Intent;

/// Stop words that may stand between two words of a phrase.
const STOPS_BETWEEN: usize = 2;
/// Words that the gap of a phrase is at most.
const GAP: usize = 5;

/// What was found in a message.
#[derive(Debug, Default)]
pub(super) struct Weights {
    intents: [u32; Intent::ALL.len()],
    /// The part of `product_info` that names of things alone make up.
    pub(super) things: u32,
    pub(super) urgent: bool,
    /// A bit for each word, as the customer wrote them, that is of a phrase.
    used: u128,
}

impl Weights {
    pub(super) fn of(&self, intent: Intent) -> u32 {
        self.intents[intent as usize]
    }

    /// The written words that say nothing of what is wanted, between single spaces.
    pub(super) fn rest(&self, lexicon: &Lexicon, message: &Message<'_>) -> String {
        let mut rest = String::new();
        for (place, word) in message.written.iter().enumerate() {
            let of_it = message.tokens.iter().filter(|token| token.place == place);
            let is_plain = of_it.clone().any(|token| !token.is_stop);
            let is_used = self.used & bit(place) != 0;
            if is_plain && !is_used && is_word(lexicon, word) {
                if !rest.is_empty() {
                    rest.push(' ');
                }
                rest.push_str(word);
            }
        }
        rest
    }
}

/// Whether a written word is none of the symbols of the lexicon.
fn is_word(lexicon: &Lexicon, word: &str) -> bool {
    word.starts_with(char::is_alphanumeric) || lexicon.find(word).is_none()
}

/// A phrase that was found.
struct Hit<'a> {
    phrase: &'a Phrase,
    first: usize,
    /// A bit for each of its tokens.
    tokens: u128,
}

/// Weighs a message. Of phrases that share a word the heavier one counts for an intent, then the one of more words, then the one that comes first;
/// a word may speak for several intents.
pub(super) fn weigh(lexicon: &Lexicon, message: &Message<'_>) -> Weights {
    let mut hits = hits(lexicon, &message.tokens);
    hits.sort_by_key(|hit| {
        let Hit {
            phrase,
            first,
            tokens,
        } = hit;
        let words = tokens.count_ones();
        (
            !phrase.only,
            u32::MAX - phrase.weight,
            u32::MAX - words,
            *first,
        )
    });
    let mut weights = Weights::default();
    let mut taken = 0;
    let mut taken_for = [0_u128; Intent::ALL.len()];
    for Hit { phrase, tokens, .. } in hits {
        let (intent, is_thing) = match phrase.sense {
            Sense::Wants(intent) => (Some(intent), false),
            Sense::Thing => (Some(Intent::ProductInfo), true),
            Sense::Urgent | Sense::Nothing => (None, false),
        };
        let taken_before = intent.map_or(0, |intent| taken_for[intent as usize]);
        if tokens & (taken | taken_before) != 0 {
            continue;
        }
        if phrase.only {
            taken |= tokens;
        }
        if let Some(intent) = intent {
            taken_for[intent as usize] |= tokens;
            weights.intents[intent as usize] += phrase.weight;
        }
        weights.urgent |= phrase.sense == Sense::Urgent;
        if is_thing {
            weights.things += phrase.weight;
        } else {
            weights.used |= places(&message.tokens, tokens);
        }
    }
    weights
}

fn hits<'a>(lexicon: &'a Lexicon, tokens: &[Token]) -> Vec<Hit<'a>> {
    let mut hits = Vec::new();
    for (first, token) in tokens.iter().enumerate() {
        let Some(id) = token.id else { continue };
        for start in &lexicon.word(id).starts {
            let phrase = &lexicon.phrases[usize::from(*start)];
            let found = follow(&phrase.parts[1..], tokens, first + 1, bit(first));
            let is_whole = |found: u128| found.count_ones() as usize == tokens.len();
            if let Some(found) = found.filter(|found| !phrase.whole || is_whole(*found)) {
                hits.push(Hit {
                    phrase,
                    first,
                    tokens: found,
                });
            }
        }
    }
    hits
}

/// The tokens of the rest of a phrase from here on, with those that were found before.
fn follow(parts: &[Part], tokens: &[Token], from: usize, found: u128) -> Option<u128> {
    let (parts, most, any) = match parts {
        [] => return Some(found),
        [Part::Gap, rest @ ..] => (rest, GAP, true),
        parts => (parts, STOPS_BETWEEN, false),
    };
    let (part, rest) = parts.split_first()?;
    for (at, token) in tokens.iter().enumerate().skip(from).take(most + 1) {
        if is(token, *part) {
            return follow(rest, tokens, at + 1, found | bit(at));
        }
        if !any && !token.is_stop {
            return None;
        }
    }
    None
}

fn is(token: &Token, part: Part) -> bool {
    match part {
        Part::Word(id) => token.id == Some(id),
        Part::Family(family) => token.families & family != 0,
        Part::Gap => false,
    }
}

/// The places, in what the customer wrote, of these tokens.
fn places(tokens: &[Token], these: u128) -> u128 {
    let of_these = tokens
        .iter()
        .enumerate()
        .filter(|(at, _)| these & bit(*at) != 0);
    of_these.fold(0, |places, (_, token)| places | bit(token.place))
}

const fn bit(place: usize) -> u128 {
    1 << place
}
