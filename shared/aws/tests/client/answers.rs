use aws::dynamodb::{
    AttributeValue, Item, WriteRequest, cancellation_reasons, item_of_failed_condition,
};
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use serde_json::{Value, json};

use super::Both;
use super::items::sdk_item;
use super::server::{Answer, Server};

fn answered(answer: &Value) -> [Answer; 2] {
    [(); 2].map(|()| Answer::Json(200, answer.to_string()))
}

fn refused(status: u16, answer: &Value) -> [Answer; 2] {
    [(); 2].map(|()| Answer::Json(status, answer.to_string()))
}

fn answers<const N: usize>(all: [Value; N]) -> [Answer; N] {
    all.map(|answer| Answer::Json(200, answer.to_string()))
}

/// An item as DynamoDB writes it, of every type that there is.
fn written() -> Value {
    json!({
        "pk": {"S": "é\"\\\u{1}"}, "n": {"N": "12.50"}, "yes": {"BOOL": true}, "nothing": {"NULL": true},
        "set": {"SS": ["a"]}, "nums": {"NS": ["1"]}, "map": {"M": {"in": {"S": "x"}}}, "list": {"L": [{"S": "y"}]},
    })
}

fn as_json(item: &Item) -> Value {
    serde_json::to_value(item).expect("an item")
}

#[tokio::test]
async fn items_are_read_as_the_sdk_reads_them() {
    let server = Server::start(answered(
        &json!({"Item": written(), "ConsumedCapacity": {"TableName": "t"}}),
    ))
    .await;
    let both = Both::of(&server.url);
    let ours = both.dynamodb.get_item().send().await.expect("an answer");
    let sdk = both
        .sdk_dynamodb
        .get_item()
        .table_name("t")
        .key("a", aws_sdk_dynamodb::types::AttributeValue::Bool(true));
    let sdk = sdk.send().await.expect("an answer");
    assert_eq!(sdk.item, Some(sdk_item()));
    assert_eq!(as_json(&ours.item.expect("an item")), written());
}

#[tokio::test]
async fn what_no_table_of_ours_has_is_read_all_the_same() {
    let bytes = json!({"Items": [{"b": {"B": "AAE="}, "bs": {"BS": ["AAE="]}}], "Count": 1, "ScannedCount": 3});
    let server = Server::start(answered(&bytes)).await;
    let found = Both::of(&server.url).dynamodb.query().send().await;
    let found = found.expect("an answer");
    assert_eq!(found.items[0]["b"], AttributeValue::B("AAE=".to_owned()));
    assert!(found.last_evaluated_key.is_none());
}

#[tokio::test]
async fn pages_and_batches_are_read() {
    let key = json!({"pk": {"S": "a"}});
    let server = Server::start(answers([
        json!({"Items": [key, key], "LastEvaluatedKey": key}),
        json!({"Responses": {"t": [key]}, "UnprocessedKeys": {"u": {"Keys": [key], "ConsistentRead": true}}}),
        json!({"UnprocessedItems": {"t": [{"DeleteRequest": {"Key": key}}]}}),
    ]))
    .await;
    let both = Both::of(&server.url);
    let page = both.dynamodb.scan().send().await.expect("an answer");
    assert_eq!(
        (page.items.len(), page.last_evaluated_key.is_some()),
        (2, true)
    );
    let got = both
        .dynamodb
        .batch_get_item()
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        (got.responses["t"].len(), got.unprocessed_keys.len()),
        (1, 1)
    );
    let left = both
        .dynamodb
        .batch_write_item()
        .send()
        .await
        .expect("an answer");
    let WriteRequest::DeleteRequest { key } = &left.unprocessed_items["t"][0];
    assert_eq!(key["pk"], AttributeValue::S("a".to_owned()));
}

#[tokio::test]
async fn messages_and_secrets_are_read() {
    let server = Server::start(answers([
        json!({"Failed": [{"Id": "3", "Code": "InternalError", "SenderFault": false}], "Successful": []}),
        json!({"Messages": [{"MessageId": "m", "ReceiptHandle": "r", "Body": "b", "MD5OfBody": "x", "Attributes": {"SentTimestamp": "1"}}]}),
        json!({"DeletedDate": 1_764_000_000.123, "Name": "s"}),
    ]))
    .await;
    let both = Both::of(&server.url);
    let sent = both
        .sqs
        .send_message_batch()
        .send()
        .await
        .expect("an answer");
    assert_eq!(sent.failed[0].id, "3");
    let received = both.sqs.receive_message().send().await.expect("an answer");
    let message = &received.messages[0];
    assert_eq!(
        (
            message.body.as_deref(),
            message.attributes["SentTimestamp"].as_str()
        ),
        (Some("b"), "1")
    );
    let described = both
        .secrets
        .describe_secret()
        .send()
        .await
        .expect("an answer");
    assert!(described.deleted_date.is_some());
}

#[tokio::test]
async fn an_empty_answer_is_one() {
    let server = Server::start([Answer::Json(200, String::new())]).await;
    let hiding = Both::of(&server.url).sqs.change_message_visibility();
    hiding.send().await.expect("an answer");
}

#[tokio::test]
async fn a_refusal_has_the_code_that_the_sdk_finds() {
    let codes = [
        json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "The conditional request failed"}),
        json!({"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "x"}),
        json!({"__type": "ValidationException", "message": "x"}),
        json!({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "x"}),
    ];
    for answer in codes {
        let server = Server::start(refused(400, &answer)).await;
        let both = Both::of(&server.url);
        let ours = both.dynamodb.scan().send().await.expect_err("a refusal");
        let sdk = both
            .sdk_dynamodb
            .scan()
            .table_name("t")
            .send()
            .await
            .expect_err("a refusal");
        assert_eq!(ours.code(), sdk.code(), "{answer}");
    }
}

#[tokio::test]
async fn a_refusal_that_a_header_names_has_that_code() {
    let server =
        Server::start([(); 2].map(|()| Answer::Named(400, "ResourceNotFoundException:http://x/")))
            .await;
    let both = Both::of(&server.url);
    let ours = both
        .secrets
        .get_secret_value()
        .send()
        .await
        .expect_err("a refusal");
    let sdk = both
        .sdk_secrets
        .get_secret_value()
        .secret_id("s")
        .send()
        .await
        .expect_err("a refusal");
    assert_eq!(ours.code(), Some("ResourceNotFoundException"));
    assert_eq!(
        ours.code(),
        aws_sdk_secretsmanager::error::ProvideErrorMetadata::code(&sdk)
    );
}

#[tokio::test]
async fn a_failed_condition_has_the_item_that_it_failed_on() {
    let answer = json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "Item": written(), "message": "x"});
    let server = Server::start(refused(400, &answer)).await;
    let error = Both::of(&server.url).dynamodb.update_item().send().await;
    let error = error.expect_err("a refusal");
    let item = item_of_failed_condition(&error).expect("an item");
    assert_eq!(as_json(&item), written());
    assert_eq!(cancellation_reasons(&error), None);
}

#[tokio::test]
async fn a_cancelled_transaction_tells_why_of_each_part() {
    let answer = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "x"}, {"Code": "TransactionConflict"}],
        "Message": "Transaction cancelled",
    });
    let server = Server::start(refused(400, &answer)).await;
    let error = Both::of(&server.url)
        .dynamodb
        .transact_write_items()
        .send()
        .await;
    let error = error.expect_err("a refusal");
    let reasons = cancellation_reasons(&error).expect("reasons");
    assert_eq!(
        reasons,
        ["None", "ConditionalCheckFailed", "TransactionConflict"]
    );
    assert_eq!(server.asked().len(), 1, "it is for the caller to decide");
}

#[tokio::test]
async fn an_answer_that_is_not_what_it_should_be_is_no_success() {
    for text in [
        "",
        "null",
        "[]",
        "<html>",
        "{\"Items\":7}",
        "{\"Items\":[{\"a\":{\"X\":1}}]}",
    ] {
        let server = Server::start([Answer::Json(200, text.to_owned())]).await;
        let answer = Both::of(&server.url).dynamodb.scan().send().await;
        assert_eq!(answer.is_ok(), text.is_empty(), "{text}");
    }
}
