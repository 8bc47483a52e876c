//! The words and phrases that the engine knows, read once from the tables beside this file.

mod reading;

use std::sync::LazyLock;

use crate::builtin::Intent;

/// What a phrase speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Wants(Intent),
    /// Something that a shop sells: a product is meant, and the word is looked for in its catalogue.
    Thing,
    Urgent,
    /// The words mean nothing here.
    Nothing,
}

/// What becomes of a word beside the phrases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    #[default]
    Plain,
    /// It may stand between the words of a phrase.
    Stop,
    /// It is dropped before phrases are looked for.
    Filler,
}

/// A word of the tables.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: &'static str,
    pub(super) role: Role,
    /// A bit for each language that has it.
    pub(super) languages: u8,
    /// A bit for each family that it is of.
    pub(super) families: u64,
    /// What it is another spelling of.
    pub(super) stands_for: Vec<u16>,
    /// It is a phrase by itself.
    pub(super) is_phrase: bool,
    /// It is in a phrase, not at its beginning.
    pub(super) is_inside: bool,
    /// The phrases that may begin with it.
    pub(super) starts: Vec<u16>,
}

impl Word {
    /// Whether it is more than a usual word that is no misspelling of another.
    pub(super) fn means_something(&self) -> bool {
        self.role != Role::Plain
            || self.families != 0
            || !(self.starts.is_empty() && self.stands_for.is_empty())
            || self.is_inside
    }
}

/// A part of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Word(u16),
    /// Any word of the family.
    Family(u64),
    /// A few words of any kind.
    Gap,
}

/// Some words that speak for something.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) sense: Sense,
    pub(super) weight: u32,
    /// Its words speak for nothing else.
    pub(super) only: bool,
    /// It must be the whole message.
    pub(super) whole: bool,
    pub(super) parts: Vec<Part>,
}

/// The tables, as they are searched.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// In the order of their texts.
    pub(super) words: Vec<Word>,
    pub(super) phrases: Vec<Phrase>,
    /// The words that stand for any number and for any mix of letters and digits.
    pub(super) number: u16,
    pub(super) code: u16,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

impl Lexicon {
    pub(super) fn get() -> &'static Self {
        &LEXICON
    }

    pub(super) fn find(&self, text: &str) -> Option<u16> {
        place(&self.words, text)
    }

    /// Whether this symbol is a word of the tables.
    pub(super) fn has_symbol(&self, symbol: char) -> bool {
        self.find(symbol.encode_utf8(&mut [0; 4])).is_some()
    }

    pub(super) fn word(&self, id: u16) -> &Word {
        &self.words[usize::from(id)]
    }
}

fn place(words: &[Word], text: &str) -> Option<u16> {
    let index = words.binary_search_by(|word| word.text.cmp(text)).ok()?;
    u16::try_from(index).ok()
}
