use std::collections::HashMap;

use aws::dynamodb::{
    AttributeValue, KeysAndAttributes, Part, ReturnValue, TransactWriteItem, WriteRequest,
};
use aws::sqs::{ReceiptEntry, SendMessageBatchRequestEntry, SystemAttributes, TRACE_HEADER};
use aws_sdk_dynamodb::types as sdk;
use aws_sdk_sqs::types as sdk_sqs;
use serde_json::Value;

use super::Both;
use super::server::{Asked, Server};

fn item() -> aws::dynamodb::Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    HashMap::from([
        ("pk".to_owned(), text("é\"\\\u{1}")),
        ("n".to_owned(), AttributeValue::N("12.50".to_owned())),
        ("yes".to_owned(), AttributeValue::Bool(true)),
        ("nothing".to_owned(), AttributeValue::Null(true)),
        ("set".to_owned(), AttributeValue::Ss(vec!["a".to_owned()])),
        ("nums".to_owned(), AttributeValue::Ns(vec!["1".to_owned()])),
        (
            "map".to_owned(),
            AttributeValue::M(HashMap::from([("in".to_owned(), text("x"))])),
        ),
        ("list".to_owned(), AttributeValue::L(vec![text("y")])),
    ])
}

pub(super) fn sdk_item() -> HashMap<String, sdk::AttributeValue> {
    let text = |text: &str| sdk::AttributeValue::S(text.to_owned());
    HashMap::from([
        ("pk".to_owned(), text("é\"\\\u{1}")),
        ("n".to_owned(), sdk::AttributeValue::N("12.50".to_owned())),
        ("yes".to_owned(), sdk::AttributeValue::Bool(true)),
        ("nothing".to_owned(), sdk::AttributeValue::Null(true)),
        (
            "set".to_owned(),
            sdk::AttributeValue::Ss(vec!["a".to_owned()]),
        ),
        (
            "nums".to_owned(),
            sdk::AttributeValue::Ns(vec!["1".to_owned()]),
        ),
        (
            "map".to_owned(),
            sdk::AttributeValue::M(HashMap::from([("in".to_owned(), text("x"))])),
        ),
        ("list".to_owned(), sdk::AttributeValue::L(vec![text("y")])),
    ])
}

/// Tokens are random: that there is one is what counts.
fn without_token(mut body: Value) -> (Value, bool) {
    let token = body
        .as_object_mut()
        .and_then(|body| body.remove("ClientRequestToken"));
    let is_token = |token: &Value| token.as_str().is_some_and(|token| token.len() == 36);
    (body, token.as_ref().is_some_and(is_token))
}

fn told(asked: &Asked) -> (&str, [Option<&String>; 3], (Value, bool)) {
    let header = |name: &str| asked.headers.get(name);
    let headers = ["content-type", "x-amz-target", "x-amz-security-token"].map(header);
    (&asked.path, headers, without_token(asked.body.clone()))
}

/// Sends a request with each client, and holds that both sent the same.
macro_rules! same {
    ($server:ident, $ours:expr, $sdk:expr) => {
        $ours.send().await.expect("an answer to ours");
        $sdk.send().await.expect("an answer to the SDK's");
        let asked = $server.asked();
        let [ours, sdk] = &asked[..] else {
            panic!("{} requests", asked.len());
        };
        assert_eq!(told(ours), told(sdk));
    };
}

#[tokio::test]
async fn changes_of_one_item_are_sent_as_the_sdk_sends_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    same!(
        server,
        both.dynamodb
            .put_item()
            .table_name("t")
            .item(item())
            .condition_expression("attribute_not_exists(pk)")
            .return_values(ReturnValue::AllOld),
        both.sdk_dynamodb
            .put_item()
            .table_name("t")
            .set_item(Some(sdk_item()))
            .condition_expression("attribute_not_exists(pk)")
            .return_values(sdk::ReturnValue::AllOld)
    );
    same!(
        server,
        both.dynamodb
            .update_item()
            .table_name("t")
            .key(item())
            .update_expression("SET #a = :a")
            .condition_expression(None)
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValue::AllOld)
            .expression_attribute_names("#a", "a")
            .expression_attribute_values(":a", AttributeValue::N("1".to_owned())),
        both.sdk_dynamodb
            .update_item()
            .table_name("t")
            .set_key(Some(sdk_item()))
            .update_expression("SET #a = :a")
            .return_values(sdk::ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(
                sdk::ReturnValuesOnConditionCheckFailure::AllOld
            )
            .expression_attribute_names("#a", "a")
            .expression_attribute_values(":a", sdk::AttributeValue::N("1".to_owned()))
    );
    same!(
        server,
        both.dynamodb
            .delete_item()
            .table_name("t")
            .key(item())
            .return_values(ReturnValue::AllNew),
        both.sdk_dynamodb
            .delete_item()
            .table_name("t")
            .set_key(Some(sdk_item()))
            .return_values(sdk::ReturnValue::AllNew)
    );
}

#[tokio::test]
async fn reads_are_sent_as_the_sdk_sends_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    same!(
        server,
        both.dynamodb
            .get_item()
            .table_name("t")
            .key(item())
            .consistent_read(true),
        both.sdk_dynamodb
            .get_item()
            .table_name("t")
            .set_key(Some(sdk_item()))
            .consistent_read(true)
    );
    same!(
        server,
        both.dynamodb
            .query()
            .table_name("t")
            .index_name("by_due")
            .key_condition_expression("pk = :pk")
            .filter_expression("a = :pk")
            .projection_expression("pk, sk")
            .scan_index_forward(false)
            .consistent_read(false)
            .exclusive_start_key(Some(item()))
            .limit(7)
            .expression_attribute_values(":pk", AttributeValue::S("x".to_owned())),
        both.sdk_dynamodb
            .query()
            .table_name("t")
            .index_name("by_due")
            .key_condition_expression("pk = :pk")
            .filter_expression("a = :pk")
            .projection_expression("pk, sk")
            .scan_index_forward(false)
            .consistent_read(false)
            .set_exclusive_start_key(Some(sdk_item()))
            .limit(7)
            .expression_attribute_values(":pk", sdk::AttributeValue::S("x".to_owned()))
    );
    same!(
        server,
        both.dynamodb
            .scan()
            .table_name("t")
            .filter_expression("#a = :a")
            .expression_attribute_names("#a", "a")
            .expression_attribute_values(":a", AttributeValue::Bool(false)),
        both.sdk_dynamodb
            .scan()
            .table_name("t")
            .filter_expression("#a = :a")
            .expression_attribute_names("#a", "a")
            .expression_attribute_values(":a", sdk::AttributeValue::Bool(false))
    );
    let wanted = sdk::KeysAndAttributes::builder()
        .set_keys(Some(vec![sdk_item()]))
        .consistent_read(true);
    same!(
        server,
        both.dynamodb.batch_get_item().request_items(
            "t",
            KeysAndAttributes {
                keys: vec![item()],
                consistent_read: true
            }
        ),
        both.sdk_dynamodb
            .batch_get_item()
            .request_items("t", wanted.build().expect("keys"))
    );
}

#[tokio::test]
async fn transactions_and_batches_are_sent_as_the_sdk_sends_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    let part = Part {
        table_name: "t".to_owned(),
        condition_expression: Some("#a = :a".to_owned()),
        expression_attribute_names: HashMap::from([("#a".to_owned(), "a".to_owned())]),
        expression_attribute_values: HashMap::from([(
            ":a".to_owned(),
            AttributeValue::S("x".to_owned()),
        )]),
        ..Part::default()
    };
    let keyed = Part {
        key: Some(item()),
        ..part.clone()
    };
    let ours = vec![
        TransactWriteItem::Put(Part {
            item: Some(item()),
            ..part.clone()
        }),
        TransactWriteItem::Update(Part {
            update_expression: Some("SET b = :a".to_owned()),
            ..keyed.clone()
        }),
        TransactWriteItem::Delete(keyed.clone()),
        TransactWriteItem::ConditionCheck(keyed),
    ];
    macro_rules! sdk_part {
        ($kind:ident $(.$setter:ident($value:expr))*) => {
            sdk::$kind::builder()
                .table_name("t")
                .condition_expression("#a = :a")
                .expression_attribute_names("#a", "a")
                .expression_attribute_values(":a", sdk::AttributeValue::S("x".to_owned()))
                $(.$setter($value))*
                .build()
                .expect("all that must be")
        };
    }
    let one = sdk::TransactWriteItem::builder;
    let theirs = vec![
        one().put(sdk_part!(Put.set_item(Some(sdk_item())))).build(),
        one()
            .update(sdk_part!(
                Update
                    .set_key(Some(sdk_item()))
                    .update_expression("SET b = :a")
            ))
            .build(),
        one()
            .delete(sdk_part!(Delete.set_key(Some(sdk_item()))))
            .build(),
        one()
            .condition_check(sdk_part!(ConditionCheck.set_key(Some(sdk_item()))))
            .build(),
    ];
    same!(
        server,
        both.dynamodb.transact_write_items().transact_items(ours),
        both.sdk_dynamodb
            .transact_write_items()
            .set_transact_items(Some(theirs))
    );
    let deletion = sdk::DeleteRequest::builder().set_key(Some(sdk_item()));
    let deletion = sdk::WriteRequest::builder().delete_request(deletion.build().expect("a key"));
    same!(
        server,
        both.dynamodb
            .batch_write_item()
            .request_items("t", vec![WriteRequest::DeleteRequest { key: item() }]),
        both.sdk_dynamodb
            .batch_write_item()
            .request_items("t", vec![deletion.build()])
    );
}

#[tokio::test]
async fn messages_are_sent_as_the_sdk_sends_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    let trace = || {
        Some(SystemAttributes::from([(
            TRACE_HEADER,
            "Root=1".to_owned().into(),
        )]))
    };
    let sdk_trace = || {
        let value = sdk_sqs::MessageSystemAttributeValue::builder()
            .data_type("String")
            .string_value("Root=1");
        let name = sdk_sqs::MessageSystemAttributeNameForSends::AwsTraceHeader;
        Some(HashMap::from([(name, value.build().expect("a type"))]))
    };
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
            .set_message_system_attributes(sdk_trace())
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
    let entry = sdk_sqs::SendMessageBatchRequestEntry::builder()
        .id("0")
        .message_body("x")
        .message_group_id("g")
        .message_deduplication_id("d")
        .set_message_system_attributes(sdk_trace());
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
                message_system_attributes: trace(),
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

#[tokio::test]
async fn secrets_are_asked_for_and_stored_as_the_sdk_does_it() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    let (ours, sdk) = (&both.secrets, &both.sdk_secrets);
    same!(
        server,
        ours.get_secret_value().secret_id("s/vendor/v"),
        sdk.get_secret_value().secret_id("s/vendor/v")
    );
    same!(
        server,
        ours.describe_secret().secret_id("s"),
        sdk.describe_secret().secret_id("s")
    );
    same!(
        server,
        ours.create_secret().name("s").secret_string("{}"),
        sdk.create_secret().name("s").secret_string("{}")
    );
    same!(
        server,
        ours.put_secret_value().secret_id("s").secret_string("{}"),
        sdk.put_secret_value().secret_id("s").secret_string("{}")
    );
    same!(
        server,
        ours.restore_secret().secret_id("s"),
        sdk.restore_secret().secret_id("s")
    );
    same!(
        server,
        ours.delete_secret()
            .secret_id("s")
            .force_delete_without_recovery(true),
        sdk.delete_secret()
            .secret_id("s")
            .force_delete_without_recovery(true)
    );
}
