//! Whose secrets are being changed, announced where it can be read for all vendors at once.

use domain::{VendorId, limits};
use jiff::Timestamp;

use super::Tables;
use super::item::{Change, Item, Reader, key, ms, n, s, seconds};
use crate::error::AwsError;

/// The partition of the announcements.
const ROTATIONS: &str = "rotation#announced";

/// Announcements that one reading finds; with more of them a reader takes every vendor for one that rotates.
const MOST: i32 = 500;

fn rotation_key(vendor: &VendorId) -> Item {
    key(ROTATIONS, &format!("vendor#{vendor}"))
}

impl Tables {
    /// Announces that a vendor's secrets are being changed; it outlives every cache that was filled before it.
    pub async fn announce_rotation(
        &self,
        vendor: &VendorId,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        let lives = limits::SECRET_CACHE + limits::SECRETS_LEASE;
        let until = now.checked_add(lives).unwrap_or(Timestamp::MAX);
        let change = Change::of(&self.names.waba_instances, rotation_key(vendor))
            .set("schema", n(1))
            .set("announcedUntil", ms(until))
            .set("expiresAt", seconds(until));
        let announcing = Self::update(change.request(&self.client));
        announcing
            .await
            .map(|_| ())
            .map_err(|error| AwsError::of("announcing a rotation", &error))
    }

    /// Withdraws what was announced of a vendor that is deleted.
    pub async fn withdraw_rotation(&self, vendor: &VendorId) -> Result<(), AwsError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.names.waba_instances)
            .key(rotation_key(vendor));
        request
            .send()
            .await
            .map(|_| ())
            .map_err(|error| AwsError::of("withdrawing an announcement", &error))
    }

    /// The vendors whose rotation is announced; `None` if they are too many to name.
    pub async fn rotations(&self, now: Timestamp) -> Result<Option<Vec<VendorId>>, AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.waba_instances)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(ROTATIONS))
            .consistent_read(true)
            .limit(MOST);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("reading who rotates", &error))?;
        if answer.last_evaluated_key.is_some() {
            return Ok(None);
        }
        let named = answer.items.iter().map(|item| announced(item, now));
        let named: Vec<Option<VendorId>> = named.collect::<Result<_, _>>()?;
        Ok(Some(named.into_iter().flatten().collect()))
    }
}

/// The vendor of an announcement, unless that is over.
fn announced(item: &Item, now: Timestamp) -> Result<Option<VendorId>, AwsError> {
    let from = Reader::new(item, "reading who rotates");
    let vendor = from.text("sk")?.trim_start_matches("vendor#");
    let vendor = VendorId::parse(vendor).map_err(|_| from.unreadable())?;
    Ok((from.time("announcedUntil")? > now).then_some(vendor))
}
