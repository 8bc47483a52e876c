//! Whose a secret is: one item for each API key and each webhook secret in use, under its keyed hash.
//!
//! A number's marks are claimed in the transaction that registers it. What it had before stays claimed for a while, for it is still good or
//! still in somebody's memory; then the claim is over, whether or not DynamoDB has deleted it.

use aws::dynamodb::TransactWriteItem;
use domain::{Mark, Marks, VendorId, WabaId, WabaInstance, limits};
use jiff::Timestamp;

use super::item::{Change, Item, Reader, key, n, s, seconds};
use super::owners::owner_in;
use super::registration::unmoved;
use super::vendors::instance_key;
use super::{Commit, Tables};
use crate::error::AwsError;

pub(super) fn mark_key(mark: &Mark) -> Item {
    key(mark.as_str(), "unique")
}

pub(super) fn owner((vendor, waba): (&VendorId, &WabaId)) -> String {
    format!("{vendor}#{waba}")
}

pub(super) fn set_marks(change: Change, marks: &Marks) -> Change {
    let text = |mark: &Option<Mark>| mark.as_ref().map(|mark| s(mark.as_str()));
    change
        .set("keyMark", text(&marks.api_key))
        .set("webhookMark", text(&marks.webhook))
        .set("nextMark", text(&marks.next))
}

impl Tables {
    /// Whose a secret is at this moment; one that was given up is nobody's.
    pub async fn owner_of_mark(&self, mark: &Mark) -> Result<Option<VendorId>, AwsError> {
        let attempted = "finding whose a secret is";
        let table = &self.names.waba_instances;
        let item = self.get(attempted, table, mark_key(mark)).await?;
        let Some(item) = item else { return Ok(None) };
        let from = Reader::new(&item, attempted);
        if from.number_opt::<i64>("expiresAt").is_some() {
            return Ok(None);
        }
        Ok(Some(owner_in(&from)?.0))
    }

    /// The part of a transaction by which a number claims a secret; it fails if another number has it.
    pub(super) fn mark_claimed(
        &self,
        mark: &Mark,
        at: (&VendorId, &WabaId),
        now: Timestamp,
    ) -> TransactWriteItem {
        Change::of(&self.names.waba_instances, mark_key(mark))
            .set("owner", s(owner(at)))
            .set("expiresAt", None)
            .when("attribute_not_exists(pk) OR #owner = :owner OR #expiresAt <= :now")
            .bind("now", n(now.as_second()))
            .transact()
    }

    /// The parts of a transaction by which a number gives up the secrets that it has no more. What the provider may still use, or somebody
    /// may still remember, is free for another number only after that.
    pub(super) fn marks_left(
        &self,
        at: (&VendorId, &WabaId),
        (before, after): (&Marks, &Marks),
        now: Timestamp,
    ) -> Vec<TransactWriteItem> {
        let until = |mark| {
            if before.api_key.as_ref() == Some(mark) {
                now.checked_add(limits::SECRET_CACHE)
            } else {
                now.checked_add(limits::PREVIOUS_SECRET_LIVES)
            }
        };
        let left = before.missing_in(after);
        left.map(|mark| self.mark_released(mark, at, until(mark).unwrap_or(now)))
            .collect()
    }

    /// Has a registered number claim the secrets that it is to have instead of those that it has. `Lost`: another number has one of them,
    /// or this one was changed meanwhile.
    pub async fn replace_marks(
        &self,
        number: &WabaInstance,
        after: &Marks,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let at = (&number.vendor_id, &number.waba_id);
        let claimed = after.missing_in(&number.marks);
        let mut parts: Vec<_> = claimed
            .map(|mark| self.mark_claimed(mark, at, now))
            .collect();
        parts.extend(self.marks_left(at, (&number.marks, after), now));
        let change = Change::of(&self.names.waba_instances, instance_key(at.0, at.1));
        let change = set_marks(change, after);
        parts.push(unmoved(change, Some(number.revision)).transact());
        self.commit("replacing a number's secrets", parts).await
    }

    /// Gives up the secrets of a number that is no more: from `until` on another one may have them.
    pub async fn release_marks(
        &self,
        number: &WabaInstance,
        until: Timestamp,
    ) -> Result<(), AwsError> {
        let at = (&number.vendor_id, &number.waba_id);
        for mark in number.marks.iter() {
            let part = self.mark_released(mark, at, until);
            self.commit("giving up a number's secret", vec![part])
                .await?;
        }
        Ok(())
    }

    fn mark_released(
        &self,
        mark: &Mark,
        at: (&VendorId, &WabaId),
        until: Timestamp,
    ) -> TransactWriteItem {
        Change::of(&self.names.waba_instances, mark_key(mark))
            .set("expiresAt", seconds(until))
            .when("#owner = :owner")
            .bind("owner", s(owner(at)))
            .transact()
    }
}
