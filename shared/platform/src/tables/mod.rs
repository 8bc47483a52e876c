//! The tables: what is read, and what is written on which condition. Decisions are made in `domain`, on what was read here.

mod actions;
mod admin_keys;
mod aliases;
mod aside;
mod audit;
mod breaker;
mod burst;
mod catalogue;
mod changes;
mod closing;
mod conversation_list;
mod conversations;
mod counted;
mod counters;
mod deferred;
mod doubts;
mod engines;
mod erasing;
mod erasure;
mod evidence;
mod gaps;
mod held;
mod idempotency;
mod inbound;
mod item;
mod lanes;
mod leads;
mod listing;
mod marks;
mod media;
mod orders;
mod outbound;
mod outbound_item;
mod owners;
mod pacing;
mod pairing;
mod people;
mod probe;
mod quotable;
mod rate;
mod raw;
mod receipts;
mod registration;
mod restore;
mod rotations;
mod rounds;
mod secrets_lease;
mod side;
mod vendor_change;
mod vendors;
mod watch;

use std::time::Duration;

use aws::dynamodb::{
    AttributeValue, KeysAndAttributes, TransactWriteItem, UpdateItem, Written, cancellation_reasons,
};
use domain::Fingerprint;

pub use actions::{ActionsTask, ListedActions, Recorded};
pub use admin_keys::StoredKey;
pub use aliases::{Aliases, ContactRow};
pub use aside::{OwnGroup, place_aside};
pub use audit::Sought;
pub use changes::{Changed, Changes};
pub use closing::{Active, CLOSE_NUMBER};
pub use conversation_list::{ConversationPage, ConversationPlace};
pub use conversations::{Decided, KeptConversation};
pub use counters::Fleet;
pub use deferred::{Question, Settled};
pub use doubts::Control;
pub use engines::{EngineKey, EngineUse, KeptBreaker, LastFailure, Place, Places};
pub use erasing::{Erasable, ErasedPage, Start};
pub use evidence::Noted;
pub use held::HeldSend;
pub use idempotency::{Staff, Staffed};
pub use inbound::{Claim, Claimed, InboundRow, LeftBehind};
pub use lanes::Parked;
pub use listing::{Direction, Listed, Page};
pub use media::{KeptMedia, MediaTask, StoredMedia};
pub use orders::{OrderPage, OrderPut};
pub use outbound::{Sendable, TAKE_CONTROL, TAKE_LANE, TAKE_MESSAGE};
pub use owners::Owner;
pub use pairing::PairingRow;
pub use people::{Epoch, Merged, Next};
pub use quotable::Quotable;
pub use receipts::Receipts;
pub use registration::{Registered, Registration};
pub use restore::{RestorePage, Waiting};
pub use vendor_change::VendorWrite;
pub use vendors::VendorRow;
pub use watch::{Session, TOLD_INSTANCE};

use crate::error::AwsError;
use item::Item;
pub(crate) use raw::VendorItems;

/// Every table of a stack.
#[derive(Clone, Debug)]
pub struct Tables {
    client: aws::dynamodb::Client,
    names: Names,
    leads: leads::Leads,
}

#[derive(Clone, Debug)]
struct Names {
    waba_instances: String,
    vendor_configs: String,
    messages: String,
    conversations: String,
    lanes: String,
    admin_keys: String,
    audit: String,
    counters: String,
    orders: String,
}

/// How a conditional write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commit {
    Done,
    /// Nothing was written, because the conditions of these parts no longer hold.
    Lost(Vec<usize>),
}

impl Commit {
    pub fn is_done(&self) -> bool {
        *self == Self::Done
    }
}

/// How often a transaction that met another one is repeated.
const CONFLICT_TRIES: u32 = 5;

impl Tables {
    pub(crate) fn new(client: aws::dynamodb::Client, stack: &str) -> Self {
        let name = |table: &str| format!("{stack}-{table}");
        let names = Names {
            waba_instances: name("waba_instances"),
            vendor_configs: name("vendor_configs"),
            messages: name("messages"),
            conversations: name("conversations"),
            lanes: name("lanes"),
            admin_keys: name("admin_keys"),
            audit: name("audit"),
            counters: name("counters"),
            orders: name("orders"),
        };
        Self {
            client,
            names,
            leads: leads::Leads::default(),
        }
    }

    /// Writes all parts or none. A conflict with another transaction is not an outcome: it is tried again.
    async fn commit(
        &self,
        attempted: &'static str,
        parts: Vec<TransactWriteItem>,
    ) -> Result<Commit, AwsError> {
        for attempt in 0..CONFLICT_TRIES {
            let request = self
                .client
                .transact_write_items()
                .transact_items(parts.clone());
            let Err(error) = request.send().await else {
                return Ok(Commit::Done);
            };
            let Some(reasons) = cancellation_reasons(&error) else {
                return Err(AwsError::of(attempted, &error));
            };
            let failed = |code: &str| -> Vec<usize> {
                let reasons = reasons.iter().enumerate();
                reasons
                    .filter(|(_, reason)| *reason == code)
                    .map(|(part, _)| part)
                    .collect()
            };
            let lost = failed("ConditionalCheckFailed");
            if !lost.is_empty() {
                return Ok(Commit::Lost(lost));
            }
            if failed("TransactionConflict").is_empty() {
                return Err(AwsError::of(attempted, &error));
            }
            tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
        }
        Err(AwsError::contended(attempted))
    }

    /// Changes one item. A conflict with a transaction is not an outcome: it is tried again.
    async fn update(request: UpdateItem) -> Result<Written, aws::Error> {
        for attempt in 0..CONFLICT_TRIES {
            let answer = request.clone().send().await;
            let conflicts = |error: &aws::Error| error.is("TransactionConflictException");
            if !answer.as_ref().is_err_and(conflicts) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
        }
        request.send().await
    }

    async fn get(
        &self,
        attempted: &'static str,
        table: &str,
        key: Item,
    ) -> Result<Option<Item>, AwsError> {
        let request = self
            .client
            .get_item()
            .table_name(table)
            .key(key)
            .consistent_read(true);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of(attempted, &error))?;
        Ok(answer.item)
    }

    /// Puts an item whose key is not taken; one that is taken is an error.
    async fn put_new(
        &self,
        attempted: &'static str,
        table: &str,
        item: Item,
    ) -> Result<(), AwsError> {
        let request = self
            .client
            .put_item()
            .table_name(table)
            .item(item)
            .condition_expression("attribute_not_exists(pk)");
        let put = request.send().await;
        put.map(|_| ())
            .map_err(|error| AwsError::of(attempted, &error))
    }

    /// Reads several items of several tables in one call, strongly consistent. An item that the service had no capacity for is an error.
    async fn get_many(
        &self,
        attempted: &'static str,
        keys: &[(&str, Item)],
    ) -> Result<Vec<Option<Item>>, AwsError> {
        let mut request = self.client.batch_get_item();
        let mut tables: Vec<&str> = keys.iter().map(|(table, _)| *table).collect();
        tables.sort_unstable();
        tables.dedup();
        for table in &tables {
            let of_table = keys
                .iter()
                .filter(|(name, _)| name == table)
                .map(|(_, key)| key.clone())
                .collect();
            let wanted = KeysAndAttributes {
                keys: of_table,
                consistent_read: true,
            };
            request = request.request_items(*table, wanted);
        }
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of(attempted, &error))?;
        if !answer.unprocessed_keys.is_empty() {
            return Err(AwsError::contended(attempted));
        }
        let found = answer.responses;
        let is_at = |item: &Item, key: &Item| {
            key.iter()
                .all(|(name, value)| item.get(name) == Some(value))
        };
        let find = |(table, key): &(&str, Item)| {
            found
                .get(*table)?
                .iter()
                .find(|item| is_at(item, key))
                .cloned()
        };
        Ok(keys.iter().map(find).collect())
    }

    /// The keys of items that the sweep must look at by now, from one shard, oldest first.
    async fn due(
        &self,
        table: &str,
        shard: &str,
        until: jiff::Timestamp,
        limit: i32,
    ) -> Result<Vec<Item>, AwsError> {
        let request = self
            .client
            .query()
            .table_name(table)
            .index_name("by_due")
            .key_condition_expression("dueShard = :shard AND dueAt <= :until")
            .expression_attribute_values(":shard", AttributeValue::S(shard.to_owned()))
            .expression_attribute_values(":until", item::ms(until))
            .limit(limit);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("listing what is due", &error))?;
        Ok(answer.items)
    }
}

/// Shards of the index of messages that are due, so that one hot partition does not bound the gateway.
pub const DUE_SHARDS: u8 = 4;

fn message_shard(pk: &str) -> String {
    let byte = Fingerprint::of(&[pk])
        .hex()
        .bytes()
        .next()
        .unwrap_or_default();
    format!("messages-{}", byte % DUE_SHARDS)
}
