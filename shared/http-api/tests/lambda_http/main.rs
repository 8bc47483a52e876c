//! AWS's own adapter is what this crate is compared with.

use http_api::{Answer, Body, Request, Response};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{RequestExt as _, lambda_runtime, tower::Service as _};
use proptest::prelude::*;
use serde_json::{Value, json};

/// An event as API Gateway would write it for a request.
fn event(request: &Sent) -> Value {
    let mut event = json!({
        "version": "2.0", "routeKey": "ANY /api/admin/{proxy+}",
        "rawPath": request.path, "rawQueryString": request.query, "headers": request.headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abc1234567", "domainName": "abc1234567.execute-api.eu-west-1.amazonaws.com",
            "domainPrefix": "abc1234567", "requestId": "SampleRequest01=", "routeKey": "ANY /api/admin/{proxy+}", "stage": "$default",
            "http": { "method": request.method, "path": request.path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "" },
            "time": "18/Nov/2026:11:06:41 +0000", "timeEpoch": 1_795_000_001_000_u64,
        },
        "isBase64Encoded": request.is_base64,
    });
    if let Some(body) = &request.body {
        event["body"] = json!(body);
    }
    if let Some(cookies) = &request.cookies {
        event["cookies"] = json!(cookies);
    }
    if let Some(claims) = &request.claims {
        event["requestContext"]["authorizer"] =
            json!({ "jwt": { "claims": claims, "scopes": null } });
    }
    event
}

#[derive(Clone, Debug)]
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: std::collections::BTreeMap<String, String>,
    cookies: Option<Vec<String>>,
    claims: Option<std::collections::BTreeMap<String, String>>,
    body: Option<String>,
    is_base64: bool,
}

prop_compose! {
    fn sent()(
        method in "GET|POST|PUT|PATCH|DELETE|OPTIONS",
        path in "(/[a-zA-Z0-9_][a-zA-Z0-9_.~%-]{0,12}){1,5}",
        query in "(([a-z]{1,3}=[a-z0-9+%,]{0,4})(&[a-z]{1,3}(=[a-zé0-9]{0,4})?){0,3})?",
        headers in proptest::collection::btree_map("x-[a-z0-9-]{1,12}|host|authorization|content-type", "[ -~é]{0,24}", 0..30),
        cookies in proptest::option::of(proptest::collection::vec("[a-z]{1,4}=[a-z]{1,4}", 1..3)),
        claims in proptest::option::of(proptest::collection::btree_map("[a-z:]{1,6}", "[a-z\\[\\] ]{0,9}", 0..4)),
        body in proptest::option::of(prop_oneof![".{0,40}", "[ -~\\n\"\\\\]{0,40}"]),
    ) -> Sent {
        Sent { method, path, query, headers, cookies, claims, body, is_base64: false }
    }
}

fn theirs(event: &Value) -> lambda_http::Request {
    let request: LambdaRequest = serde_json::from_value(event.clone()).expect("an event");
    request.into()
}

fn bytes(body: &impl AsRef<[u8]>) -> &[u8] {
    body.as_ref()
}

proptest! {
    #[test]
    fn a_request_is_read_as_aws_adapter_reads_it(sent in sent()) {
        let mut event = event(&sent);
        // Their address is one of the host's, and not each text is one.
        event["headers"]["host"] = json!("abc1234567.execute-api.eu-west-1.amazonaws.com");
        let theirs = theirs(&event);
        let ours = Request::from_event(&event.to_string()).expect("an event");
        prop_assert_eq!(&ours.method, theirs.method());
        prop_assert_eq!(&ours.path, theirs.uri().path());
        prop_assert_eq!(&ours.headers, theirs.headers());
        prop_assert_eq!(bytes(&ours.body), bytes(theirs.body()));
        for (name, value) in theirs.query_string_parameters().iter() {
            let first = theirs.query_string_parameters().first(name).map(str::to_owned);
            prop_assert_eq!(ours.query.first(name), first.as_deref(), "{}", value);
        }
        let Some(RequestContext::ApiGatewayV2(context)) = theirs.request_context_ref() else {
            panic!("a context");
        };
        prop_assert_eq!(&ours.api_id, &context.apiid);
        let jwt = context.authorizer.as_ref().and_then(|it| it.jwt.as_ref());
        prop_assert_eq!(ours.claims.as_ref(), jwt.map(|token| &token.claims));
    }

    #[test]
    fn bytes_come_through_base64_as_they_were(body in proptest::collection::vec(any::<u8>(), 1..60)) {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(&body);
        let sent = Sent { body: Some(encoded), is_base64: true, ..nothing() };
        let ours = Request::from_event(&event(&sent).to_string()).expect("an event");
        prop_assert_eq!(&ours.body, &Body::Binary(body));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,80}") {
        let _ = Request::from_event(&text);
    }

    #[test]
    fn an_answer_is_written_as_aws_adapter_writes_it(
        status in 200_u16..600,
        headers in proptest::collection::btree_map("x-[a-z]{1,9}|etag", "[ -~]{0,24}", 0..6),
        body in prop_oneof![
            Just(("application/json", Body::Empty)),
            // They drop a mark of byte order.
            "[^\u{feff}].{0,40}".prop_map(|text| ("application/json", Body::Text(text))),
            proptest::collection::vec(any::<u8>(), 1..40).prop_map(|bytes| ("image/png", Body::Binary(bytes))),
        ],
    ) {
        // They look at the type to tell text from bytes.
        let (kind, body) = body;
        let mut ours = Response::new(body);
        ours.headers_mut().insert("content-type", http::HeaderValue::from_static(kind));
        *ours.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        for (name, value) in &headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
            ours.headers_mut().insert(name, value.parse().expect("a value"));
        }
        let theirs = written_by_theirs(&ours);
        let ours = serde_json::to_value(Answer(ours)).expect("JSON");
        for member in ["statusCode", "headers", "body", "isBase64Encoded"] {
            prop_assert_eq!(&ours[member], &theirs[member], "{}", member);
        }
    }
}

fn written_by_theirs(answer: &Response) -> Value {
    let body = match answer.body().clone() {
        Body::Empty => lambda_http::Body::Text(String::new()),
        Body::Text(text) => lambda_http::Body::Text(text),
        Body::Binary(bytes) => lambda_http::Body::Binary(bytes),
    };
    let mut theirs = lambda_http::Response::new(body);
    *theirs.status_mut() = answer.status();
    *theirs.headers_mut() = answer.headers().clone();
    let mut adapter = lambda_http::Adapter::from(lambda_http::service_fn(move |_| {
        let theirs = theirs.clone();
        async move { Ok::<_, std::convert::Infallible>(theirs) }
    }));
    let request: LambdaRequest = serde_json::from_value(event(&nothing())).expect("an event");
    let event = lambda_runtime::LambdaEvent::new(request, lambda_runtime::Context::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let answer = runtime.block_on(adapter.call(event)).expect("an answer");
    serde_json::to_value(answer).expect("JSON")
}

#[test]
fn what_is_no_event_is_refused_and_not_shown() {
    for text in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"rawPath":"/secret","requestContext":{"http":{"method":"GE T"}}}"#,
    ] {
        let error = Request::from_event(text).expect_err("no event").to_string();
        assert!(
            error.contains("payload 2.0") && !error.contains("secret"),
            "{error}"
        );
    }
}

#[test]
fn a_header_that_comes_twice_is_joined_by_commas() {
    let mut answer = Response::new(Body::Empty);
    for value in ["a", "b"] {
        answer
            .headers_mut()
            .append("vary", value.parse().expect("a value"));
    }
    let written = serde_json::to_value(Answer(answer)).expect("JSON");
    assert_eq!(written["headers"]["vary"], "a, b");
}

#[test]
fn a_path_that_is_no_address_is_taken_as_it_is() {
    for path in ["/a b", "/é", "/%", "", "//x", "/a?b#c"] {
        let mut event = event(&nothing());
        event["rawPath"] = json!(path);
        let request = Request::from_event(&event.to_string()).expect("an event");
        assert_eq!(request.path, path);
    }
}

/// A request with nothing in it.
fn nothing() -> Sent {
    Sent {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        query: String::new(),
        headers: [].into(),
        cookies: None,
        claims: None,
        body: None,
        is_base64: false,
    }
}
