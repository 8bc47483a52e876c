//! The key of a message: which message it is, in which chat, and who wrote it.

use domain::{Contact, GroupId, Lid, PhoneNumber, ProviderMessageId, ProviderRef};

use super::jid::Jid;
use crate::json::Json;

/// The sender's number, the surest field first. The second and third are spellings of the official SDKs.
const SENDER_NUMBERS: [&str; 4] = [
    "cleanedSenderPn",
    "cleanSenderPn",
    "clearedSenderPn",
    "senderPn",
];

/// The number of a group message's author, the surest field first.
const AUTHOR_NUMBERS: [&str; 2] = ["cleanedParticipantPn", "participantPn"];

/// In what sort of chat a message stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chat {
    /// With one person.
    Person,
    Group(GroupId),
    Channel,
    Broadcast,
    /// The address is missing or of a form that is not known.
    Unclear,
}

/// The key of an item: its field `key`, or the item itself where the key's fields stand in it.
pub(super) fn of<'j, 'a>(item: &'j Json<'a>) -> &'j Json<'a> {
    let key = item.at("key");
    if key.is_object() { key } else { item }
}

/// WhatsApp's id of the message.
pub(super) fn id(item: &Json<'_>) -> Option<ProviderMessageId> {
    message_id(of(item).at("id")).or_else(|| message_id(item.at("id")))
}

/// A text that can be WhatsApp's id of a message.
pub(super) fn message_id(value: &Json<'_>) -> Option<ProviderMessageId> {
    value.word().and_then(ProviderMessageId::parse)
}

/// How an item about a sent message names it: WhatsApp's id, and Wasender's `msgId` where it is told, in the key or beside it.
pub(super) fn reference(item: &Json<'_>) -> ProviderRef {
    let (key, msg_id) = (item.at("key"), msg_id(item));
    if key.is_object() {
        return ProviderRef {
            key_id: id(item),
            msg_id,
        };
    }
    let named = named(item.at("id"));
    ProviderRef {
        msg_id: msg_id.or(named.msg_id),
        ..named
    }
}

/// Wasender's number of the message, beside the key or in it.
pub(super) fn msg_id(item: &Json<'_>) -> Option<i64> {
    [item, item.at("key")]
        .iter()
        .find_map(|place| place.at("msgId").integer())
}

/// An id that may be either: up to 15 digits are a log number, anything else is WhatsApp's.
pub(super) fn named(value: &Json<'_>) -> ProviderRef {
    let number = value
        .integer()
        .filter(|number| (0..1_000_000_000_000_000).contains(number));
    let key_id = if number.is_some() {
        None
    } else {
        message_id(value)
    };
    ProviderRef {
        key_id,
        msg_id: number,
    }
}

/// Whether the message left from the vendor's own number. A key without `fromMe` is of somebody else's message.
pub(super) fn is_from_me(item: &Json<'_>) -> bool {
    of(item).at("fromMe").is_true() || item.at("fromMe").is_true()
}

/// The chat that the item's address names.
pub(super) fn chat(item: &Json<'_>) -> Chat {
    match remote(item).map_or(Jid::Other, Jid::parse) {
        Jid::Phone(_) | Jid::Lid(_) => Chat::Person,
        Jid::Group(group) => Chat::Group(group),
        Jid::Channel => Chat::Channel,
        Jid::Broadcast => Chat::Broadcast,
        Jid::Other if sender(item).identities().next().is_some() => Chat::Person,
        Jid::Other => Chat::Unclear,
    }
}

/// Who sent a one-to-one message to the vendor.
pub(super) fn sender(item: &Json<'_>) -> Contact {
    let key = of(item);
    let addresses = [key.at("remoteJidAlt").word(), remote(item)];
    contact(key, &SENDER_NUMBERS, &addresses, key.at("senderLid"))
}

/// Who wrote a message in a group.
pub(super) fn author(item: &Json<'_>) -> Contact {
    let key = of(item);
    let addresses = [
        key.at("participantAlt"),
        key.at("participant"),
        item.at("participant"),
    ]
    .map(Json::word);
    contact(key, &AUTHOR_NUMBERS, &addresses, key.at("participantLid"))
}

/// To whom a one-to-one message of the vendor went. `cleanedSenderPn` is the vendor's own number there.
pub(super) fn peer(item: &Json<'_>) -> Contact {
    let key = of(item);
    let addresses = [key.at("remoteJidAlt").word(), remote(item)];
    contact(key, &[], &addresses, &Json::Null)
}

fn remote<'j>(item: &'j Json<'_>) -> Option<&'j str> {
    let key = of(item);
    [
        key.at("remoteJid"),
        key.at("remoteId"),
        item.at("remoteJid"),
    ]
    .into_iter()
    .find_map(Json::word)
}

fn contact(
    key: &Json<'_>,
    numbers: &[&str],
    addresses: &[Option<&str>],
    lid: &Json<'_>,
) -> Contact {
    let addresses = || {
        addresses
            .iter()
            .flatten()
            .map(|address| Jid::parse(address))
    };
    let lid = lid
        .word()
        .and_then(linked_id)
        .or_else(|| addresses().find_map(Jid::lid));
    let told = numbers
        .iter()
        .filter_map(|name| key.at(name).word().and_then(number));
    // A linked id in the place of a number is none, however much it looks like one.
    let phone = told
        .chain(addresses().filter_map(Jid::phone))
        .find(|phone| {
            lid.as_ref()
                .is_none_or(|lid| lid.expose() != phone.digits())
        });
    Contact {
        phone,
        lid,
        name: None,
    }
}

fn number(text: &str) -> Option<PhoneNumber> {
    if text.contains('@') {
        Jid::parse(text).phone()
    } else {
        PhoneNumber::from_provider(text)
    }
}

fn linked_id(text: &str) -> Option<Lid> {
    if text.contains('@') {
        Jid::parse(text).lid()
    } else {
        Lid::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn identities(contact: &Contact) -> String {
        contact
            .identities()
            .map(|identity| identity.key())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[track_caller]
    fn check_sender(key: &str, expected: &str) {
        let item = format!(r#"{{"key":{key}}}"#);
        let read = json::with(&item, |item| identities(&sender(item))).unwrap();
        assert_eq!(read, expected, "{key}");
    }

    #[test]
    fn the_senders_number_is_taken_from_the_surest_field() {
        check_sender(
            r#"{"cleanedSenderPn":"221700000001","senderPn":"221700000009@c.us"}"#,
            "pn:221700000001",
        );
        check_sender(r#"{"cleanedSenderPn":"+221700000001"}"#, "pn:221700000001");
        check_sender(
            r#"{"cleanedSenderPn":null,"senderPn":"221700000001@c.us"}"#,
            "pn:221700000001",
        );
        check_sender(
            r#"{"senderPn":"221700000001:4@s.whatsapp.net"}"#,
            "pn:221700000001",
        );
        check_sender(
            r#"{"remoteJid":"123456789012301@lid","remoteJidAlt":"221700000001@s.whatsapp.net"}"#,
            "pn:221700000001 lid:123456789012301",
        );
        check_sender(
            r#"{"remoteJid":"221700000001@s.whatsapp.net","senderLid":"123456789012301@lid"}"#,
            "pn:221700000001 lid:123456789012301",
        );
    }

    #[test]
    fn a_linked_id_is_never_taken_for_a_number() {
        check_sender(
            r#"{"remoteJid":"123456789012301@lid"}"#,
            "lid:123456789012301",
        );
        check_sender(
            r#"{"remoteJid":"123456789012301@lid","cleanedSenderPn":"123456789012301","senderPn":"123456789012301@lid"}"#,
            "lid:123456789012301",
        );
        check_sender(r#"{"remoteJid":"123456789012301"}"#, "");
        check_sender(
            r#"{"remoteJid":"123456789012301@lid","cleanedSenderPn":true}"#,
            "lid:123456789012301",
        );
    }

    #[test]
    fn an_echo_names_its_recipient_and_not_the_vendor() {
        let echo = r#"{"key":{"fromMe":true,"remoteJid":"123456789012301@lid","remoteJidAlt":"221700000001@s.whatsapp.net",
            "cleanedSenderPn":"221701111111","senderLid":"999999999999999@lid"}}"#;
        let read = json::with(echo, |item| identities(&peer(item))).unwrap();
        assert_eq!(read, "pn:221700000001 lid:123456789012301");
    }

    #[test]
    fn a_groups_author_is_its_participant() {
        let item = r#"{"key":{"remoteJid":"120363000000000001@g.us","participant":"123456789012301@lid",
            "participantPn":"221700000001@s.whatsapp.net","cleanedSenderPn":"221700000009"}}"#;
        let read = json::with(item, |item| identities(&author(item))).unwrap();
        assert_eq!(read, "pn:221700000001 lid:123456789012301");
    }

    #[test]
    fn a_log_number_is_told_from_whatsapps_id() {
        let read = |text: &str| json::with(text, named).unwrap();
        assert_eq!(read("123456").msg_id, Some(123_456));
        assert_eq!(read("\"123456\"").msg_id, Some(123_456));
        assert_eq!(
            read("\"1234567890123456\"").key_id.unwrap().as_str(),
            "1234567890123456"
        );
        assert_eq!(read("\"3EB0A1\"").key_id.unwrap().as_str(), "3EB0A1");
        assert_eq!(read("null"), ProviderRef::default());
    }
}
