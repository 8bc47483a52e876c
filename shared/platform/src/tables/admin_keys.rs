use std::collections::HashMap;

use super::Tables;
use super::item::{Reader, s};
use crate::error::AwsError;

impl Tables {
    /// The name of the admin key with this hash (64 hex digits of SHA-256), if there is one and it was not revoked.
    pub async fn admin_key(&self, hash: &str) -> Result<Option<String>, AwsError> {
        let key = HashMap::from([("pk".to_owned(), s(hash))]);
        let Some(item) = self
            .get("looking up an admin key", &self.names.admin_keys, key)
            .await?
        else {
            return Ok(None);
        };
        let from = Reader::new(&item, "looking up an admin key");
        Ok((!from.flag("revoked")).then(|| from.text_opt("name").unwrap_or("unnamed").to_owned()))
    }
}
