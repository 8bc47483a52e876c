//! No alarm waits for what is never told: the metrics of the alarms and of the dashboard are those that the code emits, or AWS documents.

mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use platform::telemetry::{Metric, NAMESPACE};
use serde_json::Value;

use uses::{Series, Use};

/// The sets of dimensions that a metric has, each in the order of the alphabet.
type Sets = &'static [&'static [&'static str]];

/// What AWS's own metrics are called, and the sets of dimensions that each has, as its documents list them:
///
/// - `AWS/ApiGateway`: "Monitor `CloudWatch` metrics for HTTP APIs", API Gateway's developer guide (a REST API's are called otherwise).
/// - `AWS/DynamoDB`: "`DynamoDB` Metrics and dimensions", its developer guide.
/// - `AWS/Lambda`: "Types of metrics for Lambda functions", its developer guide.
/// - `AWS/SQS`: "Available `CloudWatch` metrics for Amazon SQS", its developer guide.
const DOCUMENTED: [(&str, &[&str], Sets); 6] = [
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

/// Tests in which between them everything happens that an alarm or the dashboard tells of.
const PROVOKING: [&str; 32] = [
    "actions::who_takes_nothing_for_a_day_is_given_up",
    "admin_audit::a_change_whose_end_is_not_recorded_is_made_and_shown_as_begun",
    "deferred::without_a_reply_the_customer_is_told_once_and_a_person_goes_on",
    "durability::what_neither_store_takes_is_answered_503_and_never_answered_to_the_customer",
    "durability::what_sqs_refuses_is_kept_in_the_table_and_answered_once_later",
    "foreign_sessions::a_webhook_that_names_another_vendors_session_is_refused_at_every_url_and_leaves_nothing",
    "hearing::a_connected_session_that_falls_silent_is_reported_until_it_is_heard",
    "hearing::a_time_in_which_nobody_looked_is_a_gap",
    "hearing::settings_that_drift_are_shown_until_they_are_put_back",
    "hearing::webhooks_that_could_not_be_kept_leave_a_gap_once_they_are",
    "identity::a_number_that_nobody_tells_holds_nothing_and_is_looked_at_again",
    "identity::a_wrong_number_behind_the_key_sends_nothing_until_it_is_the_registered_one",
    "lanes::a_parked_reply_expires_and_a_parked_staff_message_waits_longer",
    "lanes::a_refused_key_stops_the_lane_until_a_new_one_is_registered",
    "media_trouble::a_file_that_nobody_gives_is_given_up_and_its_message_stays_and_is_answered",
    "outage::an_engine_that_fails_too_often_is_left_alone_and_asked_again_by_itself",
    "outage::at_the_bound_a_customer_is_told_once_and_a_person_goes_on",
    "pacing::a_message_that_a_busy_provider_never_takes_fails_with_its_reason_and_the_lane_goes_on",
    "reconciliation::twenty_doubts_over_all_lanes_hold_the_platform_until_a_probe_is_answered",
    "restore::a_restore_that_is_not_worked_through_is_told_every_minute",
    "restore::how_many_sends_wait_for_a_person_is_told_until_somebody_decided_on_each",
    "rotation::a_renewal_whose_outcome_the_provider_never_tells_is_given_up",
    "setup::what_another_tool_overwrites_is_put_back_and_events_come_again",
    "takeovers::a_parked_reply_is_not_sent_after_a_takeover_and_the_others_leave",
    "telemetry::a_provider_that_is_not_there_is_counted_as_not_reached_and_nothing_is_in_doubt",
    "telemetry::an_engine_that_fails_is_counted_and_what_waited_for_it_is_timed",
    "telemetry::every_refusal_is_counted_by_its_reason",
    "telemetry::the_sweep_tells_how_many_numbers_are_connected",
    "telemetry::the_way_of_a_message_is_counted_and_timed_at_every_step",
    "telemetry::what_came_before_and_what_nobody_understands_is_counted",
    "telemetry::what_disappears_is_counted",
    "telemetry::what_is_put_off_parked_and_in_doubt_is_counted_and_its_waiting_is_timed",
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

/// What the functions told in the tests that provoke it all, as `CloudWatch` reads their lines.
fn told() -> BTreeSet<Series> {
    let program = std::env::current_exe().expect("the tests' own program");
    let output = Command::new(program)
        .args(["--exact", "--nocapture"])
        .args(PROVOKING)
        .env("SHOW_LOGS", "yes")
        .output()
        .expect("the tests run");
    let summary = String::from_utf8_lossy(&output.stdout);
    let all = format!("{} passed; 0 failed", PROVOKING.len());
    assert!(summary.contains(&all), "{summary}");
    let lines = String::from_utf8_lossy(&output.stderr);
    lines.lines().flat_map(of_line).collect()
}

fn of_line(line: &str) -> Vec<Series> {
    let Ok(line) = serde_json::from_str::<Value>(line) else {
        return Vec::new();
    };
    let listed = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found = Vec::new();
    for directive in listed(&line["_aws"]["CloudWatchMetrics"]) {
        for metric in listed(&directive["Metrics"]) {
            let metric = metric["Name"].as_str().expect("a name");
            assert!(!line[metric].is_null(), "{metric} has no value: {line}");
            for set in listed(&directive["Dimensions"]) {
                let dimensions = listed(&set).into_iter().map(|name| {
                    let name = name.as_str().expect("a name").to_owned();
                    let value = line[&name].as_str().expect("a dimension has a value");
                    (name.clone(), value.to_owned())
                });
                found.push(Series {
                    namespace: directive["Namespace"].as_str().expect("a name").to_owned(),
                    metric: metric.to_owned(),
                    dimensions: dimensions.collect(),
                });
            }
        }
    }
    found
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

#[test]
fn what_alarms_and_dashboard_tell_of_is_really_told() {
    let told = told();
    let may_be_silent = |one: &Use| catalogued(&one.series).is_none();
    let alarms = uses::of_alarms();
    let silent = alarms
        .iter()
        .filter(|one| !may_be_silent(one) && !told.contains(&one.series));
    let silent: Vec<_> = silent.map(|one| (&one.whose, &one.series)).collect();
    assert!(silent.is_empty(), "nobody told: {silent:#?}");
    // Of what is shown the words are the catalogue's, and the metric is told with one of them.
    let names: BTreeSet<_> = told.iter().map(|series| &series.metric).collect();
    let shown = uses::of_dashboard();
    let silent = shown
        .iter()
        .filter(|one| !may_be_silent(one) && !names.contains(&one.series.metric));
    let silent: Vec<_> = silent.map(|one| &one.series).collect();
    assert!(silent.is_empty(), "nobody told: {silent:#?}");
}
