//! Customers of whose entries some were set aside: what they write meanwhile goes behind those, into their own group of the queue.

use aws::dynamodb::is_condition_failed;
use domain::{Fingerprint, MessageId, VendorId, limits};
use jiff::Timestamp;

use super::Tables;
use super::engines::{Place, is_held};
use super::item::{Change, Item, Reader, key, n, seconds};
use crate::error::AwsError;

/// A customer's own group of the inbound queue.
#[derive(Clone, Copy, Debug)]
pub struct OwnGroup<'a> {
    pub vendor: &'a VendorId,
    /// The group's id.
    pub id: &'a str,
}

impl OwnGroup<'_> {
    pub(super) fn key(self) -> Item {
        let group = Fingerprint::of(&["aside", self.id]).short();
        key(format!("{}#aside#{group}", self.vendor), "aside")
    }
}

/// The place of an entry that stands aside since a time.
pub fn place_aside(since: Timestamp, id: &MessageId) -> Place {
    let until = since.checked_add(limits::ASIDE_LIVES).unwrap_or(since);
    Place::until(until, id)
}

impl Tables {
    /// Notes that an entry is set aside. Beside [`limits::ASIDE_MOST`] of the same customer it is not noted, for those stand for it.
    pub async fn set_aside(
        &self,
        group: OwnGroup<'_>,
        place: &Place,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        let expires = now.checked_add(limits::ASIDE_LIVES * 2).unwrap_or(now);
        let change = Change::of(&self.names.conversations, group.key())
            .owned()
            .join("entries", vec![place.text()])
            .set("expiresAt", seconds(expires))
            .when("attribute_not_exists(#entries) OR size(#entries) < :most")
            .bind("most", n(limits::ASIDE_MOST));
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(()),
            Err(error) if is_condition_failed(&error) => Ok(()),
            Err(error) => Err(AwsError::of("setting an entry aside", &error)),
        }
    }

    /// Notes that an entry that was set aside is done with.
    pub async fn aside_no_more(&self, group: OwnGroup<'_>, place: &Place) -> Result<(), AwsError> {
        let change = Change::of(&self.names.conversations, group.key())
            .leave("entries", vec![place.text()])
            .when("attribute_exists(pk)");
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(()),
            // Its vendor was erased meanwhile.
            Err(error) if is_condition_failed(&error) => Ok(()),
            Err(error) => Err(AwsError::of("ending a wait aside", &error)),
        }
    }
}

/// Whether an entry stands aside by what was read.
pub(super) fn stands_aside(item: &Item, now: Timestamp) -> bool {
    let places = Reader::new(item, "reading what stands aside").texts("entries");
    places.iter().any(|place| is_held(place, now))
}
