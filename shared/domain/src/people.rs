//! One person, several names: whom to look up, what two conversations of one person become, and what the vendor's own typing changes.

use std::time::Duration;

use jiff::Timestamp;

use crate::contact::{Contact, Identity};
use crate::conversation::{Attendant, Conversation};
use crate::ids::ConversationId;
use crate::limits;

/// Which conversation a contact's identities lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// None of them is known: a conversation begins.
    Begin(Identity),
    /// All that are known lead to one conversation.
    One(ConversationId),
    /// They lead to two: the second gets a pointer to the first, and nothing is moved.
    Merge {
        into: ConversationId,
        from: ConversationId,
    },
}

/// Decides from the aliases found, in the order of [`Identity::of`] (the phone first).
pub fn resolve(aliases: &[(Identity, Option<ConversationId>)]) -> Option<Resolution> {
    let (first, _) = aliases.first()?;
    let mut found = aliases
        .iter()
        .filter_map(|(_, conversation)| conversation.as_ref());
    Some(match (found.next(), found.next()) {
        (None, _) => Resolution::Begin(first.clone()),
        (Some(into), Some(from)) if into != from => Resolution::Merge {
            into: into.clone(),
            from: from.clone(),
        },
        (Some(one), _) => Resolution::One(one.clone()),
    })
}

/// Whether the provider is to be asked for the number of somebody who wrote: only the linked id is known, and the question is not one
/// that was answered with "not known" just now.
pub fn should_look_up(conversation: &Conversation, contact: &Contact, now: Timestamp) -> bool {
    let is_nameless = conversation.group.is_none()
        && contact.lid.is_some()
        && contact.phone.is_none()
        && conversation.contact.phone.is_none();
    let again = |asked: Timestamp| asked + limits::LOOK_UP_AGAIN <= now;
    is_nameless && conversation.looked_up_at.is_none_or(again)
}

/// When a look-up that failed so many times is made again; `None` if it is given up.
pub fn look_up_again_in(tries: u32) -> Option<Duration> {
    let place = usize::try_from(tries).ok()?.checked_sub(1)?;
    limits::LOOK_UP_WAITS.get(place).copied()
}

impl Conversation {
    /// The conversation together with another one that was found to be the same. The id, the engine's name of it and the control epoch
    /// stay; where the talk stands is taken from the one that was heard last, and a person who attends to either attends to both.
    #[must_use]
    pub fn joined(mut self, other: Self) -> Self {
        let (ours, theirs) = (&mut self.context, other.context);
        ours.message_count += theirs.message_count;
        let menus = [ours.open_menu.take(), theirs.open_menu];
        ours.open_menu = menus
            .into_iter()
            .flatten()
            .max_by_key(|menu| menu.offered_at);
        if theirs.last_message_at > ours.last_message_at {
            ours.last_message_at = theirs.last_message_at;
            ours.current_intent = theirs.current_intent;
            ours.current_step = theirs.current_step;
            ours.language = theirs.language.or_else(|| ours.language.take());
        }
        ours.priority = ours.priority.max(theirs.priority);
        let name = self.contact.name.take();
        self.contact.enrich(&other.contact);
        self.contact.name = name.or_else(|| self.contact.name.take());
        let attendant = later(self.attendant, other.attendant);
        if attendant != self.attendant {
            self.attended_by = other.attended_by;
        }
        self.attendant = attendant;
        self.rules = self.rules.joined(other.rules);
        self.looked_up_at = self.looked_up_at.max(other.looked_up_at);
        self.merged_from.extend(other.merged_from);
        self.merged_from.push(other.id);
        let too_many = self.merged_from.len().saturating_sub(limits::MERGED_FROM);
        self.merged_from.drain(..too_many);
        self
    }

    /// The conversation after the vendor typed in it: a person attends to it for this long, and longer with every further message.
    #[must_use]
    pub fn typed_in(mut self, pause: Duration, now: Timestamp) -> Self {
        let until = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        let attendant = later(self.attendant, Attendant::Human { until });
        if attendant != self.attendant {
            self.attended_by = None;
        }
        self.attendant = attendant;
        self.control_epoch += 1;
        // A menu may wait to be sent still, and is cancelled with that.
        self.context.open_menu = None;
        self
    }
}

/// The person who attends longer, if any does.
fn later(one: Attendant, other: Attendant) -> Attendant {
    match (one, other) {
        (Attendant::Human { until: a }, Attendant::Human { until: b }) => {
            Attendant::Human { until: a.max(b) }
        }
        (Attendant::Engine, attendant) | (attendant, Attendant::Engine) => attendant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Lid;
    use crate::event::GroupId;
    use crate::ids::{MessageId, VendorId};
    use crate::menu::OpenMenu;
    use crate::phone::PhoneNumber;
    use jiff::ToSpan;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn phone() -> PhoneNumber {
        PhoneNumber::from_provider("221700000001").unwrap()
    }

    fn lid() -> Lid {
        Lid::parse("123456789012301").unwrap()
    }

    fn begun(identity: &Identity, contact: Contact) -> Conversation {
        let vendor = VendorId::parse("vendor_001").unwrap();
        Conversation {
            contact,
            ..Conversation::begin(&vendor, identity)
        }
    }

    fn by_lid() -> Conversation {
        let contact = Contact {
            lid: Some(lid()),
            ..Contact::default()
        };
        begun(&Identity::Lid(lid()), contact)
    }

    fn by_phone() -> Conversation {
        begun(&Identity::Phone(phone()), Contact::by_phone(phone()))
    }

    fn menu(offered_at: Timestamp) -> OpenMenu {
        OpenMenu {
            message: MessageId::derived(&["menu"]),
            options: Vec::new(),
            offered_at,
        }
    }

    #[test]
    fn identities_lead_to_one_conversation() {
        let (a, b) = (
            ConversationId::derived(&["a"]),
            ConversationId::derived(&["b"]),
        );
        let (phone, lid) = (Identity::Phone(phone()), Identity::Lid(lid()));
        let resolve = |phone_leads: Option<&ConversationId>, lid_leads: Option<&ConversationId>| {
            resolve(&[
                (phone.clone(), phone_leads.cloned()),
                (lid.clone(), lid_leads.cloned()),
            ])
            .unwrap()
        };
        assert_eq!(resolve(None, None), Resolution::Begin(phone.clone()));
        assert_eq!(resolve(Some(&a), None), Resolution::One(a.clone()));
        assert_eq!(resolve(None, Some(&b)), Resolution::One(b.clone()));
        assert_eq!(resolve(Some(&a), Some(&a)), Resolution::One(a.clone()));
        assert_eq!(
            resolve(Some(&a), Some(&b)),
            Resolution::Merge { into: a, from: b }
        );
        assert_eq!(super::resolve(&[]), None);
    }

    #[test]
    fn only_somebody_without_a_number_is_looked_up_and_not_twice_in_ten_minutes() {
        let nameless = by_lid().contact;
        assert!(should_look_up(&by_lid(), &nameless, NOW));
        assert!(!should_look_up(&by_phone(), &nameless, NOW));
        assert!(!should_look_up(&by_lid(), &by_phone().contact, NOW));
        assert!(!should_look_up(&by_lid(), &Contact::default(), NOW));
        let group = begun(
            &Identity::Group(GroupId("1".to_owned())),
            Contact::default(),
        );
        assert!(!should_look_up(&group, &nameless, NOW));
        let asked = Conversation {
            looked_up_at: Some(NOW),
            ..by_lid()
        };
        assert!(!should_look_up(&asked, &nameless, NOW + 599.seconds()));
        assert!(should_look_up(&asked, &nameless, NOW + 600.seconds()));
    }

    #[test]
    fn a_look_up_is_given_up_after_its_last_wait() {
        let waits: Vec<_> = (1..).map_while(look_up_again_in).collect();
        assert_eq!(waits, limits::LOOK_UP_WAITS);
        assert_eq!(look_up_again_in(0), None);
    }

    #[test]
    fn of_two_conversations_the_newer_talk_goes_on_under_the_older_name() {
        let mut old = by_phone();
        old.context.message_count = 3;
        old.context.current_step = Some("paying".to_owned());
        old.context.last_message_at = Some(NOW);
        old.context.open_menu = Some(menu(NOW + 2.seconds()));
        let mut new = by_lid();
        new.context.open_menu = Some(menu(NOW));
        new.context.message_count = 2;
        new.context.current_step = Some("menu".to_owned());
        new.context.last_message_at = Some(NOW + 1.second());
        let joined = old.clone().joined(new.clone());
        assert_eq!(
            (&joined.id, &joined.context.session_id),
            (&old.id, &old.context.session_id)
        );
        assert_eq!(
            (
                joined.context.message_count,
                joined.context.current_step.as_deref()
            ),
            (5, Some("menu"))
        );
        assert_eq!(
            joined.context.open_menu, old.context.open_menu,
            "the menu that was offered last is open"
        );
        assert_eq!(joined.merged_from, [new.id.clone()]);
        assert_eq!(
            (&joined.contact.phone, &joined.contact.lid),
            (&Some(phone()), &Some(lid()))
        );
        let other_way = new.joined(old);
        assert_eq!(
            other_way.context.current_step.as_deref(),
            Some("menu"),
            "what is older changes nothing"
        );
    }

    #[test]
    fn who_attends_to_one_of_two_conversations_attends_to_both() {
        let until = NOW + 60.seconds();
        let taken_over = Conversation {
            attendant: Attendant::Human { until },
            ..by_lid()
        };
        let expected = Attendant::Human { until };
        assert_eq!(by_phone().joined(taken_over.clone()).attendant, expected);
        assert_eq!(taken_over.joined(by_phone()).attendant, expected);
    }

    #[test]
    fn a_conversation_remembers_the_last_of_many_that_it_was_joined_with() {
        let mut joined = by_phone();
        for number in 0..40 {
            let other = Conversation {
                id: ConversationId::derived(&[&number.to_string()]),
                ..by_lid()
            };
            joined = joined.joined(other);
        }
        assert_eq!(joined.merged_from.len(), limits::MERGED_FROM);
        assert_eq!(
            joined.merged_from.last(),
            Some(&ConversationId::derived(&["39"]))
        );
    }

    #[test]
    fn typing_prolongs_a_pause_and_never_shortens_one() {
        let minute = Duration::from_mins(1);
        let typed = by_phone().typed_in(minute, NOW);
        assert_eq!(
            (typed.attendant, typed.control_epoch),
            (
                Attendant::Human {
                    until: NOW + minute
                },
                1
            )
        );
        let again = typed.typed_in(minute, NOW + 30.seconds());
        let until = NOW + minute + Duration::from_secs(30);
        assert_eq!(
            (again.attendant, again.control_epoch),
            (Attendant::Human { until }, 2)
        );
        let asked_for = Conversation {
            attendant: Attendant::Human {
                until: NOW + limits::HUMAN_ATTENDS,
            },
            ..by_phone()
        };
        assert_eq!(
            asked_for.clone().typed_in(minute, NOW).attendant,
            asked_for.attendant
        );
    }
}
