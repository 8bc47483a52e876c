//! Messages that wait to be answered together with the next.

use aws::dynamodb::TransactWriteItem;
use domain::burst::Burst;
use domain::conversation::{Conversation, Heard};
use domain::entry::InboundEntry;
use domain::{Content, MessageId, VendorId, limits};
use jiff::Timestamp;

use super::item::{Change, Reader, json, ms, n, s};
use super::outbound_item::{message_key, message_pk};
use super::people::{Epoch, Next};
use super::{Commit, Tables, inbound, message_shard};
use crate::error::AwsError;

impl Tables {
    /// Has a message wait that was claimed, in the place of the one of its burst that did. The first part is the claim, as of a decision.
    pub async fn wait_for_more(
        &self,
        (entry, heard): (&InboundEntry, Heard<'_>),
        claim: &super::Claimed,
        (next, burst): (&Next<'_>, &Burst),
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let conversation = next.conversation;
        let vendor = &conversation.vendor;
        let pk = message_pk(vendor, heard.id);
        let found_at = burst.due_at.checked_add(limits::UNDISPATCHED_AFTER);
        let waits = Change::of(&self.names.messages, message_key(vendor, heard.id))
            .set("state", s("waiting"))
            .set("conversationId", s(conversation.id.as_str()))
            .set("contact", json(&heard.message.contact))
            .set("replies", json(&Vec::<MessageId>::new()))
            .set("entry", s(entry.to_body()))
            .set("turnDueAt", ms(burst.due_at))
            .set("dueShard", s(message_shard(&pk)))
            .set("dueAt", ms(found_at.unwrap_or(burst.due_at)))
            .set("claim", None)
            .set("leaseUntil", None)
            .when("#state = :received AND #claim = :token")
            .bind("received", s("received"))
            .bind("token", s(&claim.token));
        let mut parts = vec![waits.transact()];
        parts.extend(self.conversation_parts(next, Epoch::Stays, now));
        let before = burst.messages.iter().rev().nth(1);
        parts.extend(before.map(|before| self.joined(conversation, before)));
        self.commit("having a message wait", parts).await
    }

    /// The part of a transaction by which a message that waited is answered with a later one.
    pub(super) fn joined(
        &self,
        conversation: &Conversation,
        message: &MessageId,
    ) -> TransactWriteItem {
        let key = message_key(&conversation.vendor, message);
        Change::of(&self.names.messages, key)
            .set("state", s("decided"))
            .set("outcome", s("joined"))
            .set("entry", None)
            .set("turnDueAt", None)
            .set("dueShard", None)
            .set("dueAt", None)
            .when("#state = :waiting")
            .bind("waiting", s("waiting"))
            .transact()
    }

    /// What messages that came in say, in the order of their ids here; one that is gone says nothing.
    pub async fn said(
        &self,
        vendor: &VendorId,
        ids: &[MessageId],
    ) -> Result<Vec<Content>, AwsError> {
        let attempted = "reading what a burst says";
        let table = self.names.messages.as_str();
        let keys: Vec<_> = ids
            .iter()
            .map(|id| (table, message_key(vendor, id)))
            .collect();
        let items = self.get_many(attempted, &keys).await?;
        let content = |item| Reader::new(item, attempted).json("content");
        items.iter().flatten().map(content).collect()
    }
}

/// A message that waits, and until when.
pub(super) fn waits(item: &super::Item) -> Result<Option<(InboundEntry, Timestamp)>, AwsError> {
    let from = Reader::new(item, "reading a message that waits");
    if from.text_opt("state") != Some("waiting") {
        return Ok(None);
    }
    let entry = inbound::entry_of(&from)?;
    Ok(Some((entry, from.time("turnDueAt")?)))
}

/// The claim of a message whose wait is over; clocks differ by that much.
pub(super) fn claimable(change: Change, now: Timestamp) -> Change {
    let soon = now.checked_add(limits::CLOCKS_DIFFER).unwrap_or(now);
    change
        .bind("waiting", s("waiting"))
        .bind("soon", n(soon.as_millisecond()))
}
