//! A message as the words of the lexicon.

use super::lexicon::{Lexicon, Role};
use super::spelling;

/// Words of a message that are read; what comes after is left.
pub(super) const MOST_WORDS: usize = 128;
/// Words of a message that are looked for among misspellings.
pub(super) const MOST_GUESSES: usize = 40;

/// A word that the phrases are looked for in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// Its place among the words that the customer wrote.
    pub(super) place: usize,
    /// The word of the lexicon that it is, or was meant to be.
    pub(super) id: Option<u16>,
    pub(super) families: u64,
    pub(super) is_stop: bool,
}

/// The words of a message.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// As the customer wrote them, folded.
    pub(super) written: Vec<&'a str>,
    /// Without fillers, other spellings replaced by what they stand for.
    pub(super) tokens: Vec<Token>,
    /// How many of the words are of French, English and Wolof alone.
    pub(super) languages: [usize; 3],
    pub(super) guesses: usize,
}

impl<'a> Message<'a> {
    /// Reads a folded text.
    pub(super) fn read(lexicon: &Lexicon, folded: &'a str) -> Self {
        let written: Vec<&str> = folded.split_ascii_whitespace().take(MOST_WORDS).collect();
        let mut message = Self {
            tokens: Vec::with_capacity(written.len()),
            written: Vec::new(),
            languages: [0; 3],
            guesses: 0,
        };
        for (place, word) in written.iter().enumerate() {
            // One that is written may stand for several.
            if message.tokens.len() == MOST_WORDS {
                break;
            }
            message.add(lexicon, place, word);
        }
        message.written = written;
        message
    }

    fn add(&mut self, lexicon: &Lexicon, place: usize, text: &str) {
        let guesses = self.guesses;
        let Some(id) = self.id(lexicon, text) else {
            return self.tokens.push(Token {
                place,
                id: None,
                families: 0,
                is_stop: false,
            });
        };
        let meant = &lexicon.word(id).stands_for;
        let ids = if meant.is_empty() {
            std::slice::from_ref(&id)
        } else {
            meant
        };
        for id in ids {
            let word = lexicon.word(*id);
            // A guess tells what may be meant, and not in which language.
            let is_guess = self.guesses > guesses;
            for (language, count) in self.languages.iter_mut().enumerate() {
                *count += usize::from(!is_guess && word.languages == 1 << language);
            }
            if word.role != Role::Filler && self.tokens.len() < MOST_WORDS {
                self.tokens.push(Token {
                    place,
                    id: Some(*id),
                    families: word.families,
                    is_stop: word.role == Role::Stop,
                });
            }
        }
    }

    fn id(&mut self, lexicon: &Lexicon, text: &str) -> Option<u16> {
        if let Some(id) = lexicon.find(text) {
            return Some(id);
        }
        if text.bytes().any(|b| b.is_ascii_digit()) {
            let is_number = text.bytes().all(|b| b.is_ascii_digit());
            return Some(if is_number {
                lexicon.number
            } else {
                lexicon.code
            });
        }
        if self.guesses == MOST_GUESSES {
            return None;
        }
        self.guesses += 1;
        spelling::guess(lexicon, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::understanding::weighing::weigh;
    use crate::fold::fold;
    use proptest::prelude::*;

    fn read(folded: &str) -> Message<'_> {
        Message::read(Lexicon::get(), folded)
    }

    fn words(text: &str) -> Vec<&'static str> {
        let folded = fold(text);
        let tokens = read(&folded).tokens;
        let ids = tokens.iter().filter_map(|token| token.id);
        ids.map(|id| Lexicon::get().word(id).text).collect()
    }

    #[test]
    fn other_spellings_become_what_they_stand_for_and_fillers_go() {
        assert_eq!(words("jvx la cmd"), ["veux", "commande"]);
        assert_eq!(words("le des aux"), [""; 0]);
        assert_eq!(
            words("kombien les 2 sacs P12"),
            ["combien", "@number", "sacs", "@code"]
        );
    }

    #[test]
    fn a_word_begins_few_phrases() {
        let most = Lexicon::get()
            .words
            .iter()
            .map(|word| word.starts.len())
            .max();
        assert!(most < Some(120), "{most:?}");
    }

    #[test]
    fn words_that_stand_for_several_are_counted_too() {
        let folded = fold(&format!("{}xqzw", "cant didnt hasnt wheres ".repeat(31)));
        let message = read(&folded);
        assert_eq!(message.tokens.len(), MOST_WORDS);
    }

    proptest! {
        #[test]
        fn the_work_for_a_text_of_4096_bytes_is_bounded(
            text in prop_oneof!["\\PC{1000,1300}", "([a-z]{1,8} ){500,700}", "(a ){2000}", "(bonjuor comande ){200}"]
        ) {
            let folded = fold(&text[..text.floor_char_boundary(4_096)]);
            let message = read(&folded);
            prop_assert!(message.written.len() <= MOST_WORDS && message.tokens.len() <= MOST_WORDS);
            prop_assert!(message.guesses <= MOST_GUESSES);
            weigh(Lexicon::get(), &message);
        }
    }
}
