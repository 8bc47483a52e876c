//! What a customer wants, from what they say.

mod command;
mod lexicon;
mod message;
mod order_number;
mod spelling;
mod weighing;

use std::fmt;

pub use command::Command;

use self::lexicon::Lexicon;
use self::message::Message;
use self::order_number::order_number;
use self::weighing::{Weights, weigh};
use super::Intent;
use super::wording::former_options;
use crate::content::{Content, Kind};
use crate::fold::{fold, fold_keeping};
use crate::menu::chosen;

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
    /// It is what the customer was asked for at this step of the conversation.
    pub answers_step: bool,
}

impl Understood {
    /// A message of which nothing but the intent is known.
    fn of(intent: Intent) -> Self {
        Self {
            intent,
            score: 0,
            language: None,
            command: None,
            subject: String::new(),
            order_number: None,
            urgent: false,
            answers_step: false,
        }
    }

    /// An intent that leaves no doubt.
    fn surely(intent: Intent) -> Self {
        Self {
            score: CERTAIN,
            ..Self::of(intent)
        }
    }

    /// A message that says nothing, where this was asked for.
    fn answering(asked: Intent) -> Self {
        Self {
            answers_step: true,
            ..Self::of(asked)
        }
    }
}

/// The score of what was chosen or commanded.
const CERTAIN: u32 = 100;

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
    let choice = content.choice.as_ref();
    if let Some(option) = choice.and_then(|choice| Intent::of(choice.id.as_deref()?)) {
        return Understood::surely(option);
    }
    let said = choice.and_then(|choice| choice.title.as_deref().or(choice.id.as_deref()));
    let asked = step.and_then(asked_for);
    let Some(text) = said.or(content.text.as_deref()) else {
        return match asked {
            Some(asked) if content.kind != Kind::Text => Understood::answering(asked),
            _ if content.kind == Kind::Text => Understood::surely(Intent::Menu),
            _ => Understood::of(Intent::Unknown),
        };
    };
    // A menu that the release before sent is not remembered with the conversation, its step is.
    if step == Some("menu")
        && let Some(option) = chosen(&former_options(), text)
    {
        return Understood::surely(Intent::of(&option.id).unwrap_or(Intent::Unknown));
    }
    if let Some((command, argument)) = command::command(text) {
        return Understood {
            command: Some(command),
            order_number: order_number(argument, command == Command::Order),
            subject: fold(argument).trim().to_owned(),
            ..Understood::surely(command.intent())
        };
    }
    read(text, asked)
}

/// What the customer was asked for at this step: a step is named after the intent that it is of, with or without more behind the name.
fn asked_for(step: &str) -> Option<Intent> {
    let asking = [
        Intent::ProductInfo,
        Intent::OrderStatus,
        Intent::Appointment,
        Intent::Payment,
        Intent::Complaint,
    ];
    asking
        .into_iter()
        .find(|intent| step.starts_with(intent.as_str()))
}

fn read(text: &str, asked: Option<Intent>) -> Understood {
    let lexicon = Lexicon::get();
    let folded = fold_keeping(text, |symbol| lexicon.has_symbol(symbol));
    let message = Message::read(lexicon, &folded);
    let weights = weigh(lexicon, &message);
    let (intent, score) = if message.written.is_empty() && text.contains('?') {
        (Intent::Help, 1)
    } else {
        decide(&weights)
    };
    let is_answer = |asked: &Intent| intent == Intent::Unknown || intent == *asked;
    let answered = asked.filter(is_answer);
    let intent = answered.unwrap_or(intent);
    Understood {
        score,
        language: language(message.languages),
        subject: weights.rest(lexicon, &message),
        order_number: order_number(text, asked == Some(Intent::OrderStatus)),
        urgent: weights.urgent,
        answers_step: answered.is_some(),
        ..Understood::of(intent)
    }
}

/// What the customer may want, the more pressing first: so a tie is decided.
const WISHES: [Intent; 8] = [
    Intent::Complaint,
    Intent::Human,
    Intent::Payment,
    Intent::OrderStatus,
    Intent::Appointment,
    Intent::ProductInfo,
    Intent::Help,
    Intent::Menu,
];
/// What is said beside a wish, or alone: the last word of a message first.
const COURTESIES: [Intent; 3] = [Intent::Goodbye, Intent::Thanks, Intent::Greeting];
/// The weight of a wish that a courtesy does not outdo.
const CLEAR: u32 = 3;

/// The heaviest wish, else the courtesy. Whoever thanks and names a thing does not ask for it.
fn decide(weights: &Weights) -> (Intent, u32) {
    let courtesy = COURTESIES.into_iter().find(|said| weights.of(*said) > 0);
    let is_parting = courtesy.is_some_and(|courtesy| courtesy != Intent::Greeting);
    let weight = |intent| match intent {
        Intent::ProductInfo if is_parting && weights.of(intent) == weights.things => 0,
        intent => weights.of(intent),
    };
    let wish = WISHES
        .into_iter()
        .rev()
        .max_by_key(|intent| weight(*intent))
        .filter(|intent| weight(*intent) > 0);
    let intent = wish
        .filter(|wish| courtesy.is_none() || weight(*wish) >= CLEAR)
        .or(courtesy)
        .unwrap_or(Intent::Unknown);
    (intent, weights.of(intent))
}

/// The language that the words tell. Wolof is written with many words of French among its own.
fn language([french, english, wolof]: [usize; 3]) -> Option<Language> {
    if wolof > english && wolof * 2 >= french {
        return Some(Language::Wolof);
    }
    if english > french {
        return Some(Language::English);
    }
    (french > 0).then_some(Language::French)
}

#[cfg(test)]
mod tests;
