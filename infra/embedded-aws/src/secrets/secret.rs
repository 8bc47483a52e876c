use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::SecretsError;
use super::operation::{Outcome, Written};

const CURRENT: &str = "AWSCURRENT";
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
    pub(crate) fn new(now: Timestamp, name: &str) -> Result<Self, SecretsError> {
        check_name(name)?;
        let digest = format!("{:x}", md5::compute(format!("{name} {now}")));
        Ok(Self {
            name: name.to_owned(),
            suffix: digest.chars().take(6).collect(),
            description: None,
            tags: Vec::new(),
            versions: Vec::new(),
            created_at: now,
            changed_at: now,
            deletion: None,
        })
    }

    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.deletion
            .is_some_and(|deletion| deletion.gone_at <= now)
    }

    /// Whether this is its name or its ARN, with or without the last six characters.
    pub(crate) fn is_called(&self, id: &str) -> bool {
        match id.split_once(":secret:") {
            None => id == self.name,
            Some((_, name)) => {
                name == self.name || name == format!("{}-{}", self.name, self.suffix)
            }
        }
    }

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
        let missing = || SecretsError::NoSuchVersion(wanted.to_owned());
        self.versions.iter().find(fits).ok_or_else(missing)
    }

    /// The answer to a creation that is asked for again with the same token and value.
    pub(crate) fn repeated(&self, written: &Written) -> Option<Outcome> {
        let token = written.token.as_ref()?;
        let version = self.versions.iter().find(|version| version.id == *token)?;
        let version_id = Some(version.id.clone());
        (version.value == written.value).then(|| Outcome {
            secret: self.clone(),
            version_id,
        })
    }

    /// Adds a version and returns its id. The same token with the same value changes nothing.
    pub(crate) fn write(
        &mut self,
        now: Timestamp,
        written: &Written,
    ) -> Result<String, SecretsError> {
        check_value(&written.value)?;
        let id = written
            .token
            .clone()
            .unwrap_or_else(|| self.version_id(now));
        if let Some(version) = self.versions.iter().find(|version| version.id == id) {
            return if version.value == written.value {
                Ok(id)
            } else {
                Err(SecretsError::TokenInUse(id))
            };
        }
        let mut stages: BTreeSet<String> = written.stages.iter().cloned().collect();
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
        let value = written.value.clone();
        self.versions.push(Version {
            id: id.clone(),
            stages,
            value,
            created_at: now,
        });
        self.changed_at = now;
        Ok(id)
    }

    fn version_id(&self, now: Timestamp) -> String {
        let seed = format!("{} {now} {}", self.name, self.versions.len());
        uuid::Builder::from_md5_bytes(md5::compute(seed).0)
            .into_uuid()
            .to_string()
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

fn check_name(name: &str) -> Result<(), SecretsError> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if (1..=512).contains(&name.len()) && name.chars().all(is_allowed) {
        return Ok(());
    }
    let text = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
    Err(SecretsError::InvalidParameter(text.to_owned()))
}

fn check_value(value: &SecretValue) -> Result<(), SecretsError> {
    let (SecretValue::Text(text) | SecretValue::Binary(text)) = value;
    if (1..=65_536).contains(&text.len()) {
        return Ok(());
    }
    Err(SecretsError::InvalidParameter(
        "A secret value has 1 to 65536 bytes.".to_owned(),
    ))
}
