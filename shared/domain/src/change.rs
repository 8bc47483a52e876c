//! Edits and deletions of earlier messages: who may, and what becomes of the message.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::contact::Contact;
use crate::content::Content;
use crate::event::{GroupId, ProviderMessageId};
use crate::ids::Fingerprint;

/// Somebody changed or deleted a message that was sent before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageChange {
    /// WhatsApp's id of the message that is changed.
    pub target: ProviderMessageId,
    /// Whether it was the vendor who changed it.
    pub from_me: bool,
    /// Who changed it; of a change by the vendor, to whom the message went.
    pub contact: Contact,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    pub alteration: Alteration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
}

/// What was done to a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Alteration {
    /// It says this instead.
    Edited(Box<Content>),
    Deleted,
}

/// A change of a message that is not there yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingChange {
    #[serde(flatten)]
    pub change: MessageChange,
    /// How often it has waited, this time included.
    pub waits: u8,
}

/// A message of the ledger, as far as a change of it asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Changeable {
    pub is_outbound: bool,
    pub contact: Contact,
    pub group: Option<GroupId>,
    pub content: Content,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
}

/// What a change does to a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// It has this content now, since then.
    Edit(Box<Content>, Timestamp),
    /// It is deleted since then; what it said is kept.
    Delete(Timestamp),
    /// It is known already, or older than what is known.
    Nothing,
    /// It is not theirs to change.
    Refused,
}

impl MessageChange {
    /// What tells this change from every other, of this message and of others.
    pub(crate) fn key(&self) -> String {
        let (kind, text) = match &self.alteration {
            Alteration::Edited(content) => ("edited", content.text.as_deref()),
            Alteration::Deleted => ("deleted", None),
        };
        let at = self.occurred_at.map(|at| at.to_string());
        let (text, at) = (text.unwrap_or_default(), at.unwrap_or_default());
        let hash = Fingerprint::of(&[kind, self.target.as_str(), text, &at]).hex();
        format!("change:{hash}")
    }

    /// Decides what this change does to the message that it names.
    pub fn effect(&self, before: &Changeable, received_at: Timestamp) -> Effect {
        if !self.is_allowed(before) {
            return Effect::Refused;
        }
        let at = self.occurred_at.unwrap_or(received_at);
        match &self.alteration {
            // Of two edits with one stamp, the one that came later counts.
            Alteration::Edited(_) if before.edited_at.is_some_and(|last| last > at) => {
                Effect::Nothing
            }
            Alteration::Edited(content) => {
                let content = edited(&before.content, content);
                if content == before.content && before.edited_at == Some(at) {
                    Effect::Nothing
                } else {
                    Effect::Edit(Box::new(content), at)
                }
            }
            Alteration::Deleted if before.deleted_at.is_some() => Effect::Nothing,
            Alteration::Deleted => Effect::Delete(at),
        }
    }

    /// WhatsApp's own clients check this; whoever writes their client may send anything.
    fn is_allowed(&self, before: &Changeable) -> bool {
        let same_chat = self.group == before.group;
        let is_edit = matches!(self.alteration, Alteration::Edited(_));
        if self.from_me {
            // What others wrote the vendor can delete, in a group of its own or for itself.
            return before.is_outbound || !is_edit;
        }
        if before.is_outbound || !same_chat {
            return false;
        }
        match same_person(&self.contact, &before.contact) {
            Some(true) => true,
            // A group's administrators delete what others wrote.
            Some(false) => self.group.is_some() && !is_edit,
            // Known by a number here and by a linked id there: nobody else in a chat of two knows the message's id.
            None => self.group.is_none() || !is_edit,
        }
    }
}

/// Whether two contacts are one person; `None` if they have nothing to compare.
fn same_person(one: &Contact, other: &Contact) -> Option<bool> {
    let phones = one.phone.as_ref().zip(other.phone.as_ref());
    let lids = one.lid.as_ref().zip(other.lid.as_ref());
    match (phones.map(|(a, b)| a == b), lids.map(|(a, b)| a == b)) {
        (None, None) => None,
        (phones, lids) => Some(phones == Some(true) || lids == Some(true)),
    }
}

/// An edit changes what is written, be it a text or a caption, and nothing else.
fn edited(before: &Content, after: &Content) -> Content {
    Content {
        text: after.text.clone(),
        ..before.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Lid;
    use crate::content::{Kind, Media};
    use crate::phone::PhoneNumber;
    use jiff::ToSpan;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn awa() -> Contact {
        Contact::by_phone(PhoneNumber::from_provider("221700000001").unwrap())
    }

    fn moussa() -> Contact {
        Contact::by_phone(PhoneNumber::from_provider("221700000002").unwrap())
    }

    fn linked() -> Contact {
        Contact {
            lid: Lid::parse("123"),
            ..Contact::default()
        }
    }

    fn change(contact: Contact, alteration: Alteration) -> MessageChange {
        MessageChange {
            target: ProviderMessageId::parse("3EB0").unwrap(),
            from_me: false,
            contact,
            group: None,
            alteration,
            occurred_at: Some(NOW),
        }
    }

    fn edit(text: &str) -> Alteration {
        Alteration::Edited(Box::new(Content::text(text)))
    }

    fn message() -> Changeable {
        Changeable {
            is_outbound: false,
            contact: awa(),
            group: None,
            content: Content::text("Bonjour"),
            edited_at: None,
            deleted_at: None,
        }
    }

    #[track_caller]
    fn refused(change: &MessageChange, message: &Changeable, expected: bool) {
        let effect = change.effect(message, NOW);
        assert_eq!(
            effect == Effect::Refused,
            expected,
            "{change:?} {message:?}"
        );
    }

    #[test]
    fn an_older_edit_never_undoes_a_newer_one() {
        let second = Changeable {
            content: Content::text("Bonsoir"),
            edited_at: Some(NOW + 2.seconds()),
            ..message()
        };
        let first = change(awa(), edit("Bonjor"));
        assert_eq!(first.effect(&second, NOW), Effect::Nothing);
        let third = MessageChange {
            occurred_at: Some(NOW + 3.seconds()),
            ..change(awa(), edit("Salut"))
        };
        let expected = Effect::Edit(Box::new(Content::text("Salut")), NOW + 3.seconds());
        assert_eq!(third.effect(&second, NOW), expected);
    }

    #[test]
    fn a_change_again_changes_nothing() {
        let once = Changeable {
            content: Content::text("Bonsoir"),
            edited_at: Some(NOW),
            deleted_at: Some(NOW),
            ..message()
        };
        for again in [edit("Bonsoir"), Alteration::Deleted] {
            assert_eq!(change(awa(), again).effect(&once, NOW), Effect::Nothing);
        }
    }

    #[test]
    fn an_edited_caption_leaves_the_picture() {
        let picture = Changeable {
            content: Content::media(Kind::Image, Media::default(), Some("Ici".to_owned())),
            ..message()
        };
        let Effect::Edit(content, _) = change(awa(), edit("Là")).effect(&picture, NOW) else {
            panic!("it is edited")
        };
        assert_eq!(
            (
                content.kind,
                content.text.as_deref(),
                content.media.is_some()
            ),
            (Kind::Image, Some("Là"), true)
        );
    }

    #[test]
    fn nobody_changes_what_another_wrote() {
        for alteration in [edit("x"), Alteration::Deleted] {
            refused(&change(awa(), alteration.clone()), &message(), false);
            refused(&change(moussa(), alteration.clone()), &message(), true);
            refused(&change(linked(), alteration.clone()), &message(), false);
            let ours = Changeable {
                is_outbound: true,
                ..message()
            };
            refused(&change(awa(), alteration.clone()), &ours, true);
            let by_vendor = MessageChange {
                from_me: true,
                ..change(awa(), alteration.clone())
            };
            refused(&by_vendor, &ours, false);
            let is_edit = alteration != Alteration::Deleted;
            refused(&by_vendor, &message(), is_edit);
            let group = Some(GroupId("1".to_owned()));
            let in_group = Changeable {
                group: group.clone(),
                ..message()
            };
            refused(&change(awa(), alteration.clone()), &in_group, true);
            for (who, expected) in [(awa(), false), (moussa(), is_edit), (linked(), is_edit)] {
                let change = MessageChange {
                    group: group.clone(),
                    ..change(who, alteration.clone())
                };
                refused(&change, &in_group, expected);
            }
        }
    }
}
