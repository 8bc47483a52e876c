//! The ledger as it is counted: one page of a vendor's list, and no more of each message than is counted.

use std::time::Duration;

use domain::counting::{Counted, FailedSend, Stretch};
use domain::{Delivery, Dispatch, Failure, MessageId, VendorId};

use super::Tables;
use super::item::{Item, Reader, s};
use super::listing::inbound_status;
use crate::error::AwsError;

/// Messages of one page.
const PAGE: i32 = 500;
const ATTRIBUTES: &str = "pk, listKey, wabaId, direction, #state, outcome, replies, dispatch, delivery, failure, createdAt, askedAt, acceptedAt";

impl Tables {
    /// Counts a page of a stretch of a vendor's list, oldest first.
    pub async fn counted(&self, vendor: &VendorId, stretch: &Stretch) -> Result<Counted, AwsError> {
        let between = "vendorId = :vendor AND listKey BETWEEN :after AND :before";
        let request = self
            .client
            .query()
            .table_name(&self.names.messages)
            .index_name("by_vendor")
            .key_condition_expression(between)
            .projection_expression(ATTRIBUTES)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":vendor", s(vendor.as_str()))
            .expression_attribute_values(":after", s(&stretch.after))
            .expression_attribute_values(":before", s(&stretch.before))
            .limit(PAGE);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("counting messages", &error))?;
        let mut counted = Counted {
            is_last: answer.last_evaluated_key.is_none(),
            ..Counted::default()
        };
        for item in &answer.items {
            add(&mut counted, vendor, item)?;
        }
        Ok(counted)
    }
}

fn add(counted: &mut Counted, vendor: &VendorId, item: &Item) -> Result<(), AwsError> {
    let from = Reader::new(item, "counting messages");
    let list_key = from.text("listKey")?;
    counted.last = Some(list_key.to_owned());
    if from.text("direction")? == "inbound" {
        counted.tally.add(inbound_status(&from), None);
        return Ok(());
    }
    let status = outbound_status(&from)?;
    counted.tally.add(status, response(&from, list_key));
    if status == "failed" {
        let id = from.text("pk")?.rsplit('#').next().unwrap_or_default();
        let class = from
            .text_opt("failure")
            .and_then(|text| Failure::read(text).class);
        counted.failed.push(FailedSend {
            vendor_id: vendor.clone(),
            waba_id: from.parsed("wabaId")?,
            message_id: MessageId::parse(id).map_err(|_| from.unreadable())?,
            class: class.map(|class| class.as_str().to_owned()),
            at: from.time("createdAt")?,
        });
    }
    Ok(())
}

fn outbound_status(from: &Reader<'_>) -> Result<&'static str, AwsError> {
    let dispatch = Dispatch::parse(from.text("dispatch")?);
    let delivery = Delivery::from_rank(from.number("delivery")?);
    let (dispatch, delivery) = dispatch.zip(delivery).ok_or_else(|| from.unreadable())?;
    let is_failed = from.text_opt("failure").is_some();
    Ok(domain::status(dispatch, delivery, is_failed))
}

/// How long a customer waited for the first reply to a message.
fn response(from: &Reader<'_>, list_key: &str) -> Option<Duration> {
    let is_first = list_key.split('#').nth(1) == Some("00");
    let waited = from
        .time_opt("acceptedAt")?
        .duration_since(from.time_opt("askedAt")?);
    Duration::try_from(waited).ok().filter(|_| is_first)
}
