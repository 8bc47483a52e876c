//! Receipts of a group's members: how far a message got with each of them, kept under WhatsApp's id of it whether or not we know
//! yet whose message it is.

use aws::dynamodb::is_condition_failed;
use domain::{
    Delivery, Evidence, Participant, ProviderMessageId, StatusUpdate, VendorId, WabaId, limits,
};
use jiff::{SignedDuration, Timestamp};

use super::Tables;
use super::evidence::{Noted, reference_pk};
use super::item::{Change, Item, Reader, key, n, s, seconds};
use crate::error::AwsError;

/// With how many members of a group a message got at least so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    pub delivered: usize,
    pub read: usize,
    pub played: usize,
}

/// Where everything about a message stands that is heard under WhatsApp's id of it.
fn message_pk((vendor, waba): (&VendorId, &WabaId), key_id: &ProviderMessageId) -> String {
    reference_pk(vendor, waba, &format!("k:{}", key_id.as_str()))
}

fn receipt_key(
    at: (&VendorId, &WabaId),
    key_id: &ProviderMessageId,
    participant: &Participant,
) -> Item {
    key(
        message_pk(at, key_id),
        &format!("receipt#{}", participant.as_str()),
    )
}

impl Tables {
    /// Notes what a provider says of a sent message: of the message itself, and, in a group, of the member whose receipt it is.
    pub async fn note_status(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        update: &StatusUpdate,
        now: Timestamp,
    ) -> Result<Noted, AwsError> {
        let raised = match (
            &update.participant,
            &update.evidence,
            &update.reference.key_id,
        ) {
            (Some(participant), Evidence::Reached { delivery }, Some(key_id)) => {
                let at = receipt_key((vendor, waba), key_id, participant);
                self.note_receipt(at, *delivery, now).await?
            }
            _ => false,
        };
        let evidence = update.of_the_message();
        let noted = self
            .note((vendor, waba), &update.reference, &evidence, now)
            .await?;
        Ok(match noted {
            Noted::Old if raised => Noted::Kept,
            noted => noted,
        })
    }

    /// Raises how far a message got with one member of its group. `false` if it told nothing new.
    async fn note_receipt(
        &self,
        at: Item,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<bool, AwsError> {
        let expires = now + SignedDuration::from_hours(24 * limits::CLAIM_DAYS);
        let change = Change::of(&self.names.messages, at)
            .owned()
            .set("rank", n(delivery.rank()))
            .set_if_absent("expiresAt", seconds(expires))
            .when("attribute_not_exists(#rank) OR #rank < :rank");
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failed(&error) => Ok(false),
            Err(error) => Err(AwsError::of("keeping a receipt", &error)),
        }
    }

    /// The receipts of a message of a group, as many of them as are counted; none at all of a message to one person.
    pub async fn receipts(
        &self,
        vendor: &VendorId,
        waba: &WabaId,
        key_id: &ProviderMessageId,
    ) -> Result<Receipts, AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.messages)
            .key_condition_expression("pk = :pk AND begins_with(sk, :receipt)")
            .expression_attribute_values(":pk", s(message_pk((vendor, waba), key_id)))
            .expression_attribute_values(":receipt", s("receipt#"))
            .consistent_read(true)
            .limit(limits::RECEIPTS_COUNTED);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("counting receipts", &error))?;
        Ok(counted(&answer.items))
    }
}

fn counted(items: &[Item]) -> Receipts {
    let ranks: Vec<Delivery> = items
        .iter()
        .filter_map(|item| Reader::new(item, "a receipt").number_opt("rank"))
        .filter_map(Delivery::from_rank)
        .collect();
    let reached = |delivery| ranks.iter().filter(|rank| **rank >= delivery).count();
    Receipts {
        delivered: reached(Delivery::Delivered),
        read: reached(Delivery::Read),
        played: reached(Delivery::Played),
    }
}
