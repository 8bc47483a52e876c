//! A whole stack for one test: customers write, time passes, things fail, and the ledger is looked at as the back office sees it.

use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use domain::Fingerprint;
use domain::restore::Restore;
use embedded_aws::{EmbeddedAws, Matcher};
use local::{Options, Stack};
use platform::{Clock, Http, telemetry};
use serde_json::{Value, json};
use simulator::Simulator;
use tracing::Level;

use crate::contract;

pub(crate) const VENDOR_1: Vendor = Vendor {
    id: "vendor_001",
    secret: "secret_123",
    session: "instance_abc123",
};
pub(crate) const VENDOR_2: Vendor = Vendor {
    id: "vendor_002",
    secret: "secret_456",
    session: "instance_def456",
};
/// A customer's number, as events have it.
pub(crate) const AWA: &str = "221700000001";
pub(crate) const MOUSSA: &str = "221700000002";

/// The tables of a stack.
const TABLES: [&str; 8] = [
    "waba_instances",
    "vendor_configs",
    "messages",
    "conversations",
    "lanes",
    "admin_keys",
    "audit",
    "orders",
];

/// A demo vendor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vendor {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) session: &'static str,
}

/// An HTTP answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Empty if there is none.
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<String>,
    /// Empty if there is none.
    pub(crate) etag: String,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) json: Value,
}

pub(crate) struct World {
    stack: Stack,
    clock: Clock,
    http: Http,
    /// What no log line may hold.
    unspeakable: Mutex<Vec<String>>,
}

/// Runs a test in a new world, and then looks whether its logs kept its secrets.
pub(crate) async fn run(test: impl AsyncFnOnce(&World)) {
    run_with(|_| {}, test).await;
}

/// Runs a test in a new world whose simulator behaves otherwise.
pub(crate) async fn run_with(
    simulator: fn(&mut simulator::Options),
    test: impl AsyncFnOnce(&World),
) {
    let options = Options {
        simulator,
        ..Options::default()
    };
    run_in(options, test).await;
}

/// Runs a test in a new world where settings that drifted are shown, and not put back.
pub(crate) async fn run_without_repairs(test: impl AsyncFnOnce(&World)) {
    let options = Options {
        repairs_drift: false,
        ..Options::default()
    };
    run_in(options, test).await;
}

pub(crate) async fn run_in(options: Options, test: impl AsyncFnOnce(&World)) {
    let logs = logs();
    let clock = Clock::skewable();
    let options = Options {
        clock: clock.clone(),
        sweeps: false,
        ..options
    };
    let stack = Stack::start(options).await.expect("the stack starts");
    stack
        .import_demo_vendors()
        .await
        .expect("the demo vendors are registered");
    let unspeakable = [
        "secret_123",
        "secret_456",
        "api_key_abc",
        "api_key_def",
        "701111111",
        "702222222",
        stack.admin_key(),
        stack.engine_secret(),
    ];
    let unspeakable = Mutex::new(unspeakable.map(str::to_owned).into());
    let world = World {
        stack,
        clock,
        http: Http::new(),
        unspeakable,
    };
    world.quiet().await;
    world.aws().calls().take();
    Box::pin(test(&world)).await;
    world.keeps_its_secrets(&logs);
    world.records_no_secret().await;
    world.is_refused_nothing();
    world.stack.shutdown().await;
}

impl World {
    pub(crate) fn aws(&self) -> &EmbeddedAws {
        self.stack.aws()
    }

    /// The key of the admin API.
    pub(crate) fn admin_key(&self) -> &str {
        self.stack.admin_key()
    }

    /// What engines without a secret of their own are called with.
    pub(crate) fn engine_secret(&self) -> &str {
        self.stack.engine_secret()
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        self.stack.simulator()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// One more environment of the admin function, which remembers nothing yet.
    pub(crate) fn another_admin(&self) -> admin::App {
        self.stack.another_admin(&self.clock)
    }

    /// Lets no function take anything from a queue any more.
    pub(crate) fn pause(&self) {
        for mapping in self.stack.mappings() {
            mapping.pause();
        }
    }

    /// Lets no function take anything from a queue any more, and waits until none is at work.
    pub(crate) async fn stop(&self) {
        self.pause();
        self.simulator().idle().await;
        let runs = || self.stack.mappings().iter().any(|it| it.running() > 0);
        self.until(async || !runs()).await;
    }

    /// Deploys all functions anew, to work through a restore of the tables.
    pub(crate) fn deploy(&self, restore: Option<Restore>) {
        self.stack.deploy(&self.clock, restore);
    }

    /// Deploys all functions anew, for a provider that is not there: nobody listens at its address.
    pub(crate) fn deploy_for_nobody(&self) {
        let unused = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
        let url = format!("http://{}/api", unused.expect("a port"));
        self.stack.deploy_for(&url, &self.clock, None);
    }

    /// Lets every function take from its queue again.
    pub(crate) fn resume(&self) {
        for mapping in self.stack.mappings() {
            mapping.resume();
        }
    }

    /// Puts a message into a queue of any kind, by nobody of the gateway.
    pub(crate) async fn put(&self, queue: &str, body: &str) {
        let url = format!("{}/000000000000/local-{queue}", self.aws().url());
        let mut message = json!({ "QueueUrl": url, "MessageBody": body });
        if queue.rsplit('.').next() == Some("fifo") {
            message["MessageGroupId"] = "group".into();
            message["MessageDeduplicationId"] = Fingerprint::of(&[body]).hex().into();
        }
        self.aws_operation("AmazonSQS.SendMessage", &message).await;
    }

    /// Lets the sweep take nothing from its queue, or take it again.
    pub(crate) fn hold_later(&self, hold: bool) {
        let later = &self.stack.mappings()[2];
        if hold { later.pause() } else { later.resume() }
    }

    /// Lets the sender take nothing from its queue, or take it again.
    pub(crate) fn hold_sends(&self, hold: bool) {
        let sends = &self.stack.mappings()[1];
        if hold { sends.pause() } else { sends.resume() }
    }

    /// Waits until something holds, without waiting for rest.
    pub(crate) async fn until(&self, holds: impl AsyncFn() -> bool) {
        let waiting = async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), waiting)
            .await
            .expect("it comes about soon");
    }

    /// Makes AWS answer again as it should.
    pub(crate) fn heal(&self) {
        self.aws().faults().clear();
    }

    /// Makes AWS refuse what matches.
    pub(crate) fn refuse(&self, matcher: Matcher) {
        self.aws().faults().refuse(matcher);
    }

    /// A request to the gateway.
    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let url = format!("{}{path}", self.stack.gateway_url());
        let answer = self.ask(method, &url, headers, body.into()).await;
        contract::holds(method, path, &answer);
        answer
    }

    /// A request to the provider's own interface, as its account's owner makes it.
    pub(crate) async fn simulator_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let url = format!("{}{path}", self.simulator().url());
        self.ask(method, &url, headers, body.to_string().into())
            .await
    }

    async fn ask(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request = axum::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.perform(request.body(body).expect("a request")).await
    }

    /// A request of somebody who has nothing but a link.
    pub(crate) async fn get(&self, url: &str) -> Answer {
        let request = axum::http::Request::get(url).body(Vec::new());
        self.perform(request.expect("a link")).await
    }

    async fn perform(&self, request: axum::http::Request<Vec<u8>>) -> Answer {
        let answer = self.http.perform(request).await.expect("an answer");
        let header = |name: &str| {
            let value = answer.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        Answer {
            status: answer.status().as_u16(),
            content_type: header("content-type").unwrap_or_default(),
            retry_after: header("retry-after"),
            etag: header("etag").unwrap_or_default(),
            text: String::from_utf8_lossy(answer.body()).into_owned(),
            json: serde_json::from_slice(answer.body()).unwrap_or(Value::Null),
            bytes: answer.into_body(),
        }
    }

    /// A webhook with a vendor's signature. Made events name the first demo vendor's session; another vendor's names none.
    pub(crate) async fn webhook(&self, vendor: Vendor, body: &Value) -> Answer {
        let mut body = body.clone();
        if vendor.id != VENDOR_1.id && body["sessionId"] == testkit::wasender::SESSION_ID {
            body["sessionId"].take();
        }
        let headers = [
            ("content-type", "application/json"),
            ("x-webhook-signature", vendor.secret),
        ];
        self.request(
            "POST",
            &format!("/api/webhooks/wasender/{}", vendor.id),
            &headers,
            body.to_string(),
        )
        .await
    }

    /// A customer writes to a vendor; the event comes as Wasender posts it.
    pub(crate) async fn customer_writes(
        &self,
        vendor: Vendor,
        from: &str,
        text: &str,
        key_id: &str,
    ) -> Answer {
        self.unspeakable(&[from, text]);
        self.webhook(vendor, &testkit::wasender::received(text, from, key_id))
            .await
    }

    /// A request to the admin API with its key.
    pub(crate) async fn admin(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.stack.admin_key());
        let mut all = vec![
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        all.extend(headers);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.request(method, &format!("/api/admin/{path}"), &all, body)
            .await
    }

    /// A request to the provider with the account's token.
    pub(crate) async fn provider(&self, method: &str, path: &str, body: &Value) -> Value {
        let token = simulator::DEFAULT_PERSONAL_ACCESS_TOKEN;
        let request = axum::http::Request::builder()
            .method(method)
            .uri(format!("{}/api/{path}", self.simulator().url()))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(body.to_string().into_bytes())
            .expect("a request");
        let answer = self
            .http
            .perform(request)
            .await
            .expect("the provider answers");
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        serde_json::from_slice(answer.body()).expect("the provider answers in JSON")
    }

    /// An operation of AWS, such as `DynamoDB_20120810.Scan`, asked by nobody of the gateway.
    pub(crate) async fn aws_operation(&self, target: &str, body: &Value) -> Value {
        let request = axum::http::Request::post(self.aws().url())
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/aws/aws4_request, SignedHeaders=host, Signature=0")
            .header("x-amz-date", "20260101T000000Z")
            .body(body.to_string().into_bytes())
            .expect("a request");
        let answer = self.http.perform(request).await.expect("AWS answers");
        assert!(answer.status().is_success(), "{target}: {answer:?}");
        serde_json::from_slice(answer.body()).expect("AWS answers in JSON")
    }

    /// What the gateway keeps of vendors, customers and keys: the items of its tables and the bodies in its queues, in order. When each
    /// session was last looked at is left out, for the sweep looks whatever else happens; so is who asked for what, and how often.
    pub(crate) async fn stored(&self) -> Value {
        let mut stored = self.everything().await;
        stored["audit"].take();
        let is_count = |item: &Value| {
            item["pk"]["S"]
                .as_str()
                .is_some_and(|pk| pk.starts_with("rate#"))
        };
        if let Some(lanes) = stored["lanes"].as_array_mut() {
            lanes.retain(|item| !is_count(item));
        }
        for key in stored["admin_keys"].as_array_mut().into_iter().flatten() {
            key["lastUsedAt"].take();
        }
        stored
    }

    /// Everything that the gateway keeps, but when each session was last looked at.
    pub(crate) async fn everything(&self) -> Value {
        let mut stored = serde_json::Map::new();
        for table in TABLES {
            let scan = json!({ "TableName": format!("local-{table}"), "ConsistentRead": true });
            let found = self.aws_operation("DynamoDB_20120810.Scan", &scan).await;
            let items = found["Items"].as_array().into_iter().flatten();
            let kept = items.filter(|item| item["sk"]["S"] != "watch");
            stored.insert(table.to_owned(), kept.cloned().collect());
        }
        for queue in self.aws().queues().names() {
            let bodies = self.bodies(&queue).into();
            stored.insert(queue, bodies);
        }
        stored.into()
    }

    /// The bodies in a queue, by its whole name.
    pub(crate) fn bodies(&self, queue: &str) -> Vec<String> {
        let messages = self.aws().queues().peek(queue).expect("the queue exists");
        messages
            .into_iter()
            .map(|message| message.entry.body)
            .collect()
    }

    /// What the functions have logged in this process so far about a vendor, oldest first.
    pub(crate) fn log_lines(vendor_id: &str) -> Vec<Value> {
        let mut lines = Self::all_log_lines();
        lines.retain(|line| line["vendor.id"] == vendor_id);
        lines
    }

    /// What the functions have logged in this process so far, oldest first.
    pub(crate) fn all_log_lines() -> Vec<Value> {
        let text = logs().text();
        let read = |line| serde_json::from_str(line).ok();
        text.lines().filter_map(read).collect()
    }

    /// A vendor's messages of one direction, newest first, all pages.
    pub(crate) async fn messages(&self, vendor: Vendor, direction: &str) -> Vec<Value> {
        let mut messages = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!(
                "vendors/{}/messages?direction={direction}&limit=100{cursor}",
                vendor.id
            );
            let answer = self.admin("GET", &path, &[], &Value::Null).await;
            assert_eq!(answer.status, 200, "{}", answer.json);
            messages.extend(
                answer.json["messages"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .cloned(),
            );
            let Some(next) = answer.json["nextCursor"].as_str() else {
                return messages;
            };
            cursor = format!("&cursor={next}");
        }
    }

    /// The statuses of what a vendor sent, oldest first.
    pub(crate) async fn statuses(&self, vendor: Vendor) -> Vec<String> {
        let mut messages = self.messages(vendor, "outbound").await;
        messages.reverse();
        messages
            .iter()
            .map(|message| message["status"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The texts that left from a vendor's session, in order.
    pub(crate) fn sent(&self, vendor: Vendor) -> Vec<String> {
        let sends = self.simulator().sends();
        sends
            .into_iter()
            .filter(|send| send.session == vendor.session)
            .map(|send| send.text.unwrap_or_default())
            .collect()
    }

    /// The bodies of `send-message` that the provider accepted, in order.
    pub(crate) async fn accepted(&self) -> Vec<Value> {
        let url = format!("{}/_sim/messages", self.simulator().url());
        let request = axum::http::Request::get(url).body(Vec::new());
        let answer = self.http.perform(request.expect("a request")).await;
        let answer: Value = serde_json::from_slice(answer.expect("the simulator answers").body())
            .expect("the simulator answers in JSON");
        let messages = answer["messages"].as_array().expect("a list");
        messages
            .iter()
            .map(|message| message["request"].clone())
            .collect()
    }

    /// How many messages a queue holds: visible, hidden and delayed.
    pub(crate) fn held(&self, queue: &str) -> usize {
        let depth = self
            .aws()
            .queues()
            .depth(&format!("local-{queue}"))
            .expect("the queue exists");
        depth.visible + depth.in_flight + depth.delayed
    }

    fn busy(&self) -> bool {
        // What is visible behind a hidden message of its group waits as well.
        let available = |queue: &str| {
            let depth = self
                .aws()
                .queues()
                .depth(&format!("local-{queue}"))
                .expect("the queue exists");
            depth.visible > 0 && depth.in_flight == 0
        };
        let running = self
            .stack
            .mappings()
            .iter()
            .any(|mapping| mapping.running() > 0);
        running
            || ["inbound.fifo", "outbound.fifo", "later"]
                .into_iter()
                .any(available)
    }

    /// Waits until nothing more happens by itself: no function runs, no message is visible, no webhook is under way.
    pub(crate) async fn quiet(&self) {
        let waiting = async {
            let mut calm = 0;
            while calm < 5 {
                self.simulator().idle().await;
                calm = if self.busy() { 0 } else { calm + 1 };
                tokio::time::sleep(Duration::from_millis(4)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), waiting)
            .await
            .expect("the world comes to rest");
        self.is_refused_nothing();
    }

    /// No function asked AWS for what its role does not allow.
    fn is_refused_nothing(&self) {
        let refused = self.aws().refused();
        assert!(refused.is_empty(), "a role is too narrow: {refused:#?}");
    }

    /// Waits until no function runs and no message is visible, whatever webhooks are still to come.
    pub(crate) async fn still(&self) {
        let waiting = async {
            let mut calm = 0;
            while calm < 12 {
                calm = if self.busy() { 0 } else { calm + 1 };
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), waiting)
            .await
            .expect("the functions come to rest");
    }

    /// Lets time pass for everybody.
    pub(crate) async fn later(&self, seconds: u64) {
        self.quiet().await;
        self.clock.advance(Duration::from_secs(seconds));
        self.quiet().await;
    }

    /// One pass of the sweep.
    pub(crate) async fn sweep(&self) {
        self.sweep_alone().await;
        self.quiet().await;
    }

    /// One pass of the sweep, and nothing that comes of it.
    pub(crate) async fn sweep_alone(&self) {
        self.stack.sweep().await.expect("the sweep runs");
    }

    /// One pass of the sweep, which may crash.
    pub(crate) async fn sweep_that_may_die(&self) {
        if let Err(died) = self.stack.sweep().await {
            assert_eq!(died, "the sweep crashed");
        }
        self.quiet().await;
    }

    /// Lets everything that comes back by itself come back: visibilities and leases end, the sweep passes.
    pub(crate) async fn recover(&self) {
        for _ in 0..4 {
            self.later(100).await;
            self.sweep().await;
        }
    }

    /// Names texts that no log line may hold.
    pub(crate) fn unspeakable(&self, words: &[&str]) {
        let mut unspeakable = self
            .unspeakable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        unspeakable.extend(words.iter().map(|word| (*word).to_owned()));
    }

    /// What no log line may hold, no record of a change may hold.
    async fn records_no_secret(&self) {
        self.heal();
        let scan = json!({ "TableName": "local-audit", "ConsistentRead": true });
        let found = self.aws_operation("DynamoDB_20120810.Scan", &scan).await;
        let records = found["Items"].to_string();
        let unspeakable = self
            .unspeakable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for word in unspeakable.iter().filter(|word| word.len() > 3) {
            assert!(!records.contains(word.as_str()), "a record holds {word:?}");
        }
    }

    fn keeps_its_secrets(&self, logs: &Logs) {
        let logs = logs.text();
        assert!(!logs.is_empty(), "the functions log");
        let unspeakable = self
            .unspeakable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for word in unspeakable.iter().filter(|word| word.len() > 3) {
            let line = logs.lines().find(|line| line.contains(word.as_str()));
            assert_eq!(line, None, "a log line holds {word:?}");
        }
    }
}

/// Everything that the functions log in this process.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Logs {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if std::env::var_os("SHOW_LOGS").is_some() {
            eprint!("{}", String::from_utf8_lossy(line));
        }
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The functions' own subscriber, at its most talkative, writing where it can be read.
fn logs() -> Logs {
    static LOGS: OnceLock<Logs> = OnceLock::new();
    LOGS.get_or_init(|| {
        let logs = Logs::default();
        let writer = logs.clone();
        let subscriber = telemetry::subscriber(Level::TRACE, "local", move || writer.clone());
        tracing::subscriber::set_global_default(subscriber).expect("the first subscriber");
        logs
    })
    .clone()
}
