//! Requests as API Gateway's payload 2.0 events, and answers back: the form in which the functions meet the world on AWS.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The event of one request. Header names are in lower case, repeated headers are joined by commas, and a body that is not text is
/// base64, as API Gateway does it.
pub(crate) fn to_event(
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
    body: &Bytes,
    route: &str,
) -> Value {
    let text = is_text(headers)
        .then(|| std::str::from_utf8(body).ok())
        .flatten();
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str())
            .and_modify(|all| *all = format!("{all},{value}"))
            .or_insert_with(|| value.into_owned());
    }
    json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": uri.path(),
        "rawQueryString": uri.query().unwrap_or_default(),
        "headers": joined,
        "queryStringParameters": query(uri),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1",
            "domainPrefix": "127",
            "http": {
                "method": method.as_str(),
                "path": uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": joined.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": uuid::Uuid::new_v4().to_string(),
            "routeKey": route,
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 0,
        },
        "body": text.map_or_else(|| STANDARD.encode(body), str::to_owned),
        "isBase64Encoded": text.is_none(),
    })
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("text/plain");
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind.starts_with("text/")
        || [
            "application/json",
            "application/javascript",
            "application/xml",
        ]
        .contains(&kind.as_str())
}

fn query(uri: &Uri) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(&format!(
        "http://127.0.0.1/?{}",
        uri.query().unwrap_or_default()
    ));
    url.map(|url| url.query_pairs().into_owned().collect())
        .unwrap_or_default()
}

/// The HTTP answer that a function's answer stands for.
pub(crate) fn to_response(answer: &Value) -> Response {
    let status = answer["statusCode"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok());
    let status = status
        .and_then(|code| StatusCode::from_u16(code).ok())
        .unwrap_or(StatusCode::BAD_GATEWAY);
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        STANDARD.decode(body).unwrap_or_default()
    } else {
        body.as_bytes().to_vec()
    };
    let mut response = (status, body).into_response();
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let name = axum::http::HeaderName::try_from(name.as_str());
        let value = value
            .as_str()
            .and_then(|value| axum::http::HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (name, value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(headers: &[(&str, &str)], body: &'static [u8]) -> Value {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                axum::http::HeaderName::try_from(*name).unwrap(),
                value.parse().unwrap(),
            );
        }
        let uri = "/a?limit=5&cursor=a%20b".parse().unwrap();
        to_event(
            (&Method::POST, &uri, &map),
            &Bytes::from_static(body),
            "ANY /a",
        )
    }

    #[test]
    fn a_header_sent_twice_is_joined_by_a_comma() {
        assert_eq!(
            event(&[("X-A", "1"), ("X-A", "2")], b"")["headers"]["x-a"],
            "1,2"
        );
    }

    #[test]
    fn what_is_not_text_is_base64() {
        assert_eq!(
            event(&[("content-type", "application/json")], b"{}")["isBase64Encoded"],
            false
        );
        let binary = event(&[("content-type", "application/octet-stream")], b"{}");
        assert_eq!(
            (binary["isBase64Encoded"].clone(), binary["body"].clone()),
            (json!(true), json!("e30="))
        );
        assert_eq!(
            event(&[("content-type", "application/json")], b"\xff")["isBase64Encoded"],
            true
        );
    }

    #[test]
    fn a_query_is_decoded() {
        assert_eq!(
            event(&[], b"")["queryStringParameters"],
            json!({ "limit": "5", "cursor": "a b" })
        );
    }
}
