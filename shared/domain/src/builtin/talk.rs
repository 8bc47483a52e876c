//! What is answered to everything for which nothing has to be looked up.

mod courtesy;
#[cfg(test)]
mod tests;

use super::texts::Line;
use super::wording::Voice;
use super::{Intent, Language, Shop, Understood};
use crate::content::Content;
use crate::engine::{Answer, Question};
use crate::priority::Priority;
use crate::template::Placeholder;

/// The step after the menu was offered. `menu` is that of a release before, which did not remember what it offered.
const OFFERED: &str = "offered";

/// The answer to one message: what is known about it from the vendor's records, if that is not beside the step, or else a text.
pub(super) fn answer(
    question: &Question,
    understood: &Understood,
    shop: &Shop<'_>,
    known: impl FnOnce() -> Option<Answer>,
) -> Answer {
    let talk = Talk {
        question,
        understood,
        voice: Voice::of(question, understood, shop),
    };
    let asked = talk.answered();
    let in_talk = matches!(asked, Some(Intent::Appointment | Intent::Complaint));
    let known = if in_talk { None } else { known() };
    let answer = match (known, asked) {
        (Some(known), _) => talk.hurried(known),
        (None, Some(intent)) => named(intent, talk.noted(intent)),
        (None, None) => named(understood.intent, talk.to(understood.intent)),
    };
    Answer {
        language: Some(talk.voice.language().to_owned()),
        ..answer
    }
}

/// One message, and how it is answered.
struct Talk<'a> {
    question: &'a Question,
    understood: &'a Understood,
    voice: Voice<'a>,
}

impl Talk<'_> {
    /// What was asked for, if this is what the customer was asked for. Everything else that a customer may want leads out of a step.
    fn answered(&self) -> Option<Intent> {
        let (understood, step) = (
            self.understood,
            self.question.context.current_step.as_deref(),
        );
        if understood.answers_step {
            return Some(understood.intent);
        }
        if self.question.content.choice.is_some() {
            return None;
        }
        let asked = Intent::of(step?)?;
        let is_answer = match asked {
            Intent::Appointment => {
                matches!(understood.intent, Intent::Unknown | Intent::Appointment)
            }
            Intent::Complaint => {
                understood.intent == Intent::Unknown || understood.order_number.is_some()
            }
            _ => false,
        };
        is_answer.then_some(asked)
    }

    /// What was asked for came: a person goes on.
    fn noted(&self, intent: Intent) -> Answer {
        match intent {
            Intent::Appointment => person(self.voice.says(Line::AppointmentNoted)),
            Intent::Complaint => urgent(self.voice.says(Line::Noted)),
            _ if self.understood.urgent => urgent(self.voice.says(Line::Urgent)),
            _ => person(self.voice.says(Line::Noted)),
        }
    }

    /// What is known, and a person as well if it cannot wait.
    fn hurried(&self, known: Answer) -> Answer {
        if !self.understood.urgent {
            return known;
        }
        let mut answer = known;
        answer
            .replies
            .push(Content::text(self.voice.says(Line::Urgent)));
        Answer {
            requires_human: true,
            priority: Priority::High,
            ..answer
        }
    }

    fn to(&self, intent: Intent) -> Answer {
        let voice = &self.voice;
        if self.understood.urgent && !is_courtesy(intent) && intent != Intent::Complaint {
            return urgent(voice.says(Line::Urgent));
        }
        match intent {
            Intent::Greeting => self.menu(self.courteous(intent)),
            Intent::Menu => self.menu(voice.answers(intent)),
            Intent::Help => said(voice.answers_with_hours(intent)),
            Intent::Thanks | Intent::Goodbye => said(self.courteous(intent)),
            Intent::ProductInfo | Intent::OrderStatus => asking(voice.answers(intent), intent),
            Intent::Appointment => asking(voice.answers_with_hours(intent), intent),
            Intent::Payment => match voice.own(intent) {
                Some(own) => said(own),
                None => person(voice.answers(intent)),
            },
            Intent::Complaint => self.complaint(),
            Intent::Human => person(voice.answers_with_hours(intent)),
            Intent::Unknown => self.not_understood(),
        }
    }

    fn complaint(&self) -> Answer {
        let voice = &self.voice;
        if !voice.knows(Placeholder::OrderNumber) {
            let asked = Some(Intent::Complaint.as_str().to_owned());
            return Answer {
                next_step: asked,
                ..urgent(voice.answers(Intent::Complaint))
            };
        }
        let own = voice.own(Intent::Complaint);
        urgent(own.unwrap_or_else(|| voice.says(Line::ComplaintWithOrder)))
    }

    /// Whoever is not understood twice in a row gets a person.
    fn not_understood(&self) -> Answer {
        let before = self.question.context.current_intent.as_deref();
        if before == Some(Intent::Unknown.as_str()) {
            return person(self.voice.says(Line::NotUnderstoodAgain));
        }
        self.menu(self.voice.answers(Intent::Unknown))
    }

    /// The answer to a courtesy, with one in Wolof before it where the customer spoke it.
    fn courteous(&self, intent: Intent) -> String {
        let text = self.voice.answers(intent);
        let spoke_wolof = self.understood.language == Some(Language::Wolof);
        if !spoke_wolof || self.voice.own(intent).is_some() {
            return text;
        }
        let written = self.question.content.text.as_deref().unwrap_or_default();
        match courtesy::in_wolof(intent, written) {
            Some(courtesy) => format!("{courtesy}\n{text}"),
            None => text,
        }
    }

    fn menu(&self, text: String) -> Answer {
        Answer {
            replies: vec![self.voice.menu(text)],
            next_step: Some(OFFERED.to_owned()),
            ..Answer::default()
        }
    }
}

fn named(intent: Intent, answer: Answer) -> Answer {
    Answer {
        intent: Some(intent.as_str().to_owned()),
        ..answer
    }
}

const fn is_courtesy(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Greeting | Intent::Thanks | Intent::Goodbye | Intent::Menu | Intent::Help
    )
}

fn said(text: String) -> Answer {
    Answer {
        replies: vec![Content::text(text)],
        ..Answer::default()
    }
}

/// Asks for something: the next message is taken for it, unless it is something else.
fn asking(text: String, intent: Intent) -> Answer {
    Answer {
        next_step: Some(intent.as_str().to_owned()),
        ..said(text)
    }
}

fn person(text: String) -> Answer {
    Answer {
        requires_human: true,
        ..said(text)
    }
}

fn urgent(text: String) -> Answer {
    Answer {
        priority: Priority::High,
        ..person(text)
    }
}
