use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{MenuOption, chosen};
use crate::content::{Choice, Content, Kind};
use crate::conversation::{Conversation, Heard};
use crate::ids::MessageId;
use crate::limits;
use crate::outbound::Outbound;

/// The menu that a conversation was last offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenMenu {
    /// Our id of the message that holds it.
    pub message: MessageId,
    pub options: Vec<MenuOption>,
    pub offered_at: Timestamp,
}

impl OpenMenu {
    fn is_open(&self, at: Timestamp) -> bool {
        self.offered_at
            .checked_add(limits::MENU_OPEN)
            .is_ok_and(|until| at < until)
    }
}

impl Conversation {
    /// Remembers the menu of a message that is to be sent, in the place of an older one.
    pub fn offers(&mut self, message: &Outbound) {
        if let Some(menu) = &message.content.menu {
            self.context.open_menu = Some(OpenMenu {
                message: message.id.clone(),
                options: menu.options.clone(),
                offered_at: message.created_at,
            });
        }
    }

    /// What a text chooses: from the menu that it quotes, or from the open one if it quotes nothing that is known.
    pub fn choice(&self, heard: Heard<'_>) -> Option<Choice> {
        let content = &heard.message.content;
        if content.kind != Kind::Text {
            return None;
        }
        let options = if let Some(quoted) = heard.quoted {
            &quoted.menu.as_ref()?.options
        } else {
            let menu = self.context.open_menu.as_ref();
            &menu.filter(|menu| menu.is_open(heard.received_at))?.options
        };
        let option = chosen(options, content.text.as_deref()?)?;
        Some(Choice {
            id: Some(option.id.clone()),
            title: Some(option.title.clone()),
        })
    }

    /// A message's content as the engine is asked about it: a text that chooses is a choice, and keeps its text.
    pub(crate) fn understood(&self, heard: Heard<'_>) -> Content {
        let content = heard.message.content.clone();
        match self.choice(heard) {
            Some(choice) => Content {
                kind: Kind::Choice,
                choice: Some(choice),
                ..content
            },
            None => content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Plan;
    use crate::conversation::tests::{config, conversation, heard, message};
    use crate::decision::decide;
    use crate::engine::Answer;
    use crate::event::InboundMessage;
    use crate::ids::WabaId;
    use crate::menu::{Menu, MenuKind};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn menu(ids: &[&str]) -> Content {
        Content::menu(Menu {
            kind: MenuKind::Buttons,
            body: "Taille ?".to_owned(),
            options: ids
                .iter()
                .map(|id| MenuOption::new(id, &format!("Taille {id}")))
                .collect(),
        })
    }

    fn says(text: &str) -> InboundMessage {
        InboundMessage {
            content: Content::text(text),
            ..message()
        }
    }

    /// A conversation after a reply with this content.
    fn after(conversation: Conversation, content: Content) -> Conversation {
        let (id, waba, message) = (
            MessageId::derived(&["m"]),
            WabaId::parse("waba_a").unwrap(),
            message(),
        );
        let answer = Answer {
            replies: vec![content],
            ..Answer::default()
        };
        decide(
            conversation,
            (&config(), heard(&id, &waba, &message)),
            answer,
            NOW,
        )
        .conversation
    }

    /// The id of what a text chooses, so long after the menu was offered.
    fn chooses(
        conversation: &Conversation,
        text: &str,
        quoted: Option<&Content>,
        later: std::time::Duration,
    ) -> Option<String> {
        let (id, waba, message) = (
            MessageId::derived(&["n"]),
            WabaId::parse("waba_a").unwrap(),
            says(text),
        );
        let heard = Heard {
            quoted,
            received_at: NOW + later,
            ..heard(&id, &waba, &message)
        };
        conversation.choice(heard)?.id
    }

    const SOON: std::time::Duration = std::time::Duration::from_mins(1);

    #[test]
    fn a_number_after_a_menu_is_asked_about_as_a_choice_that_keeps_its_text() {
        let offered = after(conversation(), menu(&["S", "M"]));
        let (id, waba, message) = (
            MessageId::derived(&["n"]),
            WabaId::parse("waba_a").unwrap(),
            says("2"),
        );
        let Plan::Ask(question) = offered.plan(&config(), heard(&id, &waba, &message)) else {
            panic!("the engine is asked")
        };
        let choice = question.content.choice.as_ref().expect("a choice");
        assert_eq!(
            (question.content.kind, question.content.text.as_deref()),
            (Kind::Choice, Some("2"))
        );
        assert_eq!(
            (choice.id.as_deref(), choice.title.as_deref()),
            (Some("M"), Some("Taille M"))
        );
        let decision = decide(
            offered,
            (&config(), heard(&id, &waba, &message)),
            Answer::default(),
            NOW,
        );
        assert_eq!(decision.choice.as_ref(), Some(choice));
    }

    #[test]
    fn a_menu_is_open_for_a_day_whatever_else_is_said_and_until_the_next_one() {
        let offered = after(conversation(), menu(&["S", "M"]));
        let talked = after(offered, Content::text("Autre chose"));
        assert_eq!(chooses(&talked, "2", None, SOON).as_deref(), Some("M"));
        assert_eq!(chooses(&talked, "2", None, limits::MENU_OPEN), None);
        assert_eq!(chooses(&talked, "3", None, SOON), None);
        let again = after(talked, menu(&["L", "XL"]));
        assert_eq!(chooses(&again, "2", None, SOON).as_deref(), Some("XL"));
        assert_eq!(chooses(&conversation(), "2", None, SOON), None);
    }

    #[test]
    fn a_quoted_menu_goes_before_the_open_one_and_a_quoted_text_is_no_menu() {
        let older = menu(&["S", "M"]);
        let offered = after(conversation(), menu(&["L", "XL"]));
        assert_eq!(
            chooses(&offered, "2", Some(&older), limits::MENU_OPEN).as_deref(),
            Some("M")
        );
        assert_eq!(
            chooses(&offered, "2", Some(&Content::text("Combien ?")), SOON),
            None
        );
    }

    #[test]
    fn of_several_menus_in_one_answer_the_last_is_open() {
        let (id, waba, message) = (
            MessageId::derived(&["m"]),
            WabaId::parse("waba_a").unwrap(),
            message(),
        );
        let answer = Answer {
            replies: vec![menu(&["S"]), Content::text("ou"), menu(&["L"])],
            ..Answer::default()
        };
        let decision = decide(
            conversation(),
            (&config(), heard(&id, &waba, &message)),
            answer,
            NOW,
        );
        let open = decision.conversation.context.open_menu.expect("a menu");
        assert_eq!(
            (open.message, open.options[0].id.as_str()),
            (decision.replies[2].id.clone(), "L")
        );
    }

    #[test]
    fn what_is_no_text_chooses_nothing() {
        let offered = after(conversation(), menu(&["S"]));
        let (id, waba) = (MessageId::derived(&["n"]), WabaId::parse("waba_a").unwrap());
        let picture = InboundMessage {
            content: Content {
                text: Some("1".to_owned()),
                ..Content::of(Kind::Image)
            },
            ..message()
        };
        assert_eq!(offered.choice(heard(&id, &waba, &picture)), None);
    }
}
