//! The admin API of one gateway, called with one key.

mod ask;
mod patience;
mod requests;
mod transport;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use serde_json::Value;
use thiserror::Error;
use tokio::time::Instant;
use uuid::Uuid;

use self::patience::SoFar;
use crate::client_error::ClientError;
use crate::webhooks::Webhooks;

pub use self::ask::{Answered, Ask};
pub use self::patience::Patience;
pub use self::requests::{Direction, Page, Registered};

/// The admin API of one gateway, called with one key. Its `Debug` does not show the key.
#[derive(Clone)]
pub struct AdminClient {
    http: reqwest::Client,
    base: Url,
    patience: Patience,
    /// Until when the gateway asked this client to wait.
    not_before: Arc<Mutex<Option<Instant>>>,
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

impl AdminClient {
    /// A client of the gateway at `base_url`, which may end in a path. It sends every request once; see [`Self::patient`].
    pub fn new(base_url: &str, key: &str) -> Result<Self, Unusable> {
        let base = Url::parse(base_url).map_err(|_| Unusable::Url)?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(Unusable::Url);
        }
        Ok(Self {
            http: transport::http(&base, Some(key))?,
            base,
            patience: Patience::NONE,
            not_before: Arc::default(),
        })
    }

    /// The same client, repeating what may be repeated.
    #[must_use]
    pub fn patient(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The address of the gateway, with nothing in it that proves who asks.
    pub fn address(&self) -> String {
        let mut shown = self.base.clone();
        // An http URL can have both.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown.as_str().trim_end_matches('/').to_owned()
    }

    /// The same gateway's webhooks; what is posted to them carries no admin key.
    pub fn webhooks(&self) -> Webhooks {
        let http = transport::http(&self.base, None);
        Webhooks {
            http: http.expect("the address was good for this client"),
            base: self.base.clone(),
        }
    }

    /// Asks, and asks again as patiently as this client is.
    pub async fn call(&self, ask: &Ask) -> Result<Answered, ClientError> {
        let Raw { status, etag, body } = self.patiently(ask).await?;
        let body = match body.as_slice() {
            [] => Value::Null,
            body => serde_json::from_slice(body).map_err(|_| ClientError::Unreadable { status })?,
        };
        Ok(Answered { status, etag, body })
    }

    /// The same for an answer that is no JSON, such as a picture.
    pub async fn bytes(&self, ask: &Ask) -> Result<Vec<u8>, ClientError> {
        Ok(self.patiently(ask).await?.body)
    }

    async fn patiently(&self, ask: &Ask) -> Result<Raw, ClientError> {
        let mut so_far = SoFar::default();
        loop {
            self.wait_as_asked().await;
            let error = match self.call_once(ask).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let wait = self
                .patience
                .wait(so_far, &error, ask.is_repeatable, chance());
            let Some(wait) = wait else { return Err(error) };
            if error.status() == Some(429) {
                so_far.asked += wait;
                self.ask_all_to_wait(wait);
            } else {
                so_far.again += 1;
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// What asks through this client at the same time waits too: each further request would be refused as well.
    fn ask_all_to_wait(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut not_before = self
            .not_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *not_before = Some(not_before.map_or(until, |before| before.max(until)));
    }

    async fn wait_as_asked(&self) {
        loop {
            let not_before = *self
                .not_before
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            match not_before {
                Some(until) if until > Instant::now() => tokio::time::sleep_until(until).await,
                _ => return,
            }
        }
    }

    async fn call_once(&self, ask: &Ask) -> Result<Raw, ClientError> {
        let lost = |error: reqwest::Error| ClientError::from_transport(&error);
        let request = ask.request(&self.base)?;
        let answer = self.http.execute(request).await.map_err(lost)?;
        let status = answer.status();
        let header = |name: &str| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
        let (etag, retry_after) = (header("etag"), header("retry-after"));
        let body = answer.bytes().await.map_err(lost)?;
        let code = status.as_u16();
        if !status.is_success() {
            return Err(ClientError::from_answer(
                code,
                retry_after.as_deref(),
                &body,
            ));
        }
        Ok(Raw {
            status: code,
            etag,
            body: body.to_vec(),
        })
    }
}

/// A good answer as it came.
struct Raw {
    status: u16,
    etag: Option<String>,
    body: Vec<u8>,
}

impl fmt::Debug for AdminClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminClient")
            .field("host", &self.base.host_str())
            .finish_non_exhaustive()
    }
}

/// A number from 0 to 1.
fn chance() -> f64 {
    let [a, b, ..] = *Uuid::new_v4().as_bytes();
    f64::from(u16::from_be_bytes([a, b])) / f64::from(u16::MAX)
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
}
