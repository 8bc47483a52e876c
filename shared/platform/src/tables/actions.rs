//! The actions of decisions that the vendor's other systems are still to be told of, each beside its message.

use aws::dynamodb::{ReturnValue, TransactWriteItem, is_condition_failed};
use domain::actions::ActionsState;
use domain::engine::Action;
use domain::{MessageId, VendorId, WabaId, limits};
use jiff::{SignedDuration, Timestamp};

use super::item::{Change, Item, Reader, Writer, key, ms, n, put, s, seconds};
use super::outbound_item::{message_key, message_pk};
use super::{Commit, Tables};
use crate::error::AwsError;

/// The shard of the index of actions that are due.
const DUE_SHARD: &str = "actions";

/// Actions as they are recorded with a decision.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    pub vendor: &'a VendorId,
    pub waba: &'a WabaId,
    pub message: &'a MessageId,
    pub actions: &'a [Action],
    /// What the vendor's other systems are told, if they are.
    pub told: Option<&'a str>,
}

/// Actions as a list shows them.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedActions {
    pub state: ActionsState,
    pub actions: Vec<Action>,
}

/// A delivery that this invocation makes, and nobody else until its lease ends.
#[derive(Clone, Debug)]
pub struct ActionsTask {
    pub vendor: VendorId,
    pub message: MessageId,
    pub body: String,
    pub decided_at: Timestamp,
    /// This attempt included.
    pub attempts: u32,
    lease_until: Timestamp,
}

impl Tables {
    /// Takes a delivery to make, and counts the attempt before it is made. `None`: there is nothing to tell, or somebody does.
    pub async fn take_actions(
        &self,
        vendor: &VendorId,
        message: &MessageId,
        now: Timestamp,
    ) -> Result<Option<ActionsTask>, AwsError> {
        const ATTEMPTED: &str = "taking actions to tell";
        let lease_until = now
            .checked_add(limits::ACTIONS_LEASE)
            .unwrap_or(Timestamp::MAX);
        let change = Change::of(&self.names.messages, actions_key(vendor, message))
            .set("leaseUntil", ms(lease_until))
            .set("dueAt", ms(lease_until))
            .add("attempts", 1)
            .when("attribute_exists(pk) AND (attribute_not_exists(#leaseUntil) OR #leaseUntil <= :now)")
            .bind("now", ms(now));
        let request = change
            .request(&self.client)
            .return_values(ReturnValue::AllNew);
        let item = match Self::update(request).await {
            Ok(answer) => answer.attributes,
            Err(error) if is_condition_failed(&error) => return Ok(None),
            Err(error) => return Err(AwsError::of(ATTEMPTED, &error)),
        };
        let item = item.ok_or_else(|| AwsError::unreadable(ATTEMPTED))?;
        let from = Reader::new(&item, ATTEMPTED);
        Ok(Some(ActionsTask {
            vendor: vendor.clone(),
            message: message.clone(),
            body: from.text("body")?.to_owned(),
            decided_at: from.time("decidedAt")?,
            attempts: from.number("attempts")?,
            lease_until,
        }))
    }

    /// Writes that actions were told, or that nobody took them in time.
    pub async fn end_actions(
        &self,
        task: &ActionsTask,
        state: ActionsState,
    ) -> Result<Commit, AwsError> {
        let message = Change::of(
            &self.names.messages,
            message_key(&task.vendor, &task.message),
        )
        .set("actionsState", s(state.as_str()))
        .when("attribute_exists(pk)");
        let parts = vec![self.of_task(task).delete(), message.transact()];
        self.commit("ending a delivery of actions", parts).await
    }

    /// Leaves actions that nobody took until then.
    pub async fn put_off_actions(
        &self,
        task: &ActionsTask,
        until: Timestamp,
    ) -> Result<Commit, AwsError> {
        let change = self
            .of_task(task)
            .set("leaseUntil", ms(until))
            .set("dueAt", ms(until));
        self.commit("putting actions off", vec![change.transact()])
            .await
    }

    /// Messages whose actions are to be told by now.
    pub async fn due_actions(
        &self,
        until: Timestamp,
        limit: i32,
    ) -> Result<Vec<(VendorId, MessageId)>, AwsError> {
        self.due_beside_messages(DUE_SHARD, until, limit).await
    }

    /// The part of a decision by which its actions wait to be told.
    pub(super) fn new_actions(
        &self,
        recorded: &Recorded<'_>,
        now: Timestamp,
    ) -> Option<TransactWriteItem> {
        let expires = now + SignedDuration::from_hours(24 * limits::DEFERRED_DAYS);
        let due_at = now.checked_add(limits::ACTIONS_TOLD_WITHIN).ok();
        let item = Writer::at(actions_key(recorded.vendor, recorded.message))
            .owned()
            .with("schema", n(1))
            .with("wabaId", s(recorded.waba.as_str()))
            .with("body", s(recorded.told?))
            .with("decidedAt", ms(now))
            .with("attempts", n(0))
            .with("dueShard", s(DUE_SHARD))
            .with("dueAt", due_at.map(ms))
            .with("expiresAt", seconds(expires));
        Some(put(&self.names.messages, item.item(), None))
    }

    fn of_task(&self, task: &ActionsTask) -> Change {
        Change::of(
            &self.names.messages,
            actions_key(&task.vendor, &task.message),
        )
        .when("#leaseUntil = :lease")
        .bind("lease", ms(task.lease_until))
    }
}

/// What a message's own item keeps of its actions.
pub(super) fn with_actions(change: Change, recorded: Option<&Recorded<'_>>) -> Change {
    let Some(recorded) = recorded else {
        return change;
    };
    let state = match recorded.told {
        Some(_) => ActionsState::Pending,
        None => ActionsState::Recorded,
    };
    change
        .set("actions", super::item::json(&recorded.actions))
        .set("actionsState", s(state.as_str()))
}

/// What a message's item tells of its actions.
pub(super) fn listed(from: &Reader<'_>) -> Option<ListedActions> {
    Some(ListedActions {
        state: ActionsState::parse(from.text_opt("actionsState")?)?,
        actions: from.json("actions").ok()?,
    })
}

fn actions_key(vendor: &VendorId, message: &MessageId) -> Item {
    key(message_pk(vendor, message), "actions")
}
