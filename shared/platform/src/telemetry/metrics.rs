use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use domain::VendorId;

use super::catalogue::{MOST_VENDORS, Metric, Unit};
use super::{invocation, json};

/// The target of the events that become metrics. No function's log level silences them.
pub(super) const TARGET: &str = "metrics";
/// CloudWatch's name of the place that all metrics are in.
pub const NAMESPACE: &str = "multi-waba";
/// Values of one metric in one line, CloudWatch's bound.
const MOST_VALUES: usize = 100;

/// The vendors that have metrics by themselves, as configured.
static VENDORS: OnceLock<Vec<String>> = OnceLock::new();

/// Gives chosen vendors metrics by themselves, from a list with commas; those after the twentieth have none.
pub(super) fn choose_vendors(list: &str) {
    let names = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let chosen = names.take(MOST_VENDORS).map(str::to_owned).collect();
    let _ = VENDORS.set(chosen);
}

/// Counts one of what `metric` names, about a vendor. The vendor is a property of the line and no dimension (unless it was chosen to be
/// one), so that the number of metrics does not grow with the number of vendors.
pub fn count(metric: Metric, vendor: &VendorId) {
    add(metric, 1, vendor);
}

/// Counts several at once; of none nothing is written.
pub fn add(metric: Metric, many: usize, vendor: &VendorId) {
    if many > 0 {
        tell(Counted::new(metric, saturating(many)).of(vendor));
    }
}

/// Counts as [`count`] does, and apart for `reason`, which is one of the metric's words.
pub fn count_for(metric: Metric, reason: &'static str, vendor: &VendorId) {
    tell(Counted::new(metric, 1).by(reason).of(vendor));
}

/// Counts several at once, apart for `reason`; of none nothing is written.
pub fn add_for(metric: Metric, reason: &'static str, many: usize, vendor: &VendorId) {
    if many > 0 {
        tell(Counted::new(metric, saturating(many)).by(reason).of(vendor));
    }
}

/// Counts one of what `metric` names, apart for `reason`, which is no vendor's.
pub fn count_alone_for(metric: Metric, reason: &'static str) {
    tell(Counted::new(metric, 1).by(reason));
}

/// Counts one of what `metric` names, which is no vendor's.
pub fn count_alone(metric: Metric) {
    tell(Counted::new(metric, 1));
}

/// Says how many there are at the moment; none, too.
pub fn gauge(metric: Metric, many: u64, vendor: Option<&VendorId>) {
    let counted = Counted::new(metric, many);
    tell(match vendor {
        Some(vendor) => counted.of(vendor),
        None => counted,
    });
}

/// Tells how long something about a vendor took.
pub fn took(metric: Metric, took: Duration, vendor: &VendorId) {
    tell(Counted::new(metric, millis(took)).of(vendor));
}

/// Tells how long something about a vendor took, apart for `reason`, which says how it ended in one of the metric's words.
pub fn timed(metric: Metric, reason: &'static str, took: Duration, vendor: &VendorId) {
    tell(Counted::new(metric, millis(took)).by(reason).of(vendor));
}

/// One thing that was counted or timed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    metric: Metric,
    value: u64,
    reason: Option<&'static str>,
    vendor: Option<VendorId>,
}

impl Counted {
    const fn new(metric: Metric, value: u64) -> Self {
        Self {
            metric,
            value,
            reason: None,
            vendor: None,
        }
    }

    fn by(self, reason: &'static str) -> Self {
        Self {
            reason: Some(self.metric.reason(reason)),
            ..self
        }
    }

    fn of(self, vendor: &VendorId) -> Self {
        Self {
            vendor: Some(vendor.clone()),
            ..self
        }
    }
}

/// What is counted every day waits for the invocation's end, so that one line can say all of it; the rest is written at once.
fn tell(counted: Counted) {
    if !(counted.metric.spec().is_everyday && invocation::gather(&counted)) {
        write(&[counted], invocation::request_id().as_deref());
    }
}

/// Writes what was counted, in as few lines as can say it.
pub(super) fn write(counted: &[Counted], request_id: Option<&str>) {
    let chosen = VENDORS.get().map_or(&[][..], Vec::as_slice);
    for line in gathered(counted) {
        let (directives, mut members) = line.parts(chosen);
        if let Some(id) = request_id {
            members.push(',');
            json::member(&mut members, "requestId", id);
            members.pop();
        }
        tracing::info!(target: TARGET, directives = directives.as_str(), members = members.as_str());
    }
}

/// What one line can say: things of one vendor and of one reason, for both are members of the line.
#[derive(Debug, Default)]
struct Line<'a> {
    vendor: Option<&'a VendorId>,
    reason: Option<&'static str>,
    values: Vec<(Metric, Vec<u64>)>,
}

fn gathered(counted: &[Counted]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for one in counted {
        let fitting = lines.iter_mut().find(|line| line.takes(one));
        if let Some(line) = fitting {
            line.add(one);
        } else {
            let mut line = Line {
                vendor: one.vendor.as_ref(),
                ..Line::default()
            };
            line.add(one);
            lines.push(line);
        }
    }
    lines
}

impl<'a> Line<'a> {
    fn takes(&self, one: &Counted) -> bool {
        let of = |(metric, _): &&(Metric, Vec<u64>)| *metric == one.metric;
        let known = self.values.iter().find(of);
        let agrees = one.reason.is_none() || self.reason.is_none_or(|it| Some(it) == one.reason);
        // A metric whose reason is told has it in all its values of the line.
        let has_room = known.is_none_or(|(_, values)| values.len() < MOST_VALUES);
        self.vendor == one.vendor.as_ref() && agrees && has_room
    }

    fn add(&mut self, one: &'a Counted) {
        self.reason = self.reason.or(one.reason);
        let known = self
            .values
            .iter_mut()
            .find(|(metric, _)| *metric == one.metric);
        match known {
            None => self.values.push((one.metric, vec![one.value])),
            Some((metric, values)) => match metric.spec().unit {
                Unit::Milliseconds => values.push(one.value),
                Unit::Count => values[0] += one.value,
            },
        }
    }

    /// The line's directives, and its members beside the stack's name.
    fn parts(&self, chosen: &[String]) -> (String, String) {
        let vendor = self.vendor.map(VendorId::as_str);
        let is_chosen = vendor.is_some_and(|vendor| chosen.iter().any(|it| it == vendor));
        let mut directives: Vec<(String, Vec<Metric>)> = Vec::new();
        for (metric, _) in &self.values {
            let dimensions = dimensions(*metric, is_chosen && metric.spec().is_of_vendors);
            match directives
                .iter_mut()
                .find(|(known, _)| *known == dimensions)
            {
                Some((_, metrics)) => metrics.push(*metric),
                None => directives.push((dimensions, vec![*metric])),
            }
        }
        let directives: Vec<String> = directives.iter().map(directive).collect();
        let mut members = String::new();
        for (metric, values) in &self.values {
            let _ = match values.as_slice() {
                [value] => write!(members, r#""{}":{value},"#, metric.name()),
                values => write!(members, r#""{}":{values:?},"#, metric.name()),
            };
        }
        if let Some(vendor) = vendor {
            json::member(&mut members, "vendor.id", vendor);
            if is_chosen {
                json::member(&mut members, "vendor", vendor);
            }
        }
        if let Some(reason) = self.reason {
            json::member(&mut members, "reason", reason);
        }
        let providers = self
            .values
            .iter()
            .flat_map(|(metric, _)| metric.spec().providers);
        if let Some(provider) = providers.last() {
            json::member(&mut members, "provider", provider);
        }
        members.pop();
        (directives.join(","), members)
    }
}

fn directive((dimensions, metrics): &(String, Vec<Metric>)) -> String {
    let named = |metric: &Metric| match metric.spec().unit {
        Unit::Count => format!(r#"{{"Name":"{}"}}"#, metric.name()),
        Unit::Milliseconds => format!(r#"{{"Name":"{}","Unit":"Milliseconds"}}"#, metric.name()),
    };
    let metrics: Vec<String> = metrics.iter().map(named).collect();
    let metrics = metrics.join(",");
    format!(r#"{{"Namespace":"{NAMESPACE}","Dimensions":{dimensions},"Metrics":[{metrics}]}}"#)
}

fn dimensions(metric: Metric, by_vendor: bool) -> String {
    let mut sets = metric.dimensions().to_vec();
    if by_vendor {
        sets.push(&["stack", "vendor"]);
    }
    // Debug of words without quotes or backslashes is their JSON.
    format!("{sets:?}").replace(", ", ",")
}

fn saturating(many: usize) -> u64 {
    u64::try_from(many).unwrap_or(u64::MAX)
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tracing::Level;

    use super::*;
    use crate::telemetry::tests::lines;

    fn vendor() -> VendorId {
        VendorId::parse("vendor_001").unwrap()
    }

    #[test]
    fn a_count_is_one_bare_line_that_cloudwatch_reads() {
        let mut lines = lines(Level::ERROR, || count(Metric::SendUnknown, &vendor()));
        let timestamp = lines[0]["_aws"]["Timestamp"].take();
        assert!(timestamp.as_i64().is_some_and(|at| at > 1_700_000_000_000));
        let metrics = json!([{
            "Namespace": "multi-waba", "Dimensions": [["stack"]],
            "Metrics": [{ "Name": "SendUnknown" }],
        }]);
        let expected = json!({
            "_aws": { "Timestamp": null, "CloudWatchMetrics": metrics },
            "stack": "shop", "vendor.id": "vendor_001", "SendUnknown": 1,
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn a_reason_is_a_dimension_and_the_vendor_is_none() {
        let lines = lines(Level::INFO, || {
            count_for(Metric::LaneStopped, "not_connected", &vendor());
        });
        assert_eq!(lines[0]["reason"], "not_connected");
        assert_eq!(
            lines[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
            json!([["stack"], ["stack", "reason"]])
        );
    }

    #[test]
    fn what_is_timed_is_told_in_milliseconds() {
        let lines = lines(Level::ERROR, || {
            let took = Duration::from_millis(1_250);
            timed(Metric::EngineLatency, "answered", took, &vendor());
        });
        let metric = &lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"][0];
        assert_eq!(metric["Unit"], "Milliseconds");
        assert_eq!(
            (&lines[0]["EngineLatency"], &lines[0]["reason"]),
            (&json!(1250), &json!("answered"))
        );
    }

    #[test]
    fn an_ordinary_line_is_no_metric_and_a_metric_no_ordinary_line() {
        let lines = lines(Level::TRACE, || {
            tracing::info!(vendor.id = "vendor_001", "message sent");
            count(Metric::SendUnknown, &vendor());
        });
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[0]["message"], &lines[0]["_aws"]),
            (&json!("message sent"), &Value::Null)
        );
        assert_eq!(lines[1]["level"], Value::Null);
    }

    /// A line as CloudWatch reads it.
    fn line(counted: &[Counted], chosen: &[&str]) -> Vec<Value> {
        let chosen: Vec<String> = chosen.iter().map(|it| (*it).to_owned()).collect();
        let read = |line: &Line<'_>| {
            let (directives, members) = line.parts(&chosen);
            serde_json::from_str(&format!(r#"{{"directives":[{directives}],{members}}}"#)).unwrap()
        };
        gathered(counted).iter().map(read).collect()
    }

    #[test]
    fn what_is_counted_together_is_one_line() {
        let received = Counted::new(Metric::Received, 2).of(&vendor());
        let took = Counted::new(Metric::ProviderLatency, 310)
            .by("accepted")
            .of(&vendor());
        let again = Counted::new(Metric::ProviderLatency, 290)
            .by("accepted")
            .of(&vendor());
        let lines = line(&[received.clone(), took, again, received], &[]);
        let expected = json!({
            "directives": [
                { "Namespace": "multi-waba", "Dimensions": [["stack"]], "Metrics": [{ "Name": "Received" }] },
                {
                    "Namespace": "multi-waba", "Dimensions": [["stack"], ["stack", "provider", "reason"]],
                    "Metrics": [{ "Name": "ProviderLatency", "Unit": "Milliseconds" }],
                },
            ],
            "Received": 4, "ProviderLatency": [310, 290],
            "vendor.id": "vendor_001", "reason": "accepted", "provider": "wasender",
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn two_reasons_and_two_vendors_are_lines_of_their_own() {
        let other = VendorId::parse("vendor_002").unwrap();
        let one = Counted::new(Metric::Dwell, 5);
        let lines = line(
            &[
                one.clone().by("queue").of(&vendor()),
                one.clone().by("parked").of(&vendor()),
                one.by("queue").of(&other),
            ],
            &[],
        );
        let told = lines
            .iter()
            .map(|line| (&line["vendor.id"], &line["reason"]));
        let told: Vec<_> = told
            .map(|(vendor, reason)| format!("{vendor} {reason}"))
            .collect();
        let expected = [
            r#""vendor_001" "queue""#,
            r#""vendor_001" "parked""#,
            r#""vendor_002" "queue""#,
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_chosen_vendor_has_a_metric_by_itself_and_no_other_has() {
        let counted = [Counted::new(Metric::SendAccepted, 1).of(&vendor())];
        let chosen = &line(&counted, &["vendor_001"])[0];
        let sets = json!([["stack"], ["stack", "vendor"]]);
        assert_eq!(chosen["directives"][0]["Dimensions"], sets);
        assert_eq!(chosen["vendor"], "vendor_001");
        let other = &line(&counted, &["vendor_002"])[0];
        assert_eq!(other["directives"][0]["Dimensions"], json!([["stack"]]));
        assert_eq!(other["vendor"], Value::Null);
    }
}
