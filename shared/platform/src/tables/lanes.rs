use aws::dynamodb::TransactWriteItem;
use domain::{Lane, LaneState, MessageId, Outbound, ParkReason, VendorId, WabaId};
use jiff::Timestamp;

use super::item::{Change, Item, Reader, Writer, b, delete, key, ms, n, put, s};
use super::{Commit, Tables, pacing};
use crate::error::AwsError;

/// The shard of the index of lanes that are due.
const DUE_SHARD: &str = "lanes";

/// One place on a lane's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    pub message: MessageId,
    pub order: String,
}

pub(super) fn lane_pk(vendor: &VendorId, waba: &WabaId) -> String {
    format!("{vendor}#{waba}")
}

pub(super) fn lane_key(vendor: &VendorId, waba: &WabaId) -> Item {
    key(lane_pk(vendor, waba), "lane")
}

pub(super) fn entry_key(vendor: &VendorId, waba: &WabaId, order: &str) -> Item {
    key(lane_pk(vendor, waba), &format!("parked#{order}"))
}

impl Tables {
    /// The lane of a session; one that nothing was ever written for is open.
    pub async fn lane(&self, vendor: &VendorId, waba: &WabaId) -> Result<Lane, AwsError> {
        let item = self
            .get("reading a lane", &self.names.lanes, lane_key(vendor, waba))
            .await?;
        item.as_ref()
            .map(read)
            .transpose()
            .map(Option::unwrap_or_default)
    }

    /// Writes a lane's next state if it is still as it was read.
    pub async fn change_lane(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        before: &Lane,
        after: &Lane,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        if before == after {
            return Ok(Commit::Done);
        }
        let change = self.lane_change(before, (vendor, waba), after, now);
        self.commit("changing a lane", vec![change.transact()])
            .await
    }

    /// Puts a message on its lane's list: message, lane and place, or nothing.
    pub async fn park(
        &self,
        before: (&Outbound, &Lane),
        after: (&Outbound, &Lane),
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let (message, lane) = after;
        let place = Writer::at(entry_key(&message.vendor, &message.waba, &message.order))
            .with("messageId", s(message.id.as_str()));
        let parts = vec![
            self.decided(before.0.revision, message, now).transact(),
            self.lane_change(before.1, (&message.vendor, &message.waba), lane, now)
                .transact(),
            put(&self.names.lanes, place.item(), None),
        ];
        self.commit("parking a message", parts).await
    }

    /// The oldest places on a lane's list.
    pub async fn parked(
        &self,
        vendor: &VendorId,
        waba: &WabaId,
        limit: i32,
    ) -> Result<Vec<Parked>, AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.lanes)
            .key_condition_expression("pk = :pk AND begins_with(sk, :parked)")
            .expression_attribute_values(":pk", s(lane_pk(vendor, waba)))
            .expression_attribute_values(":parked", s("parked#"))
            .consistent_read(true)
            .limit(limit);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("reading a lane's list", &error))?;
        let read = |item: &Item| {
            let from = Reader::new(item, "reading a lane's list");
            let order = from.text("sk")?.trim_start_matches("parked#").to_owned();
            Ok(Parked {
                message: from.parsed("messageId")?,
                order,
            })
        };
        answer.items.iter().map(read).collect()
    }

    /// Puts parked messages back among the queued and ends those that waited too long, all or nothing, while the lane drains under `epoch`.
    pub async fn drain(
        &self,
        (vendor, waba, epoch): (&VendorId, &WabaId, u64),
        moves: &[(Outbound, Outbound)],
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let ended: Vec<_> = moves.iter().filter(|(_, after)| !after.listed).collect();
        let mut parts: Vec<_> = moves
            .iter()
            .map(|(before, after)| self.decided(before.revision, after, now).transact())
            .collect();
        parts.extend(
            ended.iter().map(|(before, _)| {
                delete(&self.names.lanes, entry_key(vendor, waba, &before.order))
            }),
        );
        let lane = Change::of(&self.names.lanes, lane_key(vendor, waba))
            .add("listed", -i64::try_from(ended.len()).unwrap_or_default())
            .add("revision", 1)
            .when("#epoch = :epoch AND #state = :draining")
            .bind("epoch", n(epoch))
            .bind("draining", s("draining"));
        parts.push(lane.transact());
        self.commit("draining a lane", parts).await
    }

    /// Lanes that the sweep must look at by now.
    pub async fn due_lanes(
        &self,
        until: Timestamp,
        limit: i32,
    ) -> Result<Vec<(VendorId, WabaId)>, AwsError> {
        let items = self.due(&self.names.lanes, DUE_SHARD, until, limit).await?;
        Ok(items.iter().filter_map(session_of).collect())
    }

    pub(super) fn lane_change(
        &self,
        before: &Lane,
        (vendor, waba): (&VendorId, &WabaId),
        after: &Lane,
        now: Timestamp,
    ) -> Change {
        let (state, reason, resume_at) = match after.state {
            LaneState::Open => ("open", None, None),
            LaneState::Parked { reason, resume_at } => ("parked", Some(reason), resume_at),
            LaneState::Draining => ("draining", None, None),
        };
        let due_at = after.due_at(now);
        let change = Change::of(&self.names.lanes, lane_key(vendor, waba))
            .set("state", s(state))
            .set("reason", reason.map(|reason| s(reason.as_str())))
            .set("resumeAt", resume_at.map(ms))
            .set("epoch", n(after.epoch))
            .set("revision", n(after.revision))
            .set("nextDueAt", after.next_due_at.map(ms))
            .set("listed", n(after.listed))
            .set("doubts", n(after.doubts))
            .set("drainLeaseUntil", after.drain_lease_until.map(ms))
            .set("unverified", after.unverified.then(|| b(true)))
            .set("closed", after.closed.then(|| b(true)))
            .set("closedAt", after.closed_at.map(ms))
            .set("restored", after.restored.map(ms))
            .set("dueShard", due_at.map(|_| s(DUE_SHARD)))
            .set("dueAt", due_at.map(ms))
            .set("schema", n(1));
        let change = pacing::set_pace(change, &after.pace);
        if before.revision == 0 {
            change.when("attribute_not_exists(pk)")
        } else {
            change
                .when("#revision = :before")
                .bind("before", n(before.revision))
        }
    }

    /// One message fewer on the list, whatever else the lane does meanwhile.
    pub(super) fn one_less(&self, vendor: &VendorId, waba: &WabaId) -> TransactWriteItem {
        Change::of(&self.names.lanes, lane_key(vendor, waba))
            .add("listed", -1)
            .add("revision", 1)
            .transact()
    }
}

/// Whose lane an item is about.
pub(super) fn session_of(item: &Item) -> Option<(VendorId, WabaId)> {
    let (vendor, waba) = Reader::new(item, "a due lane")
        .text("pk")
        .ok()?
        .split_once('#')?;
    Some((VendorId::parse(vendor).ok()?, WabaId::parse(waba).ok()?))
}

pub(super) fn read(item: &Item) -> Result<Lane, AwsError> {
    let from = Reader::new(item, "reading a lane");
    let state = match from.text("state")? {
        "open" => LaneState::Open,
        "draining" => LaneState::Draining,
        "parked" => LaneState::Parked {
            reason: from
                .text_opt("reason")
                .and_then(ParkReason::parse)
                .ok_or_else(|| from.unreadable())?,
            resume_at: from.time_opt("resumeAt"),
        },
        _ => return Err(from.unreadable()),
    };
    Ok(Lane {
        state,
        epoch: from.number("epoch")?,
        revision: from.number("revision")?,
        next_due_at: from.time_opt("nextDueAt"),
        listed: from
            .number_opt::<i64>("listed")
            .and_then(|listed| u32::try_from(listed).ok())
            .unwrap_or_default(),
        pace: pacing::read_pace(&from),
        doubts: from.number_opt("doubts").unwrap_or_default(),
        drain_lease_until: from.time_opt("drainLeaseUntil"),
        unverified: from.flag("unverified"),
        silent: from.flag("silent"),
        silent_before: from.time_opt("silentBefore"),
        closed: from.flag("closed"),
        closed_at: from.time_opt("closedAt"),
        restored: from.time_opt("restored"),
    })
}
