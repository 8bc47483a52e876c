//! The one HTTP client of all AWS clients: HTTP/1.1 over connections that they share, some of them opened before they are asked for.

mod opened;

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use self::opened::Opened;
use crate::client::{Service, Settings};
use crate::error::Error;
use crate::roots::Roots;

pub(crate) type Body = Full<Bytes>;

/// What requests are sent through. Clones share connections.
#[derive(Clone)]
pub struct Transport {
    client: Client<Opened, Body>,
    opened: Opened,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

/// The longest answer that is read. DynamoDB's largest has 16 MiB of items, and what JSON adds.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;

impl Transport {
    /// # Arguments
    /// `connecting`: how long opening a connection may take.
    pub fn new(roots: &Roots, connecting: std::time::Duration) -> Self {
        let opened = Opened::new(roots, connecting);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(opened.clone());
        Self { client, opened }
    }

    /// Opens a connection to each of the region's services, all at once, in a bounded time; none if the settings name another endpoint,
    /// which is near. What can't be opened is opened when it is needed.
    pub async fn open(&self, settings: &Settings) {
        if settings.endpoint_url.is_some() {
            return;
        }
        let services: [&Service; 3] = [
            &crate::dynamodb::SERVICE,
            &crate::sqs::SERVICE,
            &crate::secrets_manager::SERVICE,
        ];
        let addresses = services.into_iter();
        let addresses: Vec<Uri> = addresses
            .filter_map(|service| settings.address(service))
            .collect();
        self.opened.open(addresses).await;
    }

    /// Sends a request and reads its answer, with the header that names an error. A connection over which a service failed is not used again.
    pub(crate) async fn ask(
        &self,
        mut request: Request<Body>,
    ) -> Result<(StatusCode, Option<String>, Bytes), Error> {
        let captured = capture_connection(&mut request);
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|_| Error::NotReached)?;
        if answer.status().is_server_error()
            && let Some(connected) = captured.connection_metadata().as_ref()
        {
            connected.poison();
        }
        let (status, named) = (answer.status(), named(answer.headers()));
        Ok((status, named, read(answer).await?))
    }
}

fn named(headers: &HeaderMap) -> Option<String> {
    let name = headers.get("x-amzn-errortype")?;
    name.to_str().ok().map(str::to_owned)
}

async fn read(answer: Response<Incoming>) -> Result<Bytes, Error> {
    let body = Limited::new(answer.into_body(), ANSWER_BYTES);
    // An answer that breaks off, or does not end.
    let collected = body.collect().await.map_err(|_| Error::NotReached)?;
    Ok(collected.to_bytes())
}

/// The TLS of connections to AWS.
fn tls(roots: &Roots) -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots.store())
        .with_no_client_auth()
}
