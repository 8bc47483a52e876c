//! DynamoDB.

mod types;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{Service, token};
use crate::error::Error;
use crate::request::Done;
pub use types::{
    AttributeValue, Item, KeysAndAttributes, Part, ReturnValue, TransactWriteItem, WriteRequest,
};

pub(crate) const SERVICE: Service = Service {
    name: "dynamodb",
    target: "DynamoDB_20120810",
    content_type: "application/x-amz-json-1.0",
};

impl Client {
    /// A transaction, whose token makes it count once however often it is sent.
    pub fn transact_write_items(&self) -> TransactWriteItems {
        TransactWriteItems::new(self).client_request_token(token())
    }
}

client! {
    "DynamoDB" {
        get_item: GetItem,
        put_item: PutItem,
        update_item: UpdateItem,
        delete_item: DeleteItem,
        query: Query,
        scan: Scan,
        batch_get_item: BatchGetItem,
        batch_write_item: BatchWriteItem,
    }
}

request! {
    GetItem = "GetItem" -> GotItem {
        table_name: String,
        key: Item,
        consistent_read: bool,
    }
}

request! {
    PutItem = "PutItem" -> Written {
        table_name: String,
        item: Item,
        condition_expression: String,
        return_values: ReturnValue;
        expression_attribute_names: String,
        expression_attribute_values: AttributeValue,
    }
}

request! {
    UpdateItem = "UpdateItem" -> Written {
        table_name: String,
        key: Item,
        update_expression: String,
        condition_expression: String,
        return_values: ReturnValue,
        return_values_on_condition_check_failure: ReturnValue;
        expression_attribute_names: String,
        expression_attribute_values: AttributeValue,
    }
}

request! {
    DeleteItem = "DeleteItem" -> Written {
        table_name: String,
        key: Item,
        condition_expression: String,
        return_values: ReturnValue;
        expression_attribute_names: String,
        expression_attribute_values: AttributeValue,
    }
}

request! {
    Query = "Query" -> Found {
        table_name: String,
        index_name: String,
        key_condition_expression: String,
        filter_expression: String,
        projection_expression: String,
        scan_index_forward: bool,
        consistent_read: bool,
        exclusive_start_key: Item,
        limit: i32;
        expression_attribute_names: String,
        expression_attribute_values: AttributeValue,
    }
}

request! {
    Scan = "Scan" -> Found {
        table_name: String,
        filter_expression: String,
        projection_expression: String,
        consistent_read: bool,
        exclusive_start_key: Item,
        limit: i32;
        expression_attribute_names: String,
        expression_attribute_values: AttributeValue,
    }
}

request! {
    BatchGetItem = "BatchGetItem" -> GotItems {
        ;
        request_items: KeysAndAttributes,
    }
}

request! {
    BatchWriteItem = "BatchWriteItem" -> BatchWritten {
        ;
        request_items: Vec<WriteRequest>,
    }
}

request! {
    TransactWriteItems = "TransactWriteItems" -> Done {
        transact_items: Vec<TransactWriteItem>,
        client_request_token: String,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GotItem {
    pub item: Option<Item>,
}

/// The answer to a change of one item: what was asked for by [`ReturnValue`].
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Written {
    pub attributes: Option<Item>,
}

/// A page of what a query or a scan found. It is the last one if it has no key to go on from.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Found {
    pub items: Vec<Item>,
    pub last_evaluated_key: Option<Item>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GotItems {
    pub responses: HashMap<String, Vec<Item>>,
    pub unprocessed_keys: HashMap<String, Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BatchWritten {
    pub unprocessed_items: HashMap<String, Vec<WriteRequest>>,
}

/// The code by which a change is refused whose condition does not hold.
const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

/// Whether a change was refused because its condition does not hold.
pub fn is_condition_failed(error: &Error) -> bool {
    error.is(CONDITION_FAILED)
}

/// The item as it was when its condition failed, if that was asked for.
pub fn item_of_failed_condition(error: &Error) -> Option<Item> {
    let details = error.details().filter(|_| is_condition_failed(error));
    details.and_then(|GotItem { item }| item)
}

/// Why each part of a transaction was refused, in their order, `None` being a part that was not to blame; `None` if it was not cancelled.
pub fn cancellation_reasons(error: &Error) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Cancelled {
        cancellation_reasons: Vec<Reason>,
    }
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Reason {
        code: String,
    }
    if !error.is("TransactionCanceledException") {
        return None;
    }
    let Cancelled {
        cancellation_reasons,
    } = error.details()?;
    Some(
        cancellation_reasons
            .into_iter()
            .map(|Reason { code }| code)
            .collect(),
    )
}
