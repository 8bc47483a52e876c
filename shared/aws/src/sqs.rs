//! SQS.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::client::Service;
use crate::request::Done;

pub(crate) const SERVICE: Service = Service {
    name: "sqs",
    target: "AmazonSQS",
    content_type: "application/x-amz-json-1.0",
};

client! {
    "SQS" {
        send_message: SendMessage,
        send_message_batch: SendMessageBatch,
        receive_message: ReceiveMessage,
        delete_message: DeleteMessage,
        delete_message_batch: DeleteMessageBatch,
        change_message_visibility: ChangeMessageVisibility,
        change_message_visibility_batch: ChangeMessageVisibilityBatch,
        get_queue_attributes: GetQueueAttributes,
    }
}

request! {
    SendMessage = "SendMessage" -> Done {
        queue_url: String,
        message_body: String,
        message_group_id: String,
        message_deduplication_id: String,
        delay_seconds: i32,
        message_system_attributes: SystemAttributes,
    }
}

request! {
    SendMessageBatch = "SendMessageBatch" -> BatchDone {
        queue_url: String,
        entries: Vec<SendMessageBatchRequestEntry>,
    }
}

request! {
    ReceiveMessage = "ReceiveMessage" -> Received {
        queue_url: String,
        max_number_of_messages: i32,
        visibility_timeout: i32,
        wait_time_seconds: i32,
        message_system_attribute_names: Vec<&'static str>,
    }
}

request! {
    DeleteMessage = "DeleteMessage" -> Done {
        queue_url: String,
        receipt_handle: String,
    }
}

request! {
    DeleteMessageBatch = "DeleteMessageBatch" -> BatchDone {
        queue_url: String,
        entries: Vec<ReceiptEntry>,
    }
}

request! {
    ChangeMessageVisibility = "ChangeMessageVisibility" -> Done {
        queue_url: String,
        receipt_handle: String,
        visibility_timeout: i32,
    }
}

request! {
    ChangeMessageVisibilityBatch = "ChangeMessageVisibilityBatch" -> BatchDone {
        queue_url: String,
        entries: Vec<ReceiptEntry>,
    }
}

request! {
    GetQueueAttributes = "GetQueueAttributes" -> QueueAttributes {
        queue_url: String,
        attribute_names: Vec<&'static str>,
    }
}

/// Attributes of a message that SQS itself knows, by name.
pub type SystemAttributes = HashMap<&'static str, SystemAttribute>;

/// The name of the attribute that carries a trace.
pub const TRACE_HEADER: &str = "AWSTraceHeader";

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SystemAttribute {
    data_type: &'static str,
    string_value: String,
}

impl From<String> for SystemAttribute {
    fn from(text: String) -> Self {
        Self {
            data_type: "String",
            string_value: text,
        }
    }
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendMessageBatchRequestEntry {
    /// By which the answer tells of it.
    pub id: String,
    pub message_body: String,
    pub message_group_id: String,
    pub message_deduplication_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_system_attributes: Option<SystemAttributes>,
}

/// A message of a batch that is deleted, or becomes visible.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReceiptEntry {
    pub id: String,
    pub receipt_handle: String,
    /// In how many seconds it becomes visible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility_timeout: Option<i32>,
}

/// What of a batch was not done.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BatchDone {
    pub failed: Vec<Failed>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Failed {
    pub id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Received {
    pub messages: Vec<Message>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Message {
    pub message_id: Option<String>,
    pub receipt_handle: Option<String>,
    pub body: Option<String>,
    pub attributes: HashMap<String, String>,
}

/// Without the body.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Message");
        shown.field("message_id", &self.message_id);
        shown.finish_non_exhaustive()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct QueueAttributes {
    pub attributes: HashMap<String, String>,
}
