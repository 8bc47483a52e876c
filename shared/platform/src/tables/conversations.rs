use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::conversation::{Attendant, Conversation, Heard};
use domain::decision::Decision;
use domain::echo::Unlinked;
use domain::engine::Context;
use domain::{Contact, ConversationId, Identity, MessageId, Outbound, VendorConfig, VendorId};
use jiff::Timestamp;

use super::item::{Change, Item, Reader, Writer, json, key, ms, n, put, s};
use super::{Commit, Tables};
use crate::error::AwsError;

/// A contact's identities and where each leads.
pub type Aliases = Vec<(Identity, Option<ConversationId>)>;

/// What is read of a contact for one message.
#[derive(Clone, Debug)]
pub struct ContactRow {
    pub aliases: Aliases,
    pub config: Option<VendorConfig>,
}

pub(super) fn conversation_pk(vendor: &VendorId, id: &ConversationId) -> String {
    format!("{vendor}#{id}")
}

pub(super) fn conversation_key(vendor: &VendorId, id: &ConversationId) -> Item {
    key(conversation_pk(vendor, id), "conversation")
}

fn leads_to(item: &Item) -> Option<ConversationId> {
    Reader::new(item, "an alias").parsed_opt("conversationId")
}

fn alias_key(vendor: &VendorId, identity: &Identity) -> Item {
    key(format!("{vendor}#{}", identity.key()), "alias")
}

impl Tables {
    /// Where a contact's identities lead, in their order; `None` for one that leads nowhere yet.
    pub async fn aliases(&self, vendor: &VendorId, contact: &Contact) -> Result<Aliases, AwsError> {
        self.leads(vendor, contact.identities().collect()).await
    }

    /// Where identities lead, in their order; `None` for one that leads nowhere yet.
    pub async fn leads(
        &self,
        vendor: &VendorId,
        identities: Vec<Identity>,
    ) -> Result<Aliases, AwsError> {
        if identities.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.alias_keys(vendor, &identities);
        let found = self.get_many("reading a contact's aliases", &keys).await?;
        Ok(identities
            .into_iter()
            .zip(found.iter().map(|item| item.as_ref().and_then(leads_to)))
            .collect())
    }

    /// Where a contact's identities lead, and how its vendor wants to answer, read in one call.
    pub async fn contact(
        &self,
        vendor: &VendorId,
        contact: &Contact,
    ) -> Result<ContactRow, AwsError> {
        let identities: Vec<_> = contact.identities().collect();
        let mut keys = self.alias_keys(vendor, &identities);
        let config_key = super::vendors::config_key(vendor);
        keys.push((self.names.vendor_configs.as_str(), config_key));
        let mut found = self.get_many("reading a contact", &keys).await?;
        let config = found.pop().flatten();
        let config = config
            .as_ref()
            .map(super::vendors::read_config)
            .transpose()?;
        let aliases = identities
            .into_iter()
            .zip(found.iter().map(|item| item.as_ref().and_then(leads_to)))
            .collect();
        Ok(ContactRow { aliases, config })
    }

    fn alias_keys(&self, vendor: &VendorId, identities: &[Identity]) -> Vec<(&str, Item)> {
        let table = self.names.conversations.as_str();
        identities
            .iter()
            .map(|identity| (table, alias_key(vendor, identity)))
            .collect()
    }

    /// A conversation, or the one that it was found to be the same as.
    pub async fn conversation(
        &self,
        vendor: &VendorId,
        id: &ConversationId,
    ) -> Result<Option<Conversation>, AwsError> {
        let Some(item) = self
            .get(
                "reading a conversation",
                &self.names.conversations,
                conversation_key(vendor, id),
            )
            .await?
        else {
            return Ok(None);
        };
        let Some(into) =
            Reader::new(&item, "a conversation").parsed_opt::<ConversationId>("mergedInto")
        else {
            return read(vendor, id, &item).map(Some);
        };
        let item = self
            .get(
                "reading a conversation",
                &self.names.conversations,
                conversation_key(vendor, &into),
            )
            .await?;
        item.map(|item| read(vendor, &into, &item)).transpose()
    }

    /// Writes a whole decision: the inbound message is decided, its replies exist, the conversation moved on, the aliases lead to it. All or nothing.
    pub async fn decide(
        &self,
        heard: Heard<'_>,
        claim: &super::Claimed,
        decision: &Decided<'_>,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let conversation = &decision.decision.conversation;
        let mut parts = vec![
            self.inbound_decided(heard, claim, decision.decision, decision.outcome),
            self.conversation_change(conversation, now),
        ];
        parts.extend(
            decision
                .decision
                .replies
                .iter()
                .map(|reply| self.new_outbound(reply, now)),
        );
        parts.extend(
            decision
                .new_aliases
                .iter()
                .map(|alias| self.new_alias(conversation, alias)),
        );
        if let Some(from) = decision.merged {
            parts.push(self.merge(conversation, from));
        }
        self.commit("writing a decision", parts).await
    }

    /// Writes a conversation that somebody other than a customer's message brought about, with its message. All or nothing.
    pub(super) fn conversation_parts(
        &self,
        conversation: &Conversation,
        aliases: &[Identity],
        now: Timestamp,
    ) -> Vec<TransactWriteItem> {
        let mut parts = vec![self.conversation_change(conversation, now)];
        parts.extend(
            aliases
                .iter()
                .map(|alias| self.new_alias(conversation, alias)),
        );
        parts
    }

    /// Makes one more identity lead to a conversation, unless it leads somewhere already.
    pub async fn add_alias(
        &self,
        conversation: &Conversation,
        identity: &Identity,
    ) -> Result<Commit, AwsError> {
        self.commit(
            "adding an alias",
            vec![self.new_alias(conversation, identity)],
        )
        .await
    }

    fn conversation_change(
        &self,
        conversation: &Conversation,
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
        .set("vendorId", s(conversation.vendor.as_str()))
        .set("contact", json(&conversation.contact))
        .set("context", json(&conversation.context))
        .set("attendant", s(attendant))
        .set("attendedUntil", until.map(ms))
        .set_if_absent("epoch", n(conversation.control_epoch))
        .set("version", n(conversation.version))
        .set("updatedAt", ms(now))
        .set("schema", n(1));
        if conversation.version == 1 {
            change.when("attribute_not_exists(#version)").transact()
        } else {
            change
                .when("#version = :read")
                .bind("read", n(conversation.version - 1))
                .transact()
        }
    }

    fn new_alias(&self, conversation: &Conversation, identity: &Identity) -> TransactWriteItem {
        let item = Writer::at(alias_key(&conversation.vendor, identity))
            .with("conversationId", s(conversation.id.as_str()));
        put(
            &self.names.conversations,
            item.item(),
            Some("attribute_not_exists(pk)"),
        )
    }

    fn merge(&self, into: &Conversation, from: &ConversationId) -> TransactWriteItem {
        Change::of(
            &self.names.conversations,
            conversation_key(&into.vendor, from),
        )
        .set_if_absent("mergedInto", s(into.id.as_str()))
        .transact()
    }

    /// Sends of a conversation that no provider id is known for yet, oldest first, at most 50.
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
            .limit(50);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::from_sdk("reading open sends", &error))?;
        let read = |item: &Item| {
            let from = Reader::new(item, "reading open sends");
            Ok(Unlinked {
                message: from.parsed("messageId")?,
                content: from.json("content")?,
                begun_at: from.time("begunAt")?,
            })
        };
        answer.items().iter().map(read).collect()
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
        let request = request.set_key(Some(key(conversation_pk(vendor, id), &sk)));
        request
            .send()
            .await
            .map_err(|error| AwsError::from_sdk("closing an open send", &error))?;
        Ok(())
    }
}

/// A decision and what is written beside it.
#[derive(Debug)]
pub struct Decided<'a> {
    pub decision: &'a Decision,
    /// `answered`, or why not.
    pub outcome: &'a str,
    pub new_aliases: &'a [Identity],
    /// The conversation that was found to be the same.
    pub merged: Option<&'a ConversationId>,
}

fn read(vendor: &VendorId, id: &ConversationId, item: &Item) -> Result<Conversation, AwsError> {
    let from = Reader::new(item, "reading a conversation");
    Ok(Conversation {
        id: id.clone(),
        vendor: vendor.clone(),
        contact: from.json("contact")?,
        context: from.json::<Context>("context")?,
        attendant: match from.text("attendant")? {
            "human" => Attendant::Human {
                until: from.time("attendedUntil")?,
            },
            _ => Attendant::Engine,
        },
        control_epoch: from.number_opt("epoch").unwrap_or_default(),
        version: from.number("version")?,
    })
}

/// Ids of the replies of a decision, to be found again after a crash.
pub(super) fn reply_ids(replies: &[Outbound]) -> Vec<&MessageId> {
    replies.iter().map(|reply| &reply.id).collect()
}
