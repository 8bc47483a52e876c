use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

/// A server that keeps what it is asked and answers what it is told to, `{}` when nothing is left of that.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
    connections: usize,
}

pub(crate) enum Answer {
    Json(u16, String),
    /// With the header that names an error.
    Named(u16, &'static str),
    /// Nothing for so long.
    Late(Duration),
    /// A connection that ends.
    Hangup,
}

pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) bytes: Bytes,
}

impl Server {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Self {
            url: format!("http://{}", listener.local_addr().expect("an address")),
            state: Arc::default(),
        };
        server.state().answers.extend(answers);
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepting.state().connections += 1;
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        server
    }

    async fn serve(self, stream: TcpStream) {
        let service = service_fn(|request| self.answer(request));
        let serving = hyper::server::conn::http1::Builder::new();
        // What ends by a hang-up ends so.
        let _ = serving
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, HungUp> {
        let (head, body) = request.into_parts();
        let bytes = body.collect().await.map_err(|_| HungUp)?.to_bytes();
        let headers = head.headers.iter().map(|(name, value)| {
            let value = value.to_str().expect("a text").to_owned();
            (name.to_string(), value)
        });
        let answer = {
            let mut state = self.state();
            state.asked.push(Asked {
                path: head.uri.path().to_owned(),
                headers: headers.collect(),
                body: serde_json::from_slice(&bytes).expect("JSON"),
                bytes,
            });
            state.answers.pop_front()
        };
        let (status, named, text) = match answer {
            None => (200, None, "{}".to_owned()),
            Some(Answer::Json(status, text)) => (status, None, text),
            Some(Answer::Named(status, named)) => (status, Some(named), "{}".to_owned()),
            Some(Answer::Late(wait)) => {
                tokio::time::sleep(wait).await;
                (200, None, "{}".to_owned())
            }
            Some(Answer::Hangup) => return Err(HungUp),
        };
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        if let Some(named) = named {
            let value = http::HeaderValue::from_static(named);
            response.headers_mut().insert("x-amzn-errortype", value);
        }
        Ok(response)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state().asked)
    }

    pub(crate) fn connections(&self) -> usize {
        self.state().connections
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked")
    }
}

/// By which a connection is ended.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

impl From<Infallible> for HungUp {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
