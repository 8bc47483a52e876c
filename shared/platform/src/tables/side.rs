use aws::dynamodb::is_condition_failed;
use domain::{VendorId, WabaId};
use jiff::{SignedDuration, Timestamp};

use super::Tables;
use super::item::{Change, key, ms, seconds};
use super::lanes::lane_pk;
use crate::error::AwsError;

impl Tables {
    /// Takes the right to one call beside sending, if the session's next one is due: then none is until `next`.
    pub async fn take_side_call(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        now: Timestamp,
        next: Timestamp,
    ) -> Result<bool, AwsError> {
        let change = self
            .side_change(vendor, waba, next)
            .when("attribute_not_exists(#nextAt) OR #nextAt <= :now")
            .bind("now", ms(now));
        self.changed_side("taking a call beside sending", change)
            .await
    }

    /// Lets no call beside sending of a session begin before `until`. A longer wait that is under way stays.
    pub async fn hold_side_calls(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        until: Timestamp,
    ) -> Result<(), AwsError> {
        let change = self
            .side_change(vendor, waba, until)
            .when("attribute_not_exists(#nextAt) OR #nextAt < :nextAt");
        self.changed_side("holding calls beside sending", change)
            .await
            .map(|_| ())
    }

    fn side_change(&self, vendor: &VendorId, waba: &WabaId, next: Timestamp) -> Change {
        let expires = next
            .checked_add(SignedDuration::from_hours(24))
            .unwrap_or(Timestamp::MAX);
        Change::of(&self.names.lanes, key(lane_pk(vendor, waba), "side"))
            .set("nextAt", ms(next))
            .set("expiresAt", seconds(expires))
    }

    async fn changed_side(
        &self,
        attempted: &'static str,
        change: Change,
    ) -> Result<bool, AwsError> {
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failed(&error) => Ok(false),
            Err(error) => Err(AwsError::of(attempted, &error)),
        }
    }
}
