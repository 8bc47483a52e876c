//! What the engine says of itself, by language and segment: one file a language.

mod english;
mod french;

use super::{Intent, Segment};

/// A language that the engine speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tongue {
    French,
    English,
}

impl Tongue {
    /// The language as ISO 639 has it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// The language of this code, French for one that the engine does not speak.
    pub(super) fn of(code: &str) -> Self {
        if code == "en" {
            Self::English
        } else {
            Self::French
        }
    }
}

/// Something that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The answer to an intent.
    Answer(Intent),
    /// What was asked for came, and a person goes on.
    Noted,
    /// The day and time of an appointment came.
    AppointmentNoted,
    /// A complaint that names its order.
    ComplaintWithOrder,
    /// Once more something that is not understood.
    NotUnderstoodAgain,
    /// What cannot wait.
    Urgent,
    /// When somebody is there.
    Hours,
}

impl Line {
    /// Each but the answers to intents.
    #[cfg(test)]
    const OTHERS: [Self; 6] = [
        Self::Noted,
        Self::AppointmentNoted,
        Self::ComplaintWithOrder,
        Self::NotUnderstoodAgain,
        Self::Urgent,
        Self::Hours,
    ];

    /// The usual text, with placeholders.
    pub(super) const fn text(self, tongue: Tongue, segment: Option<Segment>) -> &'static str {
        match tongue {
            Tongue::French => french::text(self, segment),
            Tongue::English => english::text(self, segment),
        }
    }
}

/// What the menu offers, each option under the name of the intent that it chooses.
pub(super) const fn menu(
    tongue: Tongue,
    segment: Option<Segment>,
) -> &'static [(Intent, &'static str)] {
    match tongue {
        Tongue::French => french::menu(segment),
        Tongue::English => english::menu(segment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use crate::template::{Placeholder, misplaced, unknown_placeholder};

    const TONGUES: [Tongue; 2] = [Tongue::French, Tongue::English];

    fn segments() -> impl Iterator<Item = Option<Segment>> {
        std::iter::once(None).chain(Segment::ALL.map(Some))
    }

    /// Every text that there is, with where it stands.
    fn every_text() -> Vec<(String, Line, Tongue, &'static str)> {
        let lines = Intent::ALL.map(Line::Answer).into_iter();
        let lines: Vec<_> = lines.chain(Line::OTHERS).collect();
        let mut texts = Vec::new();
        for tongue in TONGUES {
            for segment in segments() {
                for &line in &lines {
                    let at = format!("{line:?} {segment:?} {tongue:?}");
                    texts.push((at, line, tongue, line.text(tongue, segment)));
                }
            }
        }
        texts
    }

    #[test]
    fn every_intent_has_a_text_for_every_segment_in_every_language() {
        let texts = every_text();
        assert_eq!(texts.len(), 2 * 6 * 18);
        for (at, _, _, text) in texts {
            assert!((10..600).contains(&text.len()), "{at}");
            assert_eq!(text.trim(), text, "{at}");
        }
    }

    #[test]
    fn a_text_names_only_what_is_known_where_it_is_said() {
        for (at, line, _, text) in every_text() {
            let own = match line {
                Line::ComplaintWithOrder => vec![Placeholder::OrderNumber],
                _ => Vec::new(),
            };
            let allowed = [&Placeholder::ANYWHERE[..], &own].concat();
            assert_eq!(unknown_placeholder(text), None, "{at}");
            assert_eq!(misplaced(text, &allowed), None, "{at}");
            let has_hours = text.contains("{hours}");
            assert_eq!(
                has_hours,
                line == Line::Hours,
                "{at}: hours are not always known"
            );
        }
    }

    #[test]
    fn typography_is_right_in_each_language() {
        for (at, _, tongue, text) in every_text() {
            assert!(!text.contains("  ") && !text.contains("\u{a0} "), "{at}");
            assert!(!text.contains('\''), "{at}: the apostrophe is ’");
            assert!(!text.contains("..."), "{at}");
            let chars: Vec<_> = text.chars().collect();
            for pair in chars.windows(2) {
                let [before, mark] = pair else { continue };
                if !"!?:;»".contains(*mark) {
                    continue;
                }
                let is_parted = *before == '\u{a0}';
                assert_eq!(is_parted, tongue == Tongue::French, "{at}: before {mark}");
            }
            let last = text.lines().last().and_then(|line| line.chars().last());
            assert!(last.is_some_and(|c| ".!?:".contains(c)), "{at}");
        }
    }

    #[test]
    fn customers_are_addressed_politely() {
        for (at, _, tongue, text) in every_text() {
            let words = text
                .split(|c: char| !c.is_alphabetic())
                .map(str::to_lowercase);
            let is_familiar =
                |word: &String| ["tu", "te", "toi", "ton", "ta", "tes"].contains(&word.as_str());
            let familiar = words.filter(|_| tongue == Tongue::French).find(is_familiar);
            assert_eq!(familiar, None, "{at}");
        }
    }

    #[test]
    fn every_menu_has_room_and_a_way_to_a_person() {
        for tongue in TONGUES {
            for segment in segments() {
                let options = menu(tongue, segment);
                assert!((3..=limits::LIST_OPTIONS).contains(&options.len()));
                let person = options.last().map(|(intent, _)| *intent);
                assert_eq!(person, Some(Intent::Human), "{segment:?}");
                for (at, (intent, title)) in options.iter().enumerate() {
                    assert!((3..=24).contains(&title.chars().count()), "{title}");
                    let is_other =
                        |other: &&(Intent, &str)| other.0 == *intent || other.1 == *title;
                    assert_eq!(options[..at].iter().find(is_other), None);
                }
            }
        }
    }
}
