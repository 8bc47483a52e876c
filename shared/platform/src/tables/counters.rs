//! Counts beside the ledger: a vendor's messages day by day, and the fleet's numbers.

use std::collections::{BTreeMap, BTreeSet};

use domain::counting::{Day, FailedSend, newest_failures};
use domain::{VendorId, limits};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::{Change, Item, Reader, json, key, ms, n, s, seconds};
use super::{Commit, Tables};
use crate::error::AwsError;

/// How many numbers there are, and of which kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Fleet {
    pub vendors: u64,
    pub numbers: u64,
    pub by_provider: BTreeMap<String, u64>,
    pub by_status: BTreeMap<String, u64>,
}

/// How often the newest failures are merged anew because somebody else did meanwhile.
const TRIES: usize = 3;

fn day_key(vendor: &VendorId, date: Date) -> Item {
    key(vendor.as_str(), &format!("day#{date}"))
}

/// No vendor's id holds a `#`.
fn fleet_key() -> Item {
    key("fleet#numbers", "count")
}

fn failures_key() -> Item {
    key("fleet#failures", "newest")
}

impl Tables {
    /// A vendor's counted days from one to another, both included, in their order.
    pub async fn days(
        &self,
        vendor: &VendorId,
        (from, to): (Date, Date),
    ) -> Result<Vec<Day>, AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.counters)
            .key_condition_expression("pk = :vendor AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":vendor", s(vendor.as_str()))
            .expression_attribute_values(":from", s(format!("day#{from}")))
            .expression_attribute_values(":to", s(format!("day#{to}")))
            .consistent_read(true);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("reading counts", &error))?;
        answer.items.iter().map(read_day).collect()
    }

    /// Writes a day if nobody counted it since it was read.
    pub async fn keep_day(
        &self,
        vendor: &VendorId,
        before: &Day,
        after: &Day,
        now: Timestamp,
    ) -> Result<Commit, AwsError> {
        let expires = now + SignedDuration::from_hours(24 * limits::COUNT_DAYS);
        let change = Change::of(&self.names.counters, day_key(vendor, before.date))
            .set("tally", json(&after.shown))
            .set("through", after.through.as_ref().map(s))
            .set("recounts", n(after.recounts))
            .set("recount", after.under_way.as_ref().map(json))
            .set("expiresAt", seconds(expires))
            .set("schema", n(1))
            .next_after(before.revision);
        self.commit("keeping counts", vec![change.transact()]).await
    }

    /// The messages that failed lately, newest first.
    pub async fn failures(&self) -> Result<Vec<FailedSend>, AwsError> {
        Ok(self.failures_read().await?.0)
    }

    /// Adds to the messages that failed lately.
    pub async fn note_failures(&self, failed: &[FailedSend]) -> Result<(), AwsError> {
        for _ in 0..TRIES {
            let (known, revision) = self.failures_read().await?;
            let newest = newest_failures(known.clone(), failed);
            if newest == known {
                return Ok(());
            }
            let change = Change::of(&self.names.counters, failures_key())
                .set("failures", json(&newest))
                .set("revision", n(revision + 1))
                .set("schema", n(1))
                .when("attribute_not_exists(pk) OR #revision = :before")
                .bind("before", n(revision));
            let kept = self.commit("keeping failures", vec![change.transact()]);
            if kept.await?.is_done() {
                return Ok(());
            }
        }
        Err(AwsError::contended("keeping failures"))
    }

    async fn failures_read(&self) -> Result<(Vec<FailedSend>, u64), AwsError> {
        let attempted = "reading failures";
        let item = self
            .get(attempted, &self.names.counters, failures_key())
            .await?;
        let Some(item) = item else {
            return Ok((Vec::new(), 0));
        };
        let from = Reader::new(&item, attempted);
        Ok((from.json("failures")?, from.number("revision")?))
    }

    /// How many numbers there were when they were last counted, and when that was.
    pub async fn fleet(&self) -> Result<Option<(Fleet, Timestamp)>, AwsError> {
        let attempted = "reading the fleet's counts";
        let item = self.get(attempted, &self.names.counters, fleet_key());
        let Some(item) = item.await? else {
            return Ok(None);
        };
        let from = Reader::new(&item, attempted);
        Ok(Some((from.json("counts")?, from.time("countedAt")?)))
    }

    /// Counts all numbers. It reads the whole table, so that nobody waits for it but the sweep.
    pub async fn count_fleet(&self, now: Timestamp) -> Result<Fleet, AwsError> {
        let (mut fleet, mut vendors) = (Fleet::default(), BTreeSet::new());
        let mut start = None;
        loop {
            let request = self
                .client
                .scan()
                .table_name(&self.names.waba_instances)
                .filter_expression("begins_with(sk, :waba)")
                .projection_expression("pk, provider, #status")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":waba", s("waba#"))
                .exclusive_start_key(start);
            let answer = request
                .send()
                .await
                .map_err(|error| AwsError::of("counting numbers", &error))?;
            for item in &answer.items {
                let from = Reader::new(item, "counting numbers");
                fleet.numbers += 1;
                vendors.insert(from.text("pk")?.to_owned());
                let provider = from.text("provider")?.to_owned();
                *fleet.by_provider.entry(provider).or_default() += 1;
                let status = from.text("status")?.to_owned();
                *fleet.by_status.entry(status).or_default() += 1;
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        fleet.vendors = u64::try_from(vendors.len()).unwrap_or(u64::MAX);
        let change = Change::of(&self.names.counters, fleet_key())
            .set("counts", json(&fleet))
            .set("countedAt", ms(now))
            .set("schema", n(1));
        self.commit("keeping the fleet's counts", vec![change.transact()])
            .await?;
        Ok(fleet)
    }
}

fn read_day(item: &Item) -> Result<Day, AwsError> {
    let from = Reader::new(item, "reading counts");
    let date = from.text("sk")?.trim_start_matches("day#");
    Ok(Day {
        date: date.parse().map_err(|_| from.unreadable())?,
        shown: from.json("tally")?,
        through: from.text_opt("through").map(str::to_owned),
        recounts: from.number("recounts")?,
        under_way: from.json("recount").ok(),
        revision: from.number("revision")?,
    })
}
