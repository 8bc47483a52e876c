//! The store of customers' files: an S3 bucket, spoken to with two requests and without an SDK of its own.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use domain::{file_type, limits};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use crate::config::{self, Config};
use crate::error::AwsError;
use crate::http::Http;

/// The bucket of files, if the gateway has one.
#[derive(Clone, Debug)]
pub struct MediaStore {
    http: Http,
    bucket: Option<Bucket>,
}

/// A link to a file. Whoever has it can read the file until it ends, so its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    pub expires_at: Timestamp,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Bucket {
    /// Where its objects are, without a trailing slash.
    url: String,
    region: String,
    keys: config::Credentials,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl MediaStore {
    pub(crate) fn new(config: &Config, http: Http) -> Self {
        let bucket = config.media_bucket.as_ref().map(|name| Bucket {
            url: match &config.endpoint_url {
                Some(endpoint) => format!("{}/{name}", endpoint.trim_end_matches('/')),
                None => format!("https://{name}.s3.{}.amazonaws.com", config.region),
            },
            region: config.region.clone(),
            keys: config.credentials.clone(),
        });
        Self { http, bucket }
    }

    /// Whether there is a bucket.
    pub fn is_configured(&self) -> bool {
        self.bucket.is_some()
    }

    /// Keeps a file under a name; the same name again replaces it.
    pub async fn put(
        &self,
        name: &str,
        content_type: &str,
        file: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        const ATTEMPTED: &str = "keeping a file";
        let no_bucket = || AwsError::refused(ATTEMPTED, "not_configured");
        let bucket = self.bucket.as_ref().ok_or_else(no_bucket)?;
        let request = bucket
            .put(name, &[("content-type", content_type)], file, now)
            .ok_or_else(|| AwsError::refused(ATTEMPTED, "not_sent"))?;
        self.asked(ATTEMPTED, Some(request)).await.map(|_| ())
    }

    /// The names of some files whose names begin so; none are left once it answers none.
    pub async fn names(&self, beginning: &str, now: Timestamp) -> Result<Vec<String>, AwsError> {
        const ATTEMPTED: &str = "listing files";
        let Some(bucket) = &self.bucket else {
            return Ok(Vec::new());
        };
        let query = format!("?list-type=2&prefix={}", encoded(beginning));
        let answer = self
            .asked(ATTEMPTED, bucket.bare("GET", &query, now))
            .await?;
        let text = String::from_utf8(answer).map_err(|_| AwsError::unreadable(ATTEMPTED))?;
        Ok(listed(&text))
    }

    /// Deletes a file, whether it is there or not.
    pub async fn delete(&self, name: &str, now: Timestamp) -> Result<(), AwsError> {
        let Some(bucket) = &self.bucket else {
            return Ok(());
        };
        let asking = self.asked("deleting a file", bucket.bare("DELETE", name, now));
        asking.await.map(|_| ())
    }

    async fn asked(
        &self,
        attempted: &'static str,
        request: Option<http::Request<Vec<u8>>>,
    ) -> Result<Vec<u8>, AwsError> {
        let request = request.ok_or_else(|| AwsError::refused(attempted, "not_sent"))?;
        let answer = self.http.perform_within(request, limits::MEDIA_STORE).await;
        let answer = answer.map_err(|_| AwsError::refused(attempted, "not_reached"))?;
        if answer.status().is_success() {
            return Ok(answer.into_body());
        }
        // The answer's text may name the object; its code is enough.
        Err(AwsError::refused(attempted, answer.status().as_str()))
    }

    /// A link to a file for a while. What a browser must not show by itself is offered as a download under `file_name`.
    pub fn link(
        &self,
        name: &str,
        content_type: &str,
        file_name: &str,
        now: Timestamp,
    ) -> Option<Link> {
        let bucket = self.bucket.as_ref()?;
        let how = if file_type::is_shown(content_type) {
            "inline"
        } else {
            "attachment"
        };
        // The form for any letters: RFC 6266 with RFC 5987.
        let disposition = format!("{how}; filename*=UTF-8''{}", encoded(file_name));
        let query = format!(
            "response-content-disposition={}&response-content-type={}",
            encoded(&disposition),
            encoded(content_type)
        );
        let url = bucket.presigned(&format!("{name}?{query}"), limits::MEDIA_LINK, now)?;
        let expires_at = now.checked_add(limits::MEDIA_LINK).ok()?;
        Some(Link { url, expires_at })
    }
}

impl Bucket {
    fn put(
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
        let mut request = request.body(file).ok()?;
        let mut settings = settings();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        self.sign(
            &mut request,
            |file| SignableBody::Bytes(file),
            settings,
            now,
        )?;
        Some(request)
    }

    /// A request without a body.
    fn bare(&self, method: &str, name: &str, now: Timestamp) -> Option<http::Request<Vec<u8>>> {
        let request = http::Request::builder().method(method);
        let request = request.uri(format!("{}/{name}", self.url));
        let mut request = request.body(Vec::new()).ok()?;
        let mut settings = settings();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        self.sign(&mut request, |_| SignableBody::Bytes(&[]), settings, now)?;
        Some(request)
    }

    fn presigned(&self, name: &str, lives: Duration, now: Timestamp) -> Option<String> {
        let request = http::Request::get(format!("{}/{name}", self.url));
        let mut request = request.body(Vec::new()).ok()?;
        let mut settings = settings();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(lives);
        self.sign(
            &mut request,
            |_| SignableBody::UnsignedPayload,
            settings,
            now,
        )?;
        Some(request.uri().to_string())
    }

    fn sign(
        &self,
        request: &mut http::Request<Vec<u8>>,
        body: impl Fn(&[u8]) -> SignableBody<'_>,
        settings: SigningSettings,
        now: Timestamp,
    ) -> Option<()> {
        let keys = &self.keys;
        let identity = Credentials::new(
            &keys.access_key_id,
            &keys.secret_access_key,
            keys.session_token.clone(),
            None,
            "environment",
        );
        let identity = identity.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::from(now))
            .settings(settings)
            .build()
            .ok()?
            .into();
        let headers = request.headers().iter();
        let headers: Vec<(&str, &str)> = headers
            .map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect::<Option<_>>()?;
        let uri = request.uri().to_string();
        let signable = SignableRequest::new(
            request.method().as_str(),
            &uri,
            headers.into_iter(),
            body(request.body()),
        );
        let (signature, _) = sign(signable.ok()?, &parameters).ok()?.into_parts();
        signature.apply_to_request_http1x(request);
        Some(())
    }
}

/// The names in a list of objects; ours have no letter that XML writes otherwise.
fn listed(xml: &str) -> Vec<String> {
    let behind_keys = xml.split("<Key>").skip(1);
    let names = behind_keys.filter_map(|rest| rest.split_once("</Key>"));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// S3 wants paths as they are sent.
fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

/// What SigV4 encodes: everything but letters, digits and four marks.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, &ENCODED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bucket, keys and day of AWS's published examples of Signature Version 4 for S3.
    fn example() -> Bucket {
        Bucket {
            url: "https://examplebucket.s3.amazonaws.com".to_owned(),
            region: "us-east-1".to_owned(),
            keys: config::Credentials {
                access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
                secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
                session_token: None,
            },
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

    fn store(endpoint_url: Option<&str>) -> MediaStore {
        let config = Config {
            endpoint_url: endpoint_url.map(str::to_owned),
            media_bucket: Some("media".to_owned()),
            ..Config::example()
        };
        MediaStore::new(&config, Http::new())
    }

    #[test]
    fn a_bucket_is_a_host_in_aws_and_a_folder_elsewhere() {
        let link = |endpoint| store(endpoint).link("v/m", "image/png", "a.png", day());
        let url = link(None).unwrap().url;
        assert!(
            url.starts_with("https://media.s3.eu-west-1.amazonaws.com/v/m?"),
            "{url}"
        );
        let url = link(Some("http://127.0.0.1:9003/")).unwrap().url;
        assert!(url.starts_with("http://127.0.0.1:9003/media/v/m?"), "{url}");
    }

    #[test]
    fn a_link_tells_how_to_show_the_file_and_when_it_ends() {
        let link = |content_type, name| store(None).link("m", content_type, name, day()).unwrap();
        let shown = link("image/png", "a.png");
        assert!(shown.url.contains("response-content-disposition=inline%3B"));
        assert!(shown.url.contains("response-content-type=image%2Fpng"));
        assert_eq!(shown.expires_at.to_string(), "2013-05-24T00:15:00Z");
        let saved = link("text/plain", "relevé \"1\".txt");
        let name = "attachment%3B%20filename%2A%3DUTF-8%27%27relev%25C3%25A9%2520%25221%2522.txt";
        assert!(saved.url.contains(name), "{}", saved.url);
        assert_eq!(
            format!("{saved:?}"),
            "Link { expires_at: 2013-05-24T00:15:00Z, .. }"
        );
    }

    #[test]
    fn without_a_bucket_there_is_no_link() {
        let none = MediaStore::new(&Config::example(), Http::new());
        assert!(!none.is_configured());
        assert_eq!(none.link("m", "image/png", "a.png", day()), None);
    }
}
