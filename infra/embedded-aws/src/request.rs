use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::calls::Call;
use crate::permission::{self, Permission};
use crate::s3;

/// A service of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    DynamoDb,
    Sqs,
    SecretsManager,
    S3,
}

/// A request whose body is read.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) caller: String,
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A request of the AWS JSON protocols or about an object, or nothing when it is for no service of ours.
    pub(crate) fn parse(head: Parts, body: Bytes) -> Option<Self> {
        if let Some((operation, _)) = s3::wire::operation(&head.method, &head.uri) {
            let caller = s3::wire::caller(&head.uri).unwrap_or_else(|| caller(&head.headers));
            return Some(Self::of((caller, Service::S3, operation), head, body));
        }
        let headers = &head.headers;
        let target = headers.get("x-amz-target")?.to_str().ok()?;
        let (service, operation) = target.split_once('.')?;
        let service = match service {
            "DynamoDB_20120810" | "DynamoDBStreams_20120810" => Service::DynamoDb,
            "AmazonSQS" => Service::Sqs,
            "secretsmanager" => Service::SecretsManager,
            _ => return None,
        };
        let (caller, operation) = (caller(headers), operation.to_owned());
        Some(Self::of((caller, service, &operation), head, body))
    }

    fn of((caller, service, operation): (String, Service, &str), head: Parts, body: Bytes) -> Self {
        Self {
            caller,
            service,
            operation: operation.to_owned(),
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body,
        }
    }

    /// The request as it is recorded.
    pub(crate) fn call(&self, at: Timestamp) -> Call {
        let (resource, permissions) = if self.service == Service::S3 {
            let operation = s3::wire::operation(&self.method, &self.uri);
            let resource = operation.map_or_else(String::new, |(_, name)| name.whole());
            let action = format!("s3:{}", self.operation);
            let prefix = s3::wire::prefix(&self.uri);
            (
                resource.clone(),
                vec![Permission::new(action, resource).about(prefix)],
            )
        } else {
            self.asked_in_json()
        };
        Call {
            caller: self.caller.clone(),
            service: self.service,
            operation: self.operation.clone(),
            resource,
            permissions,
            at,
        }
    }

    fn asked_in_json(&self) -> (String, Vec<Permission>) {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let resource = match self.service {
            Service::DynamoDb => permission::tables(&body),
            Service::Sqs => permission::queue(&body).to_owned(),
            Service::SecretsManager => permission::secret(&body).to_owned(),
            Service::S3 => String::new(),
        };
        let permissions = permission::needed(self.service, &self.operation, &body);
        (resource, permissions)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str, body: &str) -> Option<Request> {
        let (mut head, ()) = http::Request::post("/").body(()).unwrap().into_parts();
        let headers = &mut head.headers;
        headers.insert("x-amz-target", target.parse().unwrap());
        let signature = "AWS4-HMAC-SHA256 Credential=sender/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=00";
        headers.insert(AUTHORIZATION, signature.parse().unwrap());
        Request::parse(head, Bytes::copy_from_slice(body.as_bytes()))
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
    fn an_object_is_asked_for_by_its_path_and_a_links_caller_is_who_signed_it() {
        let link = "/bucket/v/m?X-Amz-Credential=admin%2F20260101%2Feu-west-1%2Fs3%2Faws4_request";
        let (head, ()) = http::Request::get(link).body(()).unwrap().into_parts();
        let request = Request::parse(head, Bytes::new()).unwrap();
        let call = request.call(Timestamp::UNIX_EPOCH);
        assert_eq!(
            (call.caller.as_str(), call.resource.as_str()),
            ("admin", "bucket/v/m")
        );
        assert_eq!(
            call.permissions,
            [Permission::new("s3:GetObject", "bucket/v/m")]
        );
    }

    #[test]
    fn other_services_are_not_ours() {
        assert!(request("Kinesis_20131202.PutRecord", "{}").is_none());
    }
}
