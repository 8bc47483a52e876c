//! Whether the deployment's own secrets are there and hold what they must; past every cache.

use domain::MarkKey;

use super::Secrets;
use super::account::is_token;
use crate::error::AwsError;
use crate::probe::{Found, failed};

impl Secrets {
    /// Of every secret of the deployment, and of the account's token in one of them.
    pub(crate) async fn probe(&self) -> [(&'static str, Found); 4] {
        let (platform, marks, engine) = tokio::join!(
            self.probe_platform(),
            self.probe_marks(),
            self.probe_engine()
        );
        let (platform, token) = platform.unwrap_or_else(|error| (failed(&error), Found::Absent));
        let found = |asked: Result<Found, AwsError>| asked.unwrap_or_else(|error| failed(&error));
        [
            ("platform", platform),
            ("account-token", token),
            ("marks", found(marks)),
            ("engine", found(engine)),
        ]
    }

    async fn probe_platform(&self) -> Result<(Found, Found), AwsError> {
        let Some(platform) = self.platform().await? else {
            return Ok((Found::Failed("missing"), Found::Absent));
        };
        let token = platform.wasender_personal_access_token;
        let token = if token.is_some_and(|token| is_token(&token)) {
            Found::There
        } else {
            Found::Absent
        };
        let key = if platform.admin_key.is_empty() {
            Found::Failed("incomplete")
        } else {
            Found::There
        };
        Ok((key, token))
    }

    async fn probe_marks(&self) -> Result<Found, AwsError> {
        let name = format!("{}/marks", self.stack);
        let stored = self.get("probing a secret", &name).await?;
        Ok(match stored.as_deref().map(MarkKey::parse) {
            None => Found::Failed("missing"),
            Some(None) => Found::Failed("unreadable"),
            Some(Some(_)) => Found::There,
        })
    }

    /// The admin function may know that it is there, and not what it is.
    async fn probe_engine(&self) -> Result<Found, AwsError> {
        let name = format!("{}/engine/platform", self.stack);
        let described = self.client.describe_secret().secret_id(name).send().await;
        let described = described.map_err(|error| AwsError::of("probing a secret", &error))?;
        Ok(match described.deleted_date {
            Some(_) => Found::Failed("missing"),
            None => Found::There,
        })
    }
}
