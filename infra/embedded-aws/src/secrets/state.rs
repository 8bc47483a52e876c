use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::SecretsError;
use super::secret::{Deletion, Secret, SecretValue};
use crate::store::Machine;

/// All secrets of the account, as a pure state machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    secrets: BTreeMap<String, Secret>,
}

/// What can be done to the secrets. `secret` is a name or an ARN; `token` becomes the version's id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Operation {
    Create {
        name: String,
        token: Option<String>,
        value: Option<SecretValue>,
        description: Option<String>,
        tags: Vec<serde_json::Value>,
    },
    Put {
        secret: String,
        token: Option<String>,
        value: SecretValue,
        stages: Vec<String>,
    },
    Update {
        secret: String,
        token: Option<String>,
        value: Option<SecretValue>,
        description: Option<String>,
    },
    /// No days: at once and for ever.
    Delete {
        secret: String,
        recovery_days: Option<u32>,
    },
    Restore {
        secret: String,
    },
}

/// The secret after an operation. A deleted one shows what it was.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub secret: Secret,
    /// The version that was written.
    pub version_id: Option<String>,
}

impl State {
    /// Every secret that is not gone, those scheduled for deletion too, in the order of the names.
    pub fn all(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        self.secrets
            .values()
            .filter(move |secret| !is_gone(secret, now))
    }

    /// The secret of this name or ARN, with or without the ARN's last six characters.
    pub fn find(&self, now: Timestamp, id: &str) -> Result<&Secret, SecretsError> {
        self.secrets
            .get(&self.name_of(now, id)?)
            .ok_or(SecretsError::NotFound)
    }

    /// The same, unless it is scheduled for deletion.
    pub fn find_usable(&self, now: Timestamp, id: &str) -> Result<&Secret, SecretsError> {
        let secret = self.find(now, id)?;
        if secret.deletion.is_some() {
            Err(SecretsError::MarkedForDeletion)
        } else {
            Ok(secret)
        }
    }

    fn name_of(&self, now: Timestamp, id: &str) -> Result<String, SecretsError> {
        let wanted = id.split_once(":secret:").map_or(id, |(_, wanted)| wanted);
        let fits = |secret: &&Secret| {
            secret.name == wanted
                || (wanted != id && wanted == format!("{}-{}", secret.name, secret.suffix))
        };
        self.all(now)
            .find(fits)
            .map(|secret| secret.name.clone())
            .ok_or(SecretsError::NotFound)
    }

    fn usable_mut(&mut self, now: Timestamp, id: &str) -> Result<&mut Secret, SecretsError> {
        let name = self.find_usable(now, id)?.name.clone();
        self.secrets.get_mut(&name).ok_or(SecretsError::NotFound)
    }

    fn create(
        &mut self,
        now: Timestamp,
        mut secret: Secret,
        written: (Option<&String>, Option<&SecretValue>),
    ) -> Result<Outcome, SecretsError> {
        let name = secret.name.clone();
        match self
            .secrets
            .get(&name)
            .filter(|secret| !is_gone(secret, now))
        {
            Some(existing) if existing.deletion.is_some() => {
                return Err(SecretsError::NameScheduledForDeletion);
            }
            Some(existing) => {
                return repeated(existing, written).ok_or(SecretsError::SecretExists(name));
            }
            None => {}
        }
        let (token, value) = written;
        let version_id = value
            .map(|value| write(&mut secret, now, (token, value, &[])))
            .transpose()?;
        self.secrets.insert(name, secret.clone());
        Ok(Outcome { secret, version_id })
    }

    fn delete(
        &mut self,
        now: Timestamp,
        id: &str,
        recovery_days: Option<u32>,
    ) -> Result<Outcome, SecretsError> {
        let name = self.name_of(now, id)?;
        let secret = self.secrets.get_mut(&name).ok_or(SecretsError::NotFound)?;
        let Some(days) = recovery_days else {
            secret.deletion = Some(Deletion {
                asked_at: now,
                gone_at: now,
            });
            let outcome = Outcome {
                secret: secret.clone(),
                version_id: None,
            };
            self.secrets.remove(&name);
            return Ok(outcome);
        };
        if secret.deletion.is_some() {
            return Err(SecretsError::MarkedForDeletion);
        }
        if !(7..=30).contains(&days) {
            let text = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).";
            return Err(SecretsError::InvalidParameter(text.to_owned()));
        }
        let gone_at = now + SignedDuration::from_hours(24 * i64::from(days));
        secret.deletion = Some(Deletion {
            asked_at: now,
            gone_at,
        });
        Ok(Outcome {
            secret: secret.clone(),
            version_id: None,
        })
    }

    fn restore(&mut self, now: Timestamp, id: &str) -> Result<Outcome, SecretsError> {
        let name = self.name_of(now, id)?;
        let secret = self.secrets.get_mut(&name).ok_or(SecretsError::NotFound)?;
        secret.deletion = None;
        Ok(Outcome {
            secret: secret.clone(),
            version_id: None,
        })
    }
}

impl Machine for State {
    type Operation = Operation;
    type Outcome = Outcome;
    type Error = SecretsError;

    fn apply(&mut self, now: Timestamp, operation: &Operation) -> Result<Outcome, SecretsError> {
        match operation {
            Operation::Create {
                name,
                token,
                value,
                description,
                tags,
            } => {
                check_name(name)?;
                let secret = new_secret(now, name, (description, tags));
                self.create(now, secret, (token.as_ref(), value.as_ref()))
            }
            Operation::Put {
                secret,
                token,
                value,
                stages,
            } => {
                let secret = self.usable_mut(now, secret)?;
                let version_id = Some(write(secret, now, (token.as_ref(), value, stages))?);
                Ok(Outcome {
                    secret: secret.clone(),
                    version_id,
                })
            }
            Operation::Update {
                secret,
                token,
                value,
                description,
            } => {
                let secret = self.usable_mut(now, secret)?;
                let written = value
                    .as_ref()
                    .map(|value| write(secret, now, (token.as_ref(), value, &[])));
                let version_id = written.transpose()?;
                if description.is_some() {
                    secret.description.clone_from(description);
                    secret.changed_at = now;
                }
                Ok(Outcome {
                    secret: secret.clone(),
                    version_id,
                })
            }
            Operation::Delete {
                secret,
                recovery_days,
            } => self.delete(now, secret, *recovery_days),
            Operation::Restore { secret } => self.restore(now, secret),
        }
    }

    fn changed(_: &Outcome) -> bool {
        true
    }
}

fn is_gone(secret: &Secret, now: Timestamp) -> bool {
    secret
        .deletion
        .is_some_and(|deletion| deletion.gone_at <= now)
}

fn new_secret(
    now: Timestamp,
    name: &str,
    (description, tags): (&Option<String>, &[serde_json::Value]),
) -> Secret {
    let digest = format!("{:x}", md5::compute(format!("{name} {now}")));
    Secret {
        name: name.to_owned(),
        suffix: digest.chars().take(6).collect(),
        description: description.clone(),
        tags: tags.to_vec(),
        versions: Vec::new(),
        created_at: now,
        changed_at: now,
        deletion: None,
    }
}

/// The answer to a creation that is asked for again, with the same token and value.
fn repeated(
    existing: &Secret,
    (token, value): (Option<&String>, Option<&SecretValue>),
) -> Option<Outcome> {
    let version = existing
        .versions
        .iter()
        .find(|version| Some(&version.id) == token)?;
    (Some(&version.value) == value).then(|| Outcome {
        secret: existing.clone(),
        version_id: Some(version.id.clone()),
    })
}

fn write(
    secret: &mut Secret,
    now: Timestamp,
    (token, value, stages): (Option<&String>, &SecretValue, &[String]),
) -> Result<String, SecretsError> {
    check_value(value)?;
    let made = || {
        let seed = format!("{} {now} {}", secret.name, secret.versions.len());
        uuid::Builder::from_md5_bytes(md5::compute(seed).0)
            .into_uuid()
            .to_string()
    };
    let id = token.cloned().unwrap_or_else(made);
    secret.store(now, &id, (value, stages))?;
    Ok(id)
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
