//! A stand-in for the admin API on a port of its own: it keeps what it was asked and answers what a test wants.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::ETAG;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use wabactl::{AdminClient, Registration, read_csv};

pub(crate) const KEY: &str = "the_admin_key_of_the_tests";

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path_and_query: String,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) body: Value,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Asked {
    /// Method and path, as a test names a request.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path_and_query)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What requests are answered one after the other, by method and path; the last answer stays.
pub(crate) type Script = Vec<(&'static str, Vec<(u16, Value)>)>;

#[derive(Default)]
pub(crate) struct Behaviour {
    /// Vendors whose number is taken: they are answered 409.
    pub(crate) taken: HashSet<String>,
    /// Every answer, in place of the usual ones.
    pub(crate) always: Option<(u16, &'static str)>,
    /// What the first requests are answered, one after the other.
    pub(crate) first: Vec<u16>,
    /// The `Retry-After` of every answer.
    pub(crate) retry_after: Option<&'static str>,
    /// Answers to requests of these methods and paths, before any other.
    pub(crate) script: Script,
    /// Registrations wait for each other here.
    pub(crate) together: Option<Arc<Barrier>>,
}

#[derive(Default)]
struct Seen {
    asked: Vec<Asked>,
    vendors: HashSet<String>,
    /// The provider's id of a message that came and was replied to.
    came: Option<String>,
    under_way: usize,
    most_under_way: usize,
}

#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) url: String,
    behaviour: Arc<Behaviour>,
    seen: Arc<Mutex<Seen>>,
}

impl Gateway {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let gateway = Self {
            url: format!("http://{address}"),
            behaviour: Arc::new(behaviour),
            seen: Arc::default(),
        };
        let app = Router::new().fallback(answer).with_state(gateway.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        gateway
    }

    pub(crate) fn client(&self) -> AdminClient {
        AdminClient::new(&self.url, KEY).expect("a usable address")
    }

    /// A stand-in with these answers.
    pub(crate) async fn scripted_by(script: Script) -> Self {
        Self::start(Behaviour {
            script,
            ..Behaviour::default()
        })
        .await
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.seen.lock().expect("no panic").asked.clone()
    }

    /// From now on the vendor `v_1` has this message, and a reply to it.
    pub(crate) fn came(&self, provider_id: &str) {
        self.seen.lock().expect("no panic").came = Some(provider_id.to_owned());
    }

    fn has_come(&self) -> Option<String> {
        self.seen.lock().expect("no panic").came.clone()
    }

    pub(crate) fn most_under_way(&self) -> usize {
        self.seen.lock().expect("no panic").most_under_way
    }

    /// The answer that a test wants to the request that just came.
    fn scripted(&self, asked: &Asked) -> Option<(u16, Value)> {
        let line = asked.line();
        let mut script = self.behaviour.script.iter();
        let (_, answers) = script.find(|(known, _)| *known == line)?;
        let came = self
            .asked()
            .iter()
            .filter(|asked| asked.line() == line)
            .count();
        answers.get(came - 1).or_else(|| answers.last()).cloned()
    }

    async fn register(&self, body: &Value) -> (StatusCode, String) {
        let id = body["vendorId"].as_str().unwrap_or_default().to_owned();
        {
            let mut seen = self.seen.lock().expect("no panic");
            seen.under_way += 1;
            seen.most_under_way = seen.most_under_way.max(seen.under_way);
        }
        if let Some(barrier) = &self.behaviour.together {
            barrier.wait().await;
        }
        let mut seen = self.seen.lock().expect("no panic");
        seen.under_way -= 1;
        if self.behaviour.taken.contains(&id) {
            return problem(409, "phone_number_taken", "it belongs to another vendor");
        }
        let status = if seen.vendors.insert(id) { 201 } else { 200 };
        (code(status), json!({}).to_string())
    }
}

async fn answer(
    State(gateway): State<Gateway>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, String) {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let asked = Asked {
        method,
        path_and_query: uri.to_string(),
        idempotency_key: text("idempotency-key"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        headers: headers.clone(),
        bytes: body,
    };
    let seen = &gateway.seen;
    seen.lock().expect("no panic").asked.push(asked.clone());
    let is_open = !asked.path_and_query.starts_with("/api/admin");
    let (status, answer) = if is_open || text("authorization") == Some(format!("Bearer {KEY}")) {
        route(&gateway, &asked).await
    } else {
        problem(401, "unauthorized", "send an admin key")
    };
    let mut headers = HeaderMap::from_iter([(ETAG, HeaderValue::from_static("\"7\""))]);
    if status.is_redirection() {
        let elsewhere = format!("{}/elsewhere", gateway.url);
        headers.insert("location", elsewhere.parse().expect("a header value"));
    }
    if let Some(seconds) = gateway.behaviour.retry_after {
        headers.insert("retry-after", seconds.parse().expect("a header value"));
    }
    (status, headers, answer)
}

async fn route(gateway: &Gateway, asked: &Asked) -> (StatusCode, String) {
    let nth = gateway.asked().len() - 1;
    if let Some(status) = gateway.behaviour.first.get(nth) {
        return problem(*status, "unavailable", "not now");
    }
    if let Some((status, body)) = gateway.scripted(asked) {
        return (code(status), body.to_string());
    }
    if let Some((status, body)) = gateway.behaviour.always {
        return (code(status), body.to_owned());
    }
    let body = match (asked.method.as_str(), asked.path_and_query.as_str()) {
        ("POST", "/api/admin/vendors") => return gateway.register(&asked.body).await,
        ("POST", "/api/admin/vendors/v_1/send-message") => {
            let body = json!({"messageId": "msg_1", "status": "queued"});
            return (code(202), body.to_string());
        }
        ("GET", "/api/admin/vendors") => {
            json!({"vendors": [{"vendorId": "v_1", "businessName": "A", "active": true}], "nextCursor": "v_1"})
        }
        ("GET", "/api/admin/vendors?cursor=v_1") => {
            json!({"vendors": [{"vendorId": "v_2", "businessName": "B", "active": false}], "nextCursor": null})
        }
        ("GET", "/api/admin/vendors/v_1") => json!({"vendorId": "v_1", "wabaInstances": []}),
        ("GET", path) if path.contains("/v_1/messages") && path.contains("cursor=") => {
            json!({"messages": [message("msg_1", "inbound")], "nextCursor": null})
        }
        ("GET", "/api/admin/vendors/v_1/messages?limit=50") if gateway.has_come().is_some() => {
            let came = gateway.has_come();
            let mut customer = message("msg_3", "inbound");
            customer["providerMessageId"] = came.into();
            json!({"messages": [message("msg_4", "outbound"), customer], "nextCursor": null})
        }
        ("GET", path) if path.contains("/v_1/messages") => {
            json!({"messages": [message("msg_2", "outbound")], "nextCursor": "a&b"})
        }
        _ => return problem(404, "no_such_vendor", "no vendor has this id"),
    };
    (code(200), body.to_string())
}

fn message(id: &str, direction: &str) -> Value {
    json!({"id": id, "direction": direction, "status": "read", "kind": "text", "text": "Bonjour",
        "contact": {"phone": "+221700000001", "lid": null, "name": "Awa"}, "occurredAt": "2026-11-18T11:06:50Z"})
}

fn problem(status: u16, problem: &str, detail: &str) -> (StatusCode, String) {
    let body = json!({"title": "T", "status": status, "code": problem, "detail": detail});
    (code(status), body.to_string())
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}

/// A sheet of `count` vendors, `v_1` and on.
pub(crate) fn sheet(count: usize) -> String {
    let header = "vendorId,businessName,phoneNumber,wasenderInstanceId,wasenderWebhookSecret,wasenderApiKey\n";
    let row = |n| format!("v_{n},Shop {n},+22177{n:07},i_{n},webhook_secret_{n},api_key_{n}\n");
    (1..=count)
        .map(row)
        .fold(header.to_owned(), |text, row| text + &row)
}

/// The rows of [`sheet`].
pub(crate) fn rows(count: usize) -> Vec<Registration> {
    read_csv(sheet(count).as_bytes()).expect("a good sheet")
}
