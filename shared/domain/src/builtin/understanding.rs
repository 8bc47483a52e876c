//! What a customer wants, from what they say.

mod command;

use std::fmt;

pub use command::Command;

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

/// What was understood of a message. Its `Debug` shows nothing that the customer wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct Understood {
    pub intent: Intent,
    /// The weight of what speaks for the intent; 0 when nothing does.
    pub score: u32,
    /// The language of the message, where its words tell.
    pub language: Option<Language>,
    /// The slash command that it is. The command's argument is the subject, and the order number if it is one.
    pub command: Option<Command>,
    /// The words that say neither what is wanted nor anything polite, folded: what to look for in a catalogue.
    pub subject: String,
    /// The number of an order, in capitals, where one is named.
    pub order_number: Option<String>,
    /// It cannot wait.
    pub urgent: bool,
    /// It was asked for by the step of the conversation, and says nothing else of its own.
    pub answers_step: bool,
}

impl fmt::Debug for Understood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Understood")
            .field("intent", &self.intent)
            .field("score", &self.score)
            .field("language", &self.language)
            .field("command", &self.command)
            .field("urgent", &self.urgent)
            .field("answers_step", &self.answers_step)
            .finish_non_exhaustive()
    }
}

/// A language that the engine tells from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    French,
    English,
    Wolof,
}

/// What was understood of this content at this step of the conversation.
pub fn understand(content: &Content, step: Option<&str>) -> Understood {
    let intent = intent(content, step);
    let asked_for = [Intent::ProductInfo, Intent::OrderStatus]
        .into_iter()
        .find(|asked| intent == Intent::Unknown && step == Some(asked.as_str()));
    let text = content.text.as_deref().unwrap_or_default();
    Understood {
        intent: asked_for.unwrap_or(intent),
        score: u32::from(intent != Intent::Unknown),
        language: None,
        command: None,
        subject: fold(text).trim().to_owned(),
        order_number: None,
        urgent: false,
        answers_step: asked_for.is_some(),
    }
}

fn intent(content: &Content, step: Option<&str>) -> Intent {
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
