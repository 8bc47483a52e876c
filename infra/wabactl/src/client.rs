use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::VendorId;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Request, Url};
use serde_json::{Value, json};
use thiserror::Error;

use crate::client_error::ClientError;
use crate::registration::Registration;

/// The admin API of one gateway, called with one key. Its `Debug` does not show the key.
#[derive(Clone)]
pub struct AdminClient {
    http: reqwest::Client,
    base: Url,
}

/// Why a gateway can't be called at all with what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unusable {
    #[error("the gateway's address must be a URL such as https://gateway.example")]
    Url,
    #[error(
        "the key and the vendors' secrets travel in clear over http; use https except for this machine"
    )]
    PlainHttp,
    #[error("an admin key is one line of visible ASCII characters")]
    Key,
}

/// What registering a vendor did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    Created,
    Updated,
}

/// Which way a message went, seen from the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// A part of a list, as the gateway gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub items: Vec<Value>,
    /// Where the next part begins; `None` at the end of the list.
    pub next_cursor: Option<String>,
}

impl AdminClient {
    /// A client of the gateway at `base_url`, which may end in a path. It trusts the web's roots (compiled in) and follows no redirects,
    /// so that the key never reaches another host.
    pub fn new(base_url: &str, key: &str) -> Result<Self, Unusable> {
        let base = Url::parse(base_url).map_err(|_| Unusable::Url)?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(Unusable::Url);
        }
        let this_machine = is_loopback(&base);
        if base.scheme() == "http" && !this_machine {
            return Err(Unusable::PlainHttp);
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls())
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers(key)?)
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(30));
        // A proxy is for the way out; it can't reach this machine.
        let http = if this_machine { http.no_proxy() } else { http };
        Ok(Self {
            http: http.build().expect("the TLS configuration is complete"),
            base,
        })
    }

    /// Creates a vendor with its number and secrets, or brings it up to date. It may be repeated.
    pub async fn register(&self, registration: &Registration) -> Result<Registered, ClientError> {
        let request = self.request(Method::POST, &["vendors"]);
        match self.call(with_body(request, &registration.body())).await? {
            (201, _) => Ok(Registered::Created),
            (200, _) => Ok(Registered::Updated),
            (status, _) => Err(ClientError::Unreadable { status }),
        }
    }

    /// Vendors from `cursor` on, or from the first.
    pub async fn vendors(&self, cursor: Option<&str>) -> Result<Page, ClientError> {
        let mut request = self.request(Method::GET, &["vendors"]);
        add_query(&mut request, "cursor", cursor);
        self.page(request, "vendors").await
    }

    /// One vendor with its numbers, without secrets.
    pub async fn vendor(&self, id: &VendorId) -> Result<Value, ClientError> {
        let request = self.request(Method::GET, &["vendors", id.as_str()]);
        let (status, body) = self.call(request).await?;
        Some(body)
            .filter(Value::is_object)
            .ok_or(ClientError::Unreadable { status })
    }

    /// A vendor's messages, newest first, from `cursor` on; `limit` at most, and fewer if the gateway's pages are smaller.
    pub async fn messages(
        &self,
        id: &VendorId,
        direction: Option<Direction>,
        limit: Option<usize>,
        cursor: Option<&str>,
    ) -> Result<Page, ClientError> {
        let mut request = self.request(Method::GET, &["vendors", id.as_str(), "messages"]);
        add_query(&mut request, "direction", direction.map(Direction::as_str));
        let limit = limit.map(|limit| limit.to_string());
        add_query(&mut request, "limit", limit.as_deref());
        add_query(&mut request, "cursor", cursor);
        self.page(request, "messages").await
    }

    /// Queues a text to a customer and answers our id of the message. The same key and text again are the same message.
    pub async fn send(
        &self,
        id: &VendorId,
        to: &str,
        message: &str,
        idempotency_key: Option<&str>,
    ) -> Result<String, ClientError> {
        let request = self.request(Method::POST, &["vendors", id.as_str(), "send-message"]);
        let mut request = with_body(request, &json!({"to": to, "message": message}));
        if let Some(key) = idempotency_key {
            let value = HeaderValue::from_str(key).map_err(|_| ClientError::IdempotencyKey)?;
            request.headers_mut().insert("idempotency-key", value);
        }
        let (status, body) = self.call(request).await?;
        body["messageId"]
            .as_str()
            .map(str::to_owned)
            .ok_or(ClientError::Unreadable { status })
    }

    fn request(&self, method: Method, path: &[&str]) -> Request {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("an http URL has a path")
            .pop_if_empty()
            .extend(["api", "admin"])
            .extend(path);
        Request::new(method, url)
    }

    async fn page(&self, request: Request, name: &str) -> Result<Page, ClientError> {
        let (status, mut body) = self.call(request).await?;
        let Some(Value::Array(items)) = body.get_mut(name).map(Value::take) else {
            return Err(ClientError::Unreadable { status });
        };
        let next_cursor = body["nextCursor"].as_str().map(str::to_owned);
        Ok(Page { items, next_cursor })
    }

    async fn call(&self, request: Request) -> Result<(u16, Value), ClientError> {
        let lost = |error: reqwest::Error| ClientError::from_transport(&error);
        let answer = self.http.execute(request).await.map_err(lost)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(lost)?;
        if !status.is_success() {
            return Err(ClientError::from_answer(status.as_u16(), &body));
        }
        let unreadable = ClientError::Unreadable {
            status: status.as_u16(),
        };
        let body = serde_json::from_slice(&body).map_err(|_| unreadable)?;
        Ok((status.as_u16(), body))
    }
}

impl fmt::Debug for AdminClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminClient")
            .field("host", &self.base.host_str())
            .finish_non_exhaustive()
    }
}

fn tls() -> rustls::ClientConfig {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn headers(key: &str) -> Result<HeaderMap, Unusable> {
    if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Unusable::Key);
    }
    let mut bearer = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| Unusable::Key)?;
    bearer.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn with_body(mut request: Request, body: &Value) -> Request {
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(CONTENT_TYPE, json);
    *request.body_mut() = Some(body.to_string().into());
    request
}

fn add_query(request: &mut Request, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        request.url_mut().query_pairs_mut().append_pair(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, key: &str, expected: Result<(), Unusable>) {
        assert_eq!(AdminClient::new(url, key).map(|_| ()), expected, "{url}");
    }

    #[test]
    fn a_key_never_travels_in_clear() {
        check("https://gateway.example/prod/", "key", Ok(()));
        check("http://127.0.0.1:9002", "key", Ok(()));
        check("http://localhost:9002", "key", Ok(()));
        check("http://[::1]:9002", "key", Ok(()));
        check("http://gateway.example", "key", Err(Unusable::PlainHttp));
        check("http://127.0.0.1.example", "key", Err(Unusable::PlainHttp));
        check(
            "http://localhost@gateway.example",
            "key",
            Err(Unusable::PlainHttp),
        );
    }

    #[test]
    fn what_is_no_address_or_no_key_is_refused_before_any_call() {
        for url in [
            "",
            "gateway.example",
            "file:///vendors.csv",
            "ftp://127.0.0.1",
        ] {
            check(url, "key", Err(Unusable::Url));
        }
        for key in ["", "two words", "two\nlines", "clé"] {
            check("https://gateway.example", key, Err(Unusable::Key));
        }
    }

    #[test]
    fn a_client_does_not_print_its_key() {
        let client = AdminClient::new("https://user:pass@gateway.example", "the_key").unwrap();
        let printed = format!("{client:?}");
        assert!(
            !printed.contains("the_key") && !printed.contains("pass"),
            "{printed}"
        );
    }

    #[test]
    fn a_path_of_the_gateways_address_is_kept() {
        for (base, expected) in [
            (
                "https://gateway.example",
                "https://gateway.example/api/admin/vendors",
            ),
            (
                "https://gateway.example/prod",
                "https://gateway.example/prod/api/admin/vendors",
            ),
            (
                "https://gateway.example/prod/",
                "https://gateway.example/prod/api/admin/vendors",
            ),
        ] {
            let client = AdminClient::new(base, "key").unwrap();
            let request = client.request(Method::GET, &["vendors"]);
            assert_eq!(request.url().as_str(), expected);
        }
    }
}
