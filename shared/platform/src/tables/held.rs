//! The sends that a restore brought into doubt, listed beside the ledger, so that somebody can say how many wait for a person.

use aws::dynamodb::TransactWriteItem;
use domain::restore::Restore;
use domain::restore::held::Held;
use domain::{MessageId, Outbound, VendorId, limits};
use jiff::{SignedDuration, Timestamp};

use super::breaker::PLATFORM;
use super::item::{Change, Item, Reader, b, json, key, ms, n, s, seconds};
use super::outbound_item::{message_key, read};
use super::restore::restore_key;
use super::{RestorePage, Tables};
use crate::error::AwsError;

/// Sends of one page, which are read from the ledger in one call.
const PAGE: i32 = 100;

/// A send that a restore brought into doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSend {
    pub vendor: VendorId,
    pub message: MessageId,
    /// Somebody saw that nobody has to decide on it any more.
    pub is_decided: bool,
}

fn beginning(moment: Timestamp) -> String {
    format!("held#{:013}#", moment.as_millisecond())
}

fn held_key(moment: Timestamp, vendor: &VendorId, message: &MessageId) -> Item {
    key(
        PLATFORM,
        &format!("{}{vendor}#{message}", beginning(moment)),
    )
}

impl Tables {
    /// The part of a transaction that lists a send which a restore brings into doubt, as long as messages are kept.
    pub(super) fn hold(&self, message: &Outbound, moment: Timestamp) -> TransactWriteItem {
        let kept = SignedDuration::from_hours(24 * limits::MESSAGE_DAYS);
        let key = held_key(moment, &message.vendor, &message.id);
        Change::of(&self.names.lanes, key)
            .set("expiresAt", seconds(moment + kept))
            .set("schema", n(1))
            .transact()
    }

    /// A page of the sends that a restore brought into doubt.
    pub async fn held(
        &self,
        restore: Restore,
        cursor: Option<&str>,
    ) -> Result<RestorePage<HeldSend>, AwsError> {
        const ATTEMPTED: &str = "listing sends that are held";
        let beginning = beginning(restore.moment());
        let request = self
            .client
            .query()
            .table_name(&self.names.lanes)
            .key_condition_expression("pk = :platform AND begins_with(sk, :beginning)")
            .expression_attribute_values(":platform", s(PLATFORM))
            .expression_attribute_values(":beginning", s(beginning.as_str()))
            .consistent_read(true)
            .exclusive_start_key(cursor.map(|sk| key(PLATFORM, sk)))
            .limit(PAGE);
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of(ATTEMPTED, &error))?;
        let sk = |item| Ok::<_, AwsError>(Reader::new(item, ATTEMPTED).text("sk")?.to_owned());
        let next = answer.last_evaluated_key.as_ref().map(sk).transpose()?;
        let read = |item: &Item| {
            let from = Reader::new(item, ATTEMPTED);
            let (vendor, message) = from
                .text("sk")
                .ok()?
                .get(beginning.len()..)?
                .split_once('#')?;
            Some(HeldSend {
                vendor: VendorId::parse(vendor).ok()?,
                message: MessageId::parse(message).ok()?,
                is_decided: from.flag("decided"),
            })
        };
        Ok(RestorePage {
            items: answer.items.iter().filter_map(read).collect(),
            next,
        })
    }

    /// What became of them, in their order; what is not in the ledger any more is `None`. They are one page at most.
    pub async fn held_messages(
        &self,
        sends: &[HeldSend],
    ) -> Result<Vec<Option<Outbound>>, AwsError> {
        if sends.is_empty() {
            return Ok(Vec::new());
        }
        let table = self.names.messages.as_str();
        let key = |send: &HeldSend| (table, message_key(&send.vendor, &send.message));
        let keys: Vec<_> = sends.iter().map(key).collect();
        let items = self.get_many("reading sends that are held", &keys).await?;
        let read = |item: &Option<Item>| item.as_ref().map(read).transpose();
        items.iter().map(read).collect()
    }

    /// Notes that nobody has to decide on a send any more.
    pub async fn no_longer_held(&self, restore: Restore, send: &HeldSend) -> Result<(), AwsError> {
        let key = held_key(restore.moment(), &send.vendor, &send.message);
        let change = Change::of(&self.names.lanes, key)
            .set("decided", b(true))
            .when("attribute_exists(#schema)");
        let noting = self.commit("noting a decided send", vec![change.transact()]);
        noting.await.map(|_| ())
    }

    /// Keeps how many sends of a restore wait for a person. It is no step of the restore.
    pub async fn keep_held(
        &self,
        restore: Restore,
        held: &Held,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        let change = Change::of(&self.names.lanes, restore_key(restore.moment()))
            .set("held", json(held))
            .set("countedAt", ms(now))
            .when("attribute_exists(#phase)");
        let keeping = self.commit("keeping what is held", vec![change.transact()]);
        keeping.await.map(|_| ())
    }
}
