use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::error::SqsError;
use super::super::handle::Queues;
use super::super::queue::Queue;
use super::{QueueUrl, parse};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    queue_name: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Addressed {
    queue_url: QueueUrl,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    queue_name_prefix: Option<String>,
    max_results: Option<usize>,
    /// The last name of the page before.
    next_token: Option<String>,
}

pub(super) fn create(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: Named = parse(body)?;
    queues.create(&request.queue_name, request.attributes)?;
    Ok(json!({ "QueueUrl": queues.url(&request.queue_name) }))
}

pub(super) fn delete(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: Addressed = parse(body)?;
    queues.delete_queue(&request.queue_url.0)?;
    Ok(json!({}))
}

pub(super) fn url(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: Named = parse(body)?;
    queues.look(&request.queue_name, |_, _| ())?;
    Ok(json!({ "QueueUrl": queues.url(&request.queue_name) }))
}

pub(super) fn set_attributes(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: Addressed = parse(body)?;
    queues.set_attributes(&request.queue_url.0, request.attributes)?;
    Ok(json!({}))
}

pub(super) fn purge(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: Addressed = parse(body)?;
    queues.purge(&request.queue_url.0)?;
    Ok(json!({}))
}

pub(super) fn list(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: List = parse(body)?;
    let prefix = request.queue_name_prefix.unwrap_or_default();
    let after = request.next_token.unwrap_or_default();
    let limit = request.max_results.unwrap_or(1000);
    let names = queues.names().into_iter();
    let mut names: Vec<String> = names
        .filter(|name| name.starts_with(&prefix) && *name > after)
        .take(limit + 1)
        .collect();
    let has_more = names.len() > limit;
    names.truncate(limit);
    let urls: Vec<String> = names.iter().map(|name| queues.url(name)).collect();
    let next = names
        .last()
        .filter(|_| has_more && request.max_results.is_some());
    Ok(next.map_or_else(
        || json!({ "QueueUrls": urls }),
        |next| json!({ "QueueUrls": urls, "NextToken": next }),
    ))
}

pub(super) fn attributes(queues: &Queues, body: &[u8]) -> Result<Value, SqsError> {
    let request: Addressed = parse(body)?;
    let mut shown = queues.look(&request.queue_url.0, shown)?;
    shown.insert("QueueArn".to_owned(), queues.arn(&request.queue_url.0));
    let wanted = request.attribute_names;
    if !wanted.iter().any(|name| name == "All") {
        shown.retain(|name, _| wanted.contains(name));
    }
    if shown.is_empty() {
        Ok(json!({}))
    } else {
        Ok(json!({ "Attributes": shown }))
    }
}

fn shown(queue: &Queue, now: jiff::Timestamp) -> BTreeMap<String, String> {
    let depth = queue.depth(now);
    let mut shown = queue.settings.render();
    for (name, value) in [
        ("ApproximateNumberOfMessages", depth.visible.to_string()),
        (
            "ApproximateNumberOfMessagesNotVisible",
            depth.in_flight.to_string(),
        ),
        (
            "ApproximateNumberOfMessagesDelayed",
            depth.delayed.to_string(),
        ),
        ("CreatedTimestamp", queue.created_at.as_second().to_string()),
        (
            "LastModifiedTimestamp",
            queue.modified_at.as_second().to_string(),
        ),
    ] {
        shown.insert(name.to_owned(), value);
    }
    shown
}
