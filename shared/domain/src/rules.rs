//! The vendor's rules around the engine, whichever it is: who asked to be written to no more, when the shop is closed, what floods, and
//! whom a person attends to.

mod consent;
mod flood;
mod wording;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::conversation::{Attendant, Conversation, Heard, Plan, Quiet};
use crate::engine::Answer;
use crate::ids::MessageId;
use crate::limits;
use crate::vendor::VendorConfig;
use consent::{Consent, Word};
use flood::Flood;

/// What the rules remember of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Memory {
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<Consent>,
    /// When the customer was last told that nobody is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    told_closed: Option<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flood: Option<Flood>,
    /// The customer began with something that is not answered, and is welcomed with the first answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    welcome_due: bool,
}

/// Something that was said in answer to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    at: Timestamp,
    by: MessageId,
}

/// How far a conversation has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The engine answers.
    Active,
    /// It does not: a person attends, or the customer asked to be written to no more.
    Paused,
    /// Nothing was heard for [`limits::CONVERSATION_CLOSES`]; the next message opens it again.
    Closed,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Closed => "closed",
        }
    }
}

impl Memory {
    /// When the customer asked to be written to no more, if that still holds.
    pub fn opted_out_at(&self) -> Option<Timestamp> {
        let consent = self.consent.as_ref()?;
        (consent.word == Word::Stop).then_some(consent.at)
    }

    /// Whether it was by this message that the customer asked to be written to no more, or again.
    pub fn is_changed_by(&self, message: &MessageId) -> bool {
        self.consent.as_ref().is_some_and(|it| it.by == *message)
    }

    /// The rules' memory of two conversations that were found to be one: whoever asked for silence in either has it in both.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let told = [self.told_closed, other.told_closed];
        Self {
            consent: Consent::joined(self.consent, other.consent),
            told_closed: told.into_iter().flatten().max_by_key(|told| told.at),
            flood: Flood::joined(self.flood, other.flood),
            welcome_due: false,
        }
    }

    /// A person stepped in: what flooded before counts no more.
    pub(crate) fn begins_anew(&mut self) {
        self.flood = None;
    }
}

impl VendorConfig {
    /// For how long a conversation that asked for a person is left to one.
    pub fn handover(&self) -> Duration {
        let hours = self.settings.handover_hours;
        hours.map_or(limits::HUMAN_ATTENDS, |hours| {
            Duration::from_hours(hours.min(*limits::HANDOVER_HOURS.end()).into())
        })
    }

    /// Whether nobody is there at this time.
    fn is_closed(&self, at: Timestamp) -> bool {
        let hours = self.settings.business_hours.as_ref();
        hours.is_some_and(|hours| !hours.is_open(at))
    }
}

impl Conversation {
    pub fn is_opted_out(&self) -> bool {
        self.rules.opted_out_at().is_some()
    }

    /// How far the conversation has gone, as engines and people are shown it.
    pub fn status(&self, now: Timestamp) -> Status {
        let closes = |last: Timestamp| last.checked_add(limits::CONVERSATION_CLOSES).ok();
        if self.is_opted_out() || self.attendant.is_human(now) {
            Status::Paused
        } else if self
            .context
            .last_message_at
            .and_then(closes)
            .is_some_and(|end| end <= now)
        {
            Status::Closed
        } else {
            Status::Active
        }
    }

    /// The conversation with what the rules keep of a message that it just heard. By the time of receipt, so that a repetition after a
    /// crash, or an engine that was down for hours, comes to the same.
    #[must_use]
    pub fn minding(mut self, config: &VendorConfig, heard: Heard<'_>) -> Self {
        if let Some(word) = self.word(config, heard) {
            self.rules.consent = Some(Consent {
                word,
                at: heard.received_at,
                by: heard.id.clone(),
            });
            self.control_epoch += 1;
            // A menu may wait to be sent still, and is cancelled with that.
            self.context.open_menu = None;
            return self;
        }
        let quiet = self.quiet(config, heard);
        let is_first = self.context.message_count == 1 || self.rules.welcome_due;
        self.rules.welcome_due = is_first
            && matches!(
                quiet,
                None | Some(Quiet::Reaction | Quiet::Call | Quiet::SealedVote)
            );
        if quiet.is_some() {
            return self;
        }
        let told = Told {
            at: heard.received_at,
            by: heard.id.clone(),
        };
        if config.is_closed(heard.received_at) {
            if !self.was_told(config, heard.received_at) {
                self.rules.told_closed = Some(told);
            }
        } else {
            let flood = self.rules.flood.take().unwrap_or_default();
            let text = heard.message.content.text.as_deref();
            self.rules.flood = Some(flood.after(text, told));
        }
        self
    }

    /// What the rules do with a message that they minded, before any engine is asked; `None`: it is asked.
    pub(crate) fn ruled(&self, config: &VendorConfig, heard: Heard<'_>) -> Option<Plan> {
        let say = |text: String, outcome| {
            let replies = vec![Content::text(text)];
            let answer = Answer {
                replies,
                ..Answer::default()
            };
            Some(Plan::Say(Box::new(answer), outcome))
        };
        let quiet = self.quiet(config, heard);
        let speechless = [Quiet::VendorPaused, Quiet::AutoReplyOff, Quiet::Group];
        let may_speak = quiet.is_none_or(|reason| !speechless.contains(&reason));
        let consent = self.rules.consent.as_ref();
        if let Some(consent) = consent.filter(|it| may_speak && it.by == *heard.id) {
            return match consent.word {
                Word::Stop => say(wording::opted_out(config), "opted_out"),
                Word::Start => say(wording::opted_in(config), "opted_in"),
            };
        }
        if let Some(reason) = quiet {
            return Some(Plan::Quiet(reason));
        }
        let is_by_this = |told: &Told| told.by == *heard.id;
        if config.is_closed(heard.received_at) {
            return if self.rules.told_closed.as_ref().is_some_and(is_by_this) {
                let text = wording::closed(config, self.author(heard.message), heard.received_at);
                say(text, Quiet::OutsideHours.as_str())
            } else {
                Some(Plan::Quiet(Quiet::OutsideHours))
            };
        }
        let since = self.rules.flood.as_ref().and_then(Flood::since)?;
        if is_by_this(since) {
            say(wording::flooded(config), Quiet::Flood.as_str())
        } else {
            Some(Plan::Quiet(Quiet::Flood))
        }
    }

    /// The welcome that goes before whatever is said to a message: once, to whoever writes for the first time.
    pub(crate) fn welcome(&mut self, config: &VendorConfig, heard: Heard<'_>) -> Option<Content> {
        if self.quiet(config, heard).is_some() {
            return None;
        }
        let is_due = std::mem::take(&mut self.rules.welcome_due);
        let text = config.settings.welcome_text.as_ref().filter(|_| is_due)?;
        wording::filled(text, config, self.author(heard.message)).map(Content::text)
    }

    /// Leaves the conversation to a person for so long.
    pub(crate) fn left_to_a_person(&mut self, pause: Duration, now: Timestamp) {
        let until = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        self.attendant = Attendant::Human { until };
        self.attended_by = None;
    }

    /// Whether the customer was told that nobody is there, and nobody was there since.
    fn was_told(&self, config: &VendorConfig, now: Timestamp) -> bool {
        let (Some(told), Some(hours)) = (&self.rules.told_closed, &config.settings.business_hours)
        else {
            return false;
        };
        let opened = hours.opens_after(told.at);
        !hours.is_open(told.at) && opened.is_none_or(|opened| opened > now)
    }
}

#[cfg(test)]
mod tests;
