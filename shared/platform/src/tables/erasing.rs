//! Erasing what a vendor's items are, page by page: each is found by a key or an index, and what was erased is not found again.

use aws::dynamodb::{Query, WriteRequest};
use domain::{VendorId, WabaId};

use super::Tables;
use super::item::{Item, Reader, key, s};
use super::lanes::lane_pk;
use crate::error::AwsError;

/// Items of one page.
const PAGE: i32 = 100;
/// Deletions that DynamoDB takes in one request.
const BATCH: usize = 25;
/// How often a request is repeated for what the service had no capacity for.
const TRIES: u32 = 4;

/// A page of items that were erased.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErasedPage {
    pub items: u64,
    /// Where the next page begins, if this was not the last.
    pub next: Option<Start>,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Start(Item);

/// What is erased by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasable<'a> {
    Messages,
    /// What the ledger holds beside messages.
    Traces,
    /// Conversations, the names that lead to them, and open sends.
    Conversations,
    /// A vendor's counted days.
    Counts,
    /// Customers' orders.
    Orders,
    /// Gaps and pairing codes.
    Numbers,
    /// Whatever is kept under the vendor's id beside its messages and conversations.
    Vendor,
    /// The gaps of one number.
    Gaps(&'a WabaId),
    /// The lane of one number, its list and its watch.
    Lane(&'a WabaId),
}

impl Tables {
    /// Erases a page of a vendor's items.
    pub async fn erase(
        &self,
        vendor: &VendorId,
        what: Erasable<'_>,
        start: Option<Start>,
    ) -> Result<ErasedPage, AwsError> {
        let (table, query) = self.erasable(vendor, what);
        let (mut keys, next) = keys_of(query, start).await?;
        if what == Erasable::Numbers {
            keys.retain(|key| !is_number(key));
        }
        if what == Erasable::Conversations {
            keys = self.with_open_sends(keys).await?;
        }
        self.delete_all(table, &keys).await?;
        Ok(ErasedPage {
            items: u64::try_from(keys.len()).unwrap_or(u64::MAX),
            next,
        })
    }

    fn erasable(&self, vendor: &VendorId, what: Erasable<'_>) -> (&str, Query) {
        let names = &self.names;
        let query = |table: &String, condition: &str, key: String| {
            self.client
                .query()
                .table_name(table)
                .key_condition_expression(condition)
                .expression_attribute_values(":key", s(key))
        };
        let owned = |table| {
            query(table, "#owner = :key", vendor.to_string())
                .index_name("by_owner")
                .expression_attribute_names("#owner", "owner")
        };
        match what {
            Erasable::Messages => {
                let listed = query(&names.messages, "vendorId = :key", vendor.to_string());
                (&names.messages, listed.index_name("by_vendor"))
            }
            Erasable::Traces => (&names.messages, owned(&names.messages)),
            Erasable::Conversations => (&names.conversations, owned(&names.conversations)),
            Erasable::Counts => {
                let days = query(&names.counters, "pk = :key", vendor.to_string());
                (&names.counters, days.consistent_read(true))
            }
            Erasable::Orders => {
                let orders = query(&names.orders, "pk = :key", vendor.to_string());
                (&names.orders, orders.consistent_read(true))
            }
            Erasable::Numbers | Erasable::Vendor => {
                let kept = query(&names.waba_instances, "pk = :key", vendor.to_string());
                (&names.waba_instances, kept.consistent_read(true))
            }
            Erasable::Gaps(waba) => {
                let condition = "pk = :key AND begins_with(sk, :gap)";
                let gaps = query(&names.waba_instances, condition, vendor.to_string())
                    .expression_attribute_values(":gap", s("gap#"))
                    .filter_expression("wabaId = :waba")
                    .expression_attribute_values(":waba", s(waba.as_str()));
                (&names.waba_instances, gaps.consistent_read(true))
            }
            Erasable::Lane(waba) => {
                let lane = query(&names.lanes, "pk = :key", lane_pk(vendor, waba));
                (&names.lanes, lane.consistent_read(true))
            }
        }
    }

    /// Conversations with what stands under their keys; one that has more than a page of it is left for the next time.
    async fn with_open_sends(&self, found: Vec<Item>) -> Result<Vec<Item>, AwsError> {
        let mut all = Vec::with_capacity(found.len());
        for key in found {
            let from = Reader::new(&key, "erasing a conversation");
            if from.text("sk")? != "conversation" {
                all.push(key);
                continue;
            }
            let query = self
                .client
                .query()
                .table_name(&self.names.conversations)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(from.text("pk")?))
                .consistent_read(true);
            let (mut under, next) = keys_of(query, None).await?;
            if next.is_some() {
                under.retain(|one| *one != key);
            }
            // A customer's word is found by itself, and one request names nothing twice.
            under.retain(|one| one["sk"] != s("word"));
            all.extend(under);
        }
        Ok(all)
    }

    pub(super) async fn delete_all(&self, table: &str, keys: &[Item]) -> Result<(), AwsError> {
        const ATTEMPTED: &str = "erasing items";
        for batch in keys.chunks(BATCH) {
            let deletion = |key: &Item| WriteRequest::DeleteRequest { key: key.clone() };
            let mut left: Vec<_> = batch.iter().map(deletion).collect();
            for attempt in 0..TRIES {
                let request = self.client.batch_write_item().request_items(table, left);
                let answer = request.send().await;
                let answer = answer.map_err(|error| AwsError::of(ATTEMPTED, &error))?;
                left = answer.unprocessed_items.into_values().flatten().collect();
                if left.is_empty() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50 << attempt)).await;
            }
            if !left.is_empty() {
                return Err(AwsError::contended(ATTEMPTED));
            }
        }
        Ok(())
    }
}

/// A number, or the mark of one that was deleted.
fn is_number(key: &Item) -> bool {
    let sk = Reader::new(key, "erasing a number").text_opt("sk");
    sk.is_some_and(|sk| sk.starts_with("waba#") || sk.starts_with("was#"))
}

/// The keys of a page of items, and where the next page begins.
async fn keys_of(
    query: Query,
    start: Option<Start>,
) -> Result<(Vec<Item>, Option<Start>), AwsError> {
    let answer = query
        .exclusive_start_key(start.map(|Start(key)| key))
        .projection_expression("pk, sk")
        .limit(PAGE)
        .send()
        .await
        .map_err(|error| AwsError::of("finding what to erase", &error))?;
    let key_of = |item: &Item| {
        let part = |name: &str| Reader::new(item, "an item to erase").text(name);
        Ok(key(part("pk")?, part("sk")?))
    };
    let keys = answer.items.iter().map(key_of);
    let keys = keys.collect::<Result<_, AwsError>>()?;
    Ok((keys, answer.last_evaluated_key.map(Start)))
}
