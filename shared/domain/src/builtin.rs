//! The engine that answers when no service is attached: pure, French first.

use crate::content::{Content, Kind};
use crate::engine::{Answer, Question};
use crate::fold::fold;
use crate::menu::{Menu, MenuKind, MenuOption, chosen};

/// What the customer wants, as far as the built-in engine can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intent {
    Greeting,
    Thanks,
    Menu,
    Products,
    Order,
    Human,
    Unknown,
}

impl Intent {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Thanks => "thanks",
            Self::Menu => "menu",
            Self::Products => "product_info",
            Self::Order => "order_status",
            Self::Human => "human",
            Self::Unknown => "unknown",
        }
    }
}

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

/// What the menu offers, each option under the name of the intent that it chooses.
const OPTIONS: [(Intent, &str); 3] = [
    (Intent::Products, "Nos produits"),
    (Intent::Order, "Une commande"),
    (Intent::Human, "Parler à un conseiller"),
];

/// Answers one message. It is never silent: what it does not understand gets the menu, unless it was asked for, and then a person gets it.
pub fn answer(question: &Question) -> Answer {
    let step = question.context.current_step.as_deref();
    let intent = intent(&question.content, step);
    let asked_for = [Intent::Products, Intent::Order]
        .into_iter()
        .find(|asked| intent == Intent::Unknown && step == Some(asked.as_str()));
    if let Some(asked_for) = asked_for {
        return Answer {
            replies: vec![Content::text(handed_on(question))],
            intent: Some(asked_for.as_str().to_owned()),
            next_step: None,
            requires_human: true,
        };
    }
    let next_step = match intent {
        Intent::Menu | Intent::Greeting | Intent::Unknown => Some("menu"),
        Intent::Products | Intent::Order => Some(intent.as_str()),
        Intent::Human | Intent::Thanks => None,
    };
    Answer {
        replies: vec![reply(intent, question)],
        intent: Some(intent.as_str().to_owned()),
        next_step: next_step.map(str::to_owned),
        requires_human: intent == Intent::Human,
    }
}

fn reply(intent: Intent, question: &Question) -> Content {
    let shop = &question.business_name;
    let name = name(question);
    match intent {
        Intent::Greeting => menu(format!(
            "Bonjour{name} ! Bienvenue chez {shop}. Comment pouvons-nous vous aider ?"
        )),
        Intent::Menu => menu(format!("Voici ce que {shop} peut faire pour vous :")),
        Intent::Unknown => menu(format!(
            "Merci pour votre message. Pour que {shop} vous aide au mieux, choisissez :"
        )),
        Intent::Thanks => Content::text(format!(
            "Avec plaisir{name} ! {shop} reste à votre disposition."
        )),
        Intent::Products => Content::text(format!(
            "Quel produit cherchez-vous ? Écrivez son nom, sa taille ou sa couleur, ou envoyez une photo : {shop} vous répondra."
        )),
        Intent::Order => Content::text(format!(
            "Écrivez le numéro de votre commande, ou le nom et la date : {shop} la retrouvera pour vous."
        )),
        Intent::Human => Content::text(format!(
            "Bien reçu. Un conseiller de {shop} va vous répondre personnellement dès que possible."
        )),
    }
}

fn handed_on(question: &Question) -> String {
    let (name, shop) = (name(question), &question.business_name);
    format!("Merci{name}, c'est noté. Un conseiller de {shop} vous répond dès que possible.")
}

fn menu(body: String) -> Content {
    Content::menu(Menu {
        kind: MenuKind::List,
        body,
        options: options(),
    })
}

fn options() -> Vec<MenuOption> {
    let option = |(intent, title): (Intent, &str)| MenuOption::new(intent.as_str(), title);
    OPTIONS.map(option).into()
}

/// A blank and the customer's first name, if it is known.
fn name(question: &Question) -> String {
    let name = question.from.name.as_deref();
    name.map_or_else(String::new, |name| format!(" {}", first_name(name)))
}

/// The first word of a name, if it is short enough to be one.
fn first_name(name: &str) -> &str {
    name.split_whitespace()
        .next()
        .filter(|word| word.chars().count() <= 30)
        .unwrap_or_default()
}

fn intent(content: &Content, step: Option<&str>) -> Intent {
    let choice = content.choice.as_ref();
    if let Some(option) = choice.and_then(|choice| offered(choice.id.as_deref()?)) {
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
        return offered(&option.id).unwrap_or(Intent::Unknown);
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

/// The intent that an option of the menu is named after.
fn offered(id: &str) -> Option<Intent> {
    let (intent, _) = OPTIONS
        .into_iter()
        .find(|(intent, _)| intent.as_str() == id)?;
    Some(intent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Contact;
    use crate::content::Choice;
    use crate::engine::Context;
    use crate::ids::{MessageId, VendorId};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn question(content: Content) -> Question {
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
            occurred_at: Timestamp::UNIX_EPOCH,
            context: Context::default(),
        }
    }

    #[track_caller]
    fn check(text: &str, intent: &str) {
        assert_eq!(
            answer(&question(Content::text(text))).intent.as_deref(),
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
        for text in ["menu", "Aide", "/aide", "j'ai besoin d'aide"] {
            check(text, "menu");
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
        let text = answer(&question(Content::text("Bonjour"))).replies[0]
            .text
            .clone()
            .unwrap();
        assert!(
            text.starts_with("Bonjour Awa ! Bienvenue chez My Shop A."),
            "{text}"
        );
    }

    #[test]
    fn three_after_the_menu_is_a_human() {
        let mut asked = question(Content::text("3"));
        asked.context.current_step = Some("menu".to_owned());
        assert!(answer(&asked).requires_human);
        assert!(!answer(&question(Content::text("3"))).requires_human);
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
        let menu = answer(&question(Content::text("menu"))).replies.remove(0);
        let options = menu.menu.expect("a menu").options;
        let mut answers = Vec::new();
        for option in options {
            let answer = answer(&question(choice(&option.id)));
            assert_eq!(answer.intent, Some(option.id));
            answers.extend(answer.replies.into_iter().map(|reply| reply.text));
        }
        answers.dedup();
        assert_eq!(answers.len(), 3);
    }

    #[test]
    fn what_the_customer_was_asked_for_goes_to_a_person() {
        let asked = answer(&question(choice("order_status")));
        assert!(!asked.requires_human);
        let mut told = question(Content::text("CMD-1042"));
        told.context.current_step = asked.next_step;
        let told = answer(&told);
        assert_eq!(
            (told.intent.as_deref(), told.requires_human),
            (Some("order_status"), true)
        );
        let mut thanks = question(Content::text("Merci"));
        thanks.context.current_step = Some("order_status".to_owned());
        assert!(!answer(&thanks).requires_human);
    }

    #[test]
    fn a_picture_without_words_is_answered_too() {
        assert_eq!(answer(&question(Content::of(Kind::Image))).replies.len(), 1);
    }

    proptest! {
        #[test]
        fn it_is_never_silent_and_never_too_long(text in ".{0,2000}") {
            let answer = answer(&question(Content::text(text)));
            prop_assert_eq!(answer.replies.len(), 1);
            let said = answer.replies[0].text.as_deref().unwrap_or_default();
            prop_assert!(!said.is_empty() && said.len() <= crate::limits::REPLY_TEXT_BYTES);
        }
    }
}
