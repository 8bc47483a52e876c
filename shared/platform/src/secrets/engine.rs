use std::sync::Arc;

use domain::contract::SigningSecrets;
use jiff::Timestamp;

use super::Secrets;
use crate::cache::{Found, Reading};
use crate::error::AwsError;

/// The name of the secret that engines are called with which have none of their own.
const PLATFORM: &str = "platform";

/// The secrets of an engine at hand, if there are any, and when they were read.
#[derive(Clone, Debug)]
pub struct SigningAtHand {
    pub secrets: Option<Arc<SigningSecrets>>,
    pub read_at: Timestamp,
}

impl Secrets {
    /// What requests to an engine are signed with: the secret of this name, or without one the platform's.
    pub async fn signing(&self, name: Option<&str>) -> Result<SigningAtHand, AwsError> {
        let name = name.unwrap_or(PLATFORM).to_owned();
        let read = || {
            let (secrets, name) = (self.clone(), name.clone());
            async move { secrets.read_signing(&name).await }
        };
        let Found { value, as_of, .. } = self.engines.get_or(&name, read).await?;
        let (secrets, read_at) = (value, as_of);
        Ok(SigningAtHand { secrets, read_at })
    }

    /// Reads them past the cache, because an engine did not accept those at hand.
    pub async fn signing_again(&self, name: Option<&str>) -> Result<SigningAtHand, AwsError> {
        let name = name.unwrap_or(PLATFORM).to_owned();
        let (secrets, read_at) = self.read_signing(&name).await?;
        self.engines.keep_as_of(&name, (secrets.clone(), read_at));
        Ok(SigningAtHand { secrets, read_at })
    }

    async fn read_signing(&self, name: &str) -> Result<Reading<SigningSecrets>, AwsError> {
        const ATTEMPTED: &str = "reading an engine's signing secret";
        let as_of = self.clock.now();
        let stored = self
            .get(ATTEMPTED, &format!("{}/engine/{name}", self.stack))
            .await?;
        let read = |text: String| {
            let read = serde_json::from_str(&text).map(Arc::new);
            read.map_err(|_| AwsError::unreadable(ATTEMPTED))
        };
        Ok((stored.map(read).transpose()?, as_of))
    }
}
