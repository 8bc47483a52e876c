use aws::dynamodb::TransactWriteItem;
use domain::{Dispatch, Lane, MessageId, Origin, Outbound, ProviderRef, VendorId, WabaId, limits};
use jiff::Timestamp;

use super::item::{Change, Item, Reader, b, delete, ms, n, put, s};
use super::outbound_item::{message_key, message_pk, open_send, read, write};
use super::{Commit, Tables, message_shard};
use crate::error::AwsError;

/// What the sender reads for one queue entry, in one call.
#[derive(Clone, Debug)]
pub struct Sendable {
    pub message: Outbound,
    pub lane: Lane,
    /// When the customer's message came that it answers, if it does.
    pub asked_at: Option<Timestamp>,
    /// The conversation's control epoch at this moment.
    pub control_epoch: u64,
    /// Until when the platform is held, if that was asked for.
    pub held_until: Option<Timestamp>,
}

/// The parts of the transaction that takes a send, to tell which of its conditions failed.
pub const TAKE_MESSAGE: usize = 0;
pub const TAKE_LANE: usize = 1;
/// See [`TAKE_MESSAGE`].
pub const TAKE_CONTROL: usize = 3;

impl Tables {
    /// A message to send, or one that was sent.
    pub async fn outbound(
        &self,
        vendor: &VendorId,
        id: &MessageId,
    ) -> Result<Option<Outbound>, AwsError> {
        let item = self
            .get(
                "reading a message",
                &self.names.messages,
                message_key(vendor, id),
            )
            .await?;
        item.as_ref().map(read).transpose()
    }

    /// Several messages of one vendor, in the order asked for; what does not exist is left out.
    pub async fn outbounds(
        &self,
        vendor: &VendorId,
        ids: &[MessageId],
    ) -> Result<Vec<Outbound>, AwsError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = ids
            .iter()
            .map(|id| (self.names.messages.as_str(), message_key(vendor, id)))
            .collect();
        let items = self.get_many("reading messages", &keys).await?;
        items.iter().flatten().map(read).collect()
    }

    /// The message, its lane and its conversation's control epoch, as they are at one moment close to now; with `and_platform` also
    /// whether the platform is held.
    pub async fn sendable(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        id: &MessageId,
        and_platform: bool,
    ) -> Result<Option<Sendable>, AwsError> {
        let lane_key = super::lanes::lane_key(vendor, waba);
        let names = &self.names;
        let mut keys = vec![
            (names.messages.as_str(), message_key(vendor, id)),
            (names.lanes.as_str(), lane_key),
        ];
        if and_platform {
            keys.push((names.lanes.as_str(), super::breaker::breaker_key()));
        }
        let mut found = self.get_many("reading a send", &keys).await?.into_iter();
        let (Some(message), lane) = (found.next().flatten(), found.next().flatten()) else {
            return Ok(None);
        };
        let asked_at = Reader::new(&message, "reading a send").time_opt("askedAt");
        let message = read(&message)?;
        let lane = lane
            .as_ref()
            .map(super::lanes::read)
            .transpose()?
            .unwrap_or_default();
        // The decision is made on the epoch the reply carries; the transaction checks it against the conversation's.
        let control_epoch = match &message.origin {
            Origin::Automatic { epoch, .. } => *epoch,
            Origin::Staff | Origin::Phone => 0,
        };
        Ok(Some(Sendable {
            message,
            lane,
            asked_at,
            control_epoch,
            held_until: found
                .next()
                .flatten()
                .as_ref()
                .and_then(super::breaker::read),
        }))
    }

    /// Takes a send: message, lane, the mark by which an echo finds it, and the check of what the conversation says. All or nothing.
    pub async fn take(
        &self,
        before: &Sendable,
        taken: &Outbound,
        lane: &Lane,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let lane_change = self.lane_change(&before.lane, (&taken.vendor, &taken.waba), lane, now);
        let mut parts = vec![
            self.decided(before.message.revision, taken, now).transact(),
            lane_change.transact(),
            put(&self.names.conversations, open_send(taken, now), None),
            self.control_check(taken, now),
        ];
        if lane.restored != before.lane.restored {
            parts.extend(lane.restored.map(|moment| self.restore_check(moment)));
        }
        self.commit("taking a send", parts).await
    }

    /// Writes a message's next state if nobody decided about it since it was read.
    pub async fn decide_outbound(
        &self,
        before: &Outbound,
        after: &Outbound,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let attempted = "deciding about a message";
        let mut parts = vec![self.decided(before.revision, after, now).transact()];
        parts.extend(self.left_the_list(before, after));
        let Some(doubt) = self.begin_doubt(before, after, now) else {
            return Box::pin(self.commit(attempted, parts)).await;
        };
        parts.push(doubt);
        let last = parts.len() - 1;
        let commit = self.commit(attempted, parts.clone()).await?;
        if commit != Commit::Lost(vec![last]) {
            return Ok(commit);
        }
        // There is no conversation that could wait. Boxed: it is rare, and every decision's future would have its size.
        parts.pop();
        Box::pin(self.commit(attempted, parts)).await
    }

    /// Writes that the provider took a message, and the number it gave it. `Lost` with the last part: something was heard of that number before.
    pub async fn accept(
        &self,
        before: &Outbound,
        after: &Outbound,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let mut parts = vec![
            self.decided(before.revision, after, now)
                .set("msgId", after.reference.msg_id.map(n))
                .transact(),
        ];
        parts.extend(self.left_the_list(before, after));
        let number = ProviderRef {
            key_id: None,
            msg_id: after.reference.msg_id,
        };
        for reference in number.keys() {
            parts.push(self.link_unheard(after, &reference, now));
        }
        self.commit("recording an accepted send", parts).await
    }

    /// Clears the mark "perhaps not in the queue yet" of messages that are in it now, each in its generation.
    pub async fn dispatched(&self, messages: &[Outbound], now: Timestamp) -> Result<(), AwsError> {
        if messages.is_empty() {
            return Ok(());
        }
        let due_at = now.checked_add(limits::QUEUED_TOO_LONG).ok();
        let change = |message: &Outbound| {
            Change::of(
                &self.names.messages,
                message_key(&message.vendor, &message.id),
            )
            .set("undispatched", b(false))
            .set("dueAt", due_at.map(ms))
            .when("#generation = :old AND #undispatched = :true AND #dispatch = :queued")
            .bind("old", n(message.generation))
            .bind("true", b(true))
            .bind("queued", s(Dispatch::Queued.as_str()))
        };
        let parts = messages
            .iter()
            .map(|message| change(message).transact())
            .collect();
        if self
            .commit("marking messages as enqueued", parts)
            .await?
            .is_done()
        {
            return Ok(());
        }
        // One of them moved on already (its sender was quicker), so each is marked by itself.
        for message in messages {
            self.commit(
                "marking a message as enqueued",
                vec![change(message).transact()],
            )
            .await?;
        }
        Ok(())
    }

    /// Keys of messages that the sweep must look at by now.
    pub async fn due_messages(
        &self,
        shard: u8,
        until: Timestamp,
        limit: i32,
    ) -> Result<Vec<(VendorId, MessageId)>, AwsError> {
        let items = self
            .due(
                &self.names.messages,
                &format!("messages-{shard}"),
                until,
                limit,
            )
            .await?;
        let read = |item: &Item| {
            let (vendor, id) = Reader::new(item, "a due message")
                .text("pk")
                .ok()?
                .split_once('#')?;
            Some((VendorId::parse(vendor).ok()?, MessageId::parse(id).ok()?))
        };
        Ok(items.iter().filter_map(read).collect())
    }

    /// Leaves a message that is due alone until then; nothing else of it changes.
    pub async fn put_off(
        &self,
        vendor: &VendorId,
        id: &MessageId,
        until: Timestamp,
    ) -> Result<(), AwsError> {
        let change = Change::of(&self.names.messages, message_key(vendor, id))
            .set("dueAt", ms(until))
            .when("attribute_exists(#dueShard)");
        self.commit("putting off a message", vec![change.transact()])
            .await
            .map(|_| ())
    }

    /// The part of a transaction that puts a message which must not exist yet.
    pub(super) fn new_outbound(&self, message: &Outbound, now: Timestamp) -> TransactWriteItem {
        put(
            &self.names.messages,
            write(message, now),
            Some("attribute_not_exists(pk)"),
        )
    }

    /// The part of a decision that puts a reply to a message which was received at a certain time.
    pub(super) fn new_reply(
        &self,
        reply: &Outbound,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> TransactWriteItem {
        let mut item = write(reply, now);
        item.insert("askedAt".to_owned(), ms(asked_at));
        let condition = Some("attribute_not_exists(pk)");
        put(&self.names.messages, item, condition)
    }

    /// What a decision changes, on the condition that the message is as it was read. What evidence writes (delivery, ids) is left alone.
    pub(super) fn decided(&self, revision: u64, after: &Outbound, now: Timestamp) -> Change {
        let due_at = after.due_at(now);
        let pk = message_pk(&after.vendor, &after.id);
        let change = Change::of(&self.names.messages, message_key(&after.vendor, &after.id))
            .set("dispatch", s(after.dispatch.as_str()))
            .set("generation", n(after.generation))
            .set("undispatched", b(after.undispatched))
            .set("attempts", n(after.attempts))
            .set("listed", b(after.listed))
            .set("laneEpoch", after.lane_epoch.map(n))
            .set("leaseUntil", after.lease_until.map(ms))
            .set("expires", after.expires.map(ms))
            .set("begunAt", after.follow_up.begun_at.map(ms))
            .set("looks", n(after.follow_up.looks))
            .set("discardedAt", after.follow_up.discarded_at.map(ms))
            .set("restoredAt", after.follow_up.restored_at.map(ms))
            .set(
                "retriedBy",
                after.follow_up.retried_by.as_ref().map(|id| s(id.as_str())),
            )
            .set("revision", n(after.revision))
            .set("dueShard", due_at.map(|_| s(message_shard(&pk))))
            .set("dueAt", due_at.map(ms))
            .when("#revision = :before")
            .bind("before", n(revision));
        let change = match after.quoted {
            Some(quoted) => change.set("quoted", b(quoted)),
            None => change,
        };
        let change = match after.dispatch {
            Dispatch::Accepted => change.set_if_absent("acceptedAt", ms(now)),
            _ => change,
        };
        match &after.failure {
            Some(reason) => change.set("failure", s(reason)),
            None => change,
        }
    }

    /// A message that is settled leaves its lane's list, and the lane counts one less.
    fn left_the_list(&self, before: &Outbound, after: &Outbound) -> Vec<TransactWriteItem> {
        if !before.listed || after.listed {
            return Vec::new();
        }
        let entry = super::lanes::entry_key(&before.vendor, &before.waba, &before.order);
        vec![
            delete(&self.names.lanes, entry),
            self.one_less(&before.vendor, &before.waba),
        ]
    }
}
