//! Writing a change of a vendor on its revision. Pausing it is one write with silencing its lanes.

use aws::dynamodb::TransactWriteItem;
use domain::{VendorConfig, VendorId, WabaId};
use jiff::Timestamp;

use super::Tables;
use super::item::{Change, b, ms, n, s};
use super::lanes::lane_key;
use super::registration::unmoved;
use crate::error::AwsError;

/// What a change of a vendor writes.
#[derive(Clone, Copy, Debug)]
pub struct VendorWrite<'a> {
    pub before: &'a VendorConfig,
    pub after: &'a VendorConfig,
    /// All its numbers, as read with it: one that is added meanwhile raises the vendor's revision.
    pub numbers: &'a [&'a WabaId],
}

impl Tables {
    /// Writes a vendor's change. `false`: somebody changed it meanwhile.
    pub async fn change_vendor(
        &self,
        write: VendorWrite<'_>,
        now: Timestamp,
    ) -> Result<bool, AwsError> {
        let parts = self.vendor_parts(write, now);
        Ok(self.commit("changing a vendor", parts).await?.is_done())
    }

    pub(super) fn vendor_parts(
        &self,
        write: VendorWrite<'_>,
        now: Timestamp,
    ) -> Vec<TransactWriteItem> {
        let change = self.config_change(write.after);
        let mut parts = vec![unmoved(change, Some(write.before.revision)).transact()];
        if write.before.active != write.after.active {
            let is_silent = !write.after.active;
            let vendor = &write.after.vendor_id;
            let lanes = write.numbers.iter();
            parts.extend(lanes.map(|waba| self.silenced((vendor, waba), is_silent, now)));
        }
        parts
    }

    /// The part of a transaction after which no automatic reply leaves a lane that was decided before; while it is silent, none at all. It
    /// raises the lane's revision, so that whoever took the lane for another one before takes nothing.
    pub(super) fn silenced(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        is_silent: bool,
        now: Timestamp,
    ) -> TransactWriteItem {
        Change::of(&self.names.lanes, lane_key(vendor, waba))
            .set("silent", is_silent.then(|| b(true)))
            .set("silentBefore", ms(now))
            .set_if_absent("state", s("open"))
            .set_if_absent("epoch", n(0))
            .set("schema", n(1))
            .add("revision", 1)
            .transact()
    }
}
