//! API Gateway's events, payload 2.0:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{COOKIE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::body::Body;
use crate::request::Request;

/// A text that is no event of payload 2.0. It shows nothing of the event.
#[derive(Debug)]
pub struct NotAnEvent(&'static str);

impl fmt::Display for NotAnEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an event of API Gateway's payload 2.0: {}", self.0)
    }
}

impl std::error::Error for NotAnEvent {}

impl Request {
    /// Reads an event.
    pub fn from_event(event: &str) -> Result<Self, NotAnEvent> {
        let event: Event<'_> = serde_json::from_str(event)
            .map_err(|_| NotAnEvent("a member is missing or of another kind"))?;
        event.into_request()
    }
}

/// What the runtime hands over. It is read at one go: the runtime would note the path to every member, in case that one can't be read.
pub(crate) struct Payload(pub(crate) Request);

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = <&RawValue>::deserialize(deserializer)?;
        let request = Request::from_event(event.get());
        request.map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    raw_path: String,
    #[serde(borrow, default)]
    raw_query_string: Cow<'a, str>,
    cookies: Option<Vec<String>>,
    #[serde(default)]
    headers: Headers,
    #[serde(borrow)]
    request_context: RequestContext<'a>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    api_id: Option<String>,
    authorizer: Option<Authorizer>,
    #[serde(borrow)]
    http: Http<'a>,
}

#[derive(Deserialize)]
struct Http<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Authorizer {
    jwt: Option<Jwt>,
}

#[derive(Deserialize)]
struct Jwt {
    #[serde(default)]
    claims: HashMap<String, String>,
}

#[derive(Default)]
struct Headers(HeaderMap);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

struct HeadersVisitor;

/// More headers than most requests have: the map does not grow while it is filled.
const HEADERS: usize = 24;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_unit<E>(self) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        while let Some(name) = map.next_key::<Text<'de>>()? {
            let name = HeaderName::from_bytes(name.0.as_bytes());
            let value = map.next_value::<Text<'de>>()?;
            let value = HeaderValue::from_bytes(value.0.as_bytes());
            headers.append(
                name.map_err(A::Error::custom)?,
                value.map_err(A::Error::custom)?,
            );
        }
        Ok(Headers(headers))
    }
}

/// A text that is copied only if it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Event<'_> {
    fn into_request(self) -> Result<Request, NotAnEvent> {
        let method = self.request_context.http.method.as_bytes();
        let method = Method::from_bytes(method).map_err(|_| NotAnEvent("no method"))?;
        let mut headers = self.headers.0;
        if let Some(cookies) = self.cookies {
            let cookies = HeaderValue::from_bytes(cookies.join("; ").as_bytes());
            headers.insert(COOKIE, cookies.map_err(|_| NotAnEvent("a cookie"))?);
        }
        Ok(Request {
            method,
            path: self.raw_path,
            query: self.raw_query_string.as_ref().into(),
            headers,
            body: body(self.body, self.is_base64_encoded)?,
            api_id: self.request_context.api_id,
            claims: self
                .request_context
                .authorizer
                .and_then(|authorizer| authorizer.jwt)
                .map(|token| token.claims),
            context: None,
        })
    }
}

fn body(text: Option<String>, is_base64: bool) -> Result<Body, NotAnEvent> {
    let text = text.unwrap_or_default();
    if text.is_empty() {
        return Ok(Body::Empty);
    }
    if !is_base64 {
        return Ok(Body::Text(text));
    }
    let bytes = STANDARD.decode(text);
    bytes
        .map(Body::Binary)
        .map_err(|_| NotAnEvent("the body is not base64"))
}
