//! Deleting a number: what it may leave behind is its closed lane, and the mark that it was there.

use std::collections::HashMap;

use domain::{Dispatch, Lane, VendorId, WabaId, WabaInstance, limits};
use jiff::Timestamp;

use super::item::{Change, Item, Reader, Writer, key, ms, n, put, s};
use super::registration::{phone_key, provider_instance_key};
use super::vendors::instance_key;
use super::{Commit, Tables};
use crate::error::AwsError;

/// Pages of a vendor's newest messages that are looked through for sends that are not settled.
const PAGES: usize = 20;

/// The part of [`Tables::close_number`] that fails if the number is not registered as it was read any more.
pub const CLOSE_NUMBER: usize = 0;

/// Sends that are not settled, by where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Active {
    pub queued: usize,
    pub parked: usize,
    pub sending: usize,
    pub unknown: usize,
}

impl Active {
    pub const fn total(self) -> usize {
        self.queued + self.parked + self.sending + self.unknown
    }
}

pub(super) fn deleted_key(vendor: &VendorId, waba: &WabaId) -> Item {
    key(vendor.as_str(), &format!("was#{waba}"))
}

impl Tables {
    /// Deletes a number and closes its lane, all or nothing: a send that is taken at the same moment was taken before, or never is.
    pub async fn close_number(
        &self,
        instance: &WabaInstance,
        (lane, closed): (&Lane, &Lane),
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let at = (&instance.vendor_id, &instance.waba_id);
        let numbers = &self.names.waba_instances;
        let delete = |key| super::item::delete(numbers, key);
        let number = Change::of(numbers, instance_key(at.0, at.1))
            .bind("phone", s(instance.phone.expose()))
            .bind("session", s(&instance.provider_instance_id));
        let mut as_read = "#phone = :phone AND #providerInstanceId = :session".to_owned();
        let secrets = [
            ("keyMark", &instance.marks.api_key),
            ("webhookMark", &instance.marks.webhook),
            ("nextMark", &instance.marks.next),
        ];
        // What was claimed is given up at once: nothing leaves from a closed lane, whoever remembers its key.
        let number = secrets.into_iter().fold(number, |number, (name, mark)| {
            let Some(mark) = mark else {
                as_read.extend([" AND attribute_not_exists(#", name, ")"]);
                return number;
            };
            as_read.extend([" AND #", name, " = :", name]);
            number.bind(name, s(mark.as_str()))
        });
        let number = number.when(&as_read);
        let mark = Writer::at(deleted_key(at.0, at.1))
            .with("deletedAt", ms(now))
            .with("schema", n(1));
        let session = provider_instance_key(instance.provider, &instance.provider_instance_id);
        let mut parts = vec![
            number.delete(),
            put(numbers, mark.item(), None),
            delete(phone_key(&instance.phone)),
            delete(session),
            delete(super::pairing::pairing_key(at.0, at.1)),
            super::item::delete(&self.names.lanes, super::watch::watch_key(at.0, at.1)),
            self.lane_change(lane, at, closed, now).transact(),
        ];
        let marks = instance.marks.iter();
        parts.extend(marks.map(|mark| delete(super::marks::mark_key(mark))));
        self.commit("deleting a number", parts).await
    }

    /// The numbers that a vendor had.
    pub async fn deleted_numbers(&self, vendor: &VendorId) -> Result<Vec<WabaId>, AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.waba_instances)
            .key_condition_expression("pk = :pk AND begins_with(sk, :was)")
            .expression_attribute_values(":pk", s(vendor.as_str()))
            .expression_attribute_values(":was", s("was#"))
            .consistent_read(true);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("reading deleted numbers", &error))?;
        let waba = |item: &Item| {
            let from = Reader::new(item, "reading deleted numbers");
            let waba = from.text("sk")?.trim_start_matches("was#");
            WabaId::parse(waba).map_err(|_| from.unreadable())
        };
        answer.items.iter().map(waba).collect()
    }

    /// A vendor's sends that are not settled, from one of its numbers or from all of them, as far as its newest messages show.
    pub async fn active_sends(
        &self,
        vendor: &VendorId,
        waba: Option<&WabaId>,
        now: Timestamp,
    ) -> Result<Active, AwsError> {
        let since = now
            .checked_sub(limits::ACTIVE_SENDS_WITHIN)
            .unwrap_or(Timestamp::MIN);
        let mut active = Active::default();
        let mut start: Option<HashMap<_, _>> = None;
        for _ in 0..PAGES {
            let request = self
                .client
                .query()
                .table_name(&self.names.messages)
                .index_name("by_vendor")
                .key_condition_expression("vendorId = :vendor AND listKey > :since")
                .expression_attribute_values(":vendor", s(vendor.as_str()))
                .expression_attribute_values(":since", s(format!("{:013}", since.as_millisecond())))
                .filter_expression("attribute_exists(dispatch)")
                .projection_expression("dispatch, discardedAt, wabaId")
                .scan_index_forward(false)
                .exclusive_start_key(start);
            let answer = request
                .send()
                .await
                .map_err(|error| AwsError::of("finding sends that are not settled", &error))?;
            for item in &answer.items {
                count(&mut active, item, waba);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(active)
    }
}

fn count(active: &mut Active, item: &Item, of: Option<&WabaId>) {
    let from = Reader::new(item, "a send");
    if of.is_some_and(|waba| from.text_opt("wabaId") != Some(waba.as_str())) {
        return;
    }
    match from.text_opt("dispatch").and_then(Dispatch::parse) {
        Some(Dispatch::Queued) => active.queued += 1,
        Some(Dispatch::Parked) => active.parked += 1,
        Some(Dispatch::Sending) => active.sending += 1,
        Some(Dispatch::Unknown) if from.time_opt("discardedAt").is_none() => active.unknown += 1,
        _ => {}
    }
}
