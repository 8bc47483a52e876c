//! What is written of a conversation beside its messages: names that lead to it, conversations that it was found to be, its epoch.

use aws::dynamodb::TransactWriteItem;
use domain::conversation::Conversation;
use domain::{ConversationId, Identity, Outbound, VendorId};
use jiff::Timestamp;

use super::conversations::conversation_key;
use super::item::{Change, ms, n, s};
use super::{Commit, Tables};
use crate::error::AwsError;

/// A conversation that was found to be the same as another, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub id: ConversationId,
    pub version: u64,
}

/// A conversation's next state, and what is written with it or not at all.
#[derive(Clone, Copy, Debug)]
pub struct Next<'a> {
    pub conversation: &'a Conversation,
    pub new_aliases: &'a [Identity],
    pub merged: Option<&'a Merged>,
}

impl Next<'_> {
    /// Who attends to one of two conversations that are joined attends to both, and who wants silence in one has it in both: what was
    /// decided in either before is not sent any more.
    pub(super) fn epoch(&self, now: Timestamp) -> Epoch {
        let conversation = self.conversation;
        let is_silent = conversation.attendant.is_human(now) || conversation.is_opted_out();
        if self.merged.is_some() && is_silent {
            Epoch::Rises
        } else {
            Epoch::Stays
        }
    }
}

/// Whether automatic replies that were decided before are still sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epoch {
    Stays,
    /// No: the control epoch of the conversation, and of all that it was joined with, is raised.
    Rises,
}

impl Tables {
    /// Writes that several names, or several conversations, are one person's.
    pub async fn write_joined(&self, next: &Next<'_>, now: Timestamp) -> Result<Commit, AwsError> {
        let parts = self.conversation_parts(next, next.epoch(now), now);
        self.commit("joining a person's conversations", parts).await
    }

    /// Writes that a person took a conversation over, or gave it back: what was decided in it before is not sent any more.
    pub async fn attend(
        &self,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let next = Next {
            conversation,
            new_aliases: &[],
            merged: None,
        };
        let parts = self.conversation_parts(&next, Epoch::Rises, now);
        self.commit("changing who attends to a conversation", parts)
            .await
    }

    /// Keeps a message that the vendor typed on the phone, as sent, with the conversation after it. `Lost` with the first part: it is kept
    /// already, and nothing is changed a second time.
    pub async fn keep_typed(
        &self,
        typed: &Outbound,
        next: &Next<'_>,
        epoch: Epoch,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let epoch = match epoch {
            Epoch::Rises => epoch,
            Epoch::Stays => next.epoch(now),
        };
        let mut parts = vec![self.new_outbound(typed, typed.created_at)];
        parts.extend(self.conversation_parts(next, epoch, now));
        self.commit("keeping a typed message", parts).await
    }

    /// Notes that the provider did not tell the number of the person in a conversation.
    pub async fn looked_up_in_vain(
        &self,
        vendor: &VendorId,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        let change = Change::of(&self.names.conversations, conversation_key(vendor, id))
            .set("lookedUpAt", ms(now))
            .when("attribute_exists(pk) AND attribute_not_exists(#mergedInto)");
        self.commit("noting a look-up", vec![change.transact()])
            .await
            .map(|_| ())
    }

    /// The parts of a transaction that write a conversation on the condition that it is as it was read.
    pub(super) fn conversation_parts(
        &self,
        next: &Next<'_>,
        epoch: Epoch,
        now: Timestamp,
    ) -> Vec<TransactWriteItem> {
        let conversation = next.conversation;
        let mut parts = vec![self.conversation_change(conversation, epoch, now)];
        parts.extend(
            next.new_aliases
                .iter()
                .map(|alias| self.new_alias(conversation, alias)),
        );
        parts.extend(
            next.merged
                .map(|merged| self.merge(conversation, merged, epoch)),
        );
        if epoch == Epoch::Rises {
            let is_merged_now =
                |id: &&ConversationId| next.merged.is_some_and(|now| now.id == **id);
            let earlier = conversation.merged_from.iter();
            parts.extend(
                earlier
                    .filter(|id| !is_merged_now(id))
                    .map(|id| self.raise(&conversation.vendor, id).transact()),
            );
        }
        parts
    }

    /// A pointer from one conversation to another. Whoever decided on the first meanwhile has won, and both are read anew.
    fn merge(&self, into: &Conversation, from: &Merged, epoch: Epoch) -> TransactWriteItem {
        let change = match epoch {
            Epoch::Stays => self.part_of(&into.vendor, &from.id),
            Epoch::Rises => self.raise(&into.vendor, &from.id),
        };
        change
            .set("mergedInto", s(into.id.as_str()))
            .when("#version = :version AND attribute_not_exists(#mergedInto)")
            .bind("version", n(from.version))
            .transact()
    }

    /// What a conversation sent before it was found to be another is not sent after a takeover of that one.
    fn raise(&self, vendor: &VendorId, id: &ConversationId) -> Change {
        self.part_of(vendor, id).add("epoch", 1)
    }

    fn part_of(&self, vendor: &VendorId, id: &ConversationId) -> Change {
        Change::of(&self.names.conversations, conversation_key(vendor, id))
    }
}
