use aws::dynamodb::TransactWriteItem;
use domain::watch::{Change as Watched, Gap, Watch};
use domain::{Lane, SessionStatus, VendorId, WabaId};
use jiff::Timestamp;

use super::item::{Change, Item, Reader, json, key, ms, n, s};
use super::lanes::{lane_key, lane_pk, session_of};
use super::{Commit, Tables};
use crate::error::AwsError;

/// The shard of the index of sessions that the sweep looks at.
const DUE_SHARD: &str = "watch";

/// The part of [`Tables::told`] that fails if there is no such number.
pub const TOLD_INSTANCE: usize = 0;

pub(super) fn watch_key(vendor: &VendorId, waba: &WabaId) -> Item {
    key(lane_pk(vendor, waba), "watch")
}

/// A session's lane and its watch, read together.
#[derive(Clone, Debug)]
pub struct Session {
    pub lane: Lane,
    pub watch: Watch,
}

impl Tables {
    /// A session's lane and watch. A session that nobody watches yet is watched from `now` on, once that is written.
    pub async fn session(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        now: Timestamp,
    ) -> Result<Session, AwsError> {
        let lanes = self.names.lanes.as_str();
        let keys = [
            (lanes, lane_key(vendor, waba)),
            (lanes, watch_key(vendor, waba)),
        ];
        let found = self.get_many("reading a session", &keys).await?;
        let lane = found.first().and_then(Option::as_ref);
        let watch = found.get(1).and_then(Option::as_ref);
        Ok(Session {
            lane: lane
                .map(super::lanes::read)
                .transpose()?
                .unwrap_or_default(),
            watch: watch
                .map(read)
                .transpose()?
                .unwrap_or_else(|| Watch::begun(now)),
        })
    }

    /// Writes what a session told of itself: number, lane, watch and gaps, all or nothing.
    pub async fn told(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        before: &Session,
        (lane, watched): (&Lane, &Watched),
        status: SessionStatus,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let is_held = lane.unverified && *lane != before.lane;
        let note = self.session_noted((vendor, waba), status, is_held, now);
        let mut parts = vec![note.transact()];
        if *lane != before.lane {
            let change = self.lane_change(&before.lane, (vendor, waba), lane, now);
            parts.push(change.transact());
        }
        parts.extend(self.watched((vendor, waba), &before.watch, watched));
        if status == SessionStatus::Connected {
            // One that is connected needs no code to link it any more.
            let code = super::pairing::pairing_key(vendor, waba);
            parts.push(super::item::delete(&self.names.waba_instances, code));
        }
        self.commit("noting a session's status", parts).await
    }

    /// Writes a watch's next state and its gaps if it is still as it was read.
    pub async fn change_watch(
        &self,
        at: (&VendorId, &WabaId),
        before: &Watch,
        watched: &Watched,
    ) -> Result<Commit, AwsError> {
        let parts = self.watched(at, before, watched);
        if parts.is_empty() {
            return Ok(Commit::Done);
        }
        self.commit("changing a watch", parts).await
    }

    /// Sessions that the sweep must look at by now.
    pub async fn due_watches(
        &self,
        until: Timestamp,
        limit: i32,
    ) -> Result<Vec<(VendorId, WabaId)>, AwsError> {
        let items = self.due(&self.names.lanes, DUE_SHARD, until, limit).await?;
        Ok(items.iter().filter_map(session_of).collect())
    }

    /// Ends the watch of a number that is no more.
    pub async fn unwatch(&self, vendor: &VendorId, waba: &WabaId) -> Result<(), AwsError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.names.lanes)
            .key(watch_key(vendor, waba));
        request
            .send()
            .await
            .map(|_| ())
            .map_err(|error| AwsError::of("ending a watch", &error))
    }

    /// The part of a registration that has the session watched; one that is watched stays as it is.
    pub(super) fn watch_begun(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        now: Timestamp,
    ) -> TransactWriteItem {
        let begun = Watch::begun(now);
        Change::of(&self.names.lanes, watch_key(vendor, waba))
            .set_if_absent("revision", n(1))
            .set_if_absent("lookedAt", ms(begun.looked_at))
            .set_if_absent("dueShard", s(DUE_SHARD))
            .set_if_absent("dueAt", ms(begun.due_at))
            .set("schema", n(1))
            .transact()
    }

    fn watched(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        before: &Watch,
        watched: &Watched,
    ) -> Vec<TransactWriteItem> {
        let gap = |(cause, from, to): &(_, _, _)| {
            let gap = Gap {
                waba: waba.clone(),
                cause: *cause,
                from: *from,
                to: *to,
            };
            self.gap_change(vendor, &gap).transact()
        };
        let mut parts: Vec<_> = watched.gaps.iter().map(gap).collect();
        let watch = &watched.watch;
        if before == watch && before.revision > 0 {
            return parts;
        }
        let open = (!watch.open.is_empty()).then(|| json(&watch.open));
        let repairs = (watch.repairs.count > 0).then(|| json(&watch.repairs));
        let change = Change::of(&self.names.lanes, watch_key(vendor, waba))
            .set("lookedAt", ms(watch.looked_at))
            .set("dueShard", s(DUE_SHARD))
            .set("dueAt", ms(watch.due_at))
            .set("confirmingUntil", watch.confirming_until.map(ms))
            .set("verifyingUntil", watch.verifying_until.map(ms))
            .set("rhythm", json(&watch.rhythm))
            .set("repairs", repairs)
            .set("openGaps", open)
            .set("schema", n(1))
            .next_after(before.revision);
        parts.push(change.transact());
        parts
    }
}

fn read(item: &Item) -> Result<Watch, AwsError> {
    let from = Reader::new(item, "reading a watch");
    Ok(Watch {
        revision: from.number("revision")?,
        due_at: from.time("dueAt")?,
        looked_at: from.time("lookedAt")?,
        confirming_until: from.time_opt("confirmingUntil"),
        verifying_until: from.time_opt("verifyingUntil"),
        rhythm: from.json_or_default("rhythm")?,
        repairs: from.json_or_default("repairs")?,
        open: from.json_or_default("openGaps")?,
    })
}
