use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, Put,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, TransactWriteItem,
};

use embedded_aws::Units;

use crate::stack::Stack;

pub(crate) async fn create_table(tables: &aws_sdk_dynamodb::Client) {
    let key = KeySchemaElement::builder()
        .attribute_name("pk")
        .key_type(KeyType::Hash)
        .build()
        .unwrap();
    let kind = ScalarAttributeType::S;
    let attribute = AttributeDefinition::builder()
        .attribute_name("pk")
        .attribute_type(kind)
        .build()
        .unwrap();
    let request = tables
        .create_table()
        .table_name("table")
        .key_schema(key)
        .attribute_definitions(attribute);
    request
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn put_once(key: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name("table")
        .item("pk", text(key))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    TransactWriteItem::builder()
        .put(put.build().unwrap())
        .build()
}

#[tokio::test]
async fn a_cancelled_transaction_says_which_part_failed_and_shows_the_old_item() {
    let stack = Stack::in_memory().await;
    let tables = stack.clients("sender").tables;
    create_table(&tables).await;
    tables
        .put_item()
        .table_name("table")
        .item("pk", text("b"))
        .item("state", text("old"))
        .send()
        .await
        .unwrap();
    let both = tables
        .transact_write_items()
        .transact_items(put_once("a"))
        .transact_items(put_once("b"));
    let error = both.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(cancelled) = error
    else {
        panic!("{error:?}")
    };
    let [first, second] = cancelled.cancellation_reasons() else {
        panic!("two reasons")
    };
    assert_eq!(first.code(), Some("None"));
    assert_eq!(second.code(), Some("ConditionalCheckFailed"));
    assert_eq!(second.item().unwrap()["state"], text("old"));
    let item = tables
        .get_item()
        .table_name("table")
        .key("pk", text("a"))
        .send()
        .await
        .unwrap();
    assert_eq!(item.item(), None);
}

#[tokio::test]
async fn a_failed_condition_returns_the_old_item() {
    let stack = Stack::in_memory().await;
    let tables = stack.clients("sender").tables;
    create_table(&tables).await;
    let put = || {
        let put = tables
            .put_item()
            .table_name("table")
            .item("pk", text("a"))
            .item("n", text("1"));
        put.condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    put().await.unwrap();
    let error = put().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
        failed,
    ) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(failed.item().unwrap()["n"], text("1"));
}

#[tokio::test]
async fn a_table_is_created_once() {
    let stack = Stack::in_memory().await;
    let tables = stack.clients("local").tables;
    create_table(&tables).await;
    let key = KeySchemaElement::builder()
        .attribute_name("pk")
        .key_type(KeyType::Hash)
        .build()
        .unwrap();
    let attribute = AttributeDefinition::builder()
        .attribute_name("pk")
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap();
    let again = tables
        .create_table()
        .table_name("table")
        .key_schema(key)
        .attribute_definitions(attribute);
    let again = again
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap_err();
    assert!(again.into_service_error().is_resource_in_use_exception());
}

#[tokio::test]
async fn items_whose_time_has_come_are_swept_by_the_stacks_clock() {
    use aws_sdk_dynamodb::types::TimeToLiveSpecification;
    let stack = Stack::in_memory().await;
    let tables = stack.clients("sweep").tables;
    create_table(&tables).await;
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name("ttl")
        .enabled(true)
        .build()
        .unwrap();
    tables
        .update_time_to_live()
        .table_name("table")
        .time_to_live_specification(ttl)
        .send()
        .await
        .unwrap();
    let expires = stack.clock.now().as_second() + 3600;
    let put = tables.put_item().table_name("table").item("pk", text("a"));
    put.item("ttl", AttributeValue::N(expires.to_string()))
        .send()
        .await
        .unwrap();
    assert_eq!(stack.aws.dynamodb().sweep_ttl().unwrap(), 0);
    stack.advance(3601);
    assert_eq!(stack.aws.dynamodb().sweep_ttl().unwrap(), 1);
}

#[tokio::test]
async fn the_meter_tells_what_each_caller_reads_and_writes_while_it_runs() {
    let stack = Stack::in_memory().await;
    let (sender, sweep) = (
        stack.clients("sender").tables,
        stack.clients("sweep").tables,
    );
    create_table(&sender).await;
    let put = |size: usize| {
        let put = sender
            .put_item()
            .table_name("table")
            .item("pk", text("long"));
        put.item("text", text(&"x".repeat(size))).send()
    };
    put(10).await.unwrap();
    stack.aws.meter().start();
    put(1_500).await.unwrap();
    let once = sender.transact_write_items().transact_items(put_once("a"));
    once.send().await.unwrap();
    let get = sweep.get_item().table_name("table").key("pk", text("long"));
    get.clone().consistent_read(true).send().await.unwrap();
    get.send().await.unwrap();
    let units = stack.aws.meter().stop();
    let (read, write) = (0.0, 4.0);
    assert_eq!(units["sender"], Units { read, write });
    let (read, write) = (1.5, 0.0);
    assert_eq!(units["sweep"], Units { read, write });
    put(10).await.unwrap();
    assert!(stack.aws.meter().stop().is_empty());
}
