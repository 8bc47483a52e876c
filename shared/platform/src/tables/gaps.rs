use domain::watch::{Cause, Gap};
use domain::{VendorId, WabaId, limits};
use jiff::{SignedDuration, Timestamp};

use super::Tables;
use super::item::{Change, Item, Reader, key, ms, n, s, seconds};
use crate::error::AwsError;

/// Gaps that one reading looks at.
const LOOKED_AT: i32 = 100;

fn gap_key(vendor: &VendorId, gap: &Gap) -> Item {
    let from = gap.from.as_millisecond();
    let place = format!("gap#{from:013}#{}#{}", gap.waba, gap.cause.as_str());
    key(vendor.as_str(), &place)
}

impl Tables {
    /// Writes a gap as it is now. The same one again is the same item.
    pub async fn note_gap(&self, vendor: &VendorId, gap: &Gap) -> Result<(), AwsError> {
        let noting = Self::update(self.gap_change(vendor, gap).request(&self.client));
        noting
            .await
            .map(|_| ())
            .map_err(|error| AwsError::of("noting a gap", &error))
    }

    /// A vendor's gaps that began by `until`, newest first, as many as one reading finds.
    pub async fn gaps(
        &self,
        vendor: &VendorId,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Gap>, AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.waba_instances)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", s(vendor.as_str()))
            .expression_attribute_values(":first", s("gap#"))
            .expression_attribute_values(":last", s(format!("gap#{:013}$", until.as_millisecond())))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(LOOKED_AT);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("listing gaps", &error))?;
        let lives = |item: &&Item| {
            let expires = Reader::new(item, "listing gaps").number_opt::<i64>("expiresAt");
            expires.is_none_or(|at| at > now.as_second())
        };
        answer.items.iter().filter(lives).map(read).collect()
    }

    pub(super) fn gap_change(&self, vendor: &VendorId, gap: &Gap) -> Change {
        // One that lasts is kept however long it does.
        let expires_at = gap
            .to
            .map(|to| seconds(to + SignedDuration::from_hours(24 * limits::GAP_DAYS)));
        Change::of(&self.names.waba_instances, gap_key(vendor, gap))
            .set("wabaId", s(gap.waba.as_str()))
            .set("cause", s(gap.cause.as_str()))
            .set("from", ms(gap.from))
            .set("to", gap.to.map(ms))
            .set("expiresAt", expires_at)
            .set("schema", n(1))
    }
}

fn read(item: &Item) -> Result<Gap, AwsError> {
    let from = Reader::new(item, "listing gaps");
    Ok(Gap {
        waba: from.parsed::<WabaId>("wabaId")?,
        cause: Cause::parse(from.text("cause")?).ok_or_else(|| from.unreadable())?,
        from: from.time("from")?,
        to: from.time_opt("to"),
    })
}
