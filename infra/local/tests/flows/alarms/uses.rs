//! Which metrics the alarms and the dashboard are of, as `infra/*.yaml` writes them for the local stack.

use std::collections::BTreeMap;

use local::templates;
use serde_json::Value;

const DASHBOARD: &str = include_str!("../../../../dashboard.yaml");
const ALARMS: [&str; 3] = [
    include_str!("../../../../alarms.yaml"),
    include_str!("../../../../function-alarms.yaml"),
    include_str!("../../../../message-alarms.yaml"),
];

/// What stands for the stack's name in the templates, and the name of the local one.
const STACK: (&str, &str) = ("${Stack}", "local");

/// One series of values: a metric with its dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    pub(super) namespace: String,
    pub(super) metric: String,
    pub(super) dimensions: BTreeMap<String, String>,
}

/// Who looks at a series.
#[derive(Clone, Debug)]
pub(super) struct Use {
    /// The alarm's name, or the widget's title.
    pub(super) whose: String,
    pub(super) series: Series,
}

/// What all alarms are of.
pub(super) fn of_alarms() -> Vec<Use> {
    let alarms = ALARMS.map(|text| of_type(text, "AWS::CloudWatch::Alarm"));
    let uses: Vec<_> = alarms.iter().flatten().flat_map(of_alarm).collect();
    assert!(uses.len() > 50, "the templates have alarms");
    uses
}

/// What CloudWatch counts in the access log.
pub(super) fn of_filters() -> Vec<Series> {
    let filters = ALARMS.map(|text| of_type(text, "AWS::Logs::MetricFilter"));
    let counted = |filter: &Value| {
        let transformation = &filter["MetricTransformations"][0];
        Series {
            namespace: substituted(&transformation["MetricNamespace"]),
            metric: substituted(&transformation["MetricName"]),
            dimensions: BTreeMap::new(),
        }
    };
    filters.iter().flatten().map(counted).collect()
}

/// What the dashboard shows.
pub(super) fn of_dashboard() -> Vec<Use> {
    let dashboard = of_type(DASHBOARD, "AWS::CloudWatch::Dashboard").remove(0);
    let body = substituted(&dashboard["DashboardBody"]);
    let body: Value = serde_json::from_str(&body).expect("the dashboard is JSON");
    let widgets = body["widgets"].as_array().expect("widgets");
    let uses: Vec<_> = widgets.iter().flat_map(of_widget).collect();
    assert!(uses.len() > 50, "the dashboard has widgets");
    uses
}

fn of_widget(widget: &Value) -> Vec<Use> {
    let properties = &widget["properties"];
    let metrics = properties["metrics"].as_array().into_iter().flatten();
    let shown = metrics.map(|metric| {
        let words = metric.as_array().into_iter().flatten();
        let words: Vec<_> = words.map_while(Value::as_str).map(str::to_owned).collect();
        let (name, dimensions) = words.split_at(2);
        let pairs = dimensions.chunks(2);
        Use {
            whose: substituted(&properties["title"]),
            series: Series {
                namespace: name[0].clone(),
                metric: name[1].clone(),
                dimensions: pairs.map(|it| (it[0].clone(), it[1].clone())).collect(),
            },
        }
    });
    shown.collect()
}

fn of_alarm(alarm: &Value) -> Vec<Use> {
    let named = |series| Use {
        whose: substituted(&alarm["AlarmName"]),
        series,
    };
    if alarm["MetricName"].is_string() {
        return vec![named(series(alarm))];
    }
    let queries = alarm["Metrics"].as_array().expect("metrics");
    let found = queries.iter().filter_map(|query| {
        let text = query["Expression"].as_str().unwrap_or_default();
        match &query["MetricStat"]["Metric"] {
            Value::Null => selected(text),
            metric => Some(series(metric)),
        }
    });
    found.map(named).collect()
}

fn series(metric: &Value) -> Series {
    let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
    let dimensions = dimensions.map(|one| (substituted(&one["Name"]), substituted(&one["Value"])));
    Series {
        namespace: substituted(&metric["Namespace"]),
        metric: substituted(&metric["MetricName"]),
        dimensions: dimensions.collect(),
    }
}

/// What `SELECT SUM(metric) FROM SCHEMA("namespace", dimension, …)` is of, whatever the values.
fn selected(query: &str) -> Option<Series> {
    let (_, rest) = query.strip_prefix("SELECT ")?.split_once('(')?;
    let (metric, rest) = rest.split_once(") FROM SCHEMA(\"")?;
    let (namespace, rest) = rest.split_once('"')?;
    let dimensions = rest.trim_end_matches(')').split(',').map(str::trim);
    let dimensions = dimensions.filter(|name| !name.is_empty());
    Some(Series {
        namespace: namespace.to_owned(),
        metric: metric.to_owned(),
        dimensions: dimensions
            .map(|name| (name.to_owned(), "*".to_owned()))
            .collect(),
    })
}

fn of_type(template: &str, kind: &str) -> Vec<Value> {
    let template = templates::read(template).expect("a template");
    let resources = template["Resources"].as_object().expect("resources");
    let of_kind = resources.values().filter(|one| one["Type"] == kind);
    of_kind.map(|one| one["Properties"].clone()).collect()
}

/// A word, or a `!Ref` or `!Sub` whose only variable that matters is the stack's name.
fn substituted(value: &Value) -> String {
    match (value["Ref"].as_str(), value["Sub"].as_str()) {
        (Some("Stack"), _) => STACK.1.to_owned(),
        (Some(other), _) => other.to_owned(),
        (_, Some(text)) => text.replace(STACK.0, STACK.1),
        _ => value.as_str().expect("a word").replace(STACK.0, STACK.1),
    }
}
