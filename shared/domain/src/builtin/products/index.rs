//! A catalogue as it is searched: made once, whatever is asked of it after.

use std::collections::BTreeMap;

use super::word::{is_empty, letters, stem};
use crate::config::{Catalogue, Product};
use crate::fold::fold;

/// What a word is worth as a keyword, and in a name.
const KEYWORD: u8 = 3;
pub(super) const NAME: u8 = 4;

/// A vendor's catalogue with the words that lead to its products.
#[derive(Clone, Debug, Default)]
pub struct Index {
    products: Vec<Product>,
    /// How many different words each product's name has.
    named_by: Vec<u8>,
    /// In order, each once: of a code, only its letters and digits.
    codes: Vec<(Box<str>, u32)>,
    /// In order, each once.
    words: Vec<Word>,
    /// The words of each length in characters.
    by_length: Vec<Vec<u32>>,
}

/// A word, and the products that it leads to.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: Box<str>,
    pub(super) letters: u32,
    pub(super) leads_to: Box<[(u32, u8)]>,
}

impl Index {
    pub fn of(catalogue: Catalogue) -> Self {
        let mut index = Self::default();
        let mut words = BTreeMap::<String, Vec<(u32, u8)>>::new();
        for (place, product) in (0..).zip(&catalogue.products) {
            let mut named_by = 0;
            for word in fold(&product.name).split_whitespace() {
                named_by += u8::from(led(&mut words, word, (place, NAME)));
            }
            for keyword in &product.keywords {
                for word in fold(keyword).split_whitespace() {
                    led(&mut words, word, (place, KEYWORD));
                }
            }
            index.named_by.push(named_by);
            index.codes.push((code(&product.code).into(), place));
        }
        index.codes.sort_unstable();
        for (text, leads_to) in words {
            index.add(text, leads_to);
        }
        index.products = catalogue.products;
        index
    }

    fn add(&mut self, text: String, leads_to: Vec<(u32, u8)>) {
        let chars = text.chars().count();
        if self.by_length.len() <= chars {
            self.by_length.resize(chars + 1, Vec::new());
        }
        let place = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.by_length[chars].push(place);
        self.words.push(Word {
            letters: letters(&text),
            text: text.into(),
            leads_to: leads_to.into(),
        });
    }

    /// Every product, in the order of the catalogue.
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    pub(super) fn product(&self, place: u32) -> Option<&Product> {
        self.products.get(usize::try_from(place).ok()?)
    }

    /// How many different words a product's name has.
    pub(super) fn named_by(&self, place: usize) -> u8 {
        self.named_by.get(place).copied().unwrap_or_default()
    }

    /// The products whose code has these letters and digits.
    pub(super) fn coded(&self, code: &str) -> impl Iterator<Item = u32> {
        let from = self.codes.partition_point(|(known, _)| **known < *code);
        let rest = self.codes[from..].iter();
        rest.take_while(move |(known, _)| **known == *code)
            .map(|(_, place)| *place)
    }

    /// The product that has exactly this code, in whatever case.
    pub(super) fn of_code(&self, wanted: &str) -> Option<&Product> {
        let folded = code(wanted);
        let wanted = wanted.to_lowercase();
        self.coded(&folded)
            .filter_map(|place| self.product(place))
            .find(|product| product.code.to_lowercase() == wanted)
    }

    /// The word that is exactly this.
    pub(super) fn word(&self, stem: &str) -> Option<&Word> {
        let place = self.words.binary_search_by(|word| (*word.text).cmp(stem));
        self.words.get(place.ok()?)
    }

    /// The words that begin with this.
    pub(super) fn beginning_with(&self, stem: &str) -> impl Iterator<Item = &Word> {
        let from = self.words.partition_point(|word| *word.text < *stem);
        let rest = self.words[from..].iter();
        rest.take_while(move |word| word.text.starts_with(stem))
    }

    /// The words of so many characters.
    pub(super) fn of_length(&self, chars: usize) -> impl Iterator<Item = &Word> {
        let places = self.by_length.get(chars).into_iter().flatten();
        places.filter_map(|place| self.words.get(usize::try_from(*place).ok()?))
    }

    /// About how much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let texts = |product: &Product| {
            let optional = [&product.description, &product.image_url];
            let optional = optional
                .into_iter()
                .flatten()
                .map(String::len)
                .sum::<usize>();
            let keywords = product.keywords.iter().map(|word| word.len() + 24);
            product.code.len() + product.name.len() + optional + keywords.sum::<usize>()
        };
        let products = self
            .products
            .iter()
            .map(|it| size_of::<Product>() + texts(it));
        let words = self.words.iter();
        let words = words.map(|it| size_of::<Word>() + 4 + it.text.len() + 8 * it.leads_to.len());
        let codes = self.codes.len() * size_of::<(Box<str>, u32)>();
        products.sum::<usize>() + words.sum::<usize>() + 2 * codes
    }
}

/// A code's letters and digits, in lower case.
pub(super) fn code(text: &str) -> String {
    fold(text).split_whitespace().collect()
}

/// Notes that a word leads to a product; the answer says whether it did not yet. The products come in their order.
fn led(words: &mut BTreeMap<String, Vec<(u32, u8)>>, word: &str, to: (u32, u8)) -> bool {
    if is_empty(word) {
        return false;
    }
    let leads_to = words.entry(stem(word)).or_default();
    let is_new = leads_to.last().is_none_or(|(last, _)| *last != to.0);
    if is_new {
        leads_to.push(to);
    }
    is_new
}
