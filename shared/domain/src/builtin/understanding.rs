//! What a customer wants, from what they say.

use super::Intent;
use super::wording::options;
use crate::content::{Content, Kind};
use crate::fold::fold;
use crate::menu::chosen;

/// Words and phrases of each intent, folded (no accents, lower case). A phrase must stand in the text as whole words.
const PHRASES: [(Intent, &[&str]); 4] = [
    (
        Intent::Human,
        &[
            "humain",
            "conseiller",
            "conseillere",
            "agent",
            "vendeur",
            "vendeuse",
            "responsable",
            "quelqu un",
            "une personne",
            "appelez moi",
            "rappelez moi",
            "human",
            "someone",
        ],
    ),
    (
        Intent::Menu,
        &[
            "menu",
            "aide",
            "aider",
            "options",
            "help",
            "que faites vous",
            "comment ca marche",
        ],
    ),
    (
        Intent::Thanks,
        &[
            "merci",
            "mercii",
            "thanks",
            "thank you",
            "jerejef",
            "jerejeuf",
            "dieureudieuf",
        ],
    ),
    (
        Intent::Greeting,
        &[
            "bonjour",
            "bjr",
            "bonsoir",
            "bsr",
            "salut",
            "slt",
            "coucou",
            "hello",
            "hi",
            "hey",
            "salam",
            "salamaleikoum",
            "assalamou",
            "asalaam",
            "nanga def",
            "naka nga def",
            "na nga def",
        ],
    ),
];

/// What a customer wants who says this at this step of the conversation.
pub(super) fn intent(content: &Content, step: Option<&str>) -> Intent {
    let choice = content.choice.as_ref();
    if let Some(option) = choice.and_then(|choice| Intent::of(choice.id.as_deref()?)) {
        return option;
    }
    let said = choice.and_then(|choice| choice.title.as_deref().or(choice.id.as_deref()));
    let Some(text) = said.or(content.text.as_deref()) else {
        return if content.kind == Kind::Text {
            Intent::Menu
        } else {
            Intent::Unknown
        };
    };
    // A menu that the release before sent is not remembered with the conversation, its step is.
    if let Some(option) = chosen(&options(), text).filter(|_| step == Some("menu")) {
        return Intent::of(&option.id).unwrap_or(Intent::Unknown);
    }
    let folded = fold(text);
    let holds = |phrases: &[&str]| {
        phrases
            .iter()
            .any(|phrase| folded.contains(&format!(" {phrase} ")))
    };
    PHRASES
        .iter()
        .find(|(_, phrases)| holds(phrases))
        .map_or(Intent::Unknown, |(intent, _)| *intent)
}
