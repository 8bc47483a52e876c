use domain::VendorId;
use domain::audit::{Ended, Month, Place, Record, presentable};
use jiff::Timestamp;
use serde_json::Value;

use super::Tables;
use super::item::{Change, Item, Reader, Writer, json, key, n, s, seconds};
use crate::error::AwsError;

/// Which records are looked for, newest first.
#[derive(Clone, Debug)]
pub struct Sought<'a> {
    /// Those of one vendor alone.
    pub vendor: Option<&'a VendorId>,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Those that come after this one.
    pub after: Option<Place>,
    pub limit: usize,
}

fn key_of(place: &Place) -> Item {
    key(place.month().text(), place.as_str())
}

impl Tables {
    /// Writes that somebody is about to change something.
    pub async fn begin_record(&self, record: &Record) -> Result<(), AwsError> {
        let item = Writer::at(key_of(&record.place))
            .with("who", s(&record.who))
            .with("label", s(&record.label))
            .with("method", s(&record.method))
            .with("route", s(&record.route))
            .with("parameters", json(&presentable(&record.parameters)))
            .with("vendorId", record.vendor.as_ref().map(|id| s(id.as_str())))
            .with("expiresAt", seconds(record.place.forgotten_at()))
            .with("schema", n(1));
        let table = &self.names.audit;
        self.put_new("recording a change", table, item.item()).await
    }

    /// Writes how it ended, and whose it turned out to be.
    pub async fn end_record(
        &self,
        place: &Place,
        vendor: Option<&VendorId>,
        ended: &Ended,
    ) -> Result<(), AwsError> {
        let known = |value: &Value| (!value.is_null()).then(|| json(&presentable(value)));
        let mut change = Change::of(&self.names.audit, key_of(place))
            .set("status", n(ended.status))
            .set("before", known(&ended.before))
            .set("after", known(&ended.after))
            .when("attribute_exists(pk)");
        if let Some(vendor) = vendor {
            change = change.set("vendorId", s(vendor.as_str()));
        }
        let ending = Self::update(change.request(&self.client));
        ending
            .await
            .map(|_| ())
            .map_err(|error| AwsError::of("recording how a change ended", &error))
    }

    /// Records of changes, newest first, as many as are asked for or as there are.
    pub async fn records(&self, sought: &Sought<'_>) -> Result<Vec<Record>, AwsError> {
        if let Some(vendor) = sought.vendor {
            return self
                .records_in(sought, Part::Vendor(vendor), sought.limit)
                .await;
        }
        let newest = sought.after.as_ref().map_or(sought.to, |place| place.at);
        let (mut month, oldest) = (Month::of(newest.min(sought.to)), Month::of(sought.from));
        let mut found = Vec::new();
        // Records live 400 days, so that there are 15 months at most.
        while month >= oldest && found.len() < sought.limit {
            let left = sought.limit - found.len();
            found.extend(self.records_in(sought, Part::Month(month), left).await?);
            month = month.before();
        }
        Ok(found)
    }

    async fn records_in(
        &self,
        sought: &Sought<'_>,
        part: Part<'_>,
        limit: usize,
    ) -> Result<Vec<Record>, AwsError> {
        let request = self.client.query().table_name(&self.names.audit);
        let (request, attribute, value) = match part {
            Part::Vendor(vendor) => (
                request.index_name("by_vendor"),
                "vendorId",
                s(vendor.as_str()),
            ),
            Part::Month(month) => (request.consistent_read(true), "pk", s(month.text())),
        };
        // What stands at a place begins with its time: a mark after the digits ends the span.
        let first = format!("{:013}", sought.from.as_millisecond());
        let last = match &sought.after {
            Some(place) if place.at <= sought.to => place.as_str().to_owned(),
            _ => format!("{:013}$", sought.to.as_millisecond()),
        };
        if first > last {
            return Ok(Vec::new());
        }
        let is_after = |record: &Record| sought.after.as_ref() != Some(&record.place);
        // One more, for the span ends with the one that is known.
        let asked = i32::try_from(limit + 1).unwrap_or(i32::MAX);
        let answer = request
            .key_condition_expression(format!("{attribute} = :of AND sk BETWEEN :first AND :last"))
            .expression_attribute_values(":of", value)
            .expression_attribute_values(":first", s(first))
            .expression_attribute_values(":last", s(last))
            .scan_index_forward(false)
            .limit(asked)
            .send()
            .await
            .map_err(|error| AwsError::of("listing changes", &error))?;
        let records: Vec<_> = answer.items.iter().map(read).collect::<Result<_, _>>()?;
        Ok(records.into_iter().filter(is_after).take(limit).collect())
    }
}

/// Records that are kept together.
#[derive(Clone, Copy)]
enum Part<'a> {
    Vendor(&'a VendorId),
    Month(Month),
}

fn read(item: &Item) -> Result<Record, AwsError> {
    let from = Reader::new(item, "reading the record of a change");
    let text = |name| from.text(name).map(str::to_owned);
    let ended = match from.number_opt("status") {
        None => None,
        Some(status) => Some(Ended {
            status,
            before: from.json_or_default("before")?,
            after: from.json_or_default("after")?,
        }),
    };
    Ok(Record {
        place: Place::parse(from.text("sk")?).ok_or_else(|| from.unreadable())?,
        who: text("who")?,
        label: text("label")?,
        method: text("method")?,
        route: text("route")?,
        parameters: from.json_or_default("parameters")?,
        vendor: from.parsed_opt("vendorId"),
        ended,
    })
}
