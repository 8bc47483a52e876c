//! What an answer changes: decided once, written in one transaction.

use std::time::Duration;

use jiff::Timestamp;

use crate::contact::Contact;
use crate::content::{Choice, Content};
use crate::conversation::{Conversation, Heard};
use crate::engine::{Action, Answer};
use crate::ids::MessageId;
use crate::limits;
use crate::outbound::{Draft, Origin, Outbound};
use crate::priority::Priority;
use crate::vendor::VendorConfig;

/// What one message leads to, whole: the conversation after it and the replies, at most [`limits::REPLIES_PER_DECISION`] and a welcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub conversation: Conversation,
    pub replies: Vec<Outbound>,
    pub intent: Option<String>,
    /// What the vendor's other systems are to do.
    pub actions: Vec<Action>,
    /// What the customer chose by a text, from a menu that was sent as one.
    pub choice: Option<Choice>,
    /// A person has to go on, so soon.
    pub calls_person: Option<Priority>,
}

/// Turns an answer into what is written, with the vendor's welcome before it where it is due. The same message always gives the same reply ids.
pub fn decide(
    mut conversation: Conversation,
    (config, heard): (&VendorConfig, Heard<'_>),
    answer: Answer,
    now: Timestamp,
) -> Decision {
    let choice = conversation.choice(heard);
    let welcome = conversation.welcome(config, heard);
    conversation.version += 1;
    conversation.follows(&answer, config.handover(), now);
    let contents = answer
        .replies
        .into_iter()
        .take(limits::REPLIES_PER_DECISION);
    let contents = welcome.into_iter().chain(contents);
    let mut replies: Vec<_> = contents
        .enumerate()
        .map(|(index, content)| reply(&conversation, heard, (index, content), now))
        .collect();
    conversation.holds(&mut replies, answer.delay, now);
    for reply in &replies {
        conversation.offers(reply);
    }
    Decision {
        conversation,
        replies,
        intent: answer.intent,
        actions: answer.actions,
        choice,
        calls_person: answer.requires_human.then_some(answer.priority),
    }
}

impl Conversation {
    /// Takes what an answer says of the conversation: what it is about, and whether a person goes on.
    pub fn follows(&mut self, answer: &Answer, handover: Duration, now: Timestamp) {
        if answer.requires_human {
            self.left_to_a_person(handover, now);
        }
        if answer.intent.is_some() {
            self.context.current_intent.clone_from(&answer.intent);
            self.context.current_step.clone_from(&answer.next_step);
        }
        let context = &mut self.context;
        context.priority = context.priority.max(answer.priority);
        context.language = answer.language.clone().or_else(|| context.language.take());
    }
}

/// The ids that the replies to a question have, or would have if there were more of them, in their order.
pub fn reply_ids(question: &MessageId) -> impl Iterator<Item = MessageId> {
    (0..=limits::REPLIES_PER_DECISION).map(|index| reply_id(question, index))
}

pub(crate) fn reply_id(question: &MessageId, index: usize) -> MessageId {
    MessageId::derived(&["reply", question.as_str(), &index.to_string()])
}

fn reply(
    conversation: &Conversation,
    heard: Heard<'_>,
    (index, content): (usize, Content),
    now: Timestamp,
) -> Outbound {
    let group = heard.message.group.clone();
    let to = if group.is_some() {
        Contact::default()
    } else {
        // The number that wrote gets the answer; what it did not tell, the conversation knows.
        let mut to = heard.message.contact.clone();
        to.enrich(&conversation.contact);
        to
    };
    let draft = Draft {
        id: reply_id(heard.id, index),
        vendor: conversation.vendor.clone(),
        waba: heard.waba.clone(),
        conversation: conversation.id.clone(),
        to,
        group,
        content,
        quote: None,
        origin: Origin::Automatic {
            epoch: conversation.control_epoch,
            in_reply_to: heard.id.clone(),
        },
        index,
    };
    draft.queued(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Lid;
    use crate::conversation::tests::{config, conversation, heard, message, quiet};
    use crate::conversation::{Plan, Quiet};
    use crate::event::{GroupId, InboundMessage};
    use crate::ids::WabaId;
    use crate::phone::PhoneNumber;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn the_same_message_decides_the_same_replies() {
        let (id, waba, message) = (
            MessageId::derived(&["m"]),
            WabaId::parse("waba_a").unwrap(),
            message(),
        );
        let answer = || Answer {
            replies: vec![Content::text("a"), Content::text("b")],
            ..Answer::default()
        };
        let ids = |now| {
            let decision = decide(
                conversation(),
                (&config(), heard(&id, &waba, &message)),
                answer(),
                now,
            );
            decision
                .replies
                .into_iter()
                .map(|reply| reply.id)
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(NOW), ids(NOW + limits::CLAIM_LEASE));
    }

    #[test]
    fn the_number_that_wrote_gets_the_answer_whatever_other_number_the_conversation_knows() {
        let (id, waba, message) = (
            MessageId::derived(&["m"]),
            WabaId::parse("waba_a").unwrap(),
            message(),
        );
        let older = PhoneNumber::from_provider("221700000009").unwrap();
        let lid = Lid::parse("123");
        let known = Conversation {
            contact: Contact {
                phone: Some(older),
                lid: lid.clone(),
                name: None,
            },
            ..conversation()
        };
        let answer = Answer {
            replies: vec![Content::text("a")],
            ..Answer::default()
        };
        let reply = &decide(
            known.hears(heard(&id, &waba, &message)),
            (&config(), heard(&id, &waba, &message)),
            answer,
            NOW,
        )
        .replies[0];
        assert_eq!(
            (&reply.to.phone, &reply.to.lid),
            (&message.contact.phone, &lid)
        );
    }

    #[test]
    fn an_answer_in_a_group_goes_to_the_group_and_its_author_is_not_the_conversation() {
        let (id, waba) = (MessageId::derived(&["m"]), WabaId::parse("waba_a").unwrap());
        let group = GroupId("120363000000000001".to_owned());
        let message = InboundMessage {
            group: Some(group.clone()),
            ..message()
        };
        let begun = Conversation::begin(&config().vendor_id, &message.identities()[0]);
        let heard = heard(&id, &waba, &message);
        let config = VendorConfig {
            answer_groups: true,
            ..config()
        };
        let conversation = begun.hears(heard);
        let Plan::Ask(question) = conversation.plan(&config, heard) else {
            panic!("it is answered")
        };
        assert_eq!(question.from, message.contact);
        let answer = Answer {
            replies: vec![Content::text("a")],
            ..Answer::default()
        };
        let decision = decide(conversation, (&config, heard), answer, NOW);
        let reply = &decision.replies[0];
        assert_eq!(
            (&reply.group, &reply.to),
            (&Some(group.clone()), &Contact::default())
        );
        assert_eq!(
            (decision.conversation.group, decision.conversation.contact),
            (Some(group), Contact::default())
        );
    }

    #[test]
    fn replies_keep_their_order_and_are_bounded() {
        let (id, waba, message) = (
            MessageId::derived(&["m"]),
            WabaId::parse("waba_a").unwrap(),
            message(),
        );
        let answer = Answer {
            replies: (0..12).map(|n| Content::text(n.to_string())).collect(),
            ..Answer::default()
        };
        let replies = decide(
            conversation(),
            (&config(), heard(&id, &waba, &message)),
            answer,
            NOW,
        )
        .replies;
        assert_eq!(replies.len(), limits::REPLIES_PER_DECISION);
        assert!(replies.windows(2).all(|pair| pair[0].order < pair[1].order));
    }

    #[test]
    fn an_engine_that_wants_a_human_silences_itself() {
        let (id, waba, message) = (
            MessageId::derived(&["m"]),
            WabaId::parse("waba_a").unwrap(),
            message(),
        );
        let answer = Answer {
            requires_human: true,
            ..Answer::default()
        };
        let decided = decide(
            conversation(),
            (&config(), heard(&id, &waba, &message)),
            answer,
            NOW,
        )
        .conversation;
        assert_eq!(quiet(&config(), &decided, &message), Some(Quiet::Human));
        let later = Heard {
            received_at: NOW + limits::HUMAN_ATTENDS,
            ..heard(&id, &waba, &message)
        };
        assert!(
            matches!(decided.plan(&config(), later), Plan::Ask(_)),
            "the person had their time"
        );
    }
}
