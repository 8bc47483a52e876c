//! SQS's JSON protocol: requests to operations, outcomes to answers.

mod messages;
mod queues;
pub(crate) mod receive;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::SqsError;
use super::handle::Queues;
use super::validation::check_batch_ids;

/// Performs one request. The caller becomes the sender of what it sends.
pub(crate) async fn call(
    queues: &Queues,
    operation: &str,
    request: (&str, &[u8]),
) -> Result<Value, SqsError> {
    let (caller, body) = request;
    match operation {
        "CreateQueue" => queues::create(queues, body),
        "DeleteQueue" => queues::delete(queues, body),
        "GetQueueUrl" => queues::url(queues, body),
        "GetQueueAttributes" => queues::attributes(queues, body),
        "SetQueueAttributes" => queues::set_attributes(queues, body),
        "ListQueues" => queues::list(queues, body),
        "PurgeQueue" => queues::purge(queues, body),
        "SendMessage" => messages::send(queues, caller, body),
        "SendMessageBatch" => messages::send_batch(queues, caller, body),
        "DeleteMessage" => messages::delete(queues, body),
        "DeleteMessageBatch" => messages::delete_batch(queues, body),
        "ChangeMessageVisibility" => messages::change_visibility(queues, body),
        "ChangeMessageVisibilityBatch" => messages::change_visibility_batch(queues, body),
        "ReceiveMessage" => receive::receive(queues, body).await,
        _ => Err(SqsError::UnknownOperation(operation.to_owned())),
    }
}

/// A queue's URL, of which only the name at its end counts: the same queue has other URLs through other ports.
#[derive(Deserialize)]
#[serde(from = "String")]
struct QueueUrl(String);

impl From<String> for QueueUrl {
    fn from(url: String) -> Self {
        Self(url.rsplit('/').next().unwrap_or_default().to_owned())
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    serde_json::from_slice(body).map_err(|error| SqsError::Serialization(error.to_string()))
}

/// The result of a batch of one.
fn only<T>(each: Vec<Result<T, SqsError>>) -> Result<T, SqsError> {
    let missing = || SqsError::InternalFailure("an entry has no result".to_owned());
    each.into_iter().next().ok_or_else(missing)?
}

/// Refuses a batch whose ids are not in order.
fn check_ids<T>(entries: &[T], id: impl Fn(&T) -> &str) -> Result<(), SqsError> {
    check_batch_ids(&entries.iter().map(id).collect::<Vec<_>>())
}

/// A batch's answer: what succeeded and what failed, by the entries' ids.
fn batch_answer(ids: Vec<String>, each: Vec<Result<Value, SqsError>>) -> Value {
    let mut successful = Vec::new();
    let mut failed = Vec::new();
    for (id, result) in ids.into_iter().zip(each) {
        match result {
            Ok(mut answer) => {
                answer["Id"] = json!(id);
                successful.push(answer);
            }
            Err(error) => failed.push(json!({
                "Id": id,
                "Code": error.query_code(),
                "Message": error.to_string(),
                "SenderFault": error.is_senders_fault(),
            })),
        }
    }
    json!({ "Successful": successful, "Failed": failed })
}
