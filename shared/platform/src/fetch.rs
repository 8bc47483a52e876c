//! Fetching files from addresses that somebody else wrote: only named hosts, only over https, never a machine of a private network.

mod guard;
mod origins;
mod resolver;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::limits;
use reqwest::Url;
use reqwest::header::{CONTENT_LENGTH, LOCATION};
use reqwest::redirect::Policy;
use thiserror::Error;

pub use guard::{Forbidden, Hosts};
pub use origins::Origins;

pub(crate) use guard::Passed;
use resolver::{NoPublicAddress, PublicOnly};

/// Redirects that are followed, each to an address that passes the guard as the first did.
const HOPS: usize = 3;

/// The client that files are fetched with. It holds no key and sends none.
#[derive(Clone, Debug)]
pub struct Fetcher {
    hosts: Hosts,
    clients: Guarded,
}

/// The two clients that addresses are called with which somebody else wrote. Neither follows a redirect by itself, and each is built when it is
/// first used.
#[derive(Clone, Debug)]
pub(crate) struct Guarded {
    timed: fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    /// Reaches public addresses only.
    public_only: Arc<OnceLock<reqwest::Client>>,
    /// Reaches the addresses that the configuration names one by one.
    plain: Arc<OnceLock<reqwest::Client>>,
}

/// Why there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotFetched {
    #[error("the address is not to be called: {0}")]
    Forbidden(#[from] Forbidden),
    #[error("the file is too large")]
    TooLarge,
    #[error("the server answered {0}")]
    Refused(u16),
    #[error("the server could not be reached, or broke off")]
    Unreachable,
}

impl Fetcher {
    pub fn new(hosts: Hosts) -> Self {
        let clients = Guarded::new(|client| {
            client
                .connect_timeout(Duration::from_secs(3))
                .timeout(limits::MEDIA_DOWNLOAD)
        });
        Self { hosts, clients }
    }

    /// Fetches a file of at most so many bytes.
    pub async fn get(&self, address: &str, limit: u64) -> Result<Vec<u8>, NotFetched> {
        let mut passed = self.hosts.check(address)?;
        for _ in 0..=HOPS {
            let answer = self.ask(&passed).await?;
            let status = answer.status();
            if !status.is_redirection() {
                return read(answer, limit).await;
            }
            let to = answer.headers().get(LOCATION);
            let to = to.and_then(|to| to.to_str().ok());
            let to = to.and_then(|to| passed.url.join(to).ok());
            passed = self
                .hosts
                .check_url(to.ok_or(NotFetched::Refused(status.as_u16()))?)?;
        }
        Err(NotFetched::Refused(310))
    }

    async fn ask(&self, passed: &Passed) -> Result<reqwest::Response, NotFetched> {
        let url = Url::clone(&passed.url);
        let request = reqwest::Request::new(reqwest::Method::GET, url);
        self.clients.execute(passed, request).await
    }
}

impl Guarded {
    pub(crate) fn new(timed: fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Self {
        Self {
            timed,
            public_only: Arc::default(),
            plain: Arc::default(),
        }
    }

    /// Performs a request to an address that passed.
    pub(crate) async fn execute(
        &self,
        passed: &Passed,
        request: reqwest::Request,
    ) -> Result<reqwest::Response, NotFetched> {
        let build = |client: reqwest::ClientBuilder| {
            let built = (self.timed)(client).build();
            built.expect("the TLS configuration is complete")
        };
        let client = if passed.is_named {
            self.plain.get_or_init(|| build(client()))
        } else {
            let resolver = Arc::new(PublicOnly);
            self.public_only
                .get_or_init(|| build(client().dns_resolver(resolver)))
        };
        client.execute(request).await.map_err(|error| {
            if is_caused_by_resolver(&error) {
                NotFetched::Forbidden(Forbidden::Address)
            } else {
                NotFetched::Unreachable
            }
        })
    }
}

async fn read(answer: reqwest::Response, limit: u64) -> Result<Vec<u8>, NotFetched> {
    if !answer.status().is_success() {
        return Err(NotFetched::Refused(answer.status().as_u16()));
    }
    body(answer, limit).await
}

/// The body of an answer if it is not longer.
pub(crate) async fn body(mut answer: reqwest::Response, limit: u64) -> Result<Vec<u8>, NotFetched> {
    let declared = answer.headers().get(CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(NotFetched::TooLarge);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let expected = declared.and_then(|length| usize::try_from(length).ok());
    let mut file = Vec::with_capacity(expected.unwrap_or_default());
    let chunk = |error: reqwest::Error| {
        tracing::debug!(timeout = error.is_timeout(), "a download broke off");
        NotFetched::Unreachable
    };
    while let Some(chunk) = answer.chunk().await.map_err(chunk)? {
        if file.len() + chunk.len() > limit {
            return Err(NotFetched::TooLarge);
        }
        file.extend_from_slice(&chunk);
    }
    Ok(file)
}

/// A proxy would look names up itself, behind the guard's back.
fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(crate::http::tls())
        .no_proxy()
        .redirect(Policy::none())
}

fn is_caused_by_resolver(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<NoPublicAddress>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that gives every connection the same answer and counts them.
    async fn server(answer: String) -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 4096];
                drop(stream.read(&mut request).await);
                drop(stream.write_all(answer.as_bytes()).await);
            }
        });
        (url, asked)
    }

    fn file(text: &str) -> String {
        let length = text.len();
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}")
    }

    fn redirect(to: &str) -> String {
        format!(
            "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
    }

    #[tokio::test]
    async fn a_file_is_read_up_to_its_limit() {
        let (url, _) = server(file("twelve bytes")).await;
        let fetcher = Fetcher::new(Hosts::parse(&url));
        assert_eq!(
            fetcher.get(&url, 12).await.as_deref(),
            Ok(&b"twelve bytes"[..])
        );
        assert_eq!(fetcher.get(&url, 11).await, Err(NotFetched::TooLarge));
        let undeclared = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\ntwelve bytes".to_owned();
        let (url, _) = server(undeclared).await;
        let fetcher = Fetcher::new(Hosts::parse(&url));
        assert_eq!(fetcher.get(&url, 11).await, Err(NotFetched::TooLarge));
        assert!(fetcher.get(&url, 12).await.is_ok());
    }

    #[tokio::test]
    async fn a_server_that_is_not_named_is_never_called() {
        let (url, asked) = server(file("secret")).await;
        let fetcher = Fetcher::new(Hosts::parse("*.whatsapp.net"));
        assert_eq!(
            fetcher.get(&url, 100).await,
            Err(NotFetched::Forbidden(Forbidden::Scheme))
        );
        let (other, _) = server(redirect(&format!("{url}/latest/meta-data"))).await;
        let fetcher = Fetcher::new(Hosts::parse(&other));
        let refused = Err(NotFetched::Forbidden(Forbidden::Scheme));
        assert_eq!(fetcher.get(&other, 100).await, refused);
        assert_eq!(asked.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn redirects_are_followed_so_far_and_no_further() {
        let (url, _) = server(file("here")).await;
        let (first, _) = server(redirect(&url)).await;
        let fetcher = Fetcher::new(Hosts::parse(&format!("{url},{first}")));
        assert_eq!(fetcher.get(&first, 100).await.as_deref(), Ok(&b"here"[..]));
        let (circle, asked) = server(redirect("/again")).await;
        let fetcher = Fetcher::new(Hosts::parse(&circle));
        assert_eq!(
            fetcher.get(&circle, 100).await,
            Err(NotFetched::Refused(310))
        );
        assert_eq!(asked.load(Ordering::SeqCst), HOPS + 1);
    }

    #[tokio::test]
    async fn a_named_host_that_leads_into_a_private_network_is_not_called() {
        let fetcher = Fetcher::new(Hosts::parse("localhost"));
        assert_eq!(
            fetcher.get("https://localhost/file", 100).await,
            Err(NotFetched::Forbidden(Forbidden::Address))
        );
    }

    #[tokio::test]
    async fn a_refusal_and_silence_are_told_apart() {
        let gone = "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
        let (url, _) = server(gone).await;
        let fetcher = Fetcher::new(Hosts::parse(&url));
        assert_eq!(fetcher.get(&url, 100).await, Err(NotFetched::Refused(410)));
        let (silent, _) = server(String::new()).await;
        let fetcher = Fetcher::new(Hosts::parse(&silent));
        assert_eq!(
            fetcher.get(&silent, 100).await,
            Err(NotFetched::Unreachable)
        );
    }
}
