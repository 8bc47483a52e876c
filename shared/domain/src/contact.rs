use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::GroupId;
use crate::phone::PhoneNumber;

/// WhatsApp's linked id of a person: digits that look like a phone number and are none.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lid(String);

impl Lid {
    /// Takes the digits before `@lid`.
    pub fn parse(digits: &str) -> Option<Self> {
        let plausible =
            (1..=32).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        plausible.then(|| Self(digits.to_owned()))
    }

    /// The digits, without `@lid`.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Lid {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a linked id has 1 to 32 digits")
    }
}

impl From<Lid> for String {
    fn from(lid: Lid) -> Self {
        lid.0
    }
}

impl fmt::Debug for Lid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lid•••••")
    }
}

/// One way of naming a person, or a group chat: what a conversation's alias is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    Phone(PhoneNumber),
    Lid(Lid),
    /// A group chat, whoever writes in it.
    Group(GroupId),
}

impl Identity {
    /// The text that stands for this identity in keys: `pn:221700000001`, `lid:123` or `group:123`.
    pub fn key(&self) -> String {
        match self {
            Self::Phone(phone) => format!("pn:{}", phone.digits()),
            Self::Lid(lid) => format!("lid:{}", lid.expose()),
            Self::Group(group) => format!("group:{}", group.0),
        }
    }

    /// How the conversation is named that a message to or from this contact belongs to: the group's name for a message in a group, and
    /// never its author's; else all that is known of the person.
    pub fn of(contact: &Contact, group: Option<&GroupId>) -> Vec<Self> {
        match group {
            Some(group) => vec![Self::Group(group.clone())],
            None => contact.identities().collect(),
        }
    }
}

/// Who writes or is written to: what the provider told of one person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lid: Option<Lid>,
    /// The name the person shows, at most 120 characters of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Contact {
    pub fn by_phone(phone: PhoneNumber) -> Self {
        Self {
            phone: Some(phone),
            ..Self::default()
        }
    }

    /// The identities known, the phone first. A contact without any cannot be answered.
    pub fn identities(&self) -> impl Iterator<Item = Identity> {
        let phone = self.phone.clone().map(Identity::Phone);
        phone.into_iter().chain(self.lid.clone().map(Identity::Lid))
    }

    /// Takes from `other` what is not known yet.
    pub fn enrich(&mut self, other: &Self) {
        self.phone = self.phone.take().or_else(|| other.phone.clone());
        self.lid = self.lid.take().or_else(|| other.lid.clone());
        self.name = other.name.clone().or_else(|| self.name.take());
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("phone", &self.phone)
            .field("lid", &self.lid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_name_number_nor_linked_id_is_printed() {
        let contact = Contact {
            phone: PhoneNumber::from_provider("221700000001"),
            lid: Lid::parse("123456789012345"),
            name: Some("Awa".to_owned()),
        };
        let printed = format!("{contact:?}");
        assert!(
            !printed.contains("Awa") && !printed.contains("1234567") && !printed.contains("700000"),
            "{printed}"
        );
    }

    #[test]
    fn enriching_never_forgets_an_identity() {
        let mut contact = Contact {
            lid: Lid::parse("123"),
            ..Contact::default()
        };
        contact.enrich(&Contact::by_phone(
            PhoneNumber::from_provider("221700000001").unwrap(),
        ));
        assert_eq!(
            contact
                .identities()
                .map(|identity| identity.key())
                .collect::<Vec<_>>(),
            ["pn:221700000001", "lid:123"]
        );
    }
}
