use std::fmt;
use std::time::Duration;

use domain::VendorId;
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::Clock;

/// The target of the events that become metrics. No function's log level silences them.
pub(super) const TARGET: &str = "metrics";
const NAMESPACE: &str = "multi-waba";

/// Counts one of what `metric` names, about a vendor. The vendor is a property of the line and no dimension, so that the number of
/// metrics does not grow with the number of vendors.
pub fn count(metric: &'static str, vendor: &VendorId) {
    tracing::info!(target: TARGET, metric, vendor = vendor.as_str());
}

/// Counts as [`count`] does, and apart for `reason`, which is one of a few words.
pub fn count_for(metric: &'static str, reason: &'static str, vendor: &VendorId) {
    tracing::info!(target: TARGET, metric, reason, vendor = vendor.as_str());
}

/// Counts one of what `metric` names, which is no vendor's.
pub fn count_alone(metric: &'static str) {
    tracing::info!(target: TARGET, metric);
}

/// Tells how long something about a vendor took, apart for `reason`, which says how it ended in one of a few words.
pub fn timed(metric: &'static str, reason: &'static str, took: Duration, vendor: &VendorId) {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: TARGET, metric, reason, millis, vendor = vendor.as_str());
}

/// Writes an event of [`TARGET`] as CloudWatch's embedded metric format: a line that is a JSON object and nothing else.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    pub(super) stack: String,
}

impl<S, N> FormatEvent<S, N> for Metrics
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut counted = Counted::default();
        event.record(&mut counted);
        let at = Clock::system().now().as_millisecond();
        writeln!(writer, "{}", self.line(&counted, at))
    }
}

impl Metrics {
    fn line(&self, counted: &Counted, at: i64) -> Value {
        let unit = counted.millis.map_or("Count", |_| "Milliseconds");
        let metric = json!({ "Name": counted.metric, "Unit": unit });
        let dimensions = match counted.reason {
            Some(_) => json!([["stack"], ["stack", "reason"]]),
            None => json!([["stack"]]),
        };
        let metrics =
            json!([{ "Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": [metric] }]);
        let mut line = json!({
            "_aws": { "Timestamp": at, "CloudWatchMetrics": metrics },
            "stack": self.stack,
        });
        if let Some(vendor) = &counted.vendor {
            line["vendor.id"] = vendor.as_str().into();
        }
        line[&counted.metric] = counted.millis.unwrap_or(1).into();
        if let Some(reason) = &counted.reason {
            line["reason"] = reason.as_str().into();
        }
        line
    }
}

#[derive(Default)]
struct Counted {
    metric: String,
    reason: Option<String>,
    vendor: Option<String>,
    millis: Option<u64>,
}

impl Visit for Counted {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "metric" => value.clone_into(&mut self.metric),
            "reason" => self.reason = Some(value.to_owned()),
            "vendor" => self.vendor = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "millis" {
            self.millis = Some(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing::Level;

    use super::*;
    use crate::telemetry::subscriber;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The lines that are written while `act` runs, at a log level.
    fn lines(level: Level, act: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = subscriber(level, "shop", move || writer.clone());
        tracing::subscriber::with_default(subscriber, act);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect()
    }

    fn vendor() -> VendorId {
        VendorId::parse("vendor_001").unwrap()
    }

    #[test]
    fn a_count_is_one_bare_line_that_cloudwatch_reads() {
        let mut lines = lines(Level::ERROR, || count("SendUnknown", &vendor()));
        let timestamp = lines[0]["_aws"]["Timestamp"].take();
        assert!(timestamp.as_i64().is_some_and(|at| at > 1_700_000_000_000));
        let metrics = json!([{
            "Namespace": "multi-waba", "Dimensions": [["stack"]],
            "Metrics": [{ "Name": "SendUnknown", "Unit": "Count" }],
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
            count_for("LaneStopped", "not_connected", &vendor());
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
            timed("EngineLatency", "answered", took, &vendor());
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
            count("SendFailed", &vendor());
        });
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[0]["message"], &lines[0]["_aws"]),
            (&json!("message sent"), &Value::Null)
        );
        assert_eq!(lines[1]["level"], Value::Null);
    }
}
