//! A vendor's conversations, and the messages of one.

use std::collections::HashMap;

use aws::dynamodb::AttributeValue;
use domain::{ConversationId, Outbound, VendorId};
use jiff::Timestamp;

use super::Tables;
use super::conversations::{KeptConversation, conversation_key, kept};
use super::item::{Item, Reader, key, ms, s};
use super::listing::{Listed, whole};
use crate::error::AwsError;

/// Where a conversation stands in the list of its vendor's.
pub type ConversationPlace = (Timestamp, ConversationId);

/// One page of the list, the conversation that was last written first.
#[derive(Clone, Debug)]
pub struct ConversationPage {
    pub conversations: Vec<KeptConversation>,
    /// Where the next page begins: the last conversation's place.
    pub next: Option<ConversationPlace>,
}

/// Items that one call looks at, and calls that one page may cost: rare ones are looked for within this bound.
const LOOKED_AT: i32 = 100;
const CALLS: usize = 10;
/// Items that one batch may ask for, which is DynamoDB's own bound.
const BATCH: usize = 100;

impl Tables {
    /// A vendor's conversations that are wanted, from after `start`. One that was found to be another is not shown, that other is.
    pub async fn conversations(
        &self,
        vendor: &VendorId,
        limit: usize,
        mut start: Option<ConversationPlace>,
        wanted: impl Fn(&KeptConversation) -> bool,
    ) -> Result<ConversationPage, AwsError> {
        let mut conversations = Vec::new();
        for _ in 0..CALLS {
            let (items, ended) = self.conversation_page(vendor, start.as_ref()).await?;
            for item in &items {
                if conversations.len() == limit {
                    let next = start;
                    return Ok(ConversationPage {
                        conversations,
                        next,
                    });
                }
                let (updated_at, id) = place(item)?;
                let is_another = item.contains_key("mergedInto");
                let listed = (!is_another).then(|| kept(vendor, &id, item)).transpose()?;
                start = Some((updated_at, id));
                conversations.extend(listed.filter(&wanted));
            }
            if ended {
                start = None;
                break;
            }
        }
        Ok(ConversationPage {
            conversations,
            next: start,
        })
    }

    async fn conversation_page(
        &self,
        vendor: &VendorId,
        start: Option<&ConversationPlace>,
    ) -> Result<(Vec<Item>, bool), AwsError> {
        let attempted = "listing conversations";
        let request = self
            .client
            .query()
            .table_name(&self.names.conversations)
            .index_name("by_vendor")
            .key_condition_expression("vendorId = :vendor")
            .expression_attribute_values(":vendor", s(vendor.as_str()))
            .scan_index_forward(false)
            .limit(LOOKED_AT)
            .exclusive_start_key(start.map(|start| start_key(vendor, start)));
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of(attempted, &error))?;
        let ended = answer.last_evaluated_key.is_none();
        Ok((answer.items, ended))
    }

    /// The newest messages of a conversation, which may have been several, since a time; newest first, each as it is now.
    pub async fn messages_of(
        &self,
        vendor: &VendorId,
        conversations: &[&ConversationId],
        (limit, since): (usize, Timestamp),
    ) -> Result<Vec<(Listed, Option<Outbound>)>, AwsError> {
        let mut places = Vec::new();
        for conversation in conversations {
            places.extend(self.places_in(conversation, limit, since).await?);
        }
        places.sort_unstable_by(|one: &(String, Item), other| other.0.cmp(&one.0));
        places.truncate(limit);
        let mut messages = Vec::with_capacity(places.len());
        for batch in places.chunks(BATCH) {
            let table = self.names.messages.as_str();
            let keys: Vec<_> = batch.iter().map(|(_, key)| (table, key.clone())).collect();
            for item in self
                .get_many("reading messages", &keys)
                .await?
                .iter()
                .flatten()
            {
                let ours = Reader::new(item, "reading messages").text_opt("vendorId");
                if ours == Some(vendor.as_str()) {
                    messages.extend(whole(item)?);
                }
            }
        }
        Ok(messages)
    }

    /// Where messages of a conversation stand, and their keys.
    async fn places_in(
        &self,
        conversation: &ConversationId,
        limit: usize,
        since: Timestamp,
    ) -> Result<Vec<(String, Item)>, AwsError> {
        let attempted = "listing a conversation's messages";
        let oldest = format!("{:013}", since.as_millisecond().max(0));
        let request = self
            .client
            .query()
            .table_name(&self.names.messages)
            .index_name("by_conversation")
            .key_condition_expression("conversationId = :conversation AND listKey >= :oldest")
            .expression_attribute_values(":conversation", s(conversation.as_str()))
            .expression_attribute_values(":oldest", s(oldest))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of(attempted, &error))?;
        let place = |item: &Item| {
            let from = Reader::new(item, attempted);
            let place = from.text("listKey")?.to_owned();
            Ok((place, key(from.text("pk")?, from.text("sk")?)))
        };
        answer.items.iter().map(place).collect()
    }
}

fn place(item: &Item) -> Result<ConversationPlace, AwsError> {
    let from = Reader::new(item, "listing conversations");
    let id = from.text("pk")?.rsplit('#').next();
    let id = id.and_then(|id| ConversationId::parse(id).ok());
    Ok((
        from.time("updatedAt")?,
        id.ok_or_else(|| from.unreadable())?,
    ))
}

fn start_key(
    vendor: &VendorId,
    (updated_at, id): &ConversationPlace,
) -> HashMap<String, AttributeValue> {
    let mut start = conversation_key(vendor, id);
    start.insert("vendorId".to_owned(), s(vendor.as_str()));
    start.insert("updatedAt".to_owned(), ms(*updated_at));
    start
}
