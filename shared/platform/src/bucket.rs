//! An S3 bucket, spoken to with a few requests and without an SDK of its own.

use std::fmt;
use std::time::Duration;

use aws::sign::{Moment, Signed, Signer, sha256_hex};
use domain::limits;
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use crate::config::Config;
use crate::error::AwsError;
use crate::http::Http;

/// A bucket of objects.
#[derive(Clone)]
pub(crate) struct Bucket {
    /// Where its objects are, without a trailing slash.
    url: String,
    signer: Signer,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Bucket {
    pub(crate) fn new(config: &Config, name: &str) -> Self {
        Self {
            url: match &config.endpoint_url {
                Some(endpoint) => format!("{}/{name}", endpoint.trim_end_matches('/')),
                None => format!("https://{name}.s3.{}.amazonaws.com", config.region),
            },
            signer: Signer::new("s3", &config.region, config.credentials.clone()),
        }
    }

    /// The names of up to a thousand objects whose names begin so, in order, behind one of them.
    pub(crate) async fn names(
        &self,
        http: &Http,
        attempted: &'static str,
        (beginning, behind): (&str, Option<&str>),
        now: Timestamp,
    ) -> Result<Vec<String>, AwsError> {
        let behind = behind.map(|name| format!("&start-after={}", encoded(name)));
        let query = format!(
            "?list-type=2&prefix={}{}",
            encoded(beginning),
            behind.unwrap_or_default()
        );
        let request = self.bare("GET", &query, now);
        let answer = Self::asked(http, attempted, request).await?;
        let text = String::from_utf8(answer).map_err(|_| AwsError::unreadable(attempted))?;
        Ok(listed(&text))
    }

    /// Performs a request; what is not answered with success is an error with the status as its code.
    pub(crate) async fn asked(
        http: &Http,
        attempted: &'static str,
        request: Option<http::Request<Vec<u8>>>,
    ) -> Result<Vec<u8>, AwsError> {
        let request = request.ok_or_else(|| AwsError::refused(attempted, "not_sent"))?;
        let answer = http.perform_within(request, limits::MEDIA_STORE).await;
        let answer = answer.map_err(|_| AwsError::refused(attempted, "not_reached"))?;
        if answer.status().is_success() {
            return Ok(answer.into_body());
        }
        // The answer's text may name the object; its code is enough.
        Err(AwsError::refused(attempted, answer.status().as_str()))
    }

    /// The request that keeps an object under a name.
    pub(crate) fn put(
        &self,
        name: &str,
        headers: &[(&str, &str)],
        file: Vec<u8>,
        now: Timestamp,
    ) -> Option<http::Request<Vec<u8>>> {
        let mut request = http::Request::put(format!("{}/{name}", self.url));
        for (header, value) in headers {
            request = request.header(*header, *value);
        }
        self.signed(request.body(file).ok()?, now)
    }

    /// A request without a body.
    pub(crate) fn bare(
        &self,
        method: &str,
        name: &str,
        now: Timestamp,
    ) -> Option<http::Request<Vec<u8>>> {
        let request = http::Request::builder().method(method);
        let request = request.uri(format!("{}/{name}", self.url));
        self.signed(request.body(Vec::new()).ok()?, now)
    }

    /// A link to an object, for a while. What is asked of the answer may stand behind a `?`: encoded, and in order by its names, which are
    /// in lower case and so come after those of the signature.
    pub(crate) fn presigned(&self, name: &str, lives: Duration, now: Timestamp) -> Option<String> {
        let (name, asked) = name.split_once('?').unwrap_or((name, ""));
        let url: http::Uri = format!("{}/{name}", self.url).parse().ok()?;
        let at = Moment::from(now);
        let credential = self.signer.credential(at);
        let mut query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}",
            encoded(&credential),
            at.as_str(),
            lives.as_secs()
        );
        if let Some(token) = self.signer.session_token() {
            query = format!("{query}&X-Amz-Security-Token={}", encoded(token));
        }
        query.push_str("&X-Amz-SignedHeaders=host");
        if !asked.is_empty() {
            query = format!("{query}&{asked}");
        }
        let signed = Signed {
            method: "GET",
            path: url.path(),
            query: &query,
            headers: &[("host", url.authority()?.as_str())],
            payload: "UNSIGNED-PAYLOAD",
        };
        let signature = self.signer.signature(&signed, at);
        Some(format!("{url}?{query}&X-Amz-Signature={signature}"))
    }

    /// Signs a request whose query is sorted and encoded, with its headers and its body.
    fn signed(
        &self,
        mut request: http::Request<Vec<u8>>,
        now: Timestamp,
    ) -> Option<http::Request<Vec<u8>>> {
        let at = Moment::from(now);
        let payload = sha256_hex(request.body());
        let host = request.uri().authority()?.to_string();
        let added = [
            ("host", Some(host.as_str())),
            ("x-amz-content-sha256", Some(payload.as_str())),
            ("x-amz-date", Some(at.as_str())),
            ("x-amz-security-token", self.signer.session_token()),
        ];
        for (name, value) in added {
            let Some(value) = value else { continue };
            let value = HeaderValue::from_str(value).ok()?;
            let name = HeaderName::from_static(name);
            request.headers_mut().insert(name, value);
        }
        let headers = request.headers().iter();
        let mut headers: Vec<(&str, &str)> = headers
            .map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect::<Option<_>>()?;
        headers.sort_unstable();
        let signed = Signed {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: &headers,
            payload: &payload,
        };
        let authorization = self.signer.authorization(&signed, at);
        let authorization = HeaderValue::try_from(authorization).ok()?;
        let name = http::header::AUTHORIZATION;
        request.headers_mut().insert(name, authorization);
        Some(request)
    }
}

/// The names in a list of objects; ours have no letter that XML writes otherwise.
fn listed(xml: &str) -> Vec<String> {
    let behind_keys = xml.split("<Key>").skip(1);
    let names = behind_keys.filter_map(|rest| rest.split_once("</Key>"));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// What SigV4 encodes: everything but letters, digits and four marks.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

pub(crate) fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, &ENCODED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bucket, keys and day of AWS's published examples of Signature Version 4 for S3.
    fn example() -> Bucket {
        let credentials = aws::Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        };
        Bucket {
            url: "https://examplebucket.s3.amazonaws.com".to_owned(),
            signer: Signer::new("s3", "us-east-1", credentials),
        }
    }

    fn day() -> Timestamp {
        "2013-05-24T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_link_is_signed_as_in_awss_example() {
        let url = example()
            .presigned("test.txt", Duration::from_hours(24), day())
            .unwrap();
        let expected = "https://examplebucket.s3.amazonaws.com/test.txt\
            ?X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
            &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
            &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert_eq!(url, expected);
    }

    /// The signature is what botocore makes of the same.
    #[test]
    fn a_link_that_asks_something_of_the_answer_is_signed_with_it() {
        let asked = "response-content-disposition=inline%3B%20filename%2A%3DUTF-8%27%27a.jpg&response-content-type=image%2Fjpeg";
        let url = example()
            .presigned(
                &format!("test.txt?{asked}"),
                Duration::from_hours(24),
                day(),
            )
            .unwrap();
        assert_eq!(url.matches('?').count(), 1, "{url}");
        assert!(url.contains(&format!("&{asked}&")), "{url}");
        let signature = "ae1250ffad8a237e5ef8ef3c67b865991d4d286c6ce96f78c528761d5461a727";
        assert!(url.ends_with(signature), "{url}");
    }

    #[test]
    fn a_file_is_signed_as_in_awss_example() {
        let headers = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ];
        let file = b"Welcome to Amazon S3.".to_vec();
        let request = example()
            .put("test%24file.text", &headers, file, day())
            .unwrap();
        let header = |name| request.headers()[name].to_str().unwrap();
        assert_eq!(
            header("x-amz-content-sha256"),
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
        );
        let signature =
            "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
        assert!(header("authorization").ends_with(signature));
    }

    #[test]
    fn the_names_in_a_list_are_read() {
        let xml = "<ListBucketResult><Prefix>v/</Prefix><Contents><Key>v/2026-11/a</Key><Size>3</Size></Contents>\
            <Contents><Key>v/2026-11/b</Key></Contents></ListBucketResult>";
        assert_eq!(listed(xml), ["v/2026-11/a", "v/2026-11/b"]);
        assert_eq!(listed("<ListBucketResult/>"), Vec::<String>::new());
    }
}
