use aws::dynamodb::is_condition_failed;
use domain::rate::{Rate, Window};
use jiff::{SignedDuration, Timestamp};

use super::Tables;
use super::item::{Change, key, n, seconds};
use crate::error::AwsError;

impl Tables {
    /// Counts one request of somebody's in a window, unless the window is full; says whether it was counted. One write either way.
    pub async fn count_request(
        &self,
        subject: &str,
        rate: Rate,
        window: Window,
        now: Timestamp,
    ) -> Result<bool, AwsError> {
        let at = key(format!("rate#{subject}"), &window.begins.to_string());
        let expires_at = now + SignedDuration::from_hours(1);
        let change = Change::of(&self.names.lanes, at)
            .add("count", 1)
            .set("expiresAt", seconds(expires_at))
            .when("attribute_not_exists(#count) OR #count < :most")
            .bind("most", n(rate.most));
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failed(&error) => Ok(false),
            Err(error) => Err(AwsError::of("counting requests", &error)),
        }
    }
}
