//! What a policy's condition may ask about a request: the partition keys that it names (`dynamodb:LeadingKeys`).

use serde_json::Value;

/// The partition key of every table of the gateway.
const HASH: &str = "pk";

/// Of an operation on one item or one part of a transaction, or of a query.
pub(crate) fn of_one(asked: &Value) -> Option<String> {
    let of_item = |item: &str| scalar(&asked[item][HASH]);
    of_item("Key")
        .or_else(|| of_item("Item"))
        .or_else(|| of_query(asked))
}

/// Of a batch's part about one table, to read or to write.
pub(crate) fn of_batch(part: &Value) -> impl Iterator<Item = String> {
    let read = part["Keys"].as_array().into_iter().flatten();
    let read = read.filter_map(|key| scalar(&key[HASH]));
    let written = part.as_array().into_iter().flatten();
    let written = written.filter_map(|one| {
        let put = || scalar(&one["PutRequest"]["Item"][HASH]);
        scalar(&one["DeleteRequest"]["Key"][HASH]).or_else(put)
    });
    read.chain(written)
}

/// A query has one partition key, its table's or its index's; the gateway's conditions name it first.
fn of_query(query: &Value) -> Option<String> {
    let condition = query["KeyConditionExpression"].as_str()?;
    let (_, rest) = condition.split_once('=')?;
    let value = rest.split_whitespace().next()?;
    scalar(&query["ExpressionAttributeValues"][value])
}

fn scalar(attribute: &Value) -> Option<String> {
    let text = attribute["S"].as_str().or_else(|| attribute["N"].as_str());
    text.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_known_by_its_key_and_a_new_one_by_itself() {
        let key = json!({ "Key": { "pk": { "S": "v#m" }, "sk": { "S": "message" } } });
        let item = json!({ "Item": { "pk": { "S": "v#m" }, "text": { "S": "?" } } });
        for asked in [key, item] {
            assert_eq!(of_one(&asked).as_deref(), Some("v#m"));
        }
        assert_eq!(of_one(&json!({ "TableName": "messages" })), None);
    }

    #[test]
    fn a_query_has_the_partition_key_of_its_table_or_index() {
        let values = json!({ ":shard": { "S": "lanes" }, ":until": { "N": "7" } });
        let condition = "dueShard = :shard AND dueAt <= :until";
        let query = json!({ "IndexName": "by_due", "KeyConditionExpression": condition, "ExpressionAttributeValues": values });
        assert_eq!(of_one(&query).as_deref(), Some("lanes"));
    }

    #[test]
    fn every_item_of_a_batch_counts() {
        let read = json!({ "Keys": [{ "pk": { "S": "a" } }, { "pk": { "S": "b" } }] });
        let written = json!([
            { "PutRequest": { "Item": { "pk": { "S": "a" } } } },
            { "DeleteRequest": { "Key": { "pk": { "S": "b" } } } },
        ]);
        for part in [read, written] {
            assert_eq!(of_batch(&part).collect::<Vec<_>>(), ["a", "b"]);
        }
    }
}
