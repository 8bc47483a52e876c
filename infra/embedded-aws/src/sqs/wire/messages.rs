use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::error::SqsError;
use super::super::handle::Queues;
use super::super::message::{Entry, MessageAttribute};
use super::super::queue::Sent;
use super::super::settings::MAX_BYTES;
use super::super::validation::size;
use super::{QueueUrl, batch_answer, check_ids, only, parse};

/// A request about one thing of a queue.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Single<T> {
    queue_url: QueueUrl,
    #[serde(flatten)]
    entry: T,
}

/// A request about several things of a queue.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch<T> {
    queue_url: QueueUrl,
    #[serde(default = "Vec::new")]
    entries: Vec<Identified<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Identified<T> {
    id: String,
    #[serde(flatten)]
    entry: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outgoing {
    #[serde(default)]
    message_body: String,
    delay_seconds: Option<u32>,
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
    #[serde(default)]
    message_attributes: BTreeMap<String, MessageAttribute>,
    #[serde(default)]
    message_system_attributes: BTreeMap<String, MessageAttribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Receipt {
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Visibility {
    receipt_handle: String,
    visibility_timeout: u32,
}

impl Outgoing {
    fn into_entry(mut self, caller: &str) -> Entry {
        let trace_header = self.message_system_attributes.remove("AWSTraceHeader");
        Entry {
            body: self.message_body,
            delay_seconds: self.delay_seconds,
            group: self.message_group_id,
            dedup: self.message_deduplication_id,
            attributes: self.message_attributes,
            trace_header: trace_header.and_then(|header| header.string_value),
            sender: caller.to_owned(),
        }
    }
}

impl Visibility {
    fn change(self) -> Result<(String, u32), SqsError> {
        if self.visibility_timeout <= 43_200 {
            return Ok((self.receipt_handle, self.visibility_timeout));
        }
        let reason = "VisibilityTimeout must be an integer between 0 and 43200";
        Err(SqsError::bad_value(
            "VisibilityTimeout",
            &self.visibility_timeout.to_string(),
            reason,
        ))
    }
}

impl<T> Batch<T> {
    /// The queue, the ids and the entries, once the ids are in order.
    fn open(self) -> Result<(String, Vec<String>, Vec<T>), SqsError> {
        check_ids(&self.entries, |entry| entry.id.as_str())?;
        let (ids, entries) = self
            .entries
            .into_iter()
            .map(|entry| (entry.id, entry.entry))
            .unzip();
        Ok((self.queue_url.0, ids, entries))
    }
}

pub(super) fn send(queues: &Queues, caller: &str, body: &[u8]) -> Result<Value, SqsError> {
    let request: Single<Outgoing> = parse(body)?;
    let entry = request.entry.into_entry(caller);
    only(queues.send(&request.queue_url.0, vec![entry])?).map(|sent| sent_answer(&sent))
}

pub(super) fn send_batch(queues: &Queues, caller: &str, body: &[u8]) -> Result<Value, SqsError> {
    let (queue, ids, entries) = parse::<Batch<Outgoing>>(body)?.open()?;
    let entries: Vec<Entry> = entries
        .into_iter()
        .map(|entry| entry.into_entry(caller))
        .collect();
    let limit = MAX_BYTES as usize;
    let size = entries.iter().map(size).sum();
    if size > limit {
        return Err(SqsError::BatchRequestTooLong { limit, size });
    }
    let each = queues.send(&queue, entries)?.into_iter();
    Ok(batch_answer(
        ids,
        each.map(|sent| sent.map(|sent| sent_answer(&sent)))
            .collect(),
    ))
}

fn sent_answer(sent: &Sent) -> Value {
    let mut answer = Map::new();
    let mut tell = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            answer.insert(name.to_owned(), json!(value));
        }
    };
    tell("MessageId", Some(&sent.message_id));
    tell("MD5OfMessageBody", Some(&sent.body_md5));
    tell("MD5OfMessageAttributes", sent.attributes_md5.as_ref());
    tell(
        "MD5OfMessageSystemAttributes",
        sent.system_attributes_md5.as_ref(),
    );
    tell("SequenceNumber", sent.sequence_number.as_ref());
    Value::Object(answer)
}

pub(super) fn delete(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: Single<Receipt> = parse(body)?;
    only(queues.delete(&request.queue_url.0, vec![request.entry.receipt_handle])?)
        .map(|()| json!({}))
}

pub(super) fn delete_batch(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let (queue, ids, entries) = parse::<Batch<Receipt>>(body)?.open()?;
    let handles = entries
        .into_iter()
        .map(|entry| entry.receipt_handle)
        .collect();
    let each = queues.delete(&queue, handles)?.into_iter();
    Ok(batch_answer(
        ids,
        each.map(|done| done.map(|()| json!({}))).collect(),
    ))
}

pub(super) fn change_visibility(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: Single<Visibility> = parse(body)?;
    let change = request.entry.change()?;
    only(queues.change_visibility(&request.queue_url.0, vec![change])?).map(|()| json!({}))
}

pub(super) fn change_visibility_batch(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let (queue, ids, entries) = parse::<Batch<Visibility>>(body)?.open()?;
    let changes: Vec<_> = entries.into_iter().map(Visibility::change).collect();
    let good = changes
        .iter()
        .filter_map(|change| change.clone().ok())
        .collect();
    let mut done = queues.change_visibility(&queue, good)?.into_iter();
    let each = changes.into_iter().map(|change| {
        change?;
        only(done.next().into_iter().collect()).map(|()| json!({}))
    });
    Ok(batch_answer(ids, each.collect()))
}
