use http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Bytes;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;

use super::{Name, Objects};
use crate::request::Request;

type Response = http::Response<Full<Bytes>>;

/// How far a clock may be ahead of S3's.
const SKEW: SignedDuration = SignedDuration::from_mins(15);
/// Names in one list.
const LISTED: usize = 1000;
/// A week, the longest life of a link.
const LONGEST_LIFE: i64 = 604_800;

/// The operation of a request, if it is about an object or a bucket.
pub(crate) fn operation(method: &Method, uri: &Uri) -> Option<(&'static str, Name)> {
    let name = Name::parse(uri.path())?;
    let operation = match (method, name.key.is_some()) {
        (&Method::PUT, false) => "CreateBucket",
        (&Method::PUT, true) => "PutObject",
        (&Method::GET, false) => "ListBucket",
        (&Method::GET, true) => "GetObject",
        (&Method::DELETE, true) => "DeleteObject",
        _ => return None,
    };
    Some((operation, name))
}

/// The access key id in a link.
pub(crate) fn caller(uri: &Uri) -> Option<String> {
    let credential = parameter(uri, "X-Amz-Credential")?;
    credential.split('/').next().map(str::to_owned)
}

/// Below what a list of objects looks.
pub(crate) fn prefix(uri: &Uri) -> Option<String> {
    parameter(uri, "prefix")
}

pub(crate) fn call(objects: &Objects, request: &Request, now: Timestamp) -> Response {
    let Some((operation, name)) = operation(&request.method, &request.uri) else {
        return refusal(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed");
    };
    let is_signed = request.headers.contains_key(AUTHORIZATION);
    let is_allowed = is_signed || operation == "GetObject" && is_open(&request.uri, now);
    if !is_allowed {
        return refusal(StatusCode::FORBIDDEN, "AccessDenied");
    }
    if operation != "CreateBucket" && !objects.has_bucket(&name) {
        return refusal(StatusCode::NOT_FOUND, "NoSuchBucket");
    }
    // As conditional writes are: `*` is any object at all.
    let only_new = request
        .headers
        .get(IF_NONE_MATCH)
        .is_some_and(|it| it == "*");
    if operation == "PutObject" && only_new && objects.get(&name.whole()).is_some() {
        return refusal(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
    }
    let done = match operation {
        "CreateBucket" => objects.create(&name),
        "PutObject" => objects.put(&name, request.body.clone()),
        "DeleteObject" => {
            objects.delete(&name);
            Ok(())
        }
        "ListBucket" => return list(objects, &name, &request.uri),
        _ => return get(objects, &name, &request.uri),
    };
    match done {
        Ok(()) => Response::new(Full::default()),
        Err(error) => {
            tracing::error!(%error, "an object could not be kept");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError")
        }
    }
}

/// The first thousand names below a prefix, behind another one if it is named; they are no markup.
fn list(objects: &Objects, bucket: &Name, uri: &Uri) -> Response {
    let prefix = prefix(uri).unwrap_or_default();
    let below = format!("{}/{prefix}", bucket.whole());
    let inside = bucket.whole().len() + 1;
    let names = objects.names();
    let behind = parameter(uri, "start-after").unwrap_or_default();
    let found = names.iter().filter(|name| name.starts_with(&below));
    let found = found.filter(|name| name[inside..] > *behind);
    let mut contents = String::new();
    for name in found.take(LISTED) {
        contents.extend(["<Contents><Key>", &name[inside..], "</Key></Contents>"]);
    }
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><Prefix>{prefix}</Prefix>{contents}</ListBucketResult>"
    );
    let mut response = Response::new(Full::new(Bytes::from(body)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

fn get(objects: &Objects, name: &Name, uri: &Uri) -> Response {
    let Some(object) = objects.get(&name.whole()) else {
        return refusal(StatusCode::NOT_FOUND, "NoSuchKey");
    };
    let mut response = Response::new(Full::new(object));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("binary/octet-stream"),
    );
    overridden(headers, CONTENT_TYPE, uri, "response-content-type");
    overridden(
        headers,
        CONTENT_DISPOSITION,
        uri,
        "response-content-disposition",
    );
    response
}

fn overridden(headers: &mut HeaderMap, header: HeaderName, uri: &Uri, name: &str) {
    if let Some(value) = parameter(uri, name).and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(header, value);
    }
}

/// Whether a link is complete and has not ended.
fn is_open(uri: &Uri, now: Timestamp) -> bool {
    let is_signed = parameter(uri, "X-Amz-Algorithm").as_deref() == Some("AWS4-HMAC-SHA256")
        && parameter(uri, "X-Amz-Credential")
            .is_some_and(|credential| credential.ends_with("/s3/aws4_request"))
        && parameter(uri, "X-Amz-SignedHeaders").is_some()
        && parameter(uri, "X-Amz-Signature").is_some_and(|signature| signature.len() == 64);
    let life = || {
        let signed = parameter(uri, "X-Amz-Date")?;
        let signed = DateTime::strptime("%Y%m%dT%H%M%SZ", signed).ok()?;
        let signed = signed.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let seconds: i64 = parameter(uri, "X-Amz-Expires")?.parse().ok()?;
        let lives = (1..=LONGEST_LIFE).contains(&seconds);
        let age = now.duration_since(signed);
        Some(lives && age > -SKEW && age < SignedDuration::from_secs(seconds))
    };
    is_signed && life().unwrap_or(false)
}

fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = uri
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    percent_decode_str(value)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// An error in the form of S3.
pub(crate) fn refusal(status: StatusCode, code: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>The request was not performed.</Message></Error>"
    );
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
