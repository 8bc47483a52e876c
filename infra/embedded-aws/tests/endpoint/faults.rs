use std::time::Duration;

use aws_sdk_sqs::error::{ProvideErrorMetadata as _, SdkError};
use embedded_aws::{Matcher, Service, When};

use crate::dynamodb::create_table;
use crate::stack::Stack;

#[tokio::test]
async fn a_refusing_queue_is_unavailable_to_the_caller_it_refuses_only() {
    let stack = Stack::in_memory().await;
    stack.queue("q", &[]);
    let url = stack.aws.queues().url("q");
    stack
        .aws
        .faults()
        .refuse(Matcher::any().caller("messages").service(Service::Sqs));
    let send = |caller: &str| {
        stack
            .clients(caller)
            .sqs
            .send_message()
            .queue_url(&url)
            .message_body("x")
            .send()
    };
    let error = send("messages").await.unwrap_err();
    assert_eq!(error.code(), Some("ServiceUnavailable"));
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 503);
    send("status").await.unwrap();
    stack.aws.faults().clear();
    send("messages").await.unwrap();
    assert_eq!(stack.aws.queues().depth("q").unwrap().visible, 2);
}

#[tokio::test]
async fn throttled_tables_answer_as_dynamodb_does() {
    let stack = Stack::in_memory().await;
    let tables = stack.clients("sender").tables;
    create_table(&tables).await;
    stack
        .aws
        .faults()
        .throttle(Matcher::any().operation("Scan").times(1));
    let scan = || tables.scan().table_name("table").send();
    let error = scan().await.unwrap_err().into_service_error();
    assert!(error.is_provisioned_throughput_exceeded_exception());
    scan().await.unwrap();
}

#[tokio::test]
async fn a_stalled_request_gets_no_answer_and_has_no_effect() {
    let stack = Stack::in_memory().await;
    stack.queue("q", &[]);
    stack
        .aws
        .faults()
        .stall(Matcher::any().operation("SendMessage"));
    let sqs = stack.clients("messages").sqs;
    let send = sqs
        .send_message()
        .queue_url(stack.aws.queues().url("q"))
        .message_body("x")
        .send();
    assert!(
        tokio::time::timeout(Duration::from_millis(200), send)
            .await
            .is_err()
    );
    assert_eq!(stack.aws.queues().depth("q").unwrap().visible, 0);
}

#[tokio::test]
async fn a_crash_before_has_no_effect_and_a_crash_after_has_all_of_it() {
    let stack = Stack::in_memory().await;
    stack.queue("q", &[]);
    let url = stack.aws.queues().url("q");
    let sqs = stack.clients("sender").sqs;
    for (when, sent) in [(When::Before, 0), (When::After, 1)] {
        stack.aws.faults().crash("sender", 1, when);
        let invocation = sqs.send_message().queue_url(&url).message_body("x").send();
        tokio::select! {
            () = stack.aws.faults().crashed("sender") => {}
            answer = invocation => panic!("the invocation lives: {answer:?}"),
        }
        assert_eq!(stack.aws.queues().depth("q").unwrap().visible, sent);
    }
    sqs.send_message()
        .queue_url(&url)
        .message_body("x")
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn every_request_is_on_record_with_its_caller_and_what_it_was_about() {
    let stack = Stack::in_memory().await;
    stack.queue("q", &[]);
    let clients = stack.clients("messages");
    let url = stack.aws.queues().url("q");
    clients
        .sqs
        .send_message()
        .queue_url(&url)
        .message_body("x")
        .send()
        .await
        .unwrap();
    let unknown = clients
        .secrets
        .get_secret_value()
        .secret_id("s/vendor/v")
        .send()
        .await;
    assert!(matches!(unknown, Err(SdkError::ServiceError(_))));
    assert_eq!(stack.aws.calls().count("messages"), 2);
    assert_eq!(stack.aws.calls().count("status"), 0);
    let calls = stack.aws.calls().take();
    let seen: Vec<_> = calls
        .iter()
        .map(|call| {
            (
                call.service,
                call.operation.as_str(),
                call.resource.as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (Service::Sqs, "SendMessage", "q"),
            (Service::SecretsManager, "GetSecretValue", "s/vendor/v")
        ]
    );
    assert!(stack.aws.calls().take().is_empty());
}
