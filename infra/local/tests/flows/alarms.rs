//! No alarm waits for what is never told: the metrics of the alarms and of the dashboard are those that the code emits, or AWS documents.

mod uses;

use std::collections::{BTreeMap, BTreeSet};

use platform::telemetry::{Metric, NAMESPACE};
use uses::{Series, Use};

/// What AWS's own metrics are called, and the sets of dimensions that each has, as its documents list them:
///
/// - `AWS/ApiGateway`: "Monitor `CloudWatch` metrics for HTTP APIs", API Gateway's developer guide (a REST API's are called otherwise).
/// - `AWS/DynamoDB`: "`DynamoDB` Metrics and dimensions", its developer guide.
/// - `AWS/Lambda`: "Types of metrics for Lambda functions", its developer guide.
/// - `AWS/SQS`: "Available `CloudWatch` metrics for Amazon SQS", its developer guide.
const DOCUMENTED: [(&str, &[&str], &[&[&str]]); 6] = [
    (
        "AWS/ApiGateway",
        &[
            "4xx",
            "5xx",
            "Count",
            "IntegrationLatency",
            "Latency",
            "DataProcessed",
        ],
        &[
            &["ApiId"],
            &["ApiId", "Stage"],
            &["ApiId", "Method", "Resource", "Stage"],
        ],
    ),
    (
        "AWS/DynamoDB",
        &[
            "ReadThrottleEvents",
            "WriteThrottleEvents",
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
        ],
        &[&["TableName"], &["GlobalSecondaryIndexName", "TableName"]],
    ),
    (
        "AWS/DynamoDB",
        &["SystemErrors", "ThrottledRequests"],
        &[&["Operation", "TableName"]],
    ),
    (
        "AWS/Lambda",
        &["Invocations", "Errors", "Throttles", "Duration"],
        &[&["FunctionName"], &["FunctionName", "Resource"]],
    ),
    (
        "AWS/Lambda",
        &["AsyncEventsReceived", "AsyncEventAge", "AsyncEventsDropped"],
        &[&["FunctionName"]],
    ),
    (
        "AWS/SQS",
        &[
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesVisible",
        ],
        &[&["QueueName"]],
    ),
];

fn is_documented(series: &Series) -> bool {
    let dimensions: Vec<_> = series.dimensions.keys().map(String::as_str).collect();
    DOCUMENTED.iter().any(|(namespace, metrics, sets)| {
        *namespace == series.namespace
            && metrics.contains(&series.metric.as_str())
            && sets.contains(&dimensions.as_slice())
    })
}

fn catalogued(series: &Series) -> Option<Metric> {
    let metric = Metric::ALL.iter().find(|it| it.name() == series.metric)?;
    let dimensions: BTreeSet<_> = series.dimensions.keys().map(String::as_str).collect();
    let mut sets = metric.dimensions().iter();
    let has_set = sets.any(|set| set.iter().copied().collect::<BTreeSet<_>>() == dimensions);
    let spec = metric.spec();
    let knows = |dimension: &str, words: &[&str]| {
        let word = series.dimensions.get(dimension);
        word.is_none_or(|word| words.contains(&word.as_str()))
    };
    let is_known = has_set
        && knows("stack", &["local"])
        && knows("reason", spec.reasons)
        && knows("provider", spec.providers);
    is_known.then_some(*metric)
}

/// The uses of what nobody emits under this name, with these dimensions and words.
fn misnamed(uses: &[Use]) -> Vec<String> {
    let filters = uses::of_filters();
    let is_known = |series: &Series| match series.namespace.as_str() {
        NAMESPACE => catalogued(series).is_some(),
        _ => is_documented(series) || filters.contains(series),
    };
    let unknown = uses.iter().filter(|one| !is_known(&one.series));
    unknown
        .map(|one| format!("{}: {:?}", one.whose, one.series))
        .collect()
}

#[test]
fn no_alarm_and_no_widget_is_of_a_metric_that_has_another_name() {
    assert_eq!(misnamed(&uses::of_alarms()), [""; 0]);
    assert_eq!(misnamed(&uses::of_dashboard()), [""; 0]);
}

#[test]
fn a_metric_a_dimension_and_a_word_that_are_misspelt_are_noticed() {
    let real = |metric: &str, dimensions: &[(&str, &str)]| Use {
        whose: "an alarm".to_owned(),
        series: Series {
            namespace: NAMESPACE.to_owned(),
            metric: metric.to_owned(),
            dimensions: dimensions
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
        },
    };
    let opened = [("stack", "local"), ("reason", "opened")];
    assert_eq!(misnamed(&[real("EngineBreaker", &opened)]), [""; 0]);
    let wrong = [
        real("EngineBreakers", &opened),
        real("EngineBreaker", &[("reason", "opened")]),
        real("EngineBreaker", &[("stack", "local"), ("reason", "open")]),
        real("SendUnknown", &opened),
    ];
    assert_eq!(misnamed(&wrong).len(), wrong.len());
}
