//! The one HTTP client of all AWS clients: HTTP/1.1 over connections that they share, some of them opened before they are asked for.

mod opened;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use http::Uri;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use self::opened::Opened;
use crate::roots::Roots;

/// What the SDK sends its requests through. Clones share connections.
#[derive(Clone)]
pub(crate) struct Transport {
    connector: SharedHttpConnector,
    opened: Opened,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

impl Transport {
    pub(crate) fn new(roots: &Roots) -> Self {
        let opened = Opened::new(roots);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(opened.clone());
        Self {
            connector: SharedHttpConnector::new(Connector(client)),
            opened,
        }
    }

    /// Opens a connection to each of the addresses, all at once, in a bounded time. What can't be opened is opened when it is needed.
    pub(crate) async fn open(&self, addresses: impl IntoIterator<Item = Uri>) {
        self.opened.open(addresses).await;
    }
}

/// Time-outs are the SDK's own, of an attempt and of all of them; an attempt includes connecting.
impl HttpClient for Transport {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.connector.clone()
    }
}

struct Connector(Client<Opened, SdkBody>);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let captured = capture_connection(&mut request);
        if let Some(asked) = request.extensions().get::<CaptureSmithyConnection>() {
            asked.set_connection_retriever(move || metadata(&captured));
        }
        let answering = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answering.await.map_err(sorted)?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// By which the SDK has a connection closed that failed.
fn metadata(captured: &CaptureConnection) -> Option<ConnectionMetadata> {
    let mut extras = http::Extensions::new();
    captured
        .connection_metadata()
        .as_ref()?
        .get_extras(&mut extras);
    let addresses = extras.get::<HttpInfo>();
    let captured = captured.clone();
    let poison = move || {
        if let Some(connected) = captured.connection_metadata().as_ref() {
            connected.poison();
        }
    };
    let mut metadata = ConnectionMetadata::builder().proxied(false);
    metadata
        .set_local_addr(addresses.map(HttpInfo::local_addr))
        .set_remote_addr(addresses.map(HttpInfo::remote_addr));
    Some(metadata.poison_fn(poison).build())
}

/// Sorts an error by whether the SDK repeats the request: everything that has to do with the connection is worth that.
fn sorted(error: ClientError) -> ConnectorError {
    let http = source::<hyper::Error>(&error);
    if http.is_some_and(hyper::Error::is_user) {
        return ConnectorError::user(error.into());
    }
    if http.is_some_and(hyper::Error::is_timeout) {
        return ConnectorError::timeout(error.into());
    }
    if http.is_some_and(hyper::Error::is_incomplete_message) {
        return ConnectorError::other(error.into(), Some(ErrorKind::TransientError));
    }
    let broken = http.is_some_and(|http| http.is_closed() || http.is_canceled());
    if broken || error.is_connect() || source::<std::io::Error>(&error).is_some() {
        return ConnectorError::io(error.into());
    }
    ConnectorError::other(error.into(), None)
}

fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref::<E>())
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
