use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::SecretsError;

pub(crate) const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// A secret with its versions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Secret {
    pub name: String,
    /// The six characters behind the name in the ARN.
    pub(crate) suffix: String,
    pub(crate) description: Option<String>,
    pub(crate) tags: Vec<serde_json::Value>,
    pub(crate) versions: Vec<Version>,
    pub(crate) created_at: Timestamp,
    pub(crate) changed_at: Timestamp,
    pub(crate) deletion: Option<Deletion>,
}

/// A value and the labels that point to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    pub id: String,
    pub stages: BTreeSet<String>,
    pub(crate) value: SecretValue,
    pub(crate) created_at: Timestamp,
}

/// A secret is going to be deleted and may still be restored.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Deletion {
    pub(crate) asked_at: Timestamp,
    pub(crate) gone_at: Timestamp,
}

/// What must stay secret. It can be written to the journal and the answer, not to a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretValue {
    #[serde(rename = "SecretString")]
    Text(String),
    /// Base64, as on the wire.
    #[serde(rename = "SecretBinary")]
    Binary(String),
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue([redacted])")
    }
}

impl Secret {
    pub(crate) fn version(
        &self,
        id: Option<&str>,
        stage: Option<&str>,
    ) -> Result<&Version, SecretsError> {
        let stage = stage.or_else(|| id.is_none().then_some(CURRENT));
        let fits = |version: &&Version| {
            id.is_none_or(|id| version.id == id)
                && stage.is_none_or(|stage| version.stages.contains(stage))
        };
        let wanted = stage.or(id).unwrap_or_default();
        self.versions
            .iter()
            .find(fits)
            .ok_or_else(|| SecretsError::NoSuchVersion(wanted.to_owned()))
    }

    /// Adds a version under these labels. The same token with the same value changes nothing.
    pub(crate) fn store(
        &mut self,
        now: Timestamp,
        id: &str,
        (value, stages): (&SecretValue, &[String]),
    ) -> Result<(), SecretsError> {
        if let Some(version) = self.versions.iter().find(|version| version.id == id) {
            let is_same = version.value == *value;
            return if is_same {
                Ok(())
            } else {
                Err(SecretsError::TokenInUse(id.to_owned()))
            };
        }
        let mut stages: BTreeSet<String> = stages.iter().cloned().collect();
        if stages.is_empty() || self.versions.is_empty() {
            stages.insert(CURRENT.to_owned());
        }
        if stages.contains(CURRENT) {
            self.retire_current();
        }
        for version in &mut self.versions {
            version.stages.retain(|stage| !stages.contains(stage));
        }
        self.versions.retain(|version| !version.stages.is_empty());
        self.versions.push(Version {
            id: id.to_owned(),
            stages,
            value: value.clone(),
            created_at: now,
        });
        self.changed_at = now;
        Ok(())
    }

    fn retire_current(&mut self) {
        for version in &mut self.versions {
            version.stages.remove(PREVIOUS);
            if version.stages.remove(CURRENT) {
                version.stages.insert(PREVIOUS.to_owned());
            }
        }
    }
}
