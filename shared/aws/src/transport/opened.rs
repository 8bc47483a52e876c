use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower_service::Service;

use crate::roots::Roots;

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Opens connections, or hands out one that was opened before.
#[derive(Clone)]
pub(super) struct Opened {
    connector: HttpsConnector<HttpConnector>,
    waiting: Arc<Mutex<Vec<Waiting>>>,
}

/// An open connection that nobody used yet.
struct Waiting {
    address: Uri,
    since: Instant,
    stream: Stream,
}

/// How long connections are waited for that are opened before they are needed.
const OPENING: Duration = Duration::from_millis(800);
/// How long an unused connection is trusted to be open still.
const WAITS: Duration = Duration::from_secs(15);

impl Opened {
    pub(super) fn new(roots: &Roots, connecting: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connecting));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(super::tls(roots))
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Self {
            connector,
            waiting: Arc::default(),
        }
    }

    pub(super) async fn open(&self, addresses: impl IntoIterator<Item = Uri>) {
        let opening = addresses.into_iter().map(|address| self.open_one(address));
        let _ = tokio::time::timeout(OPENING, future::join_all(opening)).await;
    }

    async fn open_one(&self, address: Uri) {
        let Ok(stream) = self.connector.clone().call(address.clone()).await else {
            return;
        };
        let since = Instant::now();
        self.locked().push(Waiting {
            address,
            since,
            stream,
        });
    }

    /// A waiting connection to this address.
    fn take(&self, address: &Uri) -> Option<Stream> {
        let mut waiting = self.locked();
        waiting.retain(|it| it.since.elapsed() < WAITS);
        let at = waiting.iter().position(|it| {
            (it.address.scheme(), it.address.authority()) == (address.scheme(), address.authority())
        });
        at.map(|at| waiting.swap_remove(at).stream)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service<Uri> for Opened {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        match self.take(&address) {
            Some(stream) => Box::pin(future::ready(Ok(stream))),
            None => self.connector.call(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Somebody who accepts connections, and an address of theirs.
    async fn listening(path: &str) -> (TcpListener, Uri) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}{path}", listener.local_addr().unwrap());
        (listener, address.parse().unwrap())
    }

    async fn is_connected_to(listener: &TcpListener) -> bool {
        let soon = Duration::from_millis(50);
        tokio::time::timeout(soon, listener.accept()).await.is_ok()
    }

    #[tokio::test]
    async fn a_connection_that_was_opened_before_is_used_once() {
        let (listener, address) = listening("/").await;
        let mut opened = Opened::new(&Roots::Amazon, OPENING);
        opened.open([address.clone()]).await;
        assert!(is_connected_to(&listener).await);
        let elsewhere = address.to_string() + "queue?Action=1";
        let _first = opened.call(elsewhere.parse().unwrap()).await.unwrap();
        assert!(!is_connected_to(&listener).await);
        let _second = opened.call(address).await.unwrap();
        assert!(is_connected_to(&listener).await);
    }

    #[tokio::test]
    async fn a_connection_that_waited_long_is_not_used() {
        let (listener, address) = listening("/").await;
        let mut opened = Opened::new(&Roots::Amazon, OPENING);
        opened.open([address.clone()]).await;
        assert!(is_connected_to(&listener).await);
        for waiting in opened.locked().iter_mut() {
            waiting.since = waiting.since.checked_sub(WAITS).expect("an uptime");
        }
        let _late = opened.call(address).await.unwrap();
        assert!(is_connected_to(&listener).await);
    }

    #[tokio::test]
    async fn who_can_t_be_reached_holds_nobody_up() {
        let (listener, address) = listening("/").await;
        drop(listener);
        let opened = Opened::new(&Roots::Amazon, OPENING);
        opened.open([address]).await;
        assert!(opened.locked().is_empty());
    }
}
