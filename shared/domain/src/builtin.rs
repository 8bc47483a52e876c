//! The engine that answers when no service is attached: pure, French first.

mod intent;
mod orders;
mod products;
mod segment;
mod talk;
mod texts;
mod understanding;
mod wording;

pub use intent::Intent;
pub use products::Index;
pub use segment::Segment;
pub use understanding::{Command, Language, Understood, understand};

use crate::engine::{Answer, Question};
use crate::order::Order;
use crate::vendor::VendorConfig;
use texts::Tongue;

/// What the built-in engine knows of the shop that it answers for.
#[derive(Clone, Debug)]
pub struct Shop<'a> {
    pub config: &'a VendorConfig,
    /// What it sells, if that was needed and there is any.
    pub catalogue: Option<&'a Index>,
    /// The newest orders of whoever asks, if they were needed.
    pub orders: Option<&'a [Order]>,
}

impl<'a> Shop<'a> {
    /// A shop of which nothing but its configuration is known.
    pub const fn of(config: &'a VendorConfig) -> Self {
        Self {
            config,
            catalogue: None,
            orders: None,
        }
    }
}

/// What has to be read before a message can be answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub catalogue: bool,
    /// The orders of whoever asks.
    pub orders: bool,
}

/// What the answer to a message needs to know of the shop beside its configuration.
pub fn needs(question: &Question, config: &VendorConfig) -> Needs {
    let understood = understand(&question.content, question.context.current_step.as_deref());
    Needs {
        catalogue: config.catalogue.products > 0 && products::are_needed(question, &understood),
        orders: orders::are_needed(question, &understood),
    }
}

/// Whether a message is answered in English.
fn speaks_english(question: &Question, understood: &Understood) -> bool {
    wording::tongue(question, understood) == Tongue::English
}

/// Answers one message. It is never silent: what it does not understand gets the menu, and then a person.
pub fn answer(question: &Question, shop: &Shop<'_>) -> Answer {
    let understood = understand(&question.content, question.context.current_step.as_deref());
    talk::answer(question, &understood, shop, || {
        products::answer(question, &understood, shop)
            .or_else(|| orders::answer(question, &understood, shop))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::contact::Contact;
    use crate::content::{Choice, Content, Kind};
    use crate::engine::Context;
    use crate::ids::{MessageId, VendorId};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn answered(question: &Question) -> Answer {
        let config = crate::conversation::tests::config();
        answer(question, &Shop::of(&config))
    }

    pub(super) fn question(content: Content) -> Question {
        Question {
            vendor: VendorId::parse("vendor_001").unwrap(),
            business_name: "My Shop A".to_owned(),
            language: "fr".to_owned(),
            message: MessageId::derived(&["m"]),
            content,
            from: Contact {
                name: Some("Awa Diop".to_owned()),
                ..Contact::default()
            },
            in_group: false,
            occurred_at: Timestamp::UNIX_EPOCH,
            context: Context::default(),
        }
    }

    #[track_caller]
    fn check(text: &str, intent: &str) {
        assert_eq!(
            answered(&question(Content::text(text))).intent.as_deref(),
            Some(intent),
            "{text}"
        );
    }

    #[test]
    fn usual_messages_are_understood_whatever_their_accents_case_and_punctuation() {
        for text in [
            "Bonjour",
            "BONJOUR !!!",
            "bonjour,",
            "Salut 👋",
            "Nanga def?",
            "hello",
            "Bonsoir à vous",
        ] {
            check(text, "greeting");
        }
        for text in ["Merci", "merci beaucoup 🙏", "Jërëjëf", "thank you"] {
            check(text, "thanks");
        }
        for text in ["menu", "/menu", "MENU svp"] {
            check(text, "menu");
        }
        for text in ["Aide", "/aide", "j'ai besoin d'aide"] {
            check(text, "help");
        }
        for text in [
            "Je veux parler à un conseiller",
            "un humain svp",
            "/humain",
            "Bonjour, je veux un agent",
        ] {
            check(text, "human");
        }
        for text in ["asdf", "🤷", "", "himalaya", "remerciement"] {
            check(text, "unknown");
        }
    }

    #[test]
    fn a_greeting_is_answered_in_french_with_the_names() {
        let text = answered(&question(Content::text("Bonjour"))).replies[0]
            .text
            .clone()
            .unwrap();
        assert!(
            text.starts_with("Bonjour Awa\u{a0}! Bienvenue chez My Shop A."),
            "{text}"
        );
    }

    #[test]
    fn three_after_the_menu_is_a_human() {
        let mut asked = question(Content::text("3"));
        asked.context.current_step = Some("menu".to_owned());
        assert!(answered(&asked).requires_human);
        assert!(!answered(&question(Content::text("3"))).requires_human);
    }

    fn choice(id: &str) -> Content {
        let choice = Choice {
            id: Some(id.to_owned()),
            title: None,
        };
        Content {
            choice: Some(choice),
            text: Some("2".to_owned()),
            ..Content::of(Kind::Choice)
        }
    }

    #[test]
    fn every_option_of_the_menu_has_its_own_answer() {
        let menu = answered(&question(Content::text("menu"))).replies.remove(0);
        let options = menu.menu.expect("a menu").options;
        let mut answers = Vec::new();
        for option in options {
            let answer = answered(&question(choice(&option.id)));
            assert_eq!(answer.intent, Some(option.id));
            answers.extend(answer.replies.into_iter().map(|reply| reply.text));
        }
        answers.dedup();
        assert_eq!(answers.len(), 3);
    }

    #[test]
    fn what_the_customer_was_asked_for_goes_to_a_person() {
        let asked = answered(&question(choice("order_status")));
        assert!(!asked.requires_human);
        let mut told = question(Content::text("CMD-1042"));
        told.context.current_step = asked.next_step;
        let told = answered(&told);
        assert_eq!(
            (told.intent.as_deref(), told.requires_human),
            (Some("order_status"), true)
        );
        let mut thanks = question(Content::text("Merci"));
        thanks.context.current_step = Some("order_status".to_owned());
        assert!(!answered(&thanks).requires_human);
    }

    #[test]
    fn a_picture_without_words_is_answered_too() {
        assert_eq!(
            answered(&question(Content::of(Kind::Image))).replies.len(),
            1
        );
    }

    #[test]
    fn a_vendors_own_words_are_said_in_the_place_of_the_usual_ones() {
        let mut config = crate::conversation::tests::config();
        let own = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        config.settings.templates = [
            own("greeting", "Salut {customerName}, ici {businessName} !"),
            own("menu", &"é".repeat(crate::limits::REPLY_TEXT_BYTES / 2)),
            own("thanks", "{hours}"),
        ]
        .into();
        let said = |text: &str| {
            let answer = answer(&question(Content::text(text)), &Shop::of(&config));
            answer.replies[0].text.clone().expect("a text")
        };
        let greeting = said("Bonjour");
        assert!(
            greeting.starts_with("Salut Awa, ici My Shop A !\n\n1. "),
            "{greeting}"
        );
        let menu = said("menu");
        assert!(menu.len() <= crate::limits::REPLY_TEXT_BYTES && menu.ends_with("conseiller"));
        assert!(
            said("Merci").starts_with("Avec plaisir, Awa"),
            "a template of which nothing can be said is none"
        );
    }

    proptest! {
        #[test]
        fn it_is_never_silent_and_never_too_long(text in ".{0,2000}") {
            let answer = answered(&question(Content::text(text)));
            prop_assert_eq!(answer.replies.len(), 1);
            let said = answer.replies[0].text.as_deref().unwrap_or_default();
            prop_assert!(!said.is_empty() && said.len() <= crate::limits::REPLY_TEXT_BYTES);
        }
    }
}
