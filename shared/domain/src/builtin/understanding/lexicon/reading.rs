//! Reading the tables.

use std::collections::BTreeMap;

use super::{Lexicon, Part, Phrase, Role, Sense, Word, place};
use crate::builtin::Intent;

const TABLES: [&str; 3] = [
    include_str!("../phrases/fr.txt"),
    include_str!("../phrases/en.txt"),
    include_str!("../phrases/wo.txt"),
];

/// Families of words that are recognised by their digits.
const NUMBER: &str = "@number";
const CODE: &str = "@code";

/// A line of a table: `label: entries`.
struct Line {
    language: u8,
    label: &'static str,
    entries: &'static str,
}

fn lines() -> impl Iterator<Item = Line> {
    TABLES.iter().enumerate().flat_map(|(place, table)| {
        table.lines().filter_map(move |line| {
            let (label, entries) = line.split_once(':')?;
            (!line.starts_with('#')).then_some(Line {
                language: 1 << place,
                label,
                entries: entries.trim_start(),
            })
        })
    })
}

/// What is known of a word while the tables are read.
#[derive(Default)]
struct Draft {
    role: Role,
    languages: u8,
    families: u64,
}

impl Lexicon {
    /// Reads the tables; the tests see to it that they can be read.
    pub(super) fn read() -> Self {
        let families = families();
        let mut words = words(&families);
        for line in lines().filter(|line| line.label == "alias") {
            let Some((spellings, meant)) = line.entries.split_once(" = ") else {
                continue;
            };
            let meant: Vec<u16> = meant.split(' ').filter_map(|m| place(&words, m)).collect();
            for spelling in spellings.split(' ') {
                if let Some(at) = place(&words, spelling) {
                    words[usize::from(at)].stands_for.clone_from(&meant);
                }
            }
        }
        let phrases = phrases(&words, &families);
        let members = members(&words, &families);
        for (place, phrase) in (0_u16..).zip(&phrases) {
            for part in phrase.parts.iter().skip(1) {
                if let Part::Word(inside) = part {
                    words[usize::from(*inside)].is_inside = true;
                }
            }
            match phrase.parts.first() {
                Some(Part::Word(first)) => {
                    let word = &mut words[usize::from(*first)];
                    word.is_phrase |= phrase.parts.len() == 1;
                    word.starts.push(place);
                }
                Some(Part::Family(family)) => {
                    for member in members.get(family).into_iter().flatten() {
                        words[usize::from(*member)].starts.push(place);
                    }
                }
                Some(Part::Gap) | None => {}
            }
        }
        let number = place(&words, NUMBER).expect("families are words too");
        let code = place(&words, CODE).expect("families are words too");
        Self {
            words,
            phrases,
            number,
            code,
        }
    }
}

/// The names of the families, each with its bit.
fn families() -> BTreeMap<&'static str, u64> {
    let mut families = BTreeMap::from([(NUMBER, 1), (CODE, 2)]);
    for line in lines().filter(|line| line.label.starts_with('@')) {
        let next = 1 << families.len();
        families.entry(line.label).or_insert(next);
    }
    families
}

/// The words of each family.
fn members(words: &[Word], families: &BTreeMap<&'static str, u64>) -> BTreeMap<u64, Vec<u16>> {
    let mut members: BTreeMap<u64, Vec<u16>> = BTreeMap::new();
    for (id, word) in (0..).zip(words).filter(|(_, word)| word.families != 0) {
        for family in families
            .values()
            .filter(|family| word.families & **family != 0)
        {
            members.entry(*family).or_default().push(id);
        }
    }
    members
}

fn words(families: &BTreeMap<&'static str, u64>) -> Vec<Word> {
    let mut drafts: BTreeMap<&'static str, Draft> = BTreeMap::new();
    for (name, bit) in [NUMBER, CODE].map(|name| (name, families[name])) {
        drafts.entry(name).or_default().families = bit;
    }
    for line in lines() {
        let family = families.get(line.label).copied().unwrap_or_default();
        let role = match line.label {
            "filler" => Role::Filler,
            "stop" => Role::Stop,
            _ => Role::Plain,
        };
        // Other spellings are words of no language; what they stand for is.
        let language = if line.label == "alias" {
            0
        } else {
            line.language
        };
        let texts = line.entries.split([' ', '|', '=']);
        for text in texts.filter(|text| text.starts_with(|c| !"@.".contains(c))) {
            let draft = drafts.entry(text).or_default();
            draft.role = draft.role.max(role);
            draft.languages |= language;
            draft.families |= family;
        }
    }
    let word = |(text, draft): (&'static str, Draft)| Word {
        text,
        role: draft.role,
        languages: draft.languages,
        families: draft.families,
        stands_for: Vec::new(),
        is_phrase: false,
        is_inside: false,
        starts: Vec::new(),
    };
    drafts.into_iter().map(word).collect()
}

fn phrases(words: &[Word], families: &BTreeMap<&'static str, u64>) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    for line in lines() {
        let Some((sense, weight, only)) = sense(line.label) else {
            continue;
        };
        let between = if sense == Sense::Thing { ' ' } else { '|' };
        for text in line.entries.split(between).map(str::trim) {
            let rest = text.strip_prefix('=');
            phrases.push(Phrase {
                sense,
                weight,
                only,
                whole: rest.is_some(),
                parts: parts(words, families, rest.unwrap_or(text)),
            });
        }
    }
    phrases
}

/// The words of a phrase as messages have them: without fillers, other spellings replaced by what they stand for.
fn parts(words: &[Word], families: &BTreeMap<&'static str, u64>, text: &str) -> Vec<Part> {
    let mut parts = Vec::with_capacity(4);
    for part in text.split(' ') {
        if part == ".." {
            parts.push(Part::Gap);
        } else if part.starts_with('@') {
            parts.extend(families.get(part).copied().map(Part::Family));
        } else if let Some(id) = place(words, part) {
            let meant = &words[usize::from(id)].stands_for;
            let meant = if meant.is_empty() { &[id] } else { &meant[..] };
            let left = meant
                .iter()
                .filter(|id| words[usize::from(**id)].role != Role::Filler);
            parts.extend(left.map(|id| Part::Word(*id)));
        }
    }
    parts
}

/// The label of a line of phrases: `order_status 4`, or `thanks 4!` for phrases whose words speak for nothing else.
fn sense(label: &str) -> Option<(Sense, u32, bool)> {
    if label == "urgent" {
        return Some((Sense::Urgent, 0, false));
    }
    let (name, weight) = label.split_once(' ')?;
    let sense = match name {
        "things" => Sense::Thing,
        "nothing" => Sense::Nothing,
        name => Sense::Wants(Intent::of(name)?),
    };
    let only = weight.ends_with('!');
    let weight = weight.trim_end_matches('!').parse().ok()?;
    Some((sense, weight, only))
}

#[cfg(test)]
mod tests;
