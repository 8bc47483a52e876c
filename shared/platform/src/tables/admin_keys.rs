use std::collections::HashMap;

use aws::dynamodb::{ReturnValue, is_condition_failed};
use domain::VendorId;
use domain::access::{AdminKey, Grant, KeyId, Scope};
use jiff::Timestamp;

use super::Tables;
use super::item::{Change, Item, Reader, Writer, b, json, ms, n, s};
use crate::error::AwsError;

/// An admin key, and by what it is known.
#[derive(Clone, Debug)]
pub struct StoredKey {
    pub key: AdminKey,
    /// SHA-256 of the whole key, 64 hex digits.
    pub hash: String,
}

fn key_of(id: &KeyId) -> Item {
    HashMap::from([("pk".to_owned(), s(id.as_str()))])
}

impl Tables {
    /// An admin key by its id, whether it is still good or not. The reading is consistent: a revoked key is seen as such at once.
    pub async fn admin_key(&self, id: &KeyId) -> Result<Option<StoredKey>, AwsError> {
        let found = self.get(
            "looking up an admin key",
            &self.names.admin_keys,
            key_of(id),
        );
        found.await?.as_ref().map(read).transpose()
    }

    /// Keeps a new key; an id that is taken is an error.
    pub async fn keep_admin_key(&self, stored: &StoredKey) -> Result<(), AwsError> {
        let StoredKey { key, hash } = stored;
        let scopes: Vec<_> = key.grant.scopes.iter().map(|it| it.as_str()).collect();
        let item = Writer::at(key_of(&key.id))
            .with("hash", s(hash))
            .with("name", s(&key.name))
            .with("scopes", json(&scopes))
            .with("vendors", key.grant.vendors.as_ref().map(json))
            .with("ratePerMinute", n(key.grant.per_minute))
            .with("createdAt", key.created_at.map(ms))
            .with("createdBy", key.created_by.as_deref().map(s))
            .with("validUntil", key.expires_at.map(ms))
            .with("revoked", b(false))
            .with("schema", n(1));
        let table = &self.names.admin_keys;
        self.put_new("keeping an admin key", table, item.item())
            .await
    }

    /// Admin keys in the order of the table, from after `start`; with the place where the next page begins.
    pub async fn admin_keys(
        &self,
        limit: i32,
        start: Option<&KeyId>,
    ) -> Result<(Vec<AdminKey>, Option<KeyId>), AwsError> {
        let request = self
            .client
            .scan()
            .table_name(&self.names.admin_keys)
            .limit(limit)
            .consistent_read(true)
            .exclusive_start_key(start.map(key_of));
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("listing admin keys", &error))?;
        let next = answer
            .last_evaluated_key
            .as_ref()
            .and_then(|key| Reader::new(key, "listing admin keys").parsed_opt("pk"));
        // An item that was put there by hand and can't be read opens nothing either.
        let keys = answer.items.iter().filter_map(|item| read(item).ok());
        Ok((keys.map(|stored| stored.key).collect(), next))
    }

    /// Revokes a key, once; answers with the key as it was before, if there is one.
    pub async fn revoke_admin_key(
        &self,
        id: &KeyId,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<AdminKey>, AwsError> {
        let change = Change::of(&self.names.admin_keys, key_of(id))
            .set("revoked", b(true))
            .set_if_absent("revokedAt", ms(now))
            .set_if_absent("revokedBy", s(by))
            .when("attribute_exists(pk)");
        let request = change
            .request(&self.client)
            .return_values(ReturnValue::AllOld);
        match Self::update(request).await {
            Ok(before) => {
                let before = before.attributes.as_ref();
                before
                    .map(|item| read(item).map(|stored| stored.key))
                    .transpose()
            }
            Err(error) if is_condition_failed(&error) => Ok(None),
            Err(error) => Err(AwsError::of("revoking an admin key", &error)),
        }
    }

    /// Takes a vendor from all keys that are bound to it, so that they do not open a later vendor of the same id. One that is left with none
    /// opens nothing.
    pub async fn unbind_keys(&self, vendor: &VendorId) -> Result<(), AwsError> {
        const ATTEMPTED: &str = "unbinding admin keys";
        let mut start = None;
        loop {
            let request = self
                .client
                .scan()
                .table_name(&self.names.admin_keys)
                .filter_expression("contains(vendors, :vendor)")
                .expression_attribute_values(":vendor", s(vendor.as_str()))
                .consistent_read(true)
                .exclusive_start_key(start);
            let answer = request.send().await;
            let answer = answer.map_err(|error| AwsError::of(ATTEMPTED, &error))?;
            // What can't be read opens nothing either.
            for item in &answer.items {
                if let Ok(stored) = read(item) {
                    self.unbind_key(&stored.key, item, vendor).await?;
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(());
            }
        }
    }

    async fn unbind_key(
        &self,
        key: &AdminKey,
        item: &Item,
        vendor: &VendorId,
    ) -> Result<(), AwsError> {
        const ATTEMPTED: &str = "unbinding an admin key";
        let bound = key.grant.vendors.iter().flatten();
        let left: Vec<_> = bound.clone().filter(|id| *id != vendor).collect();
        if left.len() == bound.count() {
            return Ok(());
        }
        let change = Change::of(&self.names.admin_keys, key_of(&key.id))
            .set("vendors", json(&left))
            .when("#vendors = :read")
            .bind("read", s(Reader::new(item, ATTEMPTED).text("vendors")?));
        let unbinding = Self::update(change.request(&self.client));
        unbinding
            .await
            .map(|_| ())
            .map_err(|error| AwsError::of(ATTEMPTED, &error))
    }

    /// Notes that a key was used.
    pub async fn note_key_use(&self, id: &KeyId, now: Timestamp) -> Result<(), AwsError> {
        let change = Change::of(&self.names.admin_keys, key_of(id))
            .set("lastUsedAt", ms(now))
            .when("attribute_exists(pk)");
        let noting = Self::update(change.request(&self.client));
        noting
            .await
            .map(|_| ())
            .map_err(|error| AwsError::of("noting the use of an admin key", &error))
    }
}

/// A key of the first release has its hash in the place of an id, no bounds, and nothing else but its name.
fn read(item: &Item) -> Result<StoredKey, AwsError> {
    let from = Reader::new(item, "reading an admin key");
    let grant = match from.text_opt("scopes") {
        None => Grant::unbounded(),
        Some(_) => Grant {
            scopes: scopes(&from)?,
            vendors: from.json_or_default::<Option<Vec<VendorId>>>("vendors")?,
            per_minute: from.number("ratePerMinute")?,
        },
    };
    Ok(StoredKey {
        hash: from
            .text_opt("hash")
            .map_or_else(|| from.text("pk"), Ok)?
            .to_owned(),
        key: AdminKey {
            id: from.parsed("pk")?,
            name: from.text_opt("name").unwrap_or("unnamed").to_owned(),
            grant,
            created_at: from.time_opt("createdAt"),
            created_by: from.text_opt("createdBy").map(str::to_owned),
            expires_at: from.time_opt("validUntil"),
            last_used_at: from.time_opt("lastUsedAt"),
            revoked: from.flag("revoked"),
            revoked_at: from.time_opt("revokedAt"),
        },
    })
}

/// A scope that this release does not know gives nothing.
fn scopes(from: &Reader<'_>) -> Result<Vec<Scope>, AwsError> {
    let words: Vec<String> = from.json("scopes")?;
    Ok(words.iter().filter_map(|word| Scope::parse(word)).collect())
}
