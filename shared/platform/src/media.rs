//! The store of customers' files: an S3 bucket.

use std::fmt;

use domain::{file_type, limits};
use jiff::Timestamp;

use crate::bucket::{Bucket, encoded};
use crate::config::Config;
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

impl MediaStore {
    pub(crate) fn new(config: &Config, http: Http) -> Self {
        let bucket = config.media_bucket.as_ref();
        let bucket = bucket.map(|name| Bucket::new(config, name));
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
        let request = bucket.put(name, &[("content-type", content_type)], file, now);
        let asking = Bucket::asked(&self.http, ATTEMPTED, request);
        asking.await.map(|_| ())
    }

    /// The names of some files whose names begin so; none are left once it answers none.
    pub async fn names(&self, beginning: &str, now: Timestamp) -> Result<Vec<String>, AwsError> {
        match &self.bucket {
            Some(bucket) => {
                let listing = bucket.names(&self.http, "listing files", (beginning, None), now);
                listing.await
            }
            None => Ok(Vec::new()),
        }
    }

    /// Deletes a file, whether it is there or not.
    pub async fn delete(&self, name: &str, now: Timestamp) -> Result<(), AwsError> {
        let Some(bucket) = &self.bucket else {
            return Ok(());
        };
        let request = bucket.bare("DELETE", name, now);
        let asking = Bucket::asked(&self.http, "deleting a file", request);
        asking.await.map(|_| ())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> Timestamp {
        "2013-05-24T00:00:00Z".parse().unwrap()
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
