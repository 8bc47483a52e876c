use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{MarkKey, limits};
use jiff::Timestamp;

use super::Secrets;
use crate::error::AwsError;

/// The key that was read last, and when.
pub(super) type Remembered = Arc<Mutex<Option<(Timestamp, MarkKey)>>>;

impl Secrets {
    /// The key that secrets are marked with in the tables. It is remembered as long as a vendor's secrets are.
    pub async fn mark_key(&self) -> Result<MarkKey, AwsError> {
        let now = self.clock.now();
        let age = |read_at: Timestamp| Duration::try_from(now.duration_since(read_at));
        let young = |read_at: &Timestamp| age(*read_at).unwrap_or_default() < limits::SECRET_CACHE;
        let remembered = self.remembered_key().filter(|(read_at, _)| young(read_at));
        if let Some((_, key)) = remembered {
            return Ok(key);
        }
        let attempted = "reading the key of marks";
        let stored = self
            .get(attempted, &format!("{}/marks", self.stack))
            .await?;
        let key = stored.as_deref().and_then(MarkKey::parse);
        let key = key.ok_or_else(|| AwsError::unreadable(attempted))?;
        *self.marking.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, key.clone()));
        Ok(key)
    }

    fn remembered_key(&self) -> Option<(Timestamp, MarkKey)> {
        let remembered = self.marking.lock();
        remembered.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
