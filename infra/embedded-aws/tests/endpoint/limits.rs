use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stack::Stack;

/// Sends raw bytes and reads until the connection closes.
async fn raw(stack: &Stack, request: &[u8]) -> String {
    let address = stack.aws.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .expect("an answer")
        .unwrap();
    String::from_utf8(answer).unwrap()
}

async fn post(stack: &Stack, target: &str, body: &[u8]) -> String {
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.0\r\nx-amz-target: {target}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    raw(stack, &[head.as_bytes(), body].concat()).await
}

#[tokio::test]
async fn a_body_of_five_megabytes_is_read_and_refused_by_its_service() {
    let stack = Stack::in_memory().await;
    stack.queue("q", &[]);
    let body = format!(
        r#"{{"QueueUrl":"q","MessageBody":"{}"}}"#,
        "x".repeat(5_000_000)
    );
    let answer = post(&stack, "AmazonSQS.SendMessage", body.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400"));
    assert!(answer.contains("x-amzn-query-error: InvalidParameterValue;Sender"));
    assert!(answer.contains("com.amazonaws.sqs#InvalidParameterValue"));
}

#[tokio::test]
async fn malformed_bodies_and_unknown_operations_get_their_error() {
    let stack = Stack::in_memory().await;
    for body in [&b"{"[..], b"", b"\xff\xfe", b"[]"] {
        for target in [
            "AmazonSQS.SendMessage",
            "secretsmanager.CreateSecret",
            "DynamoDB_20120810.PutItem",
        ] {
            let answer = post(&stack, target, body).await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{target}: {answer}");
        }
    }
    for target in [
        "AmazonSQS.AddPermission",
        "secretsmanager.RotateSecret",
        "Kinesis_20131202.PutRecord",
    ] {
        let answer = post(&stack, target, b"{}").await;
        assert!(
            answer.contains("UnknownOperationException"),
            "{target}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_get_says_that_the_endpoint_is_ready() {
    let stack = Stack::in_memory().await;
    let answer = raw(
        &stack,
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ready"));
}
