//! Who asked to be written to no more: by a word that is the whole message.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::conversation::{Conversation, Heard};
use crate::fold::fold;
use crate::ids::MessageId;
use crate::vendor::VendorConfig;

/// Words that are understood beside the vendor's own, folded.
const STOPS: [&str; 5] = ["stop", "arret", "arreter", "desabonner", "unsubscribe"];
const STARTS: [&str; 3] = ["start", "reprendre", "commencer"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    Stop,
    Start,
}

/// The customer's last word on whether they are written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Consent {
    pub(super) word: Word,
    pub(super) at: Timestamp,
    pub(super) by: MessageId,
}

impl Consent {
    /// Silence in either of two conversations is silence in both, whatever was said later in the other.
    pub(super) fn joined(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let rank = |consent: &Self| (consent.word == Word::Stop, consent.at);
        [one, other].into_iter().flatten().max_by_key(rank)
    }
}

impl Conversation {
    /// The word of this message that changes whether the customer is written to. In a group chat it counts where groups are answered.
    pub(super) fn word(&self, config: &VendorConfig, heard: Heard<'_>) -> Option<Word> {
        let message = heard.message;
        let is_heard = message.group.is_none() || config.answer_groups;
        if !is_heard || message.identities().is_empty() {
            return None;
        }
        let said = said(&message.content)?;
        if self.is_opted_out() {
            STARTS.contains(&said.as_str()).then_some(Word::Start)
        } else {
            let mut own = config.settings.opt_out_words.iter();
            let stops = STOPS.contains(&said.as_str()) || own.any(|word| fold(word).trim() == said);
            stops.then_some(Word::Stop)
        }
    }
}

impl Conversation {
    /// The conversation reminded of a word that it does not know of, because its tables were restored from before it: from then on its
    /// customer may be written to, or not. `None`: it knows that, or a later word.
    #[must_use]
    pub fn reminded(&self, may_write: bool, at: Timestamp) -> Option<Self> {
        let is_later = |consent: &Consent| consent.at.as_millisecond() >= at.as_millisecond();
        if self.rules.consent.as_ref().is_some_and(is_later) || self.is_opted_out() != may_write {
            return None;
        }
        let mut reminded = self.clone();
        reminded.rules.consent = Some(Consent {
            word: if may_write { Word::Start } else { Word::Stop },
            at,
            by: MessageId::derived(&["word", self.id.as_str(), &at.as_millisecond().to_string()]),
        });
        reminded.control_epoch += 1;
        reminded.context.open_menu = None;
        Some(reminded)
    }
}

/// What a message says in all, folded; a word that is repeated is said once. A caption is about its file, and says nothing here.
fn said(content: &Content) -> Option<String> {
    let chosen = content.choice.as_ref().and_then(|it| it.title.as_deref());
    let is_file = content.media.is_some();
    let text = chosen.or_else(|| content.text.as_deref().filter(|_| !is_file))?;
    let folded = fold(text);
    let mut words: Vec<_> = folded.split_whitespace().collect();
    words.dedup();
    (!words.is_empty()).then(|| words.join(" "))
}
