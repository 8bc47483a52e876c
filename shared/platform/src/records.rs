//! Records of what tables that are restored from a backup must not undo: objects of an S3 bucket, whose names tell all of them.
//!
//! A record is written before what it tells takes effect. No function may delete one or write over one.

use domain::restore::record::Record;
use jiff::Timestamp;

use crate::bucket::Bucket;
use crate::config::Config;
use crate::error::AwsError;
use crate::http::Http;

/// The bucket of records, if the gateway has one.
#[derive(Clone, Debug)]
pub struct Records {
    http: Http,
    bucket: Option<Bucket>,
}

/// What S3 answers about an object that is there already.
const THERE: &str = "412";

impl Records {
    pub(crate) fn new(config: &Config, http: Http) -> Self {
        let bucket = config.records_bucket.as_ref();
        let bucket = bucket.map(|name| Bucket::new(config, name));
        Self { http, bucket }
    }

    /// Keeps a record; one that is kept already is kept. Without a bucket nothing is.
    pub async fn keep(&self, record: &Record, now: Timestamp) -> Result<(), AwsError> {
        const ATTEMPTED: &str = "recording a change";
        let Some(bucket) = &self.bucket else {
            return Ok(());
        };
        let headers = [("content-type", "text/plain"), ("if-none-match", "*")];
        let name = record.name();
        let request = bucket.put(&name, &headers, name.clone().into_bytes(), now);
        match Bucket::asked(&self.http, ATTEMPTED, request).await {
            Err(error) if error.code() != THERE => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The names of some records that begin so, in their order, behind one of them; none are left once it answers none.
    pub async fn names(
        &self,
        beginning: &str,
        behind: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<String>, AwsError> {
        match &self.bucket {
            Some(bucket) => {
                let listing = (beginning, behind);
                bucket
                    .names(&self.http, "listing records", listing, now)
                    .await
            }
            None => Ok(Vec::new()),
        }
    }
}
