//! While a restore from backup is not worked through, nothing else is done.

use flows::restore;
use tokio::time::Instant;

use crate::{App, JOB};

impl App {
    /// Whether a restore is not worked through, as far as anybody can tell.
    pub(crate) async fn is_restoring(&self) -> bool {
        let pending = restore::is_pending(&self.platform, self.platform.restore).await;
        pending.unwrap_or_else(|error| {
            tracing::error!(error = %error, "nobody can tell whether a restore is worked through");
            true
        })
    }

    /// Works on the restore; `true` if some is left.
    pub(crate) async fn restores(&self) -> bool {
        let Some(of) = self.platform.restore else {
            return false;
        };
        if let Err(error) = restore::go_on(&self.platform, of, Instant::now() + JOB).await {
            tracing::error!(error = %error, "a restore is not gone on with");
        }
        self.is_restoring().await
    }
}
