//! What a conversation is, whose it is, and when it is answered.

use jiff::Timestamp;

use crate::burst::Burst;
use crate::contact::{Contact, Identity};
use crate::content::{Content, Kind};
use crate::engine::{Answer, Context, Question};
use crate::event::{GroupId, InboundMessage};
use crate::holding::Held;
use crate::ids::{ConversationId, MessageId, VendorId, WabaId};
use crate::outage;
pub use crate::people::{Resolution, resolve};
use crate::rules::Memory;
use crate::vendor::VendorConfig;

/// Who answers the customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attendant {
    #[default]
    Engine,
    /// A person took over until then; the engine is not asked before.
    Human { until: Timestamp },
}

/// One customer of one vendor, or one group chat. Its id is opaque; identities point to it and are never moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    pub id: ConversationId,
    pub vendor: VendorId,
    /// The person; nobody in particular in a group chat.
    pub contact: Contact,
    pub group: Option<GroupId>,
    pub context: Context,
    pub attendant: Attendant,
    /// Who took it over, as far as a takeover said; means nothing unless a person attends.
    pub attended_by: Option<String>,
    /// Raised by a takeover, a release, a stop, a start and a pause: an automatic reply decided under an older one is not sent.
    pub control_epoch: u64,
    /// Raised by every decision; 0 before the first is written.
    pub version: u64,
    /// When the provider was last asked for the person's number and did not tell it.
    pub looked_up_at: Option<Timestamp>,
    /// The conversations that were found to be this one: what they sent is still theirs.
    pub merged_from: Vec<ConversationId>,
    /// What the vendor's rules remember of it.
    pub rules: Memory,
    /// Its messages that wait before they leave, or did so until just now.
    pub held: Vec<Held>,
    /// Its messages that wait to be answered together.
    pub burst: Option<Burst>,
}

/// Why a message is kept and not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    VendorPaused,
    AutoReplyOff,
    Human,
    /// A person attends because the engine was out, and nobody took it over since.
    EngineDown,
    Group,
    /// The customer asked to be written to no more.
    OptedOut,
    /// A reaction is no question.
    Reaction,
    /// A call is over before anybody could answer it here.
    Call,
    /// A choice that names nothing: a vote that WhatsApp alone can read. What it chose comes with its poll's results.
    SealedVote,
    /// Nobody is there, and the customer was told so.
    OutsideHours,
    /// More came than a person writes.
    Flood,
    /// Nobody can be answered who has neither a number nor a linked id.
    Unreachable,
    /// It came before the tables were restored from a backup, and may have been answered since the backup.
    Restored,
}

impl Quiet {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VendorPaused => "vendor_paused",
            Self::AutoReplyOff => "auto_reply_off",
            Self::Human => "human",
            Self::EngineDown => outage::ENGINE_DOWN,
            Self::Group => "group",
            Self::OptedOut => "opted_out",
            Self::Reaction => "reaction",
            Self::Call => "call",
            Self::SealedVote => "sealed_vote",
            Self::OutsideHours => "outside_hours",
            Self::Flood => "flood",
            Self::Unreachable => "unreachable",
            Self::Restored => "restored",
        }
    }
}

/// What to do with a message that was heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    Ask(Box<Question>),
    /// The vendor's rules answer, and no engine is asked; with the outcome as the ledger keeps it.
    Say(Box<Answer>, &'static str),
    Quiet(Quiet),
}

/// One message in the hands of the conversation function.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    pub id: &'a MessageId,
    pub waba: &'a WabaId,
    pub message: &'a InboundMessage,
    pub received_at: Timestamp,
    /// The content of the message of ours that it quotes, if that is known.
    pub quoted: Option<&'a Content>,
}

impl Conversation {
    /// A conversation that begins with this identity.
    pub fn begin(vendor: &VendorId, first: &Identity) -> Self {
        let id = ConversationId::derived(&["conversation", vendor.as_str(), &first.key()]);
        let session_id = format!("{vendor}_{}", id.as_str().trim_start_matches("conv_"));
        let group = match first {
            Identity::Group(group) => Some(group.clone()),
            Identity::Phone(_) | Identity::Lid(_) => None,
        };
        Self {
            id,
            vendor: vendor.clone(),
            contact: Contact::default(),
            group,
            context: Context {
                session_id,
                ..Context::default()
            },
            attendant: Attendant::default(),
            attended_by: None,
            control_epoch: 0,
            version: 0,
            looked_up_at: None,
            merged_from: Vec::new(),
            rules: Memory::default(),
            held: Vec::new(),
            burst: None,
        }
    }

    /// The conversation after hearing one more message.
    #[must_use]
    pub fn hears(mut self, heard: Heard<'_>) -> Self {
        let at = heard.message.occurred_at.unwrap_or(heard.received_at);
        self.context.forgets(at);
        self.context.message_count += 1;
        self.context.last_message_at = self.context.last_message_at.max(Some(at));
        self.knows(&heard.message.contact);
        self
    }

    /// Takes what is new of the person. In a group chat everybody is somebody else.
    pub fn knows(&mut self, contact: &Contact) {
        if self.group.is_none() {
            self.contact.enrich(contact);
        }
    }

    /// Whether, and with which question, the engine is asked.
    pub fn plan(&self, config: &VendorConfig, heard: Heard<'_>) -> Plan {
        if let Some(plan) = self.ruled(config, heard) {
            return plan;
        }
        Plan::Ask(Box::new(Question {
            vendor: self.vendor.clone(),
            business_name: config.business_name.clone(),
            language: config.language.clone(),
            message: heard.id.clone(),
            content: self.understood(heard),
            from: self.author(heard.message).clone(),
            in_group: heard.message.group.is_some(),
            occurred_at: heard.message.occurred_at.unwrap_or(heard.received_at),
            context: self.context.clone(),
        }))
    }

    /// Who wrote: in a group chat, whom the message names.
    pub(crate) const fn author<'a>(&'a self, message: &'a InboundMessage) -> &'a Contact {
        if message.group.is_some() {
            &message.contact
        } else {
            &self.contact
        }
    }

    /// Why nothing is said to a message whatever it says, if so.
    pub(crate) fn quiet(&self, config: &VendorConfig, heard: Heard<'_>) -> Option<Quiet> {
        let message = heard.message;
        let is_human = self.attendant.is_human(heard.received_at);
        let rules = [
            (!config.active, Quiet::VendorPaused),
            (!config.auto_reply, Quiet::AutoReplyOff),
            (
                message.group.is_some() && !config.answer_groups,
                Quiet::Group,
            ),
            (self.is_opted_out(), Quiet::OptedOut),
            (message.content.kind == Kind::Reaction, Quiet::Reaction),
            (message.content.kind == Kind::Call, Quiet::Call),
            (message.content.is_sealed_vote(), Quiet::SealedVote),
            (is_human && self.is_left_by_engine(), Quiet::EngineDown),
            (is_human, Quiet::Human),
            (message.identities().is_empty(), Quiet::Unreachable),
        ];
        rules
            .into_iter()
            .find_map(|(holds, reason)| holds.then_some(reason))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::event::{GroupId, ProviderMessageId};
    use crate::limits;
    use crate::phone::PhoneNumber;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    pub(crate) fn config() -> VendorConfig {
        VendorConfig {
            vendor_id: VendorId::parse("vendor_001").unwrap(),
            business_name: "My Shop A".to_owned(),
            active: true,
            auto_reply: true,
            language: "fr".to_owned(),
            answer_groups: false,
            typed_pause_minutes: limits::TYPED_PAUSE_MINUTES,
            settings: crate::config::Settings::default(),
            catalogue: crate::CatalogueSize::default(),
            revision: 0,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    pub(crate) fn message() -> InboundMessage {
        InboundMessage {
            key_id: ProviderMessageId::parse("3EB0").unwrap(),
            msg_id: None,
            contact: Contact::by_phone(PhoneNumber::from_provider("221700000001").unwrap()),
            group: None,
            content: Content::text("Bonjour"),
            reply_to: None,
            occurred_at: None,
        }
    }

    fn phone() -> Identity {
        Identity::Phone(PhoneNumber::from_provider("221700000001").unwrap())
    }

    pub(crate) fn conversation() -> Conversation {
        Conversation::begin(&config().vendor_id, &phone())
    }

    pub(crate) fn heard<'a>(
        id: &'a MessageId,
        waba: &'a WabaId,
        message: &'a InboundMessage,
    ) -> Heard<'a> {
        Heard {
            id,
            waba,
            message,
            received_at: NOW,
            quoted: None,
        }
    }

    #[track_caller]
    pub(crate) fn quiet(
        config: &VendorConfig,
        conversation: &Conversation,
        message: &InboundMessage,
    ) -> Option<Quiet> {
        let (id, waba) = (MessageId::derived(&["m"]), WabaId::parse("waba_a").unwrap());
        match conversation.plan(config, heard(&id, &waba, message)) {
            Plan::Ask(_) => None,
            Plan::Say(..) => panic!("no rule of the vendor's answers"),
            Plan::Quiet(reason) => Some(reason),
        }
    }

    #[test]
    fn a_message_is_answered_unless_a_rule_keeps_quiet() {
        assert_eq!(quiet(&config(), &conversation(), &message()), None);
        assert_eq!(
            quiet(
                &VendorConfig {
                    active: false,
                    ..config()
                },
                &conversation(),
                &message()
            ),
            Some(Quiet::VendorPaused)
        );
        assert_eq!(
            quiet(
                &VendorConfig {
                    auto_reply: false,
                    ..config()
                },
                &conversation(),
                &message()
            ),
            Some(Quiet::AutoReplyOff)
        );
        let taken_over = Conversation {
            attendant: Attendant::Human {
                until: NOW + limits::HUMAN_ATTENDS,
            },
            ..conversation()
        };
        assert_eq!(
            quiet(&config(), &taken_over, &message()),
            Some(Quiet::Human)
        );
        for (kind, reason) in [
            (Kind::Reaction, Quiet::Reaction),
            (Kind::Call, Quiet::Call),
            (Kind::Choice, Quiet::SealedVote),
        ] {
            let message = InboundMessage {
                content: Content::of(kind),
                ..message()
            };
            let quiet = quiet(&config(), &conversation(), &message);
            assert_eq!(quiet, Some(reason));
        }
        let nobody = InboundMessage {
            contact: Contact::default(),
            ..message()
        };
        assert_eq!(
            quiet(&config(), &conversation(), &nobody),
            Some(Quiet::Unreachable)
        );
    }

    #[test]
    fn a_group_is_answered_if_its_vendor_wants_that() {
        let in_group = InboundMessage {
            group: Some(GroupId("1".to_owned())),
            ..message()
        };
        assert_eq!(
            quiet(&config(), &conversation(), &in_group),
            Some(Quiet::Group)
        );
        let answers_groups = VendorConfig {
            answer_groups: true,
            ..config()
        };
        assert_eq!(quiet(&answers_groups, &conversation(), &in_group), None);
    }

    #[test]
    fn the_session_id_holds_nothing_personal_and_stays() {
        let begun = conversation();
        assert!(!begun.context.session_id.contains("700000001"));
        let (id, waba, message) = (
            MessageId::derived(&["m"]),
            WabaId::parse("waba_a").unwrap(),
            message(),
        );
        let heard_once = begun.clone().hears(heard(&id, &waba, &message));
        assert_eq!(
            (
                heard_once.context.session_id,
                heard_once.context.message_count
            ),
            (begun.context.session_id, 1)
        );
    }
}
