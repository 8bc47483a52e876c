use std::fmt;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use serde_json::Value;

use crate::client_error::ClientError;

/// A request to the admin API, as a value: a path below `/api/admin`, and what goes with it. Its `Debug` shows no body, for that may hold secrets.
#[derive(Clone)]
pub struct Ask {
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
    pub(super) is_repeatable: bool,
}

/// A good answer of the admin API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    /// What a change of this may be made on the condition of.
    pub etag: Option<String>,
    /// `null` if there was none.
    pub body: Value,
}

impl Ask {
    pub fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path).repeatable()
    }

    pub fn put(path: &[&str]) -> Self {
        Self::new(Method::PUT, path).repeatable()
    }

    pub fn delete(path: &[&str]) -> Self {
        Self::new(Method::DELETE, path).repeatable()
    }

    /// Sent again only where the gateway surely did nothing, unless it is [`Self::repeatable`].
    pub fn post(path: &[&str]) -> Self {
        Self::new(Method::POST, path)
    }

    fn new(method: Method, path: &[&str]) -> Self {
        Self {
            method,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            is_repeatable: false,
        }
    }

    /// Twice has the effect of once: it may be sent again when the answer was lost.
    #[must_use]
    pub const fn repeatable(mut self) -> Self {
        self.is_repeatable = true;
        self
    }

    /// A parameter of the query; nothing, if there is no value.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query
            .extend(value.map(|value| (name, value.to_string())));
        self
    }

    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    /// On the condition that nobody changed it since this `ETag` was given.
    #[must_use]
    pub fn if_match(mut self, etag: &str) -> Self {
        self.headers.push(("if-match", etag.to_owned()));
        self
    }

    /// Names what is asked, so that asking again does nothing again.
    #[must_use]
    pub fn idempotency_key(mut self, key: &str) -> Self {
        self.headers.push(("idempotency-key", key.to_owned()));
        self.repeatable()
    }

    /// The request to the gateway at this address.
    pub(super) fn request(&self, base: &Url) -> Result<Request, ClientError> {
        let mut url = base.clone();
        url.path_segments_mut()
            .expect("an http URL has a path")
            .pop_if_empty()
            .extend(["api", "admin"])
            .extend(&self.path);
        for (name, value) in &self.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        let mut request = Request::new(self.method.clone(), url);
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value).map_err(|_| ClientError::Header(name))?;
            let name = HeaderName::from_static(name);
            request.headers_mut().insert(name, value);
        }
        if let Some(body) = &self.body {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(CONTENT_TYPE, json);
            *request.body_mut() = Some(body.clone().into());
        }
        Ok(request)
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let base = Url::parse(base).unwrap();
            let request = Ask::get(&["vendors"]).request(&base).unwrap();
            assert_eq!(request.url().as_str(), expected);
        }
    }

    #[test]
    fn what_goes_into_a_path_or_a_query_stays_one_part_of_it() {
        let base = Url::parse("https://gateway.example").unwrap();
        let ask = Ask::get(&["vendors", "a/../b?c"])
            .query("cursor", Some("a&b"))
            .query("limit", None::<u32>);
        let request = ask.request(&base).unwrap();
        assert_eq!(
            request.url().as_str(),
            "https://gateway.example/api/admin/vendors/a%2F..%2Fb%3Fc?cursor=a%26b"
        );
    }

    #[test]
    fn a_request_does_not_print_its_body() {
        let ask = Ask::post(&["vendors"]).json(&Value::from("the_secret"));
        assert!(!format!("{ask:?}").contains("the_secret"));
    }
}
