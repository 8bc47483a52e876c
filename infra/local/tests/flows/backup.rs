//! A backup of all tables, as point-in-time recovery has it: put back, they are as they were, while queues, buckets, secrets and the
//! provider are as they are.

use domain::restore::Restore;
use serde_json::{Map, Value, json};

use crate::world::World;

/// The tables of a stack, and whether their keys have two parts.
const TABLES: [(&str, bool); 9] = [
    ("waba_instances", true),
    ("vendor_configs", false),
    ("messages", true),
    ("conversations", true),
    ("lanes", true),
    ("admin_keys", false),
    ("audit", true),
    ("counters", true),
    ("orders", true),
];
/// Writes of one request.
const BATCH: usize = 25;

/// All items of all tables.
pub(crate) struct Backup(Vec<Vec<Value>>);

impl Backup {
    pub(crate) async fn of(world: &World) -> Self {
        let mut tables = Vec::new();
        for (table, _) in TABLES {
            tables.push(items(world, table).await);
        }
        Self(tables)
    }

    /// Replaces the tables while nobody works with them, and deploys the stack to work through that; answers with the moment.
    pub(crate) async fn put_back(&self, world: &World) -> Restore {
        world.stop().await;
        for ((table, is_pair), kept) in TABLES.into_iter().zip(&self.0) {
            let key = |item: &Value| {
                let part = |name: &str| (name.to_owned(), item[name].clone());
                let parts = ["pk", "sk"].into_iter().take(1 + usize::from(is_pair));
                Value::Object(parts.map(part).collect::<Map<_, _>>())
            };
            let gone = items(world, table).await;
            let gone = gone
                .iter()
                .map(|item| json!({ "DeleteRequest": { "Key": key(item) } }));
            write(world, table, gone.collect()).await;
            let kept = kept
                .iter()
                .map(|item| json!({ "PutRequest": { "Item": item } }));
            write(world, table, kept.collect()).await;
        }
        let restore = Restore::at(world.clock().now());
        world.deploy(Some(restore));
        world.resume();
        restore
    }
}

async fn items(world: &World, table: &str) -> Vec<Value> {
    let (mut items, mut start) = (Vec::new(), Value::Null);
    loop {
        let mut scan = json!({ "TableName": format!("local-{table}"), "ConsistentRead": true });
        if !start.is_null() {
            scan["ExclusiveStartKey"] = start;
        }
        let mut page = world.aws_operation("DynamoDB_20120810.Scan", &scan).await;
        items.extend(page["Items"].as_array().into_iter().flatten().cloned());
        start = page["LastEvaluatedKey"].take();
        if start.is_null() {
            return items;
        }
    }
}

async fn write(world: &World, table: &str, writes: Vec<Value>) {
    for batch in writes.chunks(BATCH) {
        let request = json!({ "RequestItems": { format!("local-{table}"): batch } });
        let operation = "DynamoDB_20120810.BatchWriteItem";
        world.aws_operation(operation, &request).await;
    }
}
