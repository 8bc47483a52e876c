//! A request as API Gateway hands it to a function.

use std::collections::HashMap;

use http::{HeaderMap, Method};
use lambda_runtime::Context;

use crate::body::Body;

/// A request. Its headers are those that the caller sent, and never what API Gateway says of it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: Method,
    /// As API Gateway tells it, beginning with the stage if that has a name.
    pub path: String,
    pub query: Query,
    pub headers: HeaderMap,
    pub body: Body,
    /// The id of the API that it came through.
    pub api_id: Option<String>,
    /// What the JWT authoriser found in a token that it proved; nothing if the route has none.
    pub claims: Option<HashMap<String, String>>,
    /// The invocation that it came with; none if it came with none, as in tests.
    pub context: Option<Context>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            ..Self::default()
        }
    }

    /// The same request, of this invocation.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> Self {
        self.context = Some(context);
        self
    }
}

/// What stands behind the question mark of an address, decoded as browsers write it (<https://url.spec.whatwg.org/#urlencoded-parsing>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The first value of this name.
    pub fn first(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl From<&str> for Query {
    fn from(raw: &str) -> Self {
        let pairs = form_urlencoded::parse(raw.as_bytes());
        Self(pairs.into_owned().collect())
    }
}
