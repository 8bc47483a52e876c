use std::collections::BTreeSet;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::calls::Call;
use crate::permission;

/// A service of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    DynamoDb,
    Sqs,
    SecretsManager,
}

/// A request whose body is read.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) caller: String,
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A request of the AWS JSON protocols, or nothing when its target names no service of ours.
    pub(crate) fn parse(headers: HeaderMap, body: Bytes) -> Option<Self> {
        let target = headers.get("x-amz-target")?.to_str().ok()?;
        let (service, operation) = target.split_once('.')?;
        let service = match service {
            "DynamoDB_20120810" | "DynamoDBStreams_20120810" => Service::DynamoDb,
            "AmazonSQS" => Service::Sqs,
            "secretsmanager" => Service::SecretsManager,
            _ => return None,
        };
        let operation = operation.to_owned();
        Some(Self {
            caller: caller(&headers),
            service,
            operation,
            headers,
            body,
        })
    }

    /// The request as it is recorded.
    pub(crate) fn call(&self, at: Timestamp) -> Call {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let resource = match self.service {
            Service::DynamoDb => tables(&body),
            Service::Sqs => permission::queue(&body).to_owned(),
            Service::SecretsManager => permission::secret(&body).to_owned(),
        };
        Call {
            caller: self.caller.clone(),
            service: self.service,
            operation: self.operation.clone(),
            resource,
            permissions: permission::needed(self.service, &self.operation, &body),
            at,
        }
    }
}

/// The access key id of a SigV4 signature.
fn caller(headers: &HeaderMap) -> String {
    let signature = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let credential = signature.and_then(|text| text.split_once("Credential="));
    let key = credential.and_then(|(_, rest)| rest.split(['/', ',']).next());
    key.unwrap_or_default().to_owned()
}

/// The table of a single operation, or the tables of a batch or a transaction.
fn tables(body: &Value) -> String {
    if let Some(table) = body["TableName"].as_str() {
        return table.to_owned();
    }
    let transaction = permission::parts(body).map(|(_, table)| table);
    let names: BTreeSet<&str> = permission::batch_tables(body).chain(transaction).collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str, body: &str) -> Option<Request> {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-target", target.parse().unwrap());
        let signature = "AWS4-HMAC-SHA256 Credential=sender/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=00";
        headers.insert(AUTHORIZATION, signature.parse().unwrap());
        Request::parse(headers, Bytes::copy_from_slice(body.as_bytes()))
    }

    #[track_caller]
    fn check(target: &str, body: &str, resource: &str) {
        let call = request(target, body).unwrap().call(Timestamp::UNIX_EPOCH);
        assert_eq!(call.resource, resource);
    }

    #[test]
    fn the_resource_is_the_name_of_the_table_queue_or_secret() {
        check(
            "AmazonSQS.SendMessage",
            r#"{"QueueUrl":"http://127.0.0.1:1/0/in.fifo"}"#,
            "in.fifo",
        );
        check(
            "AmazonSQS.CreateQueue",
            r#"{"QueueName":"in.fifo"}"#,
            "in.fifo",
        );
        check(
            "secretsmanager.GetSecretValue",
            r#"{"SecretId":"s/vendor/v"}"#,
            "s/vendor/v",
        );
        check(
            "secretsmanager.CreateSecret",
            r#"{"Name":"s/vendor/v"}"#,
            "s/vendor/v",
        );
        check(
            "DynamoDB_20120810.GetItem",
            r#"{"TableName":"messages"}"#,
            "messages",
        );
        check(
            "DynamoDB_20120810.BatchGetItem",
            r#"{"RequestItems":{"b":{},"a":{}}}"#,
            "a,b",
        );
        let transaction = r#"{"TransactItems":[{"Put":{"TableName":"b"}},{"Update":{"TableName":"a"}},{"Put":{"TableName":"b"}}]}"#;
        check("DynamoDB_20120810.TransactWriteItems", transaction, "a,b");
        check("DynamoDB_20120810.GetItem", "not json", "");
    }

    #[test]
    fn the_caller_is_the_access_key_id_of_the_signature() {
        assert_eq!(
            request("AmazonSQS.SendMessage", "{}").unwrap().caller,
            "sender"
        );
    }

    #[test]
    fn other_services_are_not_ours() {
        assert!(request("Kinesis_20131202.PutRecord", "{}").is_none());
    }
}
