//! Questions that their engines answer later, each beside its message until it is known what became of it.

use aws::dynamodb::TransactWriteItem;
use domain::conversation::Conversation;
use domain::deferred::{Deferred, DeferredState};
use domain::{Contact, GroupId, MessageId, Outbound, VendorId, limits};
use jiff::{SignedDuration, Timestamp};

use super::item::{Change, Item, Reader, Writer, key, ms, n, put, s, seconds};
use super::outbound_item::{message_key, message_pk};
use super::people::{Epoch, Next};
use super::{Commit, Tables};
use crate::error::AwsError;

/// The shard of the index of what waits beside a message.
pub(super) const DUE_SHARD: &str = "waiting";

/// A message that came in, as far as whoever answers it later must know it.
#[derive(Clone, Debug)]
pub struct Question {
    /// Who asked.
    pub contact: Contact,
    pub group: Option<GroupId>,
    /// Whether it is decided what becomes of it.
    pub is_decided: bool,
    /// That its engine answers later, or that it did.
    pub deferred: Option<Deferred>,
}

/// What becomes of a question that waited.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    pub before: &'a Deferred,
    pub after: &'a Deferred,
    /// What is said, and the conversation after it; nothing if somebody else spoke.
    pub said: Option<(&'a Conversation, &'a Outbound)>,
}

impl Tables {
    /// A message that came in and may wait for its answer.
    pub async fn question(
        &self,
        vendor: &VendorId,
        id: &MessageId,
    ) -> Result<Option<Question>, AwsError> {
        const WHAT: &str = "reading a question";
        let table = self.names.messages.as_str();
        let keys = [
            (table, message_key(vendor, id)),
            (table, deferred_key(vendor, id)),
        ];
        let mut found = self.get_many(WHAT, &keys).await?.into_iter();
        let (Some(message), deferred) = (found.next().flatten(), found.next().flatten()) else {
            return Ok(None);
        };
        let from = Reader::new(&message, WHAT);
        if from.text_opt("direction") != Some("inbound") {
            return Ok(None);
        }
        let deferred = deferred.as_ref().map(|item| read(vendor, id, item));
        Ok(Some(Question {
            contact: from.json("contact")?,
            group: from.text_opt("groupId").map(|id| GroupId(id.to_owned())),
            is_decided: from.text_opt("state") == Some("decided"),
            deferred: deferred.transpose()?,
        }))
    }

    /// Writes what became of a question, with what is said, if it is as it was read.
    pub async fn settle_deferred(
        &self,
        settled: Settled<'_>,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let mut parts = self.deferred_settled(settled.before, settled.after);
        if let Some((conversation, reply)) = settled.said {
            let next = Next {
                conversation,
                new_aliases: &[],
                merged: None,
            };
            parts.extend(self.conversation_parts(&next, Epoch::Stays, now));
            parts.push(self.new_reply(reply, settled.before.asked_at, now));
        }
        self.commit("settling a question", parts).await
    }

    /// Questions whose time may be over.
    pub async fn due_deferred(
        &self,
        until: Timestamp,
        limit: i32,
    ) -> Result<Vec<(VendorId, MessageId)>, AwsError> {
        self.due_beside_messages(DUE_SHARD, until, limit).await
    }

    /// Messages of which something else is due that is kept beside them.
    pub(super) async fn due_beside_messages(
        &self,
        shard: &str,
        until: Timestamp,
        limit: i32,
    ) -> Result<Vec<(VendorId, MessageId)>, AwsError> {
        let table = &self.names.messages;
        let items = self.due(table, shard, until, limit).await?;
        let read = |item: &Item| {
            let from = Reader::new(item, "what is due beside a message");
            let (vendor, id) = from.text("pk").ok()?.split_once('#')?;
            Some((VendorId::parse(vendor).ok()?, MessageId::parse(id).ok()?))
        };
        Ok(items.iter().filter_map(read).collect())
    }

    /// Leaves a question that is due alone until then.
    pub async fn put_off_deferred(
        &self,
        (vendor, id): (&VendorId, &MessageId),
        until: Timestamp,
    ) -> Result<(), AwsError> {
        let change = Change::of(&self.names.messages, deferred_key(vendor, id))
            .set("dueAt", ms(until))
            .when("attribute_exists(#dueShard)");
        self.commit("putting off a question", vec![change.transact()])
            .await
            .map(|_| ())
    }

    /// The part of a decision that leaves its question open.
    pub(super) fn new_deferred(&self, deferred: &Deferred) -> TransactWriteItem {
        let expires = deferred.asked_at + SignedDuration::from_hours(24 * limits::DEFERRED_DAYS);
        let item = Writer::at(deferred_key(&deferred.vendor, &deferred.question))
            .owned()
            .with("schema", n(1))
            .with("wabaId", s(deferred.waba.as_str()))
            .with("conversation", s(deferred.conversation.as_str()))
            .with("epoch", n(deferred.epoch))
            .with("askedAt", ms(deferred.asked_at))
            .with("answerBy", ms(deferred.answer_by))
            .with("state", s(deferred.state.as_str()))
            .with("replies", n(deferred.replies))
            .with("dueShard", s(DUE_SHARD))
            .with("dueAt", ms(deferred.answer_by))
            .with("expiresAt", seconds(expires));
        put(&self.names.messages, item.item(), None)
    }

    /// The parts of a transaction that write what became of a question, and what its message shows of it.
    pub(super) fn deferred_settled(
        &self,
        before: &Deferred,
        after: &Deferred,
    ) -> Vec<TransactWriteItem> {
        let at = (&after.vendor, &after.question);
        let outcome = match after.state {
            DeferredState::Open => "deferred",
            DeferredState::Answered => "answered",
            DeferredState::Missed => "fallback",
            DeferredState::Superseded => "superseded",
        };
        let message = Change::of(&self.names.messages, message_key(at.0, at.1))
            .set("outcome", s(outcome))
            .when("#state = :decided")
            .bind("decided", s("decided"));
        let question = Change::of(&self.names.messages, deferred_key(at.0, at.1))
            .set("state", s(after.state.as_str()))
            .set("replies", n(after.replies))
            .set("dueShard", None)
            .set("dueAt", None)
            .when("#state = :was AND #replies = :had")
            .bind("was", s(before.state.as_str()))
            .bind("had", n(before.replies));
        vec![question.transact(), message.transact()]
    }
}

fn deferred_key(vendor: &VendorId, id: &MessageId) -> Item {
    key(message_pk(vendor, id), "deferred")
}

fn read(vendor: &VendorId, id: &MessageId, item: &Item) -> Result<Deferred, AwsError> {
    let from = Reader::new(item, "reading a question that waits");
    let state = DeferredState::parse(from.text("state")?);
    Ok(Deferred {
        vendor: vendor.clone(),
        waba: from.parsed("wabaId")?,
        question: id.clone(),
        conversation: from.parsed("conversation")?,
        epoch: from.number("epoch")?,
        asked_at: from.time("askedAt")?,
        answer_by: from.time("answerBy")?,
        state: state.ok_or_else(|| from.unreadable())?,
        replies: from.number("replies")?,
    })
}
