use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::limits;
use futures_util::future::BoxFuture;
use thiserror::Error;

/// The client that providers are called with. It follows no redirects, so that a key never reaches another host.
/// It is built when it is first used: the webhook functions never do.
#[derive(Clone, Debug, Default)]
pub struct Http {
    client: Arc<OnceLock<Box<dyn Performer>>>,
}

/// What performs requests. It is behind a trait so that a function which performs none has nothing of it linked, not even how it is dropped.
trait Performer: fmt::Debug + Send + Sync {
    fn execute(
        &self,
        request: reqwest::Request,
    ) -> BoxFuture<'_, reqwest::Result<reqwest::Response>>;
}

impl Performer for reqwest::Client {
    fn execute(
        &self,
        request: reqwest::Request,
    ) -> BoxFuture<'_, reqwest::Result<reqwest::Response>> {
        Box::pin(Self::execute(self, request))
    }
}

/// Why a call has no answer, sorted by the one question that matters: can the provider have acted on it?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoAnswer {
    /// No byte of the request left: it surely was not acted on.
    #[error("the provider could not be reached")]
    NotReached,
    /// It was under way when the time ran out or the connection broke.
    #[error("the provider's answer was lost")]
    Lost,
}

/// Bytes of an answer that are read; the longest is the list of an account's sessions.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

impl Http {
    /// A client that trusts the web's roots (compiled in).
    pub fn new() -> Self {
        Self::default()
    }

    /// Performs one request, once.
    pub async fn perform(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, NoAnswer> {
        self.perform_within(request, limits::PROVIDER_TIMEOUT).await
    }

    /// Performs one request, once, with a time-out of its own.
    pub async fn perform_within(
        &self,
        request: http::Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<http::Response<Vec<u8>>, NoAnswer> {
        let mut request = reqwest::Request::try_from(request).map_err(|_| NoAnswer::NotReached)?;
        *request.timeout_mut() = Some(timeout);
        let mut answer = self
            .client
            .get_or_init(|| Box::new(client()))
            .execute(request)
            .await
            .map_err(|error| without_answer(&error))?;
        let mut reply = http::Response::builder().status(answer.status());
        if let Some(headers) = reply.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| NoAnswer::Lost)? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES {
                body.truncate(ANSWER_BYTES);
                break;
            }
        }
        reply.body(body).map_err(|_| NoAnswer::Lost)
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls())
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(3))
        .pool_idle_timeout(Duration::from_secs(20))
        .build()
        .expect("the TLS configuration is complete")
}

/// Trusts the web's roots, as compiled in.
pub(crate) fn tls() -> rustls::ClientConfig {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn without_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_connect() || error.is_builder() {
        NoAnswer::NotReached
    } else {
        NoAnswer::Lost
    }
}
