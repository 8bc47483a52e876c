//! How far a restore from backup got, and what it has to look at. The item stands in the restored tables themselves.

use aws::dynamodb::{AttributeValue, TransactWriteItem};
use domain::restore::{Phase, Progress, Restore};
use domain::{ConversationId, Lane, MessageId, Outbound, VendorId, WabaId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::breaker::PLATFORM;
use super::conversations::conversation_pk;
use super::item::{Change, Item, Reader, b, json, key, ms, n, s};
use super::lanes::entry_key;
use super::{Commit, DUE_SHARDS, Tables, deferred, outbound_item};
use crate::error::AwsError;

/// Items of one page.
const PAGE: i32 = 100;

/// A page of what a restore looks at, and where the next begins.
#[derive(Clone, Debug)]
pub struct RestorePage<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// What waits in the ledger's index of what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Messages, in either direction.
    Messages,
    /// Questions whose engines answer later.
    Questions,
}

/// Where a page of the index begins: its shard, and the item before it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    shard: u8,
    behind: Option<(i64, String, String)>,
}

pub(super) fn restore_key(moment: Timestamp) -> Item {
    key(
        PLATFORM,
        &format!("restore#{:013}", moment.as_millisecond()),
    )
}

fn word_key(vendor: &VendorId, conversation: &ConversationId) -> Item {
    key(conversation_pk(vendor, conversation), "word")
}

impl Tables {
    /// How far a restore got; `None` if nobody began it.
    pub async fn restore(&self, restore: Restore) -> Result<Option<Progress>, AwsError> {
        const ATTEMPTED: &str = "reading how far a restore got";
        let key = restore_key(restore.moment());
        let item = self.get(ATTEMPTED, &self.names.lanes, key).await?;
        let read = |item: &Item| {
            let from = Reader::new(item, ATTEMPTED);
            let phase = Phase::parse(from.text("phase")?);
            Ok(Progress {
                phase: phase.ok_or_else(|| from.unreadable())?,
                cursor: from.text_opt("cursor").map(str::to_owned),
                worked: from.json_or_default("worked")?,
                begun_at: from.time("begunAt")?,
                finished_at: from.time_opt("finishedAt"),
                held: from.json("held").ok().zip(from.time_opt("countedAt")),
                revision: from.number("revision")?,
            })
        };
        item.as_ref().map(read).transpose()
    }

    /// Writes how far a restore got, if nobody went on with it since that was read.
    pub async fn keep_restore(
        &self,
        restore: Restore,
        before: Option<&Progress>,
        after: &Progress,
    ) -> Result<Commit, AwsError> {
        let change = Change::of(&self.names.lanes, restore_key(restore.moment()))
            .set("phase", s(after.phase.as_str()))
            .set("cursor", after.cursor.as_deref().map(s))
            .set("worked", json(&after.worked))
            .set("begunAt", ms(after.begun_at))
            .set("finishedAt", after.finished_at.map(ms))
            .set("schema", n(1))
            .next_after(before.map_or(0, |before| before.revision));
        self.commit("going on with a restore", vec![change.transact()])
            .await
    }

    /// The check, within the transaction that takes a send, that the restore of this moment was worked through.
    pub(super) fn restore_check(&self, moment: Timestamp) -> TransactWriteItem {
        Change::of(&self.names.lanes, restore_key(moment))
            .when("#phase = :done")
            .bind("done", s(Phase::Done.as_str()))
            .transact()
    }

    /// A page of what waits in the ledger, whenever it is due.
    pub async fn waiting(
        &self,
        what: Waiting,
        cursor: Option<&str>,
    ) -> Result<RestorePage<(VendorId, MessageId)>, AwsError> {
        const ATTEMPTED: &str = "listing what a restore looks at";
        let unreadable = |_| AwsError::unreadable(ATTEMPTED);
        let place: Place = cursor
            .map(|cursor| serde_json::from_str(cursor).map_err(unreadable))
            .transpose()?
            .unwrap_or_default();
        let (shard, shards) = match what {
            Waiting::Messages => (format!("messages-{}", place.shard), DUE_SHARDS),
            Waiting::Questions => (deferred::DUE_SHARD.to_owned(), 1),
        };
        let start = place.behind.map(|(due_at, pk, sk)| {
            let mut start = key(pk, &sk);
            start.insert("dueShard".to_owned(), s(shard.as_str()));
            start.insert("dueAt".to_owned(), n(due_at));
            start
        });
        let request = self
            .client
            .query()
            .table_name(&self.names.messages)
            .index_name("by_due")
            .key_condition_expression("dueShard = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(shard))
            .exclusive_start_key(start)
            .limit(PAGE);
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of(ATTEMPTED, &error))?;
        let behind = answer.last_evaluated_key.as_ref().map(|last| {
            let from = Reader::new(last, ATTEMPTED);
            let (pk, sk) = (from.text("pk")?.to_owned(), from.text("sk")?.to_owned());
            Ok::<_, AwsError>((from.number("dueAt")?, pk, sk))
        });
        let next = match behind.transpose()? {
            Some(behind) => Some(Place {
                shard: place.shard,
                behind: Some(behind),
            }),
            None if place.shard + 1 < shards => Some(Place {
                shard: place.shard + 1,
                behind: None,
            }),
            None => None,
        };
        let next = next.as_ref().map(serde_json::to_string).transpose();
        let id = |item: &Item| {
            let (vendor, id) = Reader::new(item, ATTEMPTED)
                .text("pk")
                .ok()?
                .split_once('#')?;
            Some((VendorId::parse(vendor).ok()?, MessageId::parse(id).ok()?))
        };
        Ok(RestorePage {
            items: answer.items.iter().filter_map(id).collect(),
            next: next.map_err(unreadable)?,
        })
    }

    /// What the ledger has under this id, if it is a message to send that can be read; one that can't is sent by nobody either.
    pub async fn restored_send(
        &self,
        vendor: &VendorId,
        id: &MessageId,
    ) -> Result<Option<Outbound>, AwsError> {
        const ATTEMPTED: &str = "reading a restored send";
        let key = outbound_item::message_key(vendor, id);
        let item = self.get(ATTEMPTED, &self.names.messages, key).await?;
        let is_outbound =
            |item: &Item| Reader::new(item, ATTEMPTED).text_opt("direction") == Some("outbound");
        let read = item
            .filter(is_outbound)
            .map(|item| outbound_item::read(&item));
        if let Some(Err(error)) = &read {
            tracing::error!(message.id = %id, error = %error, "a restored send can't be read");
        }
        Ok(read.and_then(Result::ok))
    }

    /// Keeps a customer's word for a conversation that the restored tables may not have: whether they may be written to.
    pub async fn keep_word(
        &self,
        (vendor, conversation): (&VendorId, &ConversationId),
        (may_write, at): (bool, Timestamp),
    ) -> Result<(), AwsError> {
        let change = Change::of(&self.names.conversations, word_key(vendor, conversation))
            .owned()
            .set("mayWrite", b(may_write))
            .set("saidAt", ms(at))
            .set("schema", n(1))
            .when("attribute_not_exists(pk) OR #saidAt <= :saidAt");
        let keeping = self.commit("keeping a customer's word", vec![change.transact()]);
        keeping.await.map(|_| ())
    }

    /// The word of a customer whose conversation the restored tables do not have.
    pub async fn kept_word(
        &self,
        vendor: &VendorId,
        conversation: &ConversationId,
    ) -> Result<Option<(bool, Timestamp)>, AwsError> {
        const ATTEMPTED: &str = "reading a customer's word";
        let key = word_key(vendor, conversation);
        let item = self.get(ATTEMPTED, &self.names.conversations, key).await?;
        let read = |item: &Item| {
            let from = Reader::new(item, ATTEMPTED);
            Ok((from.flag("mayWrite"), from.time("saidAt")?))
        };
        item.as_ref().map(read).transpose()
    }

    /// Writes that nobody knows what became of a send, if nobody decided about it since it was read, and holds it for a person. Its lane is
    /// emptied as a whole.
    pub async fn doubt_restored(
        &self,
        before: &Outbound,
        after: &Outbound,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let change = self.decided(before.revision, after, now);
        let held = after.follow_up.restored_at.map(|of| self.hold(after, of));
        let parts = std::iter::once(change.transact()).chain(held);
        self.commit("doubting a restored send", parts.collect())
            .await
    }

    /// A page of the lanes of all numbers, of deleted ones too.
    pub async fn all_lanes(
        &self,
        cursor: Option<&str>,
    ) -> Result<RestorePage<(VendorId, WabaId)>, AwsError> {
        const ATTEMPTED: &str = "listing numbers";
        let start = cursor.and_then(|cursor| cursor.split_once(' '));
        let request = self
            .client
            .scan()
            .table_name(&self.names.waba_instances)
            .projection_expression("pk, sk")
            .filter_expression("begins_with(sk, :waba) OR begins_with(sk, :was)")
            .expression_attribute_values(":waba", s("waba#"))
            .expression_attribute_values(":was", s("was#"))
            .exclusive_start_key(start.map(|(pk, sk)| key(pk, sk)))
            .limit(PAGE);
        let answer = request.send().await;
        let answer = answer.map_err(|error| AwsError::of(ATTEMPTED, &error))?;
        let next = answer.last_evaluated_key.as_ref().map(|last| {
            let from = Reader::new(last, ATTEMPTED);
            Ok::<_, AwsError>(format!("{} {}", from.text("pk")?, from.text("sk")?))
        });
        let lane = |item: &Item| {
            let from = Reader::new(item, ATTEMPTED);
            let (_, waba) = from.text("sk").ok()?.split_once('#')?;
            Some((from.parsed_opt("pk")?, WabaId::parse(waba).ok()?))
        };
        Ok(RestorePage {
            items: answer.items.iter().filter_map(lane).collect(),
            next: next.transpose()?,
        })
    }

    /// Takes everything off a lane's list, and writes the lane if it is still as it was read.
    pub async fn empty_lane(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        before: &Lane,
        after: &Lane,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        loop {
            let places = self.parked(vendor, waba, PAGE).await?;
            if places.is_empty() {
                break;
            }
            let keys = places.iter();
            let places: Vec<_> = keys
                .map(|place| entry_key(vendor, waba, &place.order))
                .collect();
            self.delete_all(&self.names.lanes, &places).await?;
        }
        self.change_lane((vendor, waba), before, after, now).await
    }
}
