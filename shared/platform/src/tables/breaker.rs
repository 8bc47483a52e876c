//! Doubts over all lanes, and whether the whole platform is held because of them.

use aws::dynamodb::{ReturnValue, is_condition_failed};
use domain::limits;
use jiff::{SignedDuration, Timestamp};

use super::Tables;
use super::item::{Change, Item, Reader, key, ms, seconds};
use crate::error::AwsError;

/// No vendor's lane has this key, for it holds no `#`.
pub(super) const PLATFORM: &str = "platform";

pub(super) fn breaker_key() -> Item {
    key(PLATFORM, "breaker")
}

fn window_key(window: i64) -> Item {
    key(PLATFORM, &format!("doubts#{window}"))
}

/// Until when the platform is held.
pub(super) fn read(item: &Item) -> Option<Timestamp> {
    Reader::new(item, "reading the platform's breaker").time_opt("heldUntil")
}

impl Tables {
    /// Counts one doubt. The answer is how many there were in this window and in the one before, so that no two of them hide what came
    /// between.
    pub async fn count_doubt(&self, now: Timestamp) -> Result<u64, AwsError> {
        let length = i64::try_from(limits::PLATFORM_WINDOW.as_secs()).unwrap_or(i64::MAX);
        let window = now.as_second().div_euclid(length);
        let request = Change::of(&self.names.lanes, window_key(window))
            .add("count", 1)
            .set("expiresAt", seconds(now + SignedDuration::from_hours(1)))
            .request(&self.client)
            .return_values(ReturnValue::UpdatedNew);
        let counted = Self::update(request)
            .await
            .map_err(|error| AwsError::of("counting a doubt", &error))?;
        let before = self
            .get("reading doubts", &self.names.lanes, window_key(window - 1))
            .await?;
        let count = |item: &Item| Reader::new(item, "reading doubts").number_opt::<u64>("count");
        let (counted, before) = (counted.attributes.unwrap_or_default(), before);
        Ok(count(&counted).unwrap_or_default()
            + before.as_ref().and_then(count).unwrap_or_default())
    }

    /// Lets nothing leave from any lane until then.
    pub async fn hold_platform(&self, until: Timestamp) -> Result<(), AwsError> {
        let request = Change::of(&self.names.lanes, breaker_key())
            .set("heldUntil", ms(until))
            .request(&self.client);
        let held = Self::update(request).await;
        held.map(drop)
            .map_err(|error| AwsError::of("holding the platform", &error))
    }

    /// Lets nothing leave until a later time, if the platform is still held as it was read.
    pub async fn hold_platform_on(
        &self,
        read: Timestamp,
        until: Timestamp,
    ) -> Result<(), AwsError> {
        let request = Change::of(&self.names.lanes, breaker_key())
            .set("heldUntil", ms(until))
            .when("#heldUntil = :read")
            .bind("read", ms(read))
            .request(&self.client);
        match Self::update(request).await {
            Ok(_) => Ok(()),
            Err(error) if is_condition_failed(&error) => Ok(()),
            Err(error) => Err(AwsError::of("holding the platform on", &error)),
        }
    }

    /// Lets the lanes go again.
    pub async fn release_platform(&self) -> Result<(), AwsError> {
        let request = Change::of(&self.names.lanes, breaker_key())
            .set("heldUntil", None)
            .request(&self.client);
        let released = Self::update(request).await;
        released
            .map(drop)
            .map_err(|error| AwsError::of("releasing the platform", &error))
    }

    /// Until when the platform is held, if it is.
    pub async fn platform_held(&self) -> Result<Option<Timestamp>, AwsError> {
        let attempted = "reading the platform's breaker";
        let item = self
            .get(attempted, &self.names.lanes, breaker_key())
            .await?;
        Ok(item.as_ref().and_then(read))
    }
}
