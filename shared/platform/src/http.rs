use std::sync::Arc;
use std::time::Duration;

use domain::limits;
use thiserror::Error;

/// The client that providers are called with. It follows no redirects, so that a key never reaches another host.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
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

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

impl Http {
    /// A client that trusts the web's roots (compiled in).
    pub fn new() -> Self {
        let roots = rustls::RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .timeout(limits::PROVIDER_TIMEOUT)
            .pool_idle_timeout(Duration::from_secs(20))
            .build()
            .expect("the TLS configuration is complete");
        Self { client }
    }

    /// Performs one request, once.
    pub async fn perform(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, NoAnswer> {
        let request = reqwest::Request::try_from(request).map_err(|_| NoAnswer::NotReached)?;
        let mut answer = self
            .client
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

fn without_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_connect() || error.is_builder() {
        NoAnswer::NotReached
    } else {
        NoAnswer::Lost
    }
}
