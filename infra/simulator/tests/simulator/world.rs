use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use platform::Clock;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use simulator::{DEFAULT_PERSONAL_ACCESS_TOKEN, Inbound, Options, SessionSpec, Simulator};
use tokio::net::TcpListener;

pub(crate) const KEY_A: &str = "api_key_abc";
pub(crate) const KEY_B: &str = "api_key_def";
pub(crate) const CUSTOMER: &str = "+221700000001";

/// A simulator with the two demo vendors and a gateway that writes down what it gets.
pub(crate) struct World {
    pub(crate) simulator: Simulator,
    pub(crate) gateway: Gateway,
    pub(crate) clock: Clock,
    client: Client,
}

/// An answer of the simulator.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let gateway = Gateway::start().await;
        Self::at(gateway, change).await
    }

    pub(crate) async fn kept_in(dir: &Path) -> Self {
        Self::with(|options| options.data_dir = Some(dir.to_owned())).await
    }

    pub(crate) async fn at(gateway: Gateway, change: impl FnOnce(&mut Options)) -> Self {
        let clock = Clock::skewable();
        let mut options = Options::new(clock.clone(), &gateway.url);
        change(&mut options);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let simulator = Simulator::start(listener, options).expect("a simulator");
        for spec in [vendor_a(), vendor_b()] {
            simulator.add_session(spec).expect("a session");
        }
        Self {
            simulator,
            gateway,
            clock,
            client: client(),
        }
    }

    /// A request with a bearer token; an empty token sends none.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Answer {
        self.try_call(method, path, token, body)
            .await
            .expect("an answer")
    }

    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> reqwest::Result<Answer> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.simulator.url()));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        Ok(Answer {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
        })
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, token, Value::Null).await
    }

    /// As the account's owner.
    pub(crate) async fn manage(&self, method: Method, path: &str, body: Value) -> Answer {
        self.call(
            method,
            &format!("/api/whatsapp-sessions{path}"),
            DEFAULT_PERSONAL_ACCESS_TOKEN,
            body,
        )
        .await
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Answer {
        self.call(method, &format!("/_sim{path}"), "", body).await
    }

    pub(crate) async fn send(&self, token: &str, body: Value) -> Answer {
        self.call(Method::POST, "/api/send-message", token, body)
            .await
    }

    /// Vendor A sends a text, which must be accepted.
    pub(crate) async fn send_text(&self, text: &str) -> i64 {
        let answer = self
            .send(KEY_A, json!({"to": CUSTOMER, "text": text}))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["data"]["msgId"]
            .as_i64()
            .expect("a message number")
    }

    /// The customer writes to vendor A.
    pub(crate) fn writes(text: &str) -> Inbound {
        Inbound {
            vendor_id: "vendor_001".to_owned(),
            from: CUSTOMER.to_owned(),
            text: text.to_owned(),
            ..Inbound::default()
        }
    }
}

pub(crate) fn vendor_a() -> SessionSpec {
    SessionSpec {
        vendor_id: "vendor_001".to_owned(),
        instance_id: "instance_abc123".to_owned(),
        phone: "+221701111111".to_owned(),
        api_key: KEY_A.to_owned(),
        webhook_secret: "secret_123".to_owned(),
    }
}

pub(crate) fn vendor_b() -> SessionSpec {
    SessionSpec {
        vendor_id: "vendor_002".to_owned(),
        instance_id: "instance_def456".to_owned(),
        phone: "+221702222222".to_owned(),
        api_key: KEY_B.to_owned(),
        webhook_secret: "secret_456".to_owned(),
    }
}

/// A webhook as the gateway got it.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) signature: Option<String>,
    pub(crate) body: Value,
}

impl Got {
    pub(crate) fn event(&self) -> &str {
        self.body["event"].as_str().unwrap_or_default()
    }

    /// The event's name, with the status code if it has one.
    pub(crate) fn label(&self) -> String {
        let status = &self.body["data"]["update"]["status"];
        if status.is_null() {
            self.event().to_owned()
        } else {
            format!("{}:{status}", self.event())
        }
    }
}

#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) url: String,
    inner: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    got: Vec<Got>,
    answers: VecDeque<u16>,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let gateway = Self {
            url,
            inner: Arc::default(),
        };
        let router = Router::new().fallback(take).with_state(gateway.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        gateway
    }

    /// The next answers' statuses; 200 afterwards.
    pub(crate) fn answers(&self, statuses: &[u16]) {
        self.inner
            .lock()
            .expect("the script")
            .answers
            .extend(statuses);
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.inner.lock().expect("the script").got.clone()
    }

    pub(crate) fn labels(&self) -> Vec<String> {
        self.got().iter().map(Got::label).collect()
    }

    pub(crate) fn forget(&self) {
        self.inner.lock().expect("the script").got.clear();
    }
}

async fn take(
    State(gateway): State<Gateway>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signature = headers
        .get("x-webhook-signature")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body = serde_json::from_slice(&body).expect("a webhook is JSON");
    let mut script = gateway.inner.lock().expect("the script");
    script.got.push(Got {
        path: uri.path().to_owned(),
        signature,
        body,
    });
    let status = script.answers.pop_front().unwrap_or(200);
    let status = StatusCode::from_u16(status).expect("a status");
    (
        status,
        json!({"status": "received", "processId": "p1"}).to_string(),
    )
        .into_response()
}

pub(crate) fn client() -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider's versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .timeout(Duration::from_secs(20));
    client.build().expect("a client")
}
