use std::fmt;

use domain::{Contact, GroupId, Lid, PhoneNumber};
use http::Method;
use secrecy::SecretString;
use thiserror::Error;

/// A call to a provider's API, ready to be carried out: `platform` adds the bearer as `Authorization` and the time limits.
///
/// Address and body name people, so `Debug` shows neither.
#[derive(Clone)]
pub struct ProviderRequest {
    pub method: Method,
    pub url: String,
    /// All headers but `Authorization`; the names are in lower case.
    pub headers: Vec<(&'static str, String)>,
    pub bearer: SecretString,
    /// The body; empty for a call without one.
    pub body: Vec<u8>,
}

impl fmt::Debug for ProviderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderRequest")
            .field("method", &self.method)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// To whom a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    Phone(PhoneNumber),
    /// Somebody whose number is not known. Whether a provider takes a linked id as an address is the provider's affair.
    Lid(Lid),
    Group(GroupId),
}

impl Recipient {
    /// The best address of a conversation: its group, else the person's number, else the linked id. `None` if nothing is known.
    pub fn of(contact: &Contact, group: Option<&GroupId>) -> Option<Self> {
        let person = || contact.phone.clone().map(Self::Phone);
        let linked = || contact.lid.clone().map(Self::Lid);
        group
            .cloned()
            .map(Self::Group)
            .or_else(person)
            .or_else(linked)
    }
}

/// Why a message can't be put into a provider's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotSendable {
    #[error("the message has no text")]
    NoText,
    #[error("the message has no file to send: an https address is needed")]
    NoMediaUrl,
    /// A file as WhatsApp delivered it: only its receiver has the key.
    #[error("the file is still encrypted for its first receiver")]
    EncryptedMedia,
    #[error("the message has no place to show")]
    NoLocation,
    #[error("the contact card needs a name and a number")]
    NoCard,
    #[error("the poll has no options")]
    NoPoll,
    #[error("the provider can't send messages of this kind")]
    Kind,
}

impl NotSendable {
    /// The stable code of it, for clients and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoText => "no_text",
            Self::NoMediaUrl => "no_media_url",
            Self::EncryptedMedia => "encrypted_media",
            Self::NoLocation => "no_location",
            Self::NoCard => "no_card",
            Self::NoPoll => "no_poll",
            Self::Kind => "kind_not_sendable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_prints_neither_key_nor_person() {
        let request = ProviderRequest {
            method: Method::POST,
            url: "https://provider.example/221700000001".to_owned(),
            headers: vec![],
            bearer: SecretString::from("api_key_abc"),
            body: b"Bonjour".to_vec(),
        };
        assert_eq!(
            format!("{request:?}"),
            "ProviderRequest { method: POST, body_bytes: 7, .. }"
        );
    }

    #[test]
    fn the_number_goes_before_the_linked_id_and_the_group_before_both() {
        let phone = PhoneNumber::from_provider("221700000001").unwrap();
        let mut contact = Contact::by_phone(phone.clone());
        contact.lid = Lid::parse("123456789012301");
        let group = GroupId("120363000000000001".to_owned());
        assert_eq!(
            Recipient::of(&contact, Some(&group)),
            Some(Recipient::Group(group))
        );
        assert_eq!(Recipient::of(&contact, None), Some(Recipient::Phone(phone)));
        contact.phone = None;
        assert_eq!(
            Recipient::of(&contact, None),
            contact.lid.map(Recipient::Lid)
        );
        assert_eq!(Recipient::of(&Contact::default(), None), None);
    }
}
