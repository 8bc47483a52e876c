use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use jiff::Timestamp;
use secrecy::SecretString;

use super::Secrets;
use crate::error::AwsError;

/// What was read last, if anything was.
#[derive(Clone, Debug, Default)]
pub(super) struct Remembered(Arc<Mutex<Option<Reading>>>);

/// The account's token, or that there is none, and when that was read.
#[derive(Clone, Debug)]
struct Reading {
    at: Timestamp,
    token: Option<SecretString>,
}

impl Secrets {
    /// Wasender's personal access token, which opens everything under `/whatsapp-sessions`; `None` if nobody put one into the platform's
    /// secret. It is remembered as long as a vendor's secrets are.
    pub async fn account_token(&self) -> Result<Option<SecretString>, AwsError> {
        let now = self.clock.now();
        if let Some(reading) = self.account.get(now) {
            return Ok(reading.token);
        }
        let stored = self.platform().await?;
        let token = stored
            .and_then(|platform| platform.wasender_personal_access_token)
            .filter(|token| is_token(token))
            .map(SecretString::from);
        self.account.keep(token.clone(), now);
        Ok(token)
    }

    /// What opens the shared cache of records, if it has a password.
    pub(crate) async fn redis_password(&self) -> Result<Option<SecretString>, AwsError> {
        let stored = self.platform().await?;
        let password = stored.and_then(|platform| platform.redis_password);
        Ok(password.filter(|it| !it.is_empty()).map(SecretString::from))
    }
}

impl Remembered {
    fn get(&self, now: Timestamp) -> Option<Reading> {
        let reading = self.locked().clone()?;
        let age = Duration::try_from(now.duration_since(reading.at)).unwrap_or_default();
        (age < limits::SECRET_CACHE).then_some(reading)
    }

    fn keep(&self, token: Option<SecretString>, now: Timestamp) {
        *self.locked() = Some(Reading { at: now, token });
    }

    fn locked(&self) -> MutexGuard<'_, Option<Reading>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a text can stand in a header.
pub(super) fn is_token(text: &str) -> bool {
    (6..=512).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_token_and_its_absence_are_remembered_for_minutes() {
        let remembered = Remembered::default();
        assert!(remembered.get(NOW).is_none(), "nothing was read yet");
        remembered.keep(None, NOW);
        let reading = remembered.get(NOW + 299.seconds());
        assert!(reading.is_some_and(|reading| reading.token.is_none()));
        assert!(remembered.get(NOW + 300.seconds()).is_none());
    }

    #[test]
    fn a_text_that_no_header_can_carry_is_no_token() {
        assert!(is_token("personal_access_token_local"));
        for text in ["", "short", "with a blank", "with\nline"] {
            assert!(!is_token(text), "{text:?}");
        }
    }
}
