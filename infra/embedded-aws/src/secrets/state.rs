use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::SecretsError;
use super::operation::{Operation, Outcome, Written};
use super::secret::{Deletion, Secret};
use crate::store::Machine;

/// All secrets of the account, as a pure state machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    secrets: BTreeMap<String, Secret>,
}

impl State {
    /// Every secret that is not gone, those scheduled for deletion too, in the order of the names.
    pub fn all(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        self.secrets
            .values()
            .filter(move |secret| !secret.is_gone(now))
    }

    /// The secret of this name or ARN, with or without the ARN's last six characters.
    pub fn find(&self, now: Timestamp, id: &str) -> Result<&Secret, SecretsError> {
        let named = self.secrets.get(id).filter(|secret| !secret.is_gone(now));
        named
            .or_else(|| self.all(now).find(|secret| secret.is_called(id)))
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

    fn find_mut(&mut self, now: Timestamp, id: &str) -> Result<&mut Secret, SecretsError> {
        let name = self.find(now, id)?.name.clone();
        self.secrets.get_mut(&name).ok_or(SecretsError::NotFound)
    }

    fn usable_mut(&mut self, now: Timestamp, id: &str) -> Result<&mut Secret, SecretsError> {
        self.find_usable(now, id)?;
        self.find_mut(now, id)
    }

    fn create(
        &mut self,
        now: Timestamp,
        mut secret: Secret,
        written: Option<&Written>,
    ) -> Result<Outcome, SecretsError> {
        let name = secret.name.clone();
        match self
            .secrets
            .get(&name)
            .filter(|secret| !secret.is_gone(now))
        {
            Some(existing) if existing.deletion.is_some() => {
                return Err(SecretsError::NameScheduledForDeletion);
            }
            Some(existing) => {
                let repeated = written.and_then(|written| existing.repeated(written));
                return repeated.ok_or(SecretsError::SecretExists(name));
            }
            None => {}
        }
        let version_id = written
            .map(|written| secret.write(now, written))
            .transpose()?;
        self.secrets.insert(name, secret.clone());
        Ok(Outcome { secret, version_id })
    }

    fn update(
        &mut self,
        now: Timestamp,
        id: &str,
        (written, description): (Option<&Written>, Option<&String>),
    ) -> Result<Outcome, SecretsError> {
        let secret = self.usable_mut(now, id)?;
        let version_id = written
            .map(|written| secret.write(now, written))
            .transpose()?;
        if let Some(description) = description {
            secret.description = Some(description.clone());
            secret.changed_at = now;
        }
        Ok(Outcome {
            secret: secret.clone(),
            version_id,
        })
    }

    fn delete(
        &mut self,
        now: Timestamp,
        id: &str,
        recovery_days: Option<u32>,
    ) -> Result<Outcome, SecretsError> {
        let secret = self.find_mut(now, id)?;
        let Some(days) = recovery_days else {
            secret.deletion = Some(Deletion {
                asked_at: now,
                gone_at: now,
            });
            return Ok(Outcome {
                secret: secret.clone(),
                version_id: None,
            });
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
}

impl Machine for State {
    type Operation = Operation;
    type Outcome = Outcome;
    type Error = SecretsError;

    fn apply(&mut self, now: Timestamp, operation: &Operation) -> Result<Outcome, SecretsError> {
        self.secrets.retain(|_, secret| !secret.is_gone(now));
        match operation {
            Operation::Create {
                name,
                written,
                description,
                tags,
            } => {
                let mut secret = Secret::new(now, name)?;
                secret.description.clone_from(description);
                secret.tags.clone_from(tags);
                self.create(now, secret, written.as_ref())
            }
            Operation::Put { secret, written } => self.update(now, secret, (Some(written), None)),
            Operation::Update {
                secret,
                written,
                description,
            } => self.update(now, secret, (written.as_ref(), description.as_ref())),
            Operation::Delete {
                secret,
                recovery_days,
            } => self.delete(now, secret, *recovery_days),
            Operation::Restore { secret } => {
                let secret = self.find_mut(now, secret)?;
                secret.deletion = None;
                Ok(Outcome {
                    secret: secret.clone(),
                    version_id: None,
                })
            }
        }
    }

    fn changed(_: &Outcome) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::SecretValue;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn written(value: &str, token: &str) -> Written {
        let value = SecretValue::Text(value.to_owned());
        Written {
            value,
            token: Some(token.to_owned()),
            stages: Vec::new(),
        }
    }

    fn create(name: &str, value: &str, token: &str) -> Operation {
        let written = Some(written(value, token));
        Operation::Create {
            name: name.to_owned(),
            written,
            description: None,
            tags: Vec::new(),
        }
    }

    fn put(value: &str, token: &str) -> Operation {
        Operation::Put {
            secret: "v".to_owned(),
            written: written(value, token),
        }
    }

    fn delete(recovery_days: Option<u32>) -> Operation {
        Operation::Delete {
            secret: "v".to_owned(),
            recovery_days,
        }
    }

    fn with_secret() -> State {
        let mut state = State::default();
        state
            .apply(Timestamp::UNIX_EPOCH, &create("v", "one", "1"))
            .unwrap();
        state
    }

    #[track_caller]
    fn refused(state: &mut State, now: Timestamp, operation: &Operation) -> SecretsError {
        state.apply(now, operation).unwrap_err()
    }

    #[test]
    fn a_repeated_request_changes_nothing_and_answers_the_same() {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = with_secret();
        let again = state.apply(now, &create("v", "one", "1")).unwrap();
        assert_eq!(again.version_id.as_deref(), Some("1"));
        assert_eq!(
            refused(&mut state, now, &create("v", "two", "1")),
            SecretsError::SecretExists("v".to_owned())
        );
        state.apply(now, &put("two", "2")).unwrap();
        let again = state.apply(now, &put("two", "2")).unwrap();
        assert_eq!(again.secret.versions.len(), 2);
        assert_eq!(
            refused(&mut state, now, &put("three", "2")),
            SecretsError::TokenInUse("2".to_owned())
        );
    }

    #[test]
    fn of_three_values_the_last_two_are_kept() {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = with_secret();
        state.apply(now, &put("two", "2")).unwrap();
        state.apply(now, &put("three", "3")).unwrap();
        let secret = state.find(now, "v").unwrap();
        assert_eq!(secret.version(None, None).unwrap().id, "3");
        assert_eq!(secret.version(None, Some("AWSPREVIOUS")).unwrap().id, "2");
        assert_eq!(
            secret.version(Some("1"), None).unwrap_err(),
            SecretsError::NoSuchVersion("1".to_owned())
        );
    }

    #[test]
    fn a_name_is_free_again_only_when_the_recovery_window_is_over() {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = with_secret();
        state.apply(now, &delete(Some(7))).unwrap();
        let last = now + 7 * DAY - SignedDuration::from_secs(1);
        assert_eq!(
            refused(&mut state, last, &create("v", "x", "9")),
            SecretsError::NameScheduledForDeletion
        );
        assert_eq!(
            refused(&mut state, last, &put("x", "9")),
            SecretsError::MarkedForDeletion
        );
        assert_eq!(
            refused(&mut state, last, &delete(Some(7))),
            SecretsError::MarkedForDeletion
        );
        assert_eq!(
            state.find_usable(last, "v").unwrap_err(),
            SecretsError::MarkedForDeletion
        );
        let over = now + 7 * DAY;
        assert_eq!(state.find(over, "v").unwrap_err(), SecretsError::NotFound);
        state.apply(over, &create("v", "x", "9")).unwrap();
    }

    #[test]
    fn a_forced_deletion_is_immediate_also_inside_the_window() {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = with_secret();
        state.apply(now, &delete(Some(30))).unwrap();
        state.apply(now, &delete(None)).unwrap();
        assert_eq!(state.all(now).count(), 0);
        state.apply(now, &create("v", "x", "9")).unwrap();
    }

    #[test]
    fn a_secret_is_found_by_its_name_and_its_arn() {
        let now = Timestamp::UNIX_EPOCH;
        let state = with_secret();
        let suffix = state.find(now, "v").unwrap().suffix.clone();
        let arn = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:v";
        for id in [arn.to_owned(), format!("{arn}-{suffix}")] {
            assert!(state.find(now, &id).is_ok(), "{id}");
        }
        for id in [
            format!("v-{suffix}"),
            format!("{arn}-000000"),
            "w".to_owned(),
        ] {
            assert!(state.find(now, &id).is_err(), "{id}");
        }
    }

    #[test]
    fn names_and_values_have_the_limits_of_aws() {
        let now = Timestamp::UNIX_EPOCH;
        let long = "x".repeat(65_537);
        for operation in [
            create("a b", "x", "1"),
            create("", "x", "1"),
            create("w", "", "1"),
            create("w", &long, "1"),
        ] {
            let error = refused(&mut State::default(), now, &operation);
            assert!(matches!(error, SecretsError::InvalidParameter(_)));
        }
    }

    #[test]
    fn nothing_secret_is_shown_for_debugging() {
        let mut state = with_secret();
        let operation = put("hunter2", "2");
        let outcome = state.apply(Timestamp::UNIX_EPOCH, &operation).unwrap();
        let shown = format!("{state:?} {operation:?} {outcome:?}");
        assert!(!shown.contains("hunter"), "{shown}");
    }
}
