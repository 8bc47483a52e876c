use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::sqs::wire::receive::system_attributes;
use crate::sqs::{MessageAttribute, Queues, Received};

/// The event a function gets for a batch:
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>.
pub(super) fn event(queues: &Queues, queue: &str, messages: &[Received]) -> Value {
    let records: Vec<Value> = messages
        .iter()
        .map(|received| record(queues, queue, received))
        .collect();
    json!({ "Records": records })
}

fn record(queues: &Queues, queue: &str, received: &Received) -> Value {
    let message = &received.message;
    let attributes = message.entry.attributes.iter();
    let attributes: serde_json::Map<_, _> = attributes
        .map(|(name, attribute)| (name.clone(), message_attribute(attribute)))
        .collect();
    json!({
        "messageId": message.id,
        "receiptHandle": received.receipt_handle,
        "body": message.entry.body,
        "attributes": system_attributes(queues, message),
        "messageAttributes": attributes,
        "md5OfBody": message.body_md5(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queues.arn(queue),
        "awsRegion": queues.region(),
    })
}

fn message_attribute(attribute: &MessageAttribute) -> Value {
    let mut shown = json!({
        "dataType": attribute.data_type,
        "stringListValues": [],
        "binaryListValues": [],
    });
    if let Some(text) = &attribute.string_value {
        shown["stringValue"] = json!(text);
    }
    if let Some(encoded) = &attribute.binary_value {
        shown["binaryValue"] = json!(encoded);
    }
    shown
}

/// The messages that must come again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failures {
    Of(BTreeSet<String>),
    All,
}

impl Failures {
    pub(super) fn contains(&self, id: &str) -> bool {
        match self {
            Self::Of(ids) => ids.contains(id),
            Self::All => true,
        }
    }
}

/// Reads a function's answer. No list or an empty one is success; an id that is missing, empty or not of this batch fails it all:
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>.
pub(super) fn failures(answer: &Value, messages: &[Received]) -> Failures {
    let list = match &answer["batchItemFailures"] {
        _ if !(answer.is_null() || answer.is_object()) => return Failures::All,
        Value::Null => return Failures::Of(BTreeSet::new()),
        Value::Array(list) => list,
        _ => return Failures::All,
    };
    let known: BTreeSet<&str> = messages
        .iter()
        .map(|received| received.message.id.as_str())
        .collect();
    let id = |item: &Value| {
        item["itemIdentifier"]
            .as_str()
            .filter(|id| known.contains(id))
            .map(str::to_owned)
    };
    list.iter()
        .map(id)
        .collect::<Option<_>>()
        .map_or(Failures::All, Failures::Of)
}
