//! While a restore from backup is not worked through, nothing else is done.

use flows::restore;
use platform::telemetry::{self, Metric};
use tokio::time::Instant;

use crate::{App, JOB, Pass};

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
        let is_left = self.is_restoring().await;
        telemetry::gauge(Metric::RestoreRunning, u64::from(is_left), None);
        is_left
    }

    /// Counts the sends that a restore left to people.
    pub(crate) async fn due_held(&self) -> Pass {
        let mut pass = Pass::default();
        let Some(of) = self.platform.restore else {
            return pass;
        };
        match restore::held::count(&self.platform, of).await {
            Ok(Some(held)) => telemetry::gauge(Metric::RestorePending, held.left(), None),
            Ok(None) => {}
            Err(error) => pass.count("held", Err(error)),
        }
        pass
    }
}
