use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName,
    QueueAttributeName, SendMessageBatchRequestEntry,
};

use crate::stack::Stack;

const FIFO: &[(&str, &str)] = &[
    ("FifoQueue", "true"),
    ("DeduplicationScope", "messageGroup"),
    ("FifoThroughputLimit", "perMessageGroupId"),
];

#[tokio::test]
async fn a_queue_is_created_found_described_and_listed() {
    let stack = Stack::in_memory().await;
    let sqs = stack.clients("admin").sqs;
    let created = sqs
        .create_queue()
        .queue_name("in.fifo")
        .attributes(QueueAttributeName::FifoQueue, "true")
        .attributes(QueueAttributeName::VisibilityTimeout, "72")
        .send()
        .await
        .unwrap();
    let url = created.queue_url().unwrap().to_owned();
    assert_eq!(url, format!("{}/000000000000/in.fifo", stack.aws.url()));
    let found = sqs
        .get_queue_url()
        .queue_name("in.fifo")
        .send()
        .await
        .unwrap();
    assert_eq!(found.queue_url(), Some(url.as_str()));
    let described = sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::All)
        .send()
        .await
        .unwrap();
    let attributes = described.attributes().unwrap();
    assert_eq!(
        attributes[&QueueAttributeName::QueueArn],
        "arn:aws:sqs:eu-west-1:000000000000:in.fifo"
    );
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "72");
    assert_eq!(
        attributes[&QueueAttributeName::ApproximateNumberOfMessages],
        "0"
    );
    assert_eq!(sqs.list_queues().send().await.unwrap().queue_urls(), [url]);
}

#[tokio::test]
async fn a_fifo_message_goes_through_with_all_its_attributes() {
    let stack = Stack::in_memory().await;
    let sqs = stack.clients("messages").sqs;
    stack.queue("in.fifo", FIFO);
    let url = stack.aws.queues().url("in.fifo");
    let text = MessageAttributeValue::builder()
        .data_type("String")
        .string_value("1")
        .build()
        .unwrap();
    let sent = sqs
        .send_message()
        .queue_url(&url)
        .message_body("bonjour")
        .message_group_id("g")
        .message_deduplication_id("d")
        .message_attributes("version", text)
        .send()
        .await
        .unwrap();
    assert_eq!(
        sent.md5_of_message_body(),
        Some("f02368945726d5fc2a14eb576f7276c0")
    );
    let received = sqs
        .receive_message()
        .queue_url(&url)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .message_attribute_names("All")
        .send()
        .await
        .unwrap();
    let [message] = received.messages() else {
        panic!("one message")
    };
    assert_eq!(message.body(), Some("bonjour"));
    assert_eq!(message.message_id(), sent.message_id());
    assert_eq!(message.md5_of_body(), sent.md5_of_message_body());
    assert_eq!(
        message.md5_of_message_attributes(),
        sent.md5_of_message_attributes()
    );
    assert_eq!(
        message.message_attributes().unwrap()["version"].string_value(),
        Some("1")
    );
    let system = message.attributes().unwrap();
    assert_eq!(system[&MessageSystemAttributeName::MessageGroupId], "g");
    assert_eq!(
        system[&MessageSystemAttributeName::MessageDeduplicationId],
        "d"
    );
    assert_eq!(
        system[&MessageSystemAttributeName::SequenceNumber],
        sent.sequence_number().unwrap()
    );
    assert_eq!(
        system[&MessageSystemAttributeName::ApproximateReceiveCount],
        "1"
    );
    assert_eq!(system[&MessageSystemAttributeName::SenderId], "messages");
}

#[tokio::test]
async fn a_repeated_send_answers_with_the_first_id_even_after_the_delete() {
    let stack = Stack::in_memory().await;
    let sqs = stack.clients("messages").sqs;
    stack.queue("in.fifo", FIFO);
    let url = stack.aws.queues().url("in.fifo");
    let send = || async {
        let request = sqs
            .send_message()
            .queue_url(&url)
            .message_body("x")
            .message_group_id("g");
        request
            .message_deduplication_id("d")
            .send()
            .await
            .unwrap()
            .message_id()
            .unwrap()
            .to_owned()
    };
    let first = send().await;
    let received = sqs.receive_message().queue_url(&url).send().await.unwrap();
    let handle = received.messages()[0].receipt_handle().unwrap();
    sqs.delete_message()
        .queue_url(&url)
        .receipt_handle(handle)
        .send()
        .await
        .unwrap();
    assert_eq!(send().await, first);
    assert!(
        sqs.receive_message()
            .queue_url(&url)
            .send()
            .await
            .unwrap()
            .messages()
            .is_empty()
    );
    stack.advance(301);
    assert_ne!(send().await, first);
}

#[tokio::test]
async fn a_batch_can_fail_in_part() {
    let stack = Stack::in_memory().await;
    let sqs = stack.clients("messages").sqs;
    stack.queue("in.fifo", FIFO);
    let url = stack.aws.queues().url("in.fifo");
    let entry = |id: &str| {
        SendMessageBatchRequestEntry::builder()
            .id(id)
            .message_body(id)
    };
    let good = entry("good")
        .message_group_id("g")
        .message_deduplication_id("1")
        .build()
        .unwrap();
    let bad = entry("bad").message_deduplication_id("2").build().unwrap();
    let answer = sqs
        .send_message_batch()
        .queue_url(&url)
        .entries(good)
        .entries(bad)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.successful()[0].id(), "good");
    let failed = &answer.failed()[0];
    assert_eq!(
        (failed.id(), failed.code(), failed.sender_fault()),
        ("bad", "MissingParameter", true)
    );

    let received = sqs.receive_message().queue_url(&url).send().await.unwrap();
    let handle = received.messages()[0].receipt_handle().unwrap();
    let delete = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder()
            .id(id)
            .receipt_handle(handle)
            .build()
            .unwrap()
    };
    let entries = vec![delete("a", handle), delete("b", "nonsense")];
    let answer = sqs
        .delete_message_batch()
        .queue_url(&url)
        .set_entries(Some(entries))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.successful()[0].id(), "a");
    assert_eq!(answer.failed()[0].code(), "ReceiptHandleIsInvalid");
}

#[tokio::test]
async fn the_sdk_understands_the_errors() {
    let stack = Stack::in_memory().await;
    let sqs = stack.clients("messages").sqs;
    stack.queue("in.fifo", FIFO);
    let url = stack.aws.queues().url("in.fifo");
    let nowhere = stack.aws.queues().url("nowhere");
    let error = sqs
        .send_message()
        .queue_url(nowhere)
        .message_body("x")
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_queue_does_not_exist());
    let entry = SendMessageBatchRequestEntry::builder()
        .id("a")
        .message_body("x")
        .build()
        .unwrap();
    let twice = sqs
        .send_message_batch()
        .queue_url(&url)
        .entries(entry.clone())
        .entries(entry);
    assert!(
        twice
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_batch_entry_ids_not_distinct()
    );
    let error = sqs
        .send_message()
        .queue_url(&url)
        .message_body("x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("MissingParameter"));
}

#[tokio::test]
async fn an_expired_receipt_handle_neither_deletes_nor_extends() {
    let stack = Stack::in_memory().await;
    let sqs = stack.clients("sender").sqs;
    stack.queue("in.fifo", FIFO);
    let url = stack.aws.queues().url("in.fifo");
    let send = sqs
        .send_message()
        .queue_url(&url)
        .message_body("x")
        .message_group_id("g");
    send.message_deduplication_id("d").send().await.unwrap();
    let received = sqs
        .receive_message()
        .queue_url(&url)
        .visibility_timeout(10)
        .send()
        .await
        .unwrap();
    let handle = received.messages()[0].receipt_handle().unwrap();
    stack.advance(11);
    let error = sqs
        .delete_message()
        .queue_url(&url)
        .receipt_handle(handle)
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
    let change = sqs
        .change_message_visibility()
        .queue_url(&url)
        .receipt_handle(handle)
        .visibility_timeout(5);
    assert!(
        change
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_message_not_inflight()
    );
}

#[tokio::test]
async fn a_long_poll_ends_as_soon_as_a_message_arrives() {
    let stack = Stack::in_memory().await;
    let sqs = stack.clients("sweep").sqs;
    stack.queue("later", &[]);
    let url = stack.aws.queues().url("later");
    let poll = tokio::spawn(
        sqs.receive_message()
            .queue_url(&url)
            .wait_time_seconds(20)
            .send(),
    );
    tokio::task::yield_now().await;
    sqs.send_message()
        .queue_url(&url)
        .message_body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(poll.await.unwrap().unwrap().messages().len(), 1);
}

#[tokio::test]
async fn a_long_poll_sees_a_delay_end() {
    let stack = Stack::in_memory().await;
    let sqs = stack.clients("sweep").sqs;
    stack.queue("later", &[]);
    let url = stack.aws.queues().url("later");
    sqs.send_message()
        .queue_url(&url)
        .message_body("x")
        .delay_seconds(900)
        .send()
        .await
        .unwrap();
    assert!(
        sqs.receive_message()
            .queue_url(&url)
            .send()
            .await
            .unwrap()
            .messages()
            .is_empty()
    );
    let poll = tokio::spawn(
        sqs.receive_message()
            .queue_url(&url)
            .wait_time_seconds(20)
            .send(),
    );
    tokio::task::yield_now().await;
    stack.advance(899);
    tokio::task::yield_now().await;
    stack.advance(1);
    assert_eq!(poll.await.unwrap().unwrap().messages().len(), 1);
}
