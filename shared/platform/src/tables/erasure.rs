//! A deleted vendor's erasure, which stands in the place of its configuration, and the mark by which the sweep finds it.

use aws::dynamodb::TransactWriteItem;
use domain::erasure::Erasure;
use domain::{VendorConfig, VendorId};
use jiff::Timestamp;

use super::item::{Change, Item, Reader, Writer, b, json, key, ms, n, s};
use super::registration::unmoved;
use super::vendors::config_key;
use super::{Commit, Tables};
use crate::error::AwsError;

/// The shard of the lanes' index that erasures are found by.
const DUE_SHARD: &str = "erasures";

fn mark_key(vendor: &VendorId) -> Item {
    key(vendor.as_str(), "erasure")
}

impl Tables {
    /// Puts an erasure in the place of a vendor's configuration, if that is still as it was read: the vendor is gone with it.
    pub async fn begin_erasure(
        &self,
        config: &VendorConfig,
        erasure: &Erasure,
    ) -> Result<Commit, AwsError> {
        let vendor = &config.vendor_id;
        let item = Writer::at(config_key(vendor))
            .with("erasing", b(true))
            .with("begunAt", ms(erasure.begun_at))
            .with("dueAt", ms(erasure.due_at))
            .with("erased", json(&erasure.erased))
            .with("revision", n(erasure.revision))
            .with("schema", n(1));
        let as_read = Change::of(&self.names.vendor_configs, config_key(vendor));
        let parts = vec![
            unmoved(as_read, Some(config.revision)).replace_by(item.item()),
            self.due_mark(vendor, erasure.due_at),
        ];
        self.commit("deleting a vendor", parts).await
    }

    /// A deleted vendor's erasure, while its id is remembered.
    pub async fn erasure(&self, vendor: &VendorId) -> Result<Option<Erasure>, AwsError> {
        let item = self
            .get(
                "reading an erasure",
                &self.names.vendor_configs,
                config_key(vendor),
            )
            .await?;
        let erasing = item.filter(is_erasing);
        erasing.as_ref().map(read).transpose()
    }

    /// Writes an erasure's next state if it is still as it was read.
    pub async fn change_erasure(
        &self,
        vendor: &VendorId,
        before: &Erasure,
        after: &Erasure,
    ) -> Result<Commit, AwsError> {
        let change = self
            .as_it_was(vendor, before)
            .set("finishedAt", after.finished_at.map(ms))
            .set("dueAt", ms(after.due_at))
            .set("leaseUntil", after.lease_until.map(ms))
            .set("erased", json(&after.erased))
            .set("revision", n(after.revision));
        let parts = vec![change.transact(), self.due_mark(vendor, after.due_at)];
        self.commit("going on with an erasure", parts).await
    }

    /// Forgets that a vendor was there, so that its id can be used as any other.
    pub async fn forget_erased(
        &self,
        vendor: &VendorId,
        finished: &Erasure,
    ) -> Result<Commit, AwsError> {
        let parts = vec![
            self.as_it_was(vendor, finished).delete(),
            super::item::delete(&self.names.lanes, mark_key(vendor)),
        ];
        self.commit("forgetting an erased vendor", parts).await
    }

    /// Vendors whose erasure somebody must go on with by now.
    pub async fn due_erasures(
        &self,
        until: Timestamp,
        limit: i32,
    ) -> Result<Vec<VendorId>, AwsError> {
        let items = self.due(&self.names.lanes, DUE_SHARD, until, limit).await?;
        let vendor = |item: &Item| Reader::new(item, "a due erasure").parsed_opt("pk");
        Ok(items.iter().filter_map(vendor).collect())
    }

    fn as_it_was(&self, vendor: &VendorId, before: &Erasure) -> Change {
        Change::of(&self.names.vendor_configs, config_key(vendor))
            .when("#erasing = :true AND #revision = :before")
            .bind("true", b(true))
            .bind("before", n(before.revision))
    }

    fn due_mark(&self, vendor: &VendorId, due_at: Timestamp) -> TransactWriteItem {
        Change::of(&self.names.lanes, mark_key(vendor))
            .set("dueShard", s(DUE_SHARD))
            .set("dueAt", ms(due_at))
            .set("schema", n(1))
            .transact()
    }
}

/// Whether what stands in the place of a configuration is an erasure.
pub(super) fn is_erasing(item: &Item) -> bool {
    Reader::new(item, "a vendor").flag("erasing")
}

fn read(item: &Item) -> Result<Erasure, AwsError> {
    let from = Reader::new(item, "reading an erasure");
    Ok(Erasure {
        begun_at: from.time("begunAt")?,
        finished_at: from.time_opt("finishedAt"),
        due_at: from.time("dueAt")?,
        lease_until: from.time_opt("leaseUntil"),
        erased: from.json_or_default("erased")?,
        revision: from.number("revision")?,
    })
}
