//! DynamoDB by dynoxide, behind its own HTTP server on a port of its own: its validation, envelopes and error bodies are in that server.

use std::net::TcpListener as StdListener;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use dynoxide::Database;
use dynoxide::storage_backend;
use http::HeaderMap;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use platform::Clock;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The database and the way to it.
pub(crate) struct DynamoDb {
    pub(crate) database: Database,
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

/// The server runs until this is dropped.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        drop(self.stop);
        drop(self.task.await);
    }
}

/// Opens the database, in memory without a file. A file's TTL goes by the machine's clock, memory's by the given one.
pub(crate) fn open(file: Option<&Path>, clock: &Clock) -> anyhow::Result<Database> {
    let database = match file {
        None => Database::memory_with_clock(Arc::new(TableClock(clock.clone()))),
        Some(file) => Database::new(
            file.to_str()
                .context("the data directory's name is not UTF-8")?,
        ),
    };
    database.context("can't open the tables")
}

/// Serves the database on a loopback port of its own.
pub(crate) fn serve(database: Database) -> anyhow::Result<(DynamoDb, Running)> {
    let listener =
        StdListener::bind("127.0.0.1:0").context("no free loopback port for the tables")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}/", listener.local_addr()?);
    let listener = TcpListener::from_std(listener)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let served = database.clone();
    let task = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, served, stopped).await {
            tracing::error!(error, "the tables are no longer served");
        }
    });
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    Ok((
        DynamoDb {
            database,
            client,
            url,
        },
        Running { stop, task },
    ))
}

impl DynamoDb {
    /// Passes a request on and its answer back, both as they are.
    pub(crate) async fn call(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> anyhow::Result<http::Response<Full<Bytes>>> {
        let mut passed = http::Request::post(&self.url).body(Full::new(body))?;
        *passed.headers_mut() = headers.clone();
        for own in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
            passed.headers_mut().remove(own);
        }
        let (mut head, body) = self.client.request(passed).await?.into_parts();
        head.headers.remove(TRANSFER_ENCODING);
        let body = body.collect().await?.to_bytes();
        Ok(http::Response::from_parts(head, Full::new(body)))
    }
}

/// Lets a test that moves the clock see items expire.
struct TableClock(Clock);

impl storage_backend::Clock for TableClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now().as_second()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().as_duration().as_secs_f64()
    }
}
