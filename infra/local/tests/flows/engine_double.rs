//! An engine of somebody else's, for tests: it believes nobody without a signature, keeps what it is asked, and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use domain::contract::{SigningSecret, SigningSecrets};
use jiff::Timestamp;
use jsonschema::Validator;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::front_door::get;
use crate::world::{Vendor, World};

/// What every question is like.
static QUESTION: LazyLock<Validator> = LazyLock::new(|| {
    let schema = include_str!("../../../../docs/schemas/engine-request.v1.json");
    let schema = serde_json::from_str(schema).expect("a schema is JSON");
    jsonschema::draft202012::new(&schema).expect("a schema of 2020-12")
});

/// What the engine does with one question.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It answers 200 with this.
    Answer(Value),
    /// It answers with this status, these headers and this body, whatever they are.
    Reply(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// It does so after a while, of real time.
    After(Duration, Box<Self>),
    /// It never answers.
    Hang,
    /// It breaks the connection off.
    Reset,
}

impl Act {
    /// It answers with one text.
    pub(crate) fn say(text: &str) -> Self {
        Self::Answer(json!({ "replies": [{ "type": "text", "text": text }] }))
    }

    /// It answers with this status and nothing else.
    pub(crate) fn status(status: u16) -> Self {
        Self::Reply(status, Vec::new(), Vec::new())
    }
}

/// One question as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// Whether one of its signatures is of a secret that the engine believes.
    pub(crate) is_genuine: bool,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str());
        value.and_then(Result::ok).unwrap_or_default()
    }

    /// The text of the message that it is about.
    pub(crate) fn text(&self) -> &str {
        self.body["message"]["text"].as_str().unwrap_or_default()
    }
}

/// A running engine. It stops when it is dropped.
pub(crate) struct EngineDouble {
    url: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    asked: Vec<Asked>,
    believed: Vec<SigningSecrets>,
    /// One for each question to come.
    next: VecDeque<Act>,
    usual: Act,
    connections: usize,
}

impl EngineDouble {
    /// Starts one that believes the platform's secret and answers every question with one text.
    pub(crate) fn start(world: &World) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        Self::on(world, listener)
    }

    /// The same at an address that is known before.
    pub(crate) fn on(world: &World, listener: std::net::TcpListener) -> Self {
        listener.set_nonblocking(true).expect("a socket");
        let listener = TcpListener::from_std(listener).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State {
            asked: Vec::new(),
            believed: vec![secrets(world.engine_secret())],
            next: VecDeque::new(),
            usual: Act::say("De la part du moteur"),
            connections: 0,
        }));
        let served = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                locked(&served).connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&served)));
            }
        });
        let url = format!("http://{address}/answer");
        Self { url, state, task }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it does with the next question that has nothing else in store.
    pub(crate) fn then(&self, act: Act) {
        locked(&self.state).next.push_back(act);
    }

    /// What it does with every question that has nothing else in store.
    pub(crate) fn always(&self, act: Act) {
        locked(&self.state).usual = act;
    }

    /// The secrets that it believes from now on, as `whsec_` and base64.
    pub(crate) fn believes(&self, all: &[&str]) {
        locked(&self.state).believed = all.iter().map(|secret| secrets(secret)).collect();
    }

    /// All that it was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        locked(&self.state).asked.clone()
    }

    /// How often somebody connected.
    pub(crate) fn connections(&self) -> usize {
        locked(&self.state).connections
    }
}

impl Drop for EngineDouble {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl World {
    /// Has an engine answer for a vendor; a null one is the platform's again.
    pub(crate) async fn configure_engine_as(&self, vendor: Vendor, engine: &Value) {
        let path = format!("vendors/{}/config", vendor.id);
        let etag = get(self, &path).await.etag;
        let (headers, body) = ([("if-match", etag.as_str())], json!({ "engine": engine }));
        let answer = self.admin("PUT", &path, &headers, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Has this engine answer for a vendor.
    pub(crate) async fn configure_engine(&self, vendor: Vendor, engine: &EngineDouble) {
        let engine = json!({ "url": engine.url(), "timeoutMs": 2000 });
        self.configure_engine_as(vendor, &engine).await;
    }
}

fn secrets(text: &str) -> SigningSecrets {
    SigningSecrets {
        current: SigningSecret::parse(text).expect("a signing secret"),
        previous: None,
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection, with as many questions as come on it.
async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    while let Some((headers, body)) = question(&mut stream).await {
        let act = met(&state, headers, &body);
        if !perform(act, &mut stream).await {
            return;
        }
    }
}

/// The headers and the body of one request.
async fn question(stream: &mut BufReader<TcpStream>) -> Option<(HeaderMap, Vec<u8>)> {
    let mut headers = HeaderMap::new();
    let mut line = String::new();
    stream
        .read_line(&mut line)
        .await
        .ok()
        .filter(|read| *read > 0)?;
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let name = axum::http::HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, value.parse().ok()?);
    }
    let length = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((headers, body))
}

/// Keeps a question, and says what is done with it; who is not believed is answered 401.
fn met(state: &Mutex<State>, headers: HeaderMap, body: &[u8]) -> Act {
    let mut state = locked(state);
    let mut asked = Asked {
        headers,
        body: serde_json::from_slice(body).expect("a question is JSON"),
        is_genuine: false,
    };
    let wrong: Vec<_> = QUESTION.iter_errors(&asked.body).collect();
    let is_question = !asked.header("webhook-id").ends_with("_actions");
    assert!(
        wrong.is_empty() || !is_question,
        "a question is not as described: {wrong:?}"
    );
    let second = asked
        .header("webhook-timestamp")
        .parse()
        .unwrap_or_default();
    let at = Timestamp::from_second(second).unwrap_or_default();
    let shown: Vec<_> = asked.header("webhook-signature").split(' ').collect();
    let id = asked.header("webhook-id");
    let fits = |secrets: &SigningSecrets| shown.contains(&secrets.sign(id, at, body).as_str());
    asked.is_genuine = state.believed.iter().any(fits);
    let is_genuine = asked.is_genuine;
    state.asked.push(asked);
    if !is_genuine {
        return Act::status(401);
    }
    let next = state.next.pop_front();
    next.unwrap_or_else(|| state.usual.clone())
}

/// Whether the connection goes on.
async fn perform(mut act: Act, stream: &mut BufReader<TcpStream>) -> bool {
    while let Act::After(wait, then) = act {
        tokio::time::sleep(wait).await;
        act = *then;
    }
    let (status, headers, body) = match act {
        Act::Answer(answer) => {
            let json = ("content-type", "application/json".to_owned());
            (200, vec![json], answer.to_string().into_bytes())
        }
        Act::Reply(status, headers, body) => (status, headers, body),
        Act::Hang | Act::After(..) => std::future::pending().await,
        Act::Reset => return false,
    };
    let length = ("content-length", body.len().to_string());
    let headers = headers.into_iter().chain((status != 204).then_some(length));
    let lines = headers.map(|(name, value)| format!("{name}: {value}\r\n"));
    let head = format!(
        "HTTP/1.1 {status} Scripted\r\n{}\r\n",
        lines.collect::<String>()
    );
    let answer = [head.as_bytes(), &body].concat();
    stream.write_all(&answer).await.is_ok()
}
