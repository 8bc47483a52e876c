use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::MessageChange;
use crate::contact::{Contact, Identity};
use crate::content::Content;
use crate::delivery::Delivery;
use crate::ids::Fingerprint;
use crate::pairing::Pairing;

/// WhatsApp's id of a message (`key.id`): the provider's, never mixed up with our [`crate::ids::MessageId`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderMessageId(String);

impl ProviderMessageId {
    /// Takes an id of 1 to 200 visible ASCII characters.
    pub fn parse(text: &str) -> Option<Self> {
        let plausible =
            (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        plausible.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProviderMessageId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a provider's message id has 1 to 200 visible ASCII characters")
    }
}

impl From<ProviderMessageId> for String {
    fn from(id: ProviderMessageId) -> Self {
        id.0
    }
}

/// How a provider names a message in an event: by WhatsApp's id, by its own log number (Wasender's `msgId`), or by both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderRef {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<ProviderMessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msg_id: Option<i64>,
}

impl ProviderRef {
    /// The texts under which the ledger keeps what it hears of this message: `k:<key id>` and `n:<log number>`.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        let key = self.key_id.as_ref().map(|id| format!("k:{}", id.as_str()));
        key.into_iter()
            .chain(self.msg_id.map(|number| format!("n:{number}")))
    }
}

impl ProviderRef {
    /// Takes from `other` what is not known yet.
    pub fn enrich(&mut self, other: &Self) {
        self.key_id = self.key_id.take().or_else(|| other.key_id.clone());
        self.msg_id = self.msg_id.or(other.msg_id);
    }
}

/// A message that somebody sent to the vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboundMessage {
    pub key_id: ProviderMessageId,
    /// The provider's own number of it (Wasender's `msgId`), by which it can be quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msg_id: Option<i64>,
    pub contact: Contact,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    pub content: Content,
    /// WhatsApp's id of the message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ProviderMessageId>,
    /// When the sender's phone says it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
}

impl InboundMessage {
    /// How its conversation is named, the surest name first.
    pub fn identities(&self) -> Vec<Identity> {
        Identity::of(&self.contact, self.group.as_ref())
    }
}

/// A group chat's id, the part before `@g.us`. Older ones hold their founder's number, so `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupId(pub String);

impl fmt::Debug for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("group•••••")
    }
}

/// A message that left from the vendor's number, told back to us: one of ours, or one typed on the vendor's phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Echo {
    pub reference: ProviderRef,
    /// To whom it went.
    pub contact: Contact,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    pub content: Content,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
}

impl Echo {
    /// How its conversation is named, the surest name first.
    pub fn identities(&self) -> Vec<Identity> {
        Identity::of(&self.contact, self.group.as_ref())
    }
}

/// What a provider says of a message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Evidence {
    /// It got at least this far.
    Reached { delivery: Delivery },
    /// It failed. The reason is the provider's, cut to 200 characters and without digits.
    Failed { reason: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusUpdate {
    pub reference: ProviderRef,
    pub evidence: Evidence,
    /// Whose receipt it is, in a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<Participant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
}

/// A member of a group, as a hash: receipts are counted, and nobody need know whose they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Participant(String);

impl Participant {
    pub fn of(identity: &Identity) -> Self {
        Self(Fingerprint::of(&["participant", &identity.key()]).short())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl StatusUpdate {
    /// How far the message itself got by this evidence: that one member of a group read it does not make it read.
    pub fn of_the_message(&self) -> Evidence {
        match (&self.participant, &self.evidence) {
            (Some(_), Evidence::Reached { delivery }) => Evidence::Reached {
                delivery: (*delivery).min(Delivery::Delivered),
            },
            (_, evidence) => evidence.clone(),
        }
    }
}

/// What a provider says of the vendor's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    Connected,
    Connecting,
    Disconnected,
    NeedScan,
    NeedPasskey,
    LoggedOut,
    Expired,
    /// A word that is not known; it changes nothing.
    Other,
}

impl SessionStatus {
    /// Reads a status in any case; `None` is never the answer, an unknown word is [`SessionStatus::Other`].
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "connected" | "open" | "ready" => Self::Connected,
            "connecting" => Self::Connecting,
            "disconnected" | "close" | "closed" => Self::Disconnected,
            "need_scan" => Self::NeedScan,
            "need_passkey" => Self::NeedPasskey,
            "logged_out" => Self::LoggedOut,
            "expired" => Self::Expired,
            _ => Self::Other,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Connecting => "connecting",
            Self::Disconnected => "disconnected",
            Self::NeedScan => "need_scan",
            Self::NeedPasskey => "need_passkey",
            Self::LoggedOut => "logged_out",
            Self::Expired => "expired",
            Self::Other => "other",
        }
    }

    /// Whether no message can leave in this status.
    pub const fn is_down(self) -> bool {
        matches!(
            self,
            Self::Disconnected
                | Self::NeedScan
                | Self::NeedPasskey
                | Self::LoggedOut
                | Self::Expired
        )
    }
}

/// One thing that a webhook tells, in our words.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Message(InboundMessage),
    Echo(Echo),
    /// An earlier message was edited or deleted.
    Change(MessageChange),
    Status(StatusUpdate),
    Session(SessionStatus),
    /// A code, or a step, by which the session is linked with the vendor's phone.
    Pairing(Pairing),
}

/// Why an element of a webhook needs no work: a closed list of what is known to be harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IgnoreReason {
    /// Chats, contacts, groups: the phone book of the session, not messages.
    PhoneBook,
    /// A story (`status@broadcast`) or another broadcast list.
    Broadcast,
    /// A WhatsApp channel (`@newsletter`).
    Channel,
    /// Typing and online notices.
    Presence,
    /// A message event with no content that can be shown, such as a key exchange.
    Empty,
    /// A status of somebody else's message.
    NotOurs,
    /// A test event of the provider's dashboard.
    Test,
}

impl IgnoreReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PhoneBook => "phone_book",
            Self::Broadcast => "broadcast",
            Self::Channel => "channel",
            Self::Presence => "presence",
            Self::Empty => "empty",
            Self::NotOurs => "not_ours",
            Self::Test => "test",
        }
    }
}

/// One element of a webhook: understood, known to be harmless, or not understood and therefore kept in quarantine.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "most elements are events, and none lives long"
)]
pub enum Element {
    Event(Event),
    Ignored(IgnoreReason),
    /// The reason names the field that was not understood, never its value.
    NotUnderstood(&'static str),
}

/// A webhook that was read: the event's name as the provider wrote it, and every element of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The provider's event name, cut to 64 characters of `a-z A-Z 0-9 . _ -`.
    pub name: String,
    pub elements: Vec<Element>,
}
