//! What IAM would check before it lets a request pass, for tests that compare it with what a function's role allows.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::keys;
use crate::request::Service;

/// One action on one resource, as the Service Authorization Reference has them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// Such as `dynamodb:PutItem`. A batch or a transaction has the actions of its parts where IAM has none of its own for it.
    pub action: String,
    /// The name of the table, queue or secret, or of an index as `<table>/index/<index>`.
    pub resource: String,
    /// What a condition may ask about: the partition keys of the items, or the prefix of a list of objects.
    pub keys: BTreeSet<String>,
}

impl Permission {
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            resource: resource.into(),
            keys: BTreeSet::new(),
        }
    }

    /// The same for these keys.
    #[must_use]
    pub fn about(self, keys: impl IntoIterator<Item = String>) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            ..self
        }
    }
}

/// What a request needs, in the order of its parts: an action on a resource once, with all its keys. Whether AWS looks at a transaction's
/// parts one by one or together is not written anywhere, so that a role has to allow them together here.
pub(crate) fn needed(service: Service, operation: &str, body: &Value) -> Vec<Permission> {
    let asked = match service {
        Service::DynamoDb => of_tables(operation, body),
        Service::Sqs => {
            let operation = operation.strip_suffix("Batch").unwrap_or(operation);
            vec![Permission::new(format!("sqs:{operation}"), queue(body))]
        }
        Service::SecretsManager => {
            let action = format!("secretsmanager:{operation}");
            vec![Permission::new(action, secret(body))]
        }
        // Its requests are no JSON: they are read where they come in.
        Service::S3 => Vec::new(),
    };
    let mut needed: Vec<Permission> = Vec::new();
    for one in asked {
        let is_same =
            |known: &&mut Permission| known.action == one.action && known.resource == one.resource;
        match needed.iter_mut().find(is_same) {
            Some(known) => known.keys.extend(one.keys),
            None => needed.push(one),
        }
    }
    needed
}

fn of_tables(operation: &str, body: &Value) -> Vec<Permission> {
    let dynamodb = |action: &str, resource: &str| {
        Permission::new(format!("dynamodb:{action}"), resource.to_owned())
    };
    match operation {
        "TransactWriteItems" | "TransactGetItems" => parts(body)
            .map(|(part, inner)| {
                let needed = match part {
                    "ConditionCheck" => dynamodb("ConditionCheckItem", text(inner, "TableName")),
                    part => dynamodb(&format!("{part}Item"), text(inner, "TableName")),
                };
                needed.about(keys::of_one(inner))
            })
            .collect(),
        "BatchGetItem" | "BatchWriteItem" => batch_tables(body)
            .map(|(table, part)| dynamodb(operation, table).about(keys::of_batch(part)))
            .collect(),
        _ => {
            let table = text(body, "TableName");
            let needed = match body["IndexName"].as_str() {
                Some(index) => dynamodb(operation, &format!("{table}/index/{index}")),
                None => dynamodb(operation, table),
            };
            vec![needed.about(keys::of_one(body))]
        }
    }
}

/// The parts of a transaction: `Put`, `Update`, `Delete`, `ConditionCheck` or `Get`, and what it is about.
fn parts(body: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let items = body["TransactItems"].as_array().into_iter().flatten();
    let parts = items.filter_map(Value::as_object).flatten();
    parts.map(|(part, inner)| (part.as_str(), inner))
}

/// The tables of a batch, each with its part of it.
fn batch_tables(body: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let items = body["RequestItems"].as_object().into_iter().flatten();
    items.map(|(table, part)| (table.as_str(), part))
}

/// The table of a single operation, or the tables of a batch or a transaction.
pub(crate) fn tables(body: &Value) -> String {
    if let Some(table) = body["TableName"].as_str() {
        return table.to_owned();
    }
    let transaction = parts(body).map(|(_, inner)| text(inner, "TableName"));
    let batch = batch_tables(body).map(|(table, _)| table);
    let names: BTreeSet<&str> = batch.chain(transaction).collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

/// The name of the queue that a request is about.
pub(crate) fn queue(body: &Value) -> &str {
    match text(body, "QueueUrl").rsplit('/').next() {
        None | Some("") => text(body, "QueueName"),
        Some(name) => name,
    }
}

/// The name of the secret that a request is about, or its ARN if that is what it names.
pub(crate) fn secret(body: &Value) -> &str {
    match text(body, "SecretId") {
        "" => text(body, "Name"),
        id => id,
    }
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(service: Service, operation: &str, body: &Value, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(action, resource)| Permission::new(*action, *resource))
            .collect();
        assert_eq!(needed(service, operation, body), expected);
    }

    #[test]
    fn an_operation_on_a_table_or_an_index_is_its_own_action() {
        let table = json!({ "TableName": "messages" });
        let get = [("dynamodb:GetItem", "messages")];
        check(Service::DynamoDb, "GetItem", &table, &get);
        let index = json!({ "TableName": "messages", "IndexName": "by_due" });
        let query = [("dynamodb:Query", "messages/index/by_due")];
        check(Service::DynamoDb, "Query", &index, &query);
    }

    #[test]
    fn a_transaction_needs_what_each_of_its_parts_needs_once() {
        let part = |name: &str, table: &str| json!({ name: { "TableName": table } });
        let written = json!({ "TransactItems": [
            part("Put", "a"), part("Update", "a"), part("Put", "a"), part("Delete", "b"), part("ConditionCheck", "b"),
        ] });
        let expected = [
            ("dynamodb:PutItem", "a"),
            ("dynamodb:UpdateItem", "a"),
            ("dynamodb:DeleteItem", "b"),
            ("dynamodb:ConditionCheckItem", "b"),
        ];
        check(Service::DynamoDb, "TransactWriteItems", &written, &expected);
        let read = json!({ "TransactItems": [part("Get", "a")] });
        let expected = [("dynamodb:GetItem", "a")];
        check(Service::DynamoDb, "TransactGetItems", &read, &expected);
    }

    #[test]
    fn a_batch_of_items_is_an_action_of_its_own_on_each_table() {
        let batch = json!({ "RequestItems": { "a": {}, "b": {} } });
        let expected = [
            ("dynamodb:BatchGetItem", "a"),
            ("dynamodb:BatchGetItem", "b"),
        ];
        check(Service::DynamoDb, "BatchGetItem", &batch, &expected);
    }

    #[test]
    fn a_permission_is_about_the_keys_of_all_its_items() {
        let key = |pk: &str| json!({ "pk": { "S": pk } });
        let about = |action: &str| {
            let keys = ["v#1", "v#2"].map(str::to_owned);
            [Permission::new(action, "a").about(keys)]
        };
        let put = |pk: &str| json!({ "Put": { "TableName": "a", "Item": key(pk) } });
        let written = json!({ "TransactItems": [put("v#1"), put("v#2")] });
        let puts = needed(Service::DynamoDb, "TransactWriteItems", &written);
        assert_eq!(puts, about("dynamodb:PutItem"));
        let batch = json!({ "RequestItems": { "a": { "Keys": [key("v#1"), key("v#2")] } } });
        let gets = needed(Service::DynamoDb, "BatchGetItem", &batch);
        assert_eq!(gets, about("dynamodb:BatchGetItem"));
    }

    #[test]
    fn a_batch_of_queue_messages_needs_no_more_than_one_of_them() {
        let queue = json!({ "QueueUrl": "http://127.0.0.1:1/0/in.fifo" });
        for operation in ["SendMessage", "SendMessageBatch"] {
            let expected = [("sqs:SendMessage", "in.fifo")];
            check(Service::Sqs, operation, &queue, &expected);
        }
        let expected = [("sqs:ChangeMessageVisibility", "in.fifo")];
        check(
            Service::Sqs,
            "ChangeMessageVisibilityBatch",
            &queue,
            &expected,
        );
    }

    #[test]
    fn a_secret_is_named_by_its_id_or_by_the_name_it_is_to_have() {
        let new = json!({ "Name": "s/vendor/v" });
        let expected = [("secretsmanager:CreateSecret", "s/vendor/v")];
        check(Service::SecretsManager, "CreateSecret", &new, &expected);
        let known = json!({ "SecretId": "s/vendor/v" });
        let expected = [("secretsmanager:GetSecretValue", "s/vendor/v")];
        check(Service::SecretsManager, "GetSecretValue", &known, &expected);
    }
}
