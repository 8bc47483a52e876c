//! What travels through the queues. Every entry carries its version; one that this build does not know goes to the dead-letter queue.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::change::{MessageChange, WaitingChange};
use crate::contact::{Contact, Lid};
use crate::content::Content;
use crate::event::{Echo, InboundMessage, StatusUpdate};
use crate::ids::{Fingerprint, MessageId, VendorId, WabaId};

/// The version that this build writes and reads.
pub const VERSION: u32 = 1;

/// Why an entry can't be read. It is not repeated usefully, so the dead-letter queue gets it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EntryError {
    #[error("the entry is not of the form that its queue carries")]
    Malformed,
    #[error("the entry has version {0}, which this build does not know")]
    Version(u32),
}

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u32,
    #[serde(flatten)]
    entry: T,
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u32,
}

/// SQS refuses two characters that JSON may hold as they are; in a JSON text they can only stand within strings, so they are escaped.
fn sendable(json: String) -> String {
    if json.contains(['\u{fffe}', '\u{ffff}']) {
        json.replace('\u{fffe}', "\\ufffe")
            .replace('\u{ffff}', "\\uffff")
    } else {
        json
    }
}

macro_rules! entry {
    ($name:ident) => {
        impl $name {
            /// The entry as its queue's message body.
            pub fn to_body(&self) -> String {
                let versioned = Versioned {
                    v: VERSION,
                    entry: self,
                };
                sendable(serde_json::to_string(&versioned).expect("an entry has only text keys"))
            }

            /// Reads a queue's message body.
            pub fn from_body(body: &str) -> Result<Self, EntryError> {
                let VersionOnly { v } =
                    serde_json::from_str(body).map_err(|_| EntryError::Malformed)?;
                if v != VERSION {
                    return Err(EntryError::Version(v));
                }
                let read: Versioned<Self> =
                    serde_json::from_str(body).map_err(|_| EntryError::Malformed)?;
                Ok(read.entry)
            }
        }
    };
}

mod share;

pub use share::Aside;

/// An event on its way from a webhook to the conversation it belongs to (`inbound.fifo`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboundEntry {
    pub vendor_id: VendorId,
    pub waba_id: WabaId,
    pub received_at: Timestamp,
    #[serde(flatten)]
    pub event: InboundEvent,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InboundEvent {
    Message(InboundMessage),
    Echo(Echo),
    Change(MessageChange),
}

entry!(InboundEntry);

impl InboundEvent {
    /// What it is, in a word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Echo(_) => "echo",
            Self::Change(_) => "change",
        }
    }
}

/// Whose an entry is, be it of a version or a form that this build can't read.
pub fn vendor_of(body: &str) -> Option<VendorId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Whose {
        vendor_id: VendorId,
    }
    let whose: Whose = serde_json::from_str(body).ok()?;
    Some(whose.vendor_id)
}

/// Our id of a message that came in under this id of WhatsApp's.
pub fn inbound_id(vendor: &VendorId, waba: &WabaId, provider_key: &str) -> MessageId {
    MessageId::derived(&["inbound", vendor.as_str(), waba.as_str(), provider_key])
}

impl InboundEntry {
    /// Our id of the message: the same however often, and under whichever event name, it is delivered.
    pub fn message_id(&self) -> MessageId {
        inbound_id(&self.vendor_id, &self.waba_id, &self.provider_key())
    }

    /// Repeats within the queue's memory are dropped by this id. What tells more (a phone number, a file) has another id than what
    /// tells less, so that a poorer variant never swallows a richer one.
    pub fn dedup_id(&self) -> String {
        let (what, richness) = match &self.event {
            InboundEvent::Message(message) => ("message", message_richness(message)),
            InboundEvent::Echo(echo) => ("echo", richness(&echo.content, &echo.contact).to_owned()),
            InboundEvent::Change(_) => ("change", String::new()),
        };
        Fingerprint::of(&[
            what,
            self.vendor_id.as_str(),
            self.waba_id.as_str(),
            &self.provider_key(),
            &richness,
        ])
        .hex()
    }

    fn provider_key(&self) -> String {
        match &self.event {
            InboundEvent::Message(message) => message.key_id.as_str().to_owned(),
            InboundEvent::Echo(echo) => echo.reference.keys().next().unwrap_or_default(),
            InboundEvent::Change(change) => change.key(),
        }
    }
}

/// What a telling of a message knows that another may not.
fn message_richness(message: &InboundMessage) -> String {
    let mut known = richness(&message.content, &message.contact).to_owned();
    if message.msg_id.is_some() {
        known.push_str("+number");
    }
    if let Some(call) = &message.content.call {
        known.push('+');
        known.push_str(&call.status);
    }
    known
}

const fn richness(content: &Content, contact: &Contact) -> &'static str {
    match (content.media.is_some(), contact.phone.is_some()) {
        (false, false) => "plain",
        (false, true) => "phone",
        (true, false) => "media",
        (true, true) => "media+phone",
    }
}

/// A message on its way to the sender (`outbound.fifo`): ids alone, nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboundEntry {
    pub vendor_id: VendorId,
    pub waba_id: WabaId,
    pub message_id: MessageId,
    pub generation: u32,
}

entry!(OutboundEntry);

impl OutboundEntry {
    /// The lane: Wasender wants one request at a time from a session, and the queue gives a group to one sender at a time.
    pub fn group_id(&self) -> String {
        Fingerprint::of(&["lane", self.vendor_id.as_str(), self.waba_id.as_str()]).hex()
    }

    /// A deliberate re-enqueue has another id; a crash's repetition has the same and is swallowed.
    pub fn dedup_id(&self) -> String {
        format!("{}#{}", self.message_id, self.generation)
    }
}

/// Something to look at once more, after a while (`later`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaterEntry {
    pub vendor_id: VendorId,
    pub waba_id: WabaId,
    pub received_at: Timestamp,
    #[serde(flatten)]
    pub job: LaterJob,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::large_enum_variant,
    reason = "it lives only between a queue and the step it names"
)]
pub enum LaterJob {
    /// A status that the table refused when it came.
    Status(StatusUpdate),
    /// A session's status that the table refused when it came.
    Session(crate::event::SessionStatus),
    /// An echo that fitted no send when it came.
    Echo(Echo),
    /// A change of a message that was not there when it came.
    Change(WaitingChange),
    /// The file of a message is to be fetched.
    #[serde(rename_all = "camelCase")]
    Media { message_id: MessageId },
    /// Somebody of whom the linked id alone is known.
    Person(LookUp),
    /// A send that is in doubt.
    Reconcile(MessageId),
    /// The number behind a session that was linked, or has a new key.
    Verify {},
    /// Whether a session is as it told.
    Confirm {},
    /// How a renewal of a secret or a key ended whose caller may have died.
    Renew {},
    /// A message waited to be answered with the next, and its time has come.
    #[serde(rename_all = "camelCase")]
    Turn { message_id: MessageId },
    /// A genuine webhook showed the secret to come: it is the one in use.
    Promote {},
    /// The vendor was deleted, and its data is to be erased.
    Erase {},
    /// The time of a question is over that its engine answers later.
    #[serde(rename_all = "camelCase")]
    Deadline { message_id: MessageId },
    /// A message has waited as long as it had to.
    #[serde(rename_all = "camelCase")]
    Release { message_id: MessageId },
    /// The actions of a decision are to be told.
    #[serde(rename_all = "camelCase")]
    Actions { message_id: MessageId },
}

impl LaterJob {
    /// What it is, in a word: the member that it is in an entry.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Session(_) => "session",
            Self::Echo(_) => "echo",
            Self::Change(_) => "change",
            Self::Media { .. } => "media",
            Self::Person(_) => "person",
            Self::Reconcile(_) => "reconcile",
            Self::Verify {} => "verify",
            Self::Confirm {} => "confirm",
            Self::Renew {} => "renew",
            Self::Turn { .. } => "turn",
            Self::Promote {} => "promote",
            Self::Erase {} => "erase",
            Self::Deadline { .. } => "deadline",
            Self::Release { .. } => "release",
            Self::Actions { .. } => "actions",
        }
    }

    /// The message of the ledger that it is about, if it names one.
    pub const fn message(&self) -> Option<&MessageId> {
        match self {
            Self::Media { message_id }
            | Self::Turn { message_id }
            | Self::Reconcile(message_id)
            | Self::Deadline { message_id }
            | Self::Release { message_id }
            | Self::Actions { message_id } => Some(message_id),
            Self::Status(_)
            | Self::Session(_)
            | Self::Echo(_)
            | Self::Change(_)
            | Self::Person(_)
            | Self::Verify {}
            | Self::Confirm {}
            | Self::Renew {}
            | Self::Promote {}
            | Self::Erase {} => None,
        }
    }
}

/// A person to be looked up at the provider once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LookUp {
    pub lid: Lid,
    /// How often the provider was asked already.
    pub tries: u32,
}

entry!(LaterEntry);

/// A webhook, or a part of it, that was genuine and not understood (`quarantine`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineEntry {
    pub vendor_id: VendorId,
    pub waba_id: WabaId,
    pub received_at: Timestamp,
    /// The provider's event name.
    pub event: String,
    /// Which field was not understood.
    pub reason: String,
    /// The body without its secrets, cut to 200 KB.
    pub body: String,
}

entry!(QuarantineEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Lid;
    use crate::content::{Kind, Media};
    use crate::event::ProviderMessageId;
    use crate::phone::PhoneNumber;

    fn message(key: &str) -> InboundEntry {
        let vendor_id = VendorId::parse("vendor_001").unwrap();
        InboundEntry {
            waba_id: WabaId::first_of(&vendor_id),
            vendor_id,
            received_at: Timestamp::UNIX_EPOCH,
            event: InboundEvent::Message(InboundMessage {
                key_id: ProviderMessageId::parse(key).unwrap(),
                msg_id: None,
                contact: Contact::by_phone(PhoneNumber::from_provider("221700000001").unwrap()),
                group: None,
                content: Content::text("Bonjour"),
                reply_to: None,
                occurred_at: None,
            }),
        }
    }

    #[test]
    fn an_entry_is_read_back_as_it_was_written() {
        let entry = message("3EB0");
        assert_eq!(InboundEntry::from_body(&entry.to_body()), Ok(entry));
    }

    #[test]
    fn whose_an_entry_is_can_be_told_whatever_its_version() {
        let body = message("3EB0").to_body().replace("\"v\":1", "\"v\":9");
        assert_eq!(InboundEntry::from_body(&body), Err(EntryError::Version(9)));
        assert_eq!(vendor_of(&body), VendorId::parse("vendor_001").ok());
        assert_eq!(vendor_of("{}"), None);
        assert_eq!(vendor_of("nothing"), None);
    }

    #[test]
    fn a_text_that_sqs_would_refuse_is_escaped_and_read_back() {
        let mut entry = message("3EB0");
        let InboundEvent::Message(inner) = &mut entry.event else {
            unreachable!("it is a message")
        };
        inner.content = Content::text("a\u{fffe}b\u{ffff}c");
        let body = entry.to_body();
        assert!(!body.contains(['\u{fffe}', '\u{ffff}']), "{body}");
        assert_eq!(InboundEntry::from_body(&body), Ok(entry));
    }

    #[test]
    fn an_entry_of_another_version_or_form_is_refused() {
        let newer = message("3EB0").to_body().replacen("\"v\":1", "\"v\":2", 1);
        assert_eq!(InboundEntry::from_body(&newer), Err(EntryError::Version(2)));
        for body in ["", "{}", "[]", "{\"v\":1}", "null"] {
            assert_eq!(
                OutboundEntry::from_body(body),
                Err(EntryError::Malformed),
                "{body}"
            );
        }
    }

    #[test]
    fn an_entry_of_any_version_tells_whose_it_is() {
        let newer = message("3EB0").to_body().replacen("\"v\":1", "\"v\":2", 1);
        assert_eq!(vendor_of(&newer), VendorId::parse("vendor_001").ok());
        for body in ["", "{}", "[]", "{\"vendorId\":7}"] {
            assert_eq!(vendor_of(body), None, "{body}");
        }
    }

    #[test]
    fn ids_and_groups_hold_nothing_personal() {
        let entry = message("3EB0");
        for id in [
            entry.group_id(),
            entry.own_group_id(),
            entry.dedup_id(),
            entry.message_id().to_string(),
        ] {
            assert!(!id.contains("700000001"), "{id}");
        }
    }

    #[test]
    fn a_richer_variant_is_the_same_message_and_not_the_same_entry() {
        let plain = message("3EB0");
        let mut richer = plain.clone();
        let InboundEvent::Message(inner) = &mut richer.event else {
            unreachable!("it is a message")
        };
        inner.content = Content::media(Kind::Image, Media::default(), None);
        assert_eq!(plain.message_id(), richer.message_id());
        assert_ne!(plain.dedup_id(), richer.dedup_id());
        let InboundEvent::Message(inner) = &mut richer.event else {
            unreachable!("it is a message")
        };
        inner.contact = Contact {
            lid: Lid::parse("123"),
            ..Contact::default()
        };
        assert_ne!(plain.own_group_id(), richer.own_group_id());
    }

    #[test]
    fn every_generation_of_a_message_has_its_own_dedup_id() {
        let entry = |generation| OutboundEntry {
            vendor_id: VendorId::parse("vendor_001").unwrap(),
            waba_id: WabaId::parse("waba_a").unwrap(),
            message_id: MessageId::derived(&["m"]),
            generation,
        };
        assert_ne!(entry(0).dedup_id(), entry(1).dedup_id());
        assert_eq!(entry(0).group_id(), entry(1).group_id());
        assert!(entry(u32::MAX).dedup_id().len() <= 128);
    }
}
