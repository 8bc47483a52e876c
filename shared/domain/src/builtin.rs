//! The engine that answers when no service is attached: pure, French first.

use crate::content::{Content, Kind};
use crate::engine::{Answer, Question};

/// What the customer wants, as far as the built-in engine can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intent {
    Greeting,
    Thanks,
    Menu,
    Human,
    Unknown,
}

impl Intent {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Thanks => "thanks",
            Self::Menu => "menu",
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

const MENU: &str = "1. Nos produits\n2. Une commande\n3. Parler à un conseiller";

/// Answers one message. It is never silent: what it does not understand gets the menu.
pub fn answer(question: &Question) -> Answer {
    let intent = intent(&question.content, question.context.current_step.as_deref());
    let text = reply(intent, question);
    Answer {
        replies: vec![Content::text(text)],
        intent: Some(intent.as_str().to_owned()),
        next_step: matches!(intent, Intent::Menu | Intent::Greeting | Intent::Unknown)
            .then(|| "menu".to_owned()),
        requires_human: intent == Intent::Human,
    }
}

fn reply(intent: Intent, question: &Question) -> String {
    let shop = &question.business_name;
    let name = question
        .from
        .name
        .as_deref()
        .map_or_else(String::new, |name| format!(" {}", first_name(name)));
    match intent {
        Intent::Greeting => format!(
            "Bonjour{name} ! Bienvenue chez {shop}. Comment pouvons-nous vous aider ?\n\n{MENU}"
        ),
        Intent::Thanks => format!("Avec plaisir{name} ! {shop} reste à votre disposition."),
        Intent::Menu => format!("Voici ce que {shop} peut faire pour vous :\n\n{MENU}"),
        Intent::Human => format!(
            "Bien reçu. Un conseiller de {shop} va vous répondre personnellement dès que possible."
        ),
        Intent::Unknown => format!(
            "Merci pour votre message. Pour que {shop} vous aide au mieux, choisissez :\n\n{MENU}"
        ),
    }
}

/// The first word of a name, if it is short enough to be one.
fn first_name(name: &str) -> &str {
    name.split_whitespace()
        .next()
        .filter(|word| word.chars().count() <= 30)
        .unwrap_or_default()
}

fn intent(content: &Content, step: Option<&str>) -> Intent {
    let said = content
        .choice
        .as_ref()
        .and_then(|choice| choice.title.as_deref().or(choice.id.as_deref()));
    let Some(text) = said.or(content.text.as_deref()) else {
        return if content.kind == Kind::Text {
            Intent::Menu
        } else {
            Intent::Unknown
        };
    };
    let folded = fold(text);
    if step == Some("menu") && folded == " 3 " {
        return Intent::Human;
    }
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

/// The text in lower case, without accents and punctuation, its words between single spaces, with a space at both ends.
fn fold(text: &str) -> String {
    let mut folded = String::from(" ");
    for c in text.chars().take(1_000).flat_map(char::to_lowercase) {
        let plain = match c {
            'à' | 'á' | 'â' | 'ä' | 'ã' => 'a',
            'ç' => 'c',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ñ' | 'ŋ' => 'n',
            'ò' | 'ó' | 'ô' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            c if c.is_alphanumeric() => c,
            _ => ' ',
        };
        if plain != ' ' || !folded.ends_with(' ') {
            folded.push(plain);
        }
    }
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Contact;
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
