//! Who changes a vendor's secrets: one request at a time, because they are one text in a store that knows no conditions.

use aws::dynamodb::is_condition_failed;
use domain::{VendorId, limits};
use jiff::Timestamp;

use super::Tables;
use super::item::{Change, Item, key, ms, s, seconds};
use crate::error::AwsError;

fn lease_key(vendor: &VendorId) -> Item {
    key(vendor.as_str(), "lease")
}

impl Tables {
    /// Takes the right to change a vendor's secrets. `false` if another request has it.
    pub async fn lease_secrets(
        &self,
        vendor: &VendorId,
        holder: &str,
        now: Timestamp,
    ) -> Result<bool, AwsError> {
        let until = now.checked_add(limits::SECRETS_LEASE).unwrap_or(now);
        let change = Change::of(&self.names.waba_instances, lease_key(vendor))
            .set("holder", s(holder))
            .set("leaseUntil", ms(until))
            .set("expiresAt", seconds(until))
            .when("attribute_not_exists(pk) OR #leaseUntil <= :now")
            .bind("now", ms(now));
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failed(&error) => Ok(false),
            Err(error) => Err(AwsError::of("taking a vendor's secrets", &error)),
        }
    }

    /// Lets a vendor's secrets go. One whose lease ended meanwhile takes nothing from its successor.
    pub async fn let_secrets_go(&self, vendor: &VendorId, holder: &str) -> Result<(), AwsError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.names.waba_instances)
            .key(lease_key(vendor))
            .condition_expression("attribute_not_exists(pk) OR holder = :holder")
            .expression_attribute_values(":holder", s(holder));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_condition_failed(&error) => Ok(()),
            Err(error) => Err(AwsError::of("letting a vendor's secrets go", &error)),
        }
    }
}
