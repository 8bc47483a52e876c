use domain::{VendorId, WebhookSecret};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use serde_json::Value;
use sha2::Sha256;

use crate::client_error::ClientError;

/// The addresses of a gateway that anybody may ask, asked without an admin key: webhooks as the provider posts them, and its health.
#[derive(Clone, Debug)]
pub struct Webhooks {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
}

/// Which of a vendor's webhook addresses is posted to; each takes events of any kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Messages,
    Status,
    Connection,
}

/// How a webhook proves from whom it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The secret itself, as Wasender sends it.
    Shared,
    /// The HMAC of the body, as in the older dialect.
    Hmac,
}

/// What the gateway answered, good or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    pub status: u16,
    /// `null` if it was no JSON.
    pub body: Value,
}

impl Webhooks {
    /// Posts a webhook's body, signed by this secret.
    pub async fn post(
        &self,
        (vendor, route): (&VendorId, Route),
        body: Vec<u8>,
        (secret, proof): (&WebhookSecret, Proof),
    ) -> Result<Response, ClientError> {
        let path = ["api", "webhooks", "wasender", vendor.as_str()];
        let more: &[&str] = match route {
            Route::Messages => &[],
            Route::Status => &["status"],
            Route::Connection => &["connection"],
        };
        let mut request = self.request(Method::POST, &[&path, more].concat());
        let (name, value) = match proof {
            Proof::Shared => ("x-webhook-signature", secret.expose().to_owned()),
            Proof::Hmac => ("x-wasender-signature", hmac(secret, &body)),
        };
        let mut value = HeaderValue::from_str(&value).map_err(|_| ClientError::Header(name))?;
        value.set_sensitive(true);
        let headers = request.headers_mut();
        headers.insert(HeaderName::from_static(name), value);
        let json = HeaderValue::from_static("application/json");
        headers.insert(CONTENT_TYPE, json);
        *request.body_mut() = Some(body.into());
        self.answer(request).await
    }

    /// Whether the gateway runs, and what it says of it.
    pub async fn health(&self) -> Result<Response, ClientError> {
        self.answer(self.request(Method::GET, &["health"])).await
    }

    fn request(&self, method: Method, path: &[&str]) -> Request {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("an http URL has a path")
            .pop_if_empty()
            .extend(path);
        Request::new(method, url)
    }

    async fn answer(&self, request: Request) -> Result<Response, ClientError> {
        let lost = |error: reqwest::Error| ClientError::from_transport(&error);
        let answer = self.http.execute(request).await.map_err(lost)?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(lost)?;
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Response { status, body })
    }
}

fn hmac(secret: &WebhookSecret, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
    let mut mac = mac.expect("HMAC accepts a key of any length");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}
