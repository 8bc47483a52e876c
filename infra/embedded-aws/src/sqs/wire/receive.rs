use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::digest::attributes_md5;
use super::super::error::SqsError;
use super::super::handle::Queues;
use super::super::message::Message;
use super::super::queue::Received;
use super::super::selection::Take;
use super::{QueueUrl, parse};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    queue_url: QueueUrl,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<u32>,
    wait_time_seconds: Option<u32>,
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
}

pub(super) async fn receive(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: Request = parse(body)?;
    let queue = &request.queue_url.0;
    let take = request.take()?;
    let wait = queues.look(queue, |queue, _| queue.settings.wait_seconds)?;
    let wait = in_range(
        "WaitTimeSeconds",
        request.wait_time_seconds.unwrap_or(wait),
        20,
    )?;
    let messages = queues
        .receive_within(queue, take, Duration::from_secs(wait.into()))
        .await?;
    let shown: Vec<Value> = messages
        .iter()
        .map(|received| request.show(queues, received))
        .collect();
    if shown.is_empty() {
        Ok(json!({}))
    } else {
        Ok(json!({ "Messages": shown }))
    }
}

impl Request {
    fn take(&self) -> Result<Take, SqsError> {
        let max = self.max_number_of_messages.unwrap_or(1);
        if !(1..=10).contains(&max) {
            let reason = "Must be between 1 and 10, if provided.";
            return Err(SqsError::bad_value(
                "MaxNumberOfMessages",
                &max.to_string(),
                reason,
            ));
        }
        let visibility = self.visibility_timeout;
        let visibility_seconds = visibility
            .map(|seconds| in_range("VisibilityTimeout", seconds, 43_200))
            .transpose()?;
        Ok(Take {
            max,
            visibility_seconds,
        })
    }

    fn show(&self, queues: &Queues, received: &Received) -> Value {
        let message = &received.message;
        let mut shown = json!({
            "MessageId": message.id,
            "ReceiptHandle": received.receipt_handle,
            "Body": message.entry.body,
            "MD5OfBody": message.body_md5(),
        });
        let mut system = system_attributes(queues, message);
        system.retain(|name, _| self.wants(name));
        if !system.is_empty() {
            shown["Attributes"] = Value::Object(system);
        }
        let mut attributes = message.entry.attributes.clone();
        attributes.retain(|name, _| {
            self.message_attribute_names
                .iter()
                .any(|wanted| matches(wanted, name))
        });
        if let Some(digest) = attributes_md5(&attributes) {
            shown["MessageAttributes"] = json!(attributes);
            shown["MD5OfMessageAttributes"] = json!(digest);
        }
        shown
    }

    fn wants(&self, attribute: &str) -> bool {
        let names = self
            .attribute_names
            .iter()
            .chain(&self.message_system_attribute_names);
        names
            .into_iter()
            .any(|name| name == "All" || name == attribute)
    }
}

/// What the queue knows of a message, under SQS's names.
pub(crate) fn system_attributes(queues: &Queues, message: &Message) -> Map<String, Value> {
    let millis = |at: jiff::Timestamp| at.as_millisecond().to_string();
    let is_fifo = message.entry.dedup.is_some();
    let all = [
        (
            "ApproximateReceiveCount",
            Some(message.receives.to_string()),
        ),
        ("SentTimestamp", Some(millis(message.sent_at))),
        ("SenderId", Some(message.entry.sender.clone())),
        (
            "ApproximateFirstReceiveTimestamp",
            message.first_received_at.map(millis),
        ),
        ("MessageGroupId", message.entry.group.clone()),
        ("MessageDeduplicationId", message.entry.dedup.clone()),
        ("SequenceNumber", is_fifo.then(|| message.sequence_number())),
        ("AWSTraceHeader", message.entry.trace_header.clone()),
        (
            "DeadLetterQueueSourceArn",
            message
                .dead_letter_source
                .as_ref()
                .map(|queue| queues.arn(queue)),
        ),
    ];
    let known = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    known.collect()
}

/// A wanted name is a name, `All`, `.*`, or a prefix with `.*` behind.
fn matches(wanted: &str, name: &str) -> bool {
    wanted == "All"
        || wanted == name
        || wanted
            .strip_suffix(".*")
            .is_some_and(|prefix| name.starts_with(prefix))
}

fn in_range(parameter: &str, value: u32, max: u32) -> Result<u32, SqsError> {
    if value <= max {
        return Ok(value);
    }
    let reason = format!("Must be >= 0 and <= {max}, if provided.");
    Err(SqsError::bad_value(parameter, &value.to_string(), &reason))
}
