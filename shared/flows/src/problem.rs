//! Errors as `application/problem+json` (RFC 9457), each with a stable code.

use http_api::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http_api::http::{HeaderValue, StatusCode};
use http_api::{Body, Response};
use serde_json::{Map, Value, json};

/// An error that a caller sees. It names the field and what to do, never an internal.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub status: u16,
    /// Stable; callers decide on it.
    pub code: &'static str,
    pub title: &'static str,
    pub detail: String,
    /// More members, such as `field`.
    pub more: Map<String, Value>,
    /// A header that belongs to it.
    header: Option<Box<(&'static str, String)>>,
}

impl Problem {
    pub fn new(
        status: u16,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            title,
            detail: detail.into(),
            more: Map::new(),
            header: None,
        }
    }

    /// A path that exists and does not have this method; `allow` names those it has, separated by commas.
    pub fn method_not_allowed(allow: &str) -> Self {
        let detail = format!("this path takes {allow}");
        let problem = Self::new(405, "method_not_allowed", "Method not allowed", detail);
        Self {
            header: Some(Box::new(("allow", allow.to_owned()))),
            ..problem
        }
    }

    /// The same problem, naming the field that caused it.
    #[must_use]
    pub fn field(mut self, name: &str) -> Self {
        self.more.insert("field".to_owned(), name.into());
        self
    }

    /// The same problem, with what to do about it.
    #[must_use]
    pub fn hint(mut self, what_to_do: &str) -> Self {
        self.more.insert("hint".to_owned(), what_to_do.into());
        self
    }

    /// The same problem, which is over in so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.header = Some(Box::new(("retry-after", seconds.to_string())));
        self
    }

    pub fn response(&self) -> Response {
        let mut body = json!({
            "type": format!("https://multi-waba.example/problems/{}", self.code),
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        });
        if let Some(members) = body.as_object_mut() {
            members.extend(self.more.clone());
        }
        let mut response = answer(self.status, "application/problem+json", body.to_string());
        if let Some((name, value)) = self.header.as_deref()
            && let Ok(value) = HeaderValue::from_str(value)
        {
            response.headers_mut().insert(*name, value);
        }
        response
    }
}

/// A JSON answer.
pub fn json(status: u16, body: &Value) -> Response {
    json_text(status, body.to_string())
}

/// An answer of JSON that is written already.
pub fn json_text(status: u16, body: String) -> Response {
    answer(status, "application/json", body)
}

fn answer(status: u16, content_type: &'static str, body: String) -> Response {
    let mut answer = Response::new(Body::Text(body));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status of HTTP");
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
