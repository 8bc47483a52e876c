//! The tables, queues, the bucket and the platform secret that `template.yaml` describes, made at the local AWS endpoint.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embedded_aws::EmbeddedAws;
use platform::Http;
use serde_json::{Value, json};

/// The local stack's name, which every resource's name begins with.
pub(crate) const STACK: &str = "local";
/// The bucket of customers' files; AWS makes up its name.
pub(crate) const MEDIA_BUCKET: &str = "local-media";
/// The bucket of records that outlive a restore of the tables.
pub(crate) const RECORDS_BUCKET: &str = "local-records";

/// What opens the admin API, and what engines are called with.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) admin: String,
    pub(crate) engine: String,
}

/// Creates what is missing and answers with the keys.
pub(crate) async fn create(
    aws: &EmbeddedAws,
    data_dir: Option<&Path>,
    account_token: &str,
) -> Result<Keys> {
    let endpoint = Endpoint {
        http: Http::new(),
        url: aws.url().to_owned(),
    };
    for table in tables() {
        endpoint
            .call(
                "DynamoDB_20120810.CreateTable",
                &table,
                "ResourceInUseException",
            )
            .await?;
    }
    for queue in queues(&account_arn()) {
        endpoint
            .call("AmazonSQS.CreateQueue", &queue, "QueueNameExists")
            .await?;
    }
    endpoint.create_bucket(MEDIA_BUCKET).await?;
    endpoint.create_bucket(RECORDS_BUCKET).await?;
    let admin = kept(data_dir, "admin-key", admin_key)?;
    let text =
        json!({ "adminKey": admin, "wasenderPersonalAccessToken": account_token }).to_string();
    endpoint.create_secret("platform", &text).await?;
    let name = format!("{STACK}/platform");
    let secret = json!({ "SecretId": name, "SecretString": text, "ClientRequestToken": token() });
    endpoint
        .call("secretsmanager.PutSecretValue", &secret, "")
        .await?;
    let marks = format!("{}{}", token(), token());
    endpoint.create_secret("marks", &marks).await?;
    let engine = kept(data_dir, "engine-secret", engine_secret)?;
    let text = json!({ "current": engine }).to_string();
    endpoint.create_secret("engine/platform", &text).await?;
    Ok(Keys { admin, engine })
}

fn token() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// What is kept in this file beside the data, or else a new one.
fn kept(data_dir: Option<&Path>, name: &str, draw: fn() -> String) -> Result<String> {
    let file = data_dir.map(|dir| dir.join(name));
    let kept = file
        .as_deref()
        .and_then(|file| fs::read_to_string(file).ok());
    if let Some(kept) = kept.filter(|kept| kept.trim().len() >= 32) {
        return Ok(kept.trim().to_owned());
    }
    let made = draw();
    if let Some(file) = file {
        write_secret(&file, &made)?;
    }
    Ok(made)
}

fn admin_key() -> String {
    format!(
        "{}{}",
        uuid::Uuid::new_v4().simple(),
        &uuid::Uuid::new_v4().simple().to_string()[..16]
    )
}

fn engine_secret() -> String {
    let drawn = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
    let bytes: Vec<u8> = drawn.iter().flat_map(|drawn| *drawn.as_bytes()).collect();
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// Writes a secret where its owner alone can read it.
pub fn write_secret(file: &Path, secret: &str) -> Result<()> {
    let failed = || format!("cannot write {}", file.display());
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).with_context(failed)?;
    }
    let mut open = fs::OpenOptions::new();
    open.create(true).write(true).truncate(true).mode(0o600);
    writeln!(open.open(file).with_context(failed)?, "{secret}").with_context(failed)
}

/// The endpoint checks no signature; it reads who calls.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=stack/20260101/eu-west-1/aws/aws4_request, SignedHeaders=host, Signature=0";

struct Endpoint {
    http: Http,
    url: String,
}

impl Endpoint {
    async fn create_bucket(&self, name: &str) -> Result<()> {
        let request = Request::put(format!("{}/{name}", self.url))
            .header("authorization", AUTHORIZATION)
            .body(Vec::new())?;
        let answer = self.http.perform(request).await;
        let status = answer.context("the bucket got no answer")?.status();
        ensure!(status.is_success(), "the bucket was answered {status}");
        Ok(())
    }

    /// Creates a secret of the stack if there is none of this name.
    async fn create_secret(&self, name: &str, text: &str) -> Result<()> {
        let name = format!("{STACK}/{name}");
        let secret = json!({ "Name": name, "SecretString": text, "ClientRequestToken": token() });
        let there = "ResourceExistsException";
        self.call("secretsmanager.CreateSecret", &secret, there)
            .await
    }

    /// Calls an AWS operation; an error named `expected` is as good as success.
    async fn call(&self, target: &str, body: &Value, expected: &str) -> Result<()> {
        let request = Request::post(&self.url)
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", AUTHORIZATION)
            .header("x-amz-date", "20260101T000000Z")
            .body(body.to_string().into_bytes())?;
        let answer = self
            .http
            .perform(request)
            .await
            .with_context(|| format!("{target} got no answer"))?;
        if answer.status().is_success() {
            return Ok(());
        }
        let status = answer.status();
        let text = String::from_utf8_lossy(answer.body());
        if !expected.is_empty() && text.contains(expected) {
            return Ok(());
        }
        bail!("{target} was answered {status}: {text}")
    }
}

fn tables() -> Vec<Value> {
    let by_vendor = index("by_vendor", ("vendorId", Some("listKey")), "ALL");
    let by_owner = || index("by_owner", ("owner", None), "KEYS_ONLY");
    let by_due = || index("by_due", ("dueShard", Some("dueAt")), "KEYS_ONLY");
    let by_conversation = index(
        "by_conversation",
        ("conversationId", Some("listKey")),
        "KEYS_ONLY",
    );
    let conversations_by_vendor = index("by_vendor", ("vendorId", Some("updatedAt")), "ALL");
    let changes_of_vendor = index("by_vendor", ("vendorId", Some("sk")), "ALL");
    vec![
        table("waba_instances", &[("pk", "S"), ("sk", "S")], &[]),
        table("vendor_configs", &[("pk", "S")], &[]),
        table(
            "messages",
            &[
                ("pk", "S"),
                ("sk", "S"),
                ("vendorId", "S"),
                ("listKey", "S"),
                ("conversationId", "S"),
                ("dueShard", "S"),
                ("dueAt", "N"),
                ("owner", "S"),
            ],
            &[by_vendor, by_conversation, by_due(), by_owner()],
        ),
        table(
            "conversations",
            &[
                ("pk", "S"),
                ("sk", "S"),
                ("vendorId", "S"),
                ("updatedAt", "N"),
                ("owner", "S"),
            ],
            &[conversations_by_vendor, by_owner()],
        ),
        table(
            "lanes",
            &[("pk", "S"), ("sk", "S"), ("dueShard", "S"), ("dueAt", "N")],
            &[by_due()],
        ),
        table("admin_keys", &[("pk", "S")], &[]),
        table("counters", &[("pk", "S"), ("sk", "S")], &[]),
        orders(),
        table(
            "audit",
            &[("pk", "S"), ("sk", "S"), ("vendorId", "S")],
            &[changes_of_vendor],
        ),
    ]
}

fn orders() -> Value {
    let of_customer = index("by_customer", ("customer", Some("listKey")), "ALL");
    table(
        "orders",
        &[
            ("pk", "S"),
            ("sk", "S"),
            ("customer", "S"),
            ("listKey", "S"),
        ],
        &[of_customer],
    )
}

fn index(name: &str, (hash, range): (&str, Option<&str>), projection: &str) -> Value {
    json!({
        "IndexName": name,
        "KeySchema": keys(hash, range),
        "Projection": { "ProjectionType": projection },
    })
}

fn table(name: &str, attributes: &[(&str, &str)], indexes: &[Value]) -> Value {
    let sort = attributes
        .iter()
        .any(|(name, _)| *name == "sk")
        .then_some("sk");
    let defined: Vec<_> = attributes
        .iter()
        .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }))
        .collect();
    let mut table = json!({
        "TableName": format!("{STACK}-{name}"),
        "AttributeDefinitions": defined,
        "KeySchema": keys("pk", sort),
        "BillingMode": "PAY_PER_REQUEST",
    });
    if !indexes.is_empty() {
        table["GlobalSecondaryIndexes"] = indexes.into();
    }
    table
}

fn keys(hash: &str, range: Option<&str>) -> Value {
    let mut keys = vec![json!({ "AttributeName": hash, "KeyType": "HASH" })];
    keys.extend(range.map(|range| json!({ "AttributeName": range, "KeyType": "RANGE" })));
    keys.into()
}

fn account_arn() -> String {
    "arn:aws:sqs:eu-west-1:000000000000".to_owned()
}

/// The queues with the visibility, retention and redrive of `template.yaml`.
fn queues(arn: &str) -> Vec<Value> {
    let days14 = "1209600";
    let plain = |name: &str, more: Value| {
        let mut attributes = json!({ "MessageRetentionPeriod": days14 });
        if let (Some(all), Some(more)) = (attributes.as_object_mut(), more.as_object()) {
            all.extend(more.clone());
        }
        json!({ "QueueName": format!("{STACK}-{name}"), "Attributes": attributes })
    };
    let fifo = |name: &str, mut more: Value| {
        more["FifoQueue"] = "true".into();
        more["DeduplicationScope"] = "messageGroup".into();
        more["FifoThroughputLimit"] = "perMessageGroupId".into();
        plain(name, more)
    };
    let redrive = |dead: &str, receives: u32| {
        json!({ "deadLetterTargetArn": format!("{arn}:{STACK}-{dead}"), "maxReceiveCount": receives }).to_string()
    };
    vec![
        fifo("inbound-dead.fifo", json!({})),
        fifo("outbound-dead.fifo", json!({})),
        plain("later-dead", json!({})),
        fifo(
            "inbound.fifo",
            json!({ "VisibilityTimeout": "108", "RedrivePolicy": redrive("inbound-dead.fifo", 20) }),
        ),
        fifo(
            "outbound.fifo",
            json!({ "VisibilityTimeout": "72", "RedrivePolicy": redrive("outbound-dead.fifo", 1000) }),
        ),
        plain(
            "later",
            json!({ "VisibilityTimeout": "360", "RedrivePolicy": redrive("later-dead", 20) }),
        ),
        plain("quarantine", json!({})),
    ]
}
