use serde::{Deserialize, Serialize};

/// Somebody on WhatsApp, or not: what the look-ups know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contact {
    /// The number, with or without `+`.
    pub phone: String,
    /// The digits of the contact's LID, without `@lid`.
    #[serde(default)]
    pub lid: Option<String>,
    /// `false`: look-ups say so, and a message to this number fails after it was accepted.
    #[serde(default = "yes")]
    pub on_whatsapp: bool,
    /// The contact's username, without `@`.
    #[serde(default)]
    pub username: Option<String>,
    /// Where the contact's picture is.
    #[serde(default)]
    pub picture: Option<String>,
}

fn yes() -> bool {
    true
}

impl Default for Contact {
    /// Somebody on WhatsApp of whom nothing else is known.
    fn default() -> Self {
        Self {
            phone: String::new(),
            lid: None,
            on_whatsapp: true,
            username: None,
            picture: None,
        }
    }
}

/// The contacts that the simulator was told of. Everybody else is on WhatsApp and has no known LID.
#[derive(Default)]
pub(crate) struct Contacts(Vec<Contact>);

impl Contacts {
    /// Adds a contact or replaces what was known of the number.
    pub(crate) fn learn(&mut self, contact: &Contact) {
        let contact = Contact {
            phone: user(&contact.phone),
            lid: contact.lid.as_deref().map(user),
            username: contact
                .username
                .as_deref()
                .map(|name| name.trim_start_matches('@').to_owned()),
            ..contact.clone()
        };
        self.0.retain(|known| {
            known.phone != contact.phone && (known.lid.is_none() || known.lid != contact.lid)
        });
        self.0.push(contact);
    }

    pub(crate) fn phone_of(&self, lid: &str) -> Option<&str> {
        let lid = user(lid);
        self.0
            .iter()
            .find(|contact| contact.lid.as_deref() == Some(lid.as_str()))
            .map(|contact| contact.phone.as_str())
    }

    pub(crate) fn lid_of(&self, phone: &str) -> Option<&str> {
        let phone = user(phone);
        self.0
            .iter()
            .find(|contact| contact.phone == phone)
            .and_then(|contact| contact.lid.as_deref())
    }

    /// The number and username of a contact named by number, LID or `@username`.
    pub(crate) fn username_of(&self, who: &str) -> Option<(&str, &str)> {
        let contact = self.find(who)?;
        Some((&contact.phone, contact.username.as_deref()?))
    }

    pub(crate) fn picture_of(&self, who: &str) -> Option<&str> {
        self.find(who)?.picture.as_deref()
    }

    fn find(&self, who: &str) -> Option<&Contact> {
        let handle = who.strip_prefix('@');
        let id = user(who);
        let mut contacts = self.0.iter();
        contacts.find(|contact| match handle {
            Some(handle) => contact.username.as_deref() == Some(handle),
            None => contact.phone == id || contact.lid.as_deref() == Some(&id),
        })
    }

    pub(crate) fn is_on_whatsapp(&self, who: &str) -> bool {
        self.find(who).is_none_or(|contact| contact.on_whatsapp)
    }
}

/// The user part of a number or JID: no `+`, no device, no server.
pub(crate) fn user(who: &str) -> String {
    let name = who.split_once('@').map_or(who, |(name, _)| name);
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    name.trim_start_matches('+').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_found_by_every_form_of_its_number_and_lid() {
        let mut contacts = Contacts::default();
        contacts.learn(&Contact {
            phone: "+221700000001".to_owned(),
            lid: Some("777@lid".to_owned()),
            on_whatsapp: true,
            ..Contact::default()
        });
        assert_eq!(contacts.phone_of("777@lid"), Some("221700000001"));
        assert_eq!(contacts.phone_of("777"), Some("221700000001"));
        assert_eq!(contacts.lid_of("221700000001@s.whatsapp.net"), Some("777"));
        assert_eq!(contacts.lid_of("+221700000002"), None);
    }

    #[test]
    fn a_number_nobody_spoke_of_is_on_whatsapp_and_a_marked_one_is_not() {
        let mut contacts = Contacts::default();
        contacts.learn(&Contact {
            phone: "221700000009".to_owned(),
            on_whatsapp: false,
            ..Contact::default()
        });
        assert!(contacts.is_on_whatsapp("+221700000001"));
        assert!(!contacts.is_on_whatsapp("+221700000009"));
    }
}
