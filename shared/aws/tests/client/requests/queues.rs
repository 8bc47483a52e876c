use std::collections::HashMap;

use aws::sqs::{ReceiptEntry, SendMessageBatchRequestEntry, SystemAttributes, TRACE_HEADER};
use aws_sdk_sqs::types as sdk_sqs;

use super::{Both, Server, told};

fn trace() -> SystemAttributes {
    SystemAttributes::from([(TRACE_HEADER, "Root=1".to_owned().into())])
}

type SdkTrace =
    HashMap<sdk_sqs::MessageSystemAttributeNameForSends, sdk_sqs::MessageSystemAttributeValue>;

fn sdk_trace() -> SdkTrace {
    let value = sdk_sqs::MessageSystemAttributeValue::builder()
        .data_type("String")
        .string_value("Root=1");
    let name = sdk_sqs::MessageSystemAttributeNameForSends::AwsTraceHeader;
    HashMap::from([(name, value.build().expect("a type"))])
}

#[tokio::test]
async fn messages_are_sent_as_the_sdk_sends_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    same!(
        server,
        both.sqs
            .send_message()
            .queue_url("http://q/1/a.fifo")
            .message_body("{\"a\":\"é\"}")
            .message_group_id("g")
            .message_deduplication_id("d")
            .message_system_attributes(trace()),
        both.sdk_sqs
            .send_message()
            .queue_url("http://q/1/a.fifo")
            .message_body("{\"a\":\"é\"}")
            .message_group_id("g")
            .message_deduplication_id("d")
            .set_message_system_attributes(Some(sdk_trace()))
    );
    same!(
        server,
        both.sqs
            .send_message()
            .queue_url("http://q/1/b")
            .message_body("x")
            .delay_seconds(9)
            .message_system_attributes(None),
        both.sdk_sqs
            .send_message()
            .queue_url("http://q/1/b")
            .message_body("x")
            .delay_seconds(9)
    );
}

#[tokio::test]
async fn batches_of_messages_are_sent_as_the_sdk_sends_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    let entry = sdk_sqs::SendMessageBatchRequestEntry::builder()
        .id("0")
        .message_body("x")
        .message_group_id("g")
        .message_deduplication_id("d")
        .set_message_system_attributes(Some(sdk_trace()));
    same!(
        server,
        both.sqs
            .send_message_batch()
            .queue_url("q")
            .entries(vec![SendMessageBatchRequestEntry {
                id: "0".to_owned(),
                message_body: "x".to_owned(),
                message_group_id: "g".to_owned(),
                message_deduplication_id: "d".to_owned(),
                message_system_attributes: Some(trace()),
            }]),
        both.sdk_sqs
            .send_message_batch()
            .queue_url("q")
            .entries(entry.build().expect("all that must be"))
    );
}

#[tokio::test]
async fn messages_are_received_hidden_and_deleted_as_the_sdk_does_it() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    same!(
        server,
        both.sqs
            .receive_message()
            .queue_url("q")
            .max_number_of_messages(10)
            .visibility_timeout(30)
            .wait_time_seconds(1)
            .message_system_attribute_names(vec!["SentTimestamp"]),
        both.sdk_sqs
            .receive_message()
            .queue_url("q")
            .max_number_of_messages(10)
            .visibility_timeout(30)
            .wait_time_seconds(1)
            .message_system_attribute_names(sdk_sqs::MessageSystemAttributeName::SentTimestamp)
    );
    same!(
        server,
        both.sqs.delete_message().queue_url("q").receipt_handle("r"),
        both.sdk_sqs
            .delete_message()
            .queue_url("q")
            .receipt_handle("r")
    );
    same!(
        server,
        both.sqs
            .change_message_visibility()
            .queue_url("q")
            .receipt_handle("r")
            .visibility_timeout(0),
        both.sdk_sqs
            .change_message_visibility()
            .queue_url("q")
            .receipt_handle("r")
            .visibility_timeout(0)
    );
}

#[tokio::test]
async fn batches_of_receipts_are_sent_as_the_sdk_sends_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    let entry = |visibility_timeout| ReceiptEntry {
        id: "0".to_owned(),
        receipt_handle: "r".to_owned(),
        visibility_timeout,
    };
    let deletion = sdk_sqs::DeleteMessageBatchRequestEntry::builder();
    let deletion = deletion.id("0").receipt_handle("r").build();
    same!(
        server,
        both.sqs
            .delete_message_batch()
            .queue_url("q")
            .entries(vec![entry(None)]),
        both.sdk_sqs
            .delete_message_batch()
            .queue_url("q")
            .entries(deletion.expect("all that must be"))
    );
    let hiding = sdk_sqs::ChangeMessageVisibilityBatchRequestEntry::builder();
    let hiding = hiding.id("0").receipt_handle("r").visibility_timeout(5);
    same!(
        server,
        both.sqs
            .change_message_visibility_batch()
            .queue_url("q")
            .entries(vec![entry(Some(5))]),
        both.sdk_sqs
            .change_message_visibility_batch()
            .queue_url("q")
            .entries(hiding.build().expect("all that must be"))
    );
    same!(
        server,
        both.sqs
            .get_queue_attributes()
            .queue_url("q")
            .attribute_names(vec!["ApproximateNumberOfMessages"]),
        both.sdk_sqs
            .get_queue_attributes()
            .queue_url("q")
            .attribute_names(sdk_sqs::QueueAttributeName::ApproximateNumberOfMessages)
    );
}
