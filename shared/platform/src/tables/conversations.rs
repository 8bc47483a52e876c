use aws::dynamodb::TransactWriteItem;
use domain::conversation::{Attendant, Conversation, Heard};
use domain::decision::Decision;
use domain::deferred::Deferred;
use domain::echo::Unlinked;
use domain::engine::Context;
use domain::rules::Memory;
use domain::{ConversationId, GroupId, Identity, MessageId, Outbound, VendorId};
use jiff::Timestamp;

use super::actions::Recorded;
use super::item::{Change, Item, Reader, json, key, ms, n, s};
use super::people::{Epoch, Merged, Next};
use super::{Commit, Tables};
use crate::error::AwsError;

/// How many pointers are followed to a conversation; each stands for two conversations that were found to be one.
const HOPS: usize = 8;

pub(super) fn conversation_pk(vendor: &VendorId, id: &ConversationId) -> String {
    format!("{vendor}#{id}")
}

pub(super) fn conversation_key(vendor: &VendorId, id: &ConversationId) -> Item {
    key(conversation_pk(vendor, id), "conversation")
}

impl Tables {
    /// A conversation, or the one that it was found to be the same as.
    pub async fn conversation(
        &self,
        vendor: &VendorId,
        id: &ConversationId,
    ) -> Result<Option<Conversation>, AwsError> {
        let found = self.kept_conversation(vendor, id).await?;
        Ok(found.map(|kept| kept.conversation))
    }

    /// The same, with when it was last written.
    pub async fn kept_conversation(
        &self,
        vendor: &VendorId,
        id: &ConversationId,
    ) -> Result<Option<KeptConversation>, AwsError> {
        let mut id = id.clone();
        for _ in 0..HOPS {
            let attempted = "reading a conversation";
            let key = conversation_key(vendor, &id);
            let Some(item) = self.get(attempted, &self.names.conversations, key).await? else {
                return Ok(None);
            };
            match Reader::new(&item, attempted).parsed_opt("mergedInto") {
                Some(into) => id = into,
                None => return kept(vendor, &id, &item).map(Some),
            }
        }
        Err(AwsError::unreadable("following a conversation"))
    }

    /// Writes a whole decision: the inbound message is decided, its replies exist, the conversation moved on, the aliases lead to it. All or nothing.
    pub async fn decide(
        &self,
        heard: Heard<'_>,
        claim: &super::Claimed,
        decision: &Decided<'_>,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let next = Next {
            conversation: &decision.decision.conversation,
            new_aliases: decision.new_aliases,
            merged: decision.merged,
        };
        let mut parts = vec![self.inbound_decided(heard, claim, decision, now)];
        let epoch = if next.conversation.rules.is_changed_by(heard.id) {
            Epoch::Rises
        } else if decision.decision.replies.is_empty() {
            next.epoch(now)
        } else {
            Epoch::Stays
        };
        parts.extend(self.conversation_parts(&next, epoch, now));
        let joined = decision.joined;
        parts.extend(joined.map(|joined| self.joined(next.conversation, joined)));
        parts.extend(
            decision
                .decision
                .replies
                .iter()
                .map(|reply| self.new_reply(reply, heard.received_at, now)),
        );
        let actions = decision.actions.as_ref();
        parts.extend(actions.and_then(|recorded| self.new_actions(recorded, now)));
        parts.extend(
            decision
                .deferred
                .map(|deferred| self.new_deferred(deferred)),
        );
        self.commit("writing a decision", parts).await
    }

    pub(super) fn conversation_change(
        &self,
        conversation: &Conversation,
        epoch: Epoch,
        now: Timestamp,
    ) -> TransactWriteItem {
        let (attendant, until) = match conversation.attendant {
            Attendant::Engine => ("engine", None),
            Attendant::Human { until } => ("human", Some(until)),
        };
        let change = Change::of(
            &self.names.conversations,
            conversation_key(&conversation.vendor, &conversation.id),
        )
        .owned()
        .set("vendorId", s(conversation.vendor.as_str()))
        .set("contact", json(&conversation.contact))
        .set("context", json(&conversation.context))
        .set(
            "groupId",
            conversation.group.as_ref().map(|group| s(&group.0)),
        )
        .set("attendant", s(attendant))
        .set("attendedUntil", until.map(ms))
        .set("attendedBy", conversation.attended_by.as_deref().map(s))
        .set("lookedUpAt", conversation.looked_up_at.map(ms))
        .set(
            "mergedFrom",
            (!conversation.merged_from.is_empty()).then(|| json(&conversation.merged_from)),
        )
        .set(
            "rules",
            (conversation.rules != Memory::default()).then(|| json(&conversation.rules)),
        )
        .set(
            "held",
            (!conversation.held.is_empty()).then(|| json(&conversation.held)),
        )
        .set("burst", conversation.burst.as_ref().map(json))
        .set("version", n(conversation.version))
        .set("updatedAt", ms(now))
        .set("schema", n(1));
        let change = match epoch {
            Epoch::Rises if conversation.version > 1 => change.add("epoch", 1),
            Epoch::Rises | Epoch::Stays => {
                change.set_if_absent("epoch", n(conversation.control_epoch))
            }
        };
        if conversation.version == 1 {
            change.when("attribute_not_exists(#version)").transact()
        } else {
            change
                .when("#version = :read AND attribute_not_exists(#mergedInto)")
                .bind("read", n(conversation.version - 1))
                .transact()
        }
    }

    /// Sends of a conversation that no provider id is known for yet, oldest first: the newest 50, for each try leaves a mark.
    pub async fn unlinked(
        &self,
        vendor: &VendorId,
        id: &ConversationId,
    ) -> Result<Vec<Unlinked>, AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.conversations)
            .key_condition_expression("pk = :pk AND begins_with(sk, :open)")
            .expression_attribute_values(":pk", s(conversation_pk(vendor, id)))
            .expression_attribute_values(":open", s("open#"))
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(50);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("reading open sends", &error))?;
        let read = |item: &Item| {
            let from = Reader::new(item, "reading open sends");
            Ok(Unlinked {
                message: from.parsed("messageId")?,
                content: from.json("content")?,
                begun_at: from.time("begunAt")?,
            })
        };
        answer.items.iter().rev().map(read).collect()
    }

    /// Forgets the mark by which an echo finds a send, once its provider id is known.
    pub async fn close_send(
        &self,
        vendor: &VendorId,
        id: &ConversationId,
        send: &Unlinked,
    ) -> Result<(), AwsError> {
        let sk = format!(
            "open#{:013}#{}",
            send.begun_at.as_millisecond(),
            send.message
        );
        let request = self
            .client
            .delete_item()
            .table_name(&self.names.conversations);
        let request = request.key(key(conversation_pk(vendor, id), &sk));
        request
            .send()
            .await
            .map_err(|error| AwsError::of("closing an open send", &error))?;
        Ok(())
    }
}

/// A decision and what is written beside it.
#[derive(Debug)]
pub struct Decided<'a> {
    pub decision: &'a Decision,
    /// `answered`, or why not.
    pub outcome: &'a str,
    /// What was wrong with the engine's answer.
    pub reason: Option<&'a str>,
    pub new_aliases: &'a [Identity],
    /// The conversation that was found to be the same.
    pub merged: Option<&'a Merged>,
    /// That its engine answers later.
    pub deferred: Option<&'a Deferred>,
    pub actions: Option<Recorded<'a>>,
    /// The message before it that waited to be answered with it.
    pub joined: Option<&'a MessageId>,
}

/// A conversation, and when it was last written: something was heard, sent, or decided about it.
#[derive(Clone, Debug)]
pub struct KeptConversation {
    pub conversation: Conversation,
    pub updated_at: Timestamp,
}

pub(super) fn kept(
    vendor: &VendorId,
    id: &ConversationId,
    item: &Item,
) -> Result<KeptConversation, AwsError> {
    Ok(KeptConversation {
        conversation: read(vendor, id, item)?,
        updated_at: Reader::new(item, "reading a conversation").time("updatedAt")?,
    })
}

fn read(vendor: &VendorId, id: &ConversationId, item: &Item) -> Result<Conversation, AwsError> {
    let from = Reader::new(item, "reading a conversation");
    Ok(Conversation {
        id: id.clone(),
        vendor: vendor.clone(),
        contact: from.json("contact")?,
        group: from
            .text_opt("groupId")
            .map(|group| GroupId(group.to_owned())),
        context: from.json::<Context>("context")?,
        attendant: match from.text("attendant")? {
            "human" => Attendant::Human {
                until: from.time("attendedUntil")?,
            },
            _ => Attendant::Engine,
        },
        attended_by: from.text_opt("attendedBy").map(str::to_owned),
        control_epoch: from.number_opt("epoch").unwrap_or_default(),
        version: from.number("version")?,
        looked_up_at: from.time_opt("lookedUpAt"),
        merged_from: match from.text_opt("mergedFrom") {
            Some(_) => from.json("mergedFrom")?,
            None => Vec::new(),
        },
        rules: from.json_or_default("rules")?,
        held: from.json_or_default("held")?,
        burst: from.json_or_default("burst")?,
    })
}

/// Ids of the replies of a decision, to be found again after a crash.
pub(super) fn reply_ids(replies: &[Outbound]) -> Vec<&MessageId> {
    replies.iter().map(|reply| &reply.id).collect()
}
