use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName, USER_AGENT};
use http::{HeaderValue, Request, Uri};
use hyper::body::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Refusal};
use crate::quota::Quota;
use crate::sign::{Credentials, Moment, Signed, Signer, sha256_hex};
use crate::transport::{Body, Transport};

/// What the clients of all services have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    pub region: String,
    pub credentials: Credentials,
    /// Another endpoint than the region's: the local stack's, or an emulator's.
    pub endpoint_url: Option<String>,
    /// How long one attempt of a call may take.
    pub attempt: Duration,
    /// How long a call may take with its one repetition.
    pub call: Duration,
    /// The time that requests are signed with, and whose it is.
    pub now: fn() -> Timestamp,
}

/// A service, as its requests tell of it.
#[derive(Debug)]
pub(crate) struct Service {
    /// In addresses and signatures.
    pub(crate) name: &'static str,
    /// What stands before an operation's name.
    pub(crate) target: &'static str,
    pub(crate) content_type: &'static str,
}

/// What sends requests to a service. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    service: &'static Service,
    transport: Transport,
    /// `None` if the settings name an endpoint that is no address: every call fails.
    address: Option<Uri>,
    host: String,
    signer: Signer,
    quota: Quota,
    attempt: Duration,
    call: Duration,
    now: fn() -> Timestamp,
}

type Calling<'a> = Pin<Box<dyn Future<Output = Result<Bytes, Error>> + Send + 'a>>;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 2;
/// How long a repetition waits at most; how long it does is chance, so that those who failed together do not come back together.
const BACKOFF_MOST_MS: u32 = 100;

impl Settings {
    /// The address of a service.
    pub(crate) fn address(&self, service: &Service) -> Option<Uri> {
        let address = self.endpoint_url.clone().unwrap_or_else(|| {
            let china = if self.region.starts_with("cn-") {
                ".cn"
            } else {
                ""
            };
            format!(
                "https://{}.{}.amazonaws.com{china}",
                service.name, self.region
            )
        });
        address.parse().ok().filter(is_whole)
    }
}

fn is_whole(address: &Uri) -> bool {
    address.scheme().is_some() && address.authority().is_some()
}

impl Caller {
    pub(crate) fn new(
        service: &'static Service,
        settings: &Settings,
        transport: Transport,
    ) -> Self {
        let address = settings.address(service);
        let authority = address.as_ref().and_then(Uri::authority);
        Self(Arc::new(Shared {
            service,
            transport,
            host: authority.map(ToString::to_string).unwrap_or_default(),
            address,
            signer: Signer::new(service.name, &settings.region, settings.credentials.clone()),
            quota: Quota::default(),
            attempt: settings.attempt,
            call: settings.call,
            now: settings.now,
        }))
    }

    /// Calls an operation: sends a request, once more if it failed in a way that passes, and reads its answer.
    pub(crate) async fn call<A: DeserializeOwned>(
        &self,
        operation: &'static str,
        request: &impl Serialize,
    ) -> Result<A, Error> {
        let body = serde_json::to_vec(request).map_err(|_| Error::NotSent)?;
        let answer = self.0.in_time(operation, body.into()).await?;
        read(&answer).ok_or(Error::UnreadableAnswer)
    }
}

/// Reads an answer, which is an object, or nothing where an operation has nothing to answer.
fn read<A: DeserializeOwned>(answer: &[u8]) -> Option<A> {
    let answer = if answer.is_empty() { b"{}" } else { answer };
    if !answer.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(answer).ok()
}

impl Shared {
    /// Boxed, because many wait for it.
    fn in_time<'a>(&'a self, operation: &'static str, body: Bytes) -> Calling<'a> {
        Box::pin(async move {
            let answering = tokio::time::timeout(self.call, self.repeated(operation, body));
            answering.await.unwrap_or(Err(Error::TimedOut))
        })
    }

    async fn repeated(&self, operation: &'static str, body: Bytes) -> Result<Bytes, Error> {
        let mut attempts = 1;
        loop {
            let attempt = self.attempted(operation, body.clone());
            let answer = tokio::time::timeout(self.attempt, attempt).await;
            let error = match answer.unwrap_or(Err(Error::TimedOut)) {
                Ok(answer) => {
                    self.quota.succeeded(attempts > 1);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let timed_out = matches!(error, Error::TimedOut);
            if attempts == ATTEMPTS || !error.is_passing() || !self.quota.spend(timed_out) {
                return Err(error);
            }
            tokio::time::sleep(backoff()).await;
            attempts += 1;
        }
    }

    async fn attempted(&self, operation: &'static str, body: Bytes) -> Result<Bytes, Error> {
        let request = self.request(operation, body).ok_or(Error::NotSent)?;
        let (status, named, answer) = self.transport.ask(request).await?;
        if status.is_success() {
            return Ok(answer);
        }
        let refusal = Refusal::read(status.as_u16(), named.as_deref(), answer.into());
        Err(Error::Refused(Box::new(refusal)))
    }

    /// `None` if something can't stand in a request.
    fn request(&self, operation: &str, body: Bytes) -> Option<Request<Body>> {
        let at = Moment::from((self.now)());
        let target = format!("{}.{operation}", self.service.target);
        let token = self.signer.session_token();
        let mut headers = vec![
            ("content-type", self.service.content_type),
            ("host", &self.host),
            ("x-amz-date", at.as_str()),
        ];
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        headers.push(("x-amz-target", &target));
        let signed = Signed {
            method: "POST",
            path: self.address.as_ref()?.path(),
            query: "",
            headers: &headers,
            payload: &sha256_hex(&body),
        };
        let authorization = self.signer.authorization(&signed, at);
        let mut request = Request::new(Body::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.address.clone()?;
        let map = request.headers_mut();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).ok()?;
            map.insert(HeaderName::from_static(name), value);
        }
        map.insert(AUTHORIZATION, HeaderValue::try_from(authorization).ok()?);
        map.insert(USER_AGENT, HeaderValue::from_static(USER));
        Some(request)
    }
}

/// As whom AWS's logs have the gateway.
const USER: &str = concat!("multi-waba/", env!("CARGO_PKG_VERSION"));

fn backoff() -> Duration {
    let chance = uuid::Uuid::new_v4().as_fields().0;
    Duration::from_millis((chance % BACKOFF_MOST_MS).into())
}

/// A token by which a service knows a request that is sent again.
pub(crate) fn token() -> String {
    uuid::Uuid::new_v4().to_string()
}
