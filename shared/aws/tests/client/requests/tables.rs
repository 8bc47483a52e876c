use std::collections::HashMap;

use aws::dynamodb::{
    AttributeValue, KeysAndAttributes, Part, ReturnValue, TransactWriteItem, WriteRequest,
};
use aws_sdk_dynamodb::types as sdk;

use super::{Both, Server, told};
use crate::items::{item, sdk_item};

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
}

#[tokio::test]
async fn scans_and_batches_are_asked_for_as_the_sdk_asks_for_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
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

/// A part of each kind.
fn parts() -> Vec<TransactWriteItem> {
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
    vec![
        TransactWriteItem::Put(Part {
            item: Some(item()),
            ..part
        }),
        TransactWriteItem::Update(Part {
            update_expression: Some("SET b = :a".to_owned()),
            ..keyed.clone()
        }),
        TransactWriteItem::Delete(keyed.clone()),
        TransactWriteItem::ConditionCheck(keyed),
    ]
}

/// The same in the SDK's types.
fn sdk_parts() -> Vec<sdk::TransactWriteItem> {
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
    vec![
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
    ]
}

#[tokio::test]
async fn transactions_are_sent_as_the_sdk_sends_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
    same!(
        server,
        both.dynamodb.transact_write_items().transact_items(parts()),
        both.sdk_dynamodb
            .transact_write_items()
            .set_transact_items(Some(sdk_parts()))
    );
}

#[tokio::test]
async fn batches_of_deletions_are_sent_as_the_sdk_sends_them() {
    let server = Server::start([]).await;
    let both = Both::of(&server.url);
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
