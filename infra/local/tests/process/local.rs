use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use platform::{Http, NoAnswer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::Binary;
use crate::ports;

/// Other processes may take a port between our look and the start.
const STARTS: usize = 20;
/// How often something that is waited for is asked after.
const ASK: Duration = Duration::from_millis(100);

/// An HTTP answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

/// A directory to run in, with the data in a directory of it whose name a shell would split.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a directory"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("what's kept")
    }
}

/// A local stack in a process of its own, looked at from outside.
pub(crate) struct Local {
    binary: Binary,
    base: u16,
    http: Http,
    admin_key: String,
}

impl Local {
    /// Starts with the data of a home.
    pub(crate) async fn start(home: &Home) -> Self {
        Self::start_at(home, ports::free(), &[]).await
    }

    /// The same, leaving queues and timer to others.
    pub(crate) async fn start_idle(home: &Home) -> Self {
        Self::start_at(home, ports::free(), &["--idle"]).await
    }

    /// Starts anew, on the same ports if they are still free.
    pub(crate) async fn restart(self, home: &Home) -> Self {
        let base = self.base;
        drop(self);
        Self::start_at(home, base, &[]).await
    }

    async fn start_at(home: &Home, mut base: u16, options: &[&str]) -> Self {
        for _ in 0..STARTS {
            let binary = spawn(home, base, options);
            if binary.ready().await {
                let key = fs::read_to_string(home.data().join("admin-key"));
                return Self {
                    binary,
                    base,
                    http: Http::new(),
                    admin_key: key.expect("the admin key is in a file").trim().to_owned(),
                };
            }
            let complaint = binary.stderr();
            assert!(complaint.contains("--port-base"), "{complaint}");
            base = ports::free();
        }
        panic!("every port is taken away");
    }

    pub(crate) fn binary(&self) -> &Binary {
        &self.binary
    }

    /// The gateway's address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.base)
    }

    pub(crate) fn admin_key(&self) -> &str {
        &self.admin_key
    }

    /// A request to one of the three ports: 0 the gateway, 1 the AWS endpoint, 2 the simulator.
    pub(crate) async fn request(
        &self,
        (port, path): (u16, &str),
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, NoAnswer> {
        let mut request = axum::http::Request::builder()
            .method(if body.is_some() { "POST" } else { "GET" })
            .uri(format!("http://127.0.0.1:{}{path}", self.base + port))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(body.into_bytes()).expect("a request");
        let answer = self.http.perform(request).await?;
        Ok(Answer {
            status: answer.status().as_u16(),
            json: serde_json::from_slice(answer.body()).unwrap_or(Value::Null),
        })
    }

    /// A webhook of a vendor.
    pub(crate) async fn webhook(
        &self,
        vendor: &str,
        secret: &str,
        body: &Value,
    ) -> Result<Answer, NoAnswer> {
        let path = format!("/api/webhooks/wasender/{vendor}");
        let headers = [("x-webhook-signature", secret)];
        self.request((0, &path), &headers, Some(body)).await
    }

    /// The admin API: a POST with a body, a GET without.
    pub(crate) async fn admin(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, NoAnswer> {
        let bearer = format!("Bearer {}", self.admin_key);
        let all = [&[("authorization", bearer.as_str())], headers].concat();
        let path = format!("/api/admin/{path}");
        self.request((0, &path), &all, body).await
    }

    /// A vendor's messages of one direction, newest first.
    pub(crate) async fn messages(&self, vendor: &str, direction: &str) -> Vec<Value> {
        let path = format!("vendors/{vendor}/messages?direction={direction}&limit=100");
        let answer = self.admin(&path, &[], None).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.json);
        assert_eq!(answer.json["nextCursor"], Value::Null, "one page is all");
        list(&answer.json["messages"])
    }

    /// What the provider took, in order.
    pub(crate) async fn sends(&self) -> Vec<Value> {
        let answer = self.request((2, "/_sim/sends"), &[], None).await;
        list(&answer.expect("the simulator answers").json["sends"])
    }

    /// An operation of the AWS endpoint.
    pub(crate) async fn aws(&self, target: &str, body: &Value) -> Value {
        let headers = [
            ("x-amz-target", target),
            ("x-amz-date", "20260101T000000Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/aws/aws4_request, SignedHeaders=host, Signature=0",
            ),
        ];
        let answer = self.request((1, "/"), &headers, Some(body)).await;
        let answer = answer.expect("the endpoint answers");
        assert_eq!(answer.status, 200, "{target}: {}", answer.json);
        answer.json
    }

    /// How many messages a queue holds.
    pub(crate) async fn depth(&self, queue: &str) -> u64 {
        let url = format!(
            "http://127.0.0.1:{}/000000000000/local-{queue}",
            self.base + 1
        );
        let asked = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let told = self.aws("AmazonSQS.GetQueueAttributes", &asked).await;
        ["", "NotVisible", "Delayed"]
            .map(|kind| {
                let count = &told["Attributes"][format!("ApproximateNumberOfMessages{kind}")];
                let count = count.as_str().and_then(|count| count.parse::<u64>().ok());
                count.expect("a count")
            })
            .iter()
            .sum()
    }
}

/// Asks until it is as it should be; the last answer if it never is.
pub(crate) async fn eventually<T>(
    within: Duration,
    ask: impl AsyncFn() -> T,
    is_so: impl Fn(&T) -> bool,
) -> T {
    let end = Instant::now() + within;
    loop {
        let answer = ask().await;
        if is_so(&answer) || Instant::now() > end {
            return answer;
        }
        tokio::time::sleep(ASK).await;
    }
}

/// Starts the binary with the data of a home, without waiting for it.
pub(crate) fn spawn(home: &Home, base: u16, options: &[&str]) -> Binary {
    let (data, base) = (home.data(), base.to_string());
    let data = data.to_str().expect("a path in UTF-8");
    let arguments = [&["--port-base", &base, "--data", data], options].concat();
    Binary::spawn(home.path(), &arguments)
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().expect("a list").clone()
}
