//! Changing a vendor's secrets: one request at a time, and never without the marks that keep them unique.

use std::sync::Arc;
use std::time::Duration;

use domain::{InstanceSecrets, MarkKey, SecretRing, VendorId, VendorSecrets, WabaId, limits};
use flows::problem::Problem;
use jiff::Timestamp;
use platform::AwsError;

use crate::body::invalid;
use crate::number::AskedSecrets;
use crate::{App, unavailable};

/// How often it is looked whether another request let the vendor's secrets go.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl App {
    /// Does a work that changes a vendor's secrets while no other request does.
    pub(crate) async fn with_secrets<T>(
        &self,
        vendor: &VendorId,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let tables = &self.platform.tables;
        let holder = uuid::Uuid::now_v7().simple().to_string();
        let looks = limits::SECRETS_WAIT.as_millis() / LOOK_EVERY.as_millis();
        let mut is_ours = false;
        for _ in 0..=looks {
            let leasing = tables.lease_secrets(vendor, &holder, self.platform.clock.now());
            is_ours = leasing.await.map_err(|error| unavailable(&error))?;
            if is_ours {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        if !is_ours {
            return Err(unavailable(&AwsError::contended(
                "taking a vendor's secrets",
            )));
        }
        let done = work.await;
        if let Err(error) = tables.let_secrets_go(vendor, &holder).await {
            tracing::warn!(vendor.id = %vendor, error = %error, "a vendor's secrets are let go later");
        }
        done
    }

    pub(crate) async fn stored_secrets(
        &self,
        vendor: &VendorId,
    ) -> Result<Option<Arc<VendorSecrets>>, Problem> {
        let stored = self.platform.secrets.read(vendor).await;
        Ok(stored.map_err(|error| unavailable(&error))?.secrets)
    }

    pub(crate) async fn mark_key(&self) -> Result<MarkKey, Problem> {
        let reading = self.platform.secrets.mark_key().await;
        reading.map_err(|error| unavailable(&error))
    }

    /// A secret that is replaced stays good for a while, and a key that is not given stays as it is.
    pub(crate) async fn store_secrets(
        &self,
        (vendor, fresh): (&VendorId, InstanceSecrets),
        stored: Option<&VendorSecrets>,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let mut secrets = stored.cloned().unwrap_or_default();
        let current = secrets
            .of(&fresh.waba_id)
            .map(|before| before.webhook.current.expose());
        if current != Some(fresh.webhook.current.expose()) {
            // Until no other environment's cache can hold the older reading; announced for those that may not read these secrets again.
            if current.is_some() {
                secrets.rotating_until = now.checked_add(limits::SECRET_CACHE).ok();
            }
            self.announce_rotation(vendor).await?;
        }
        let mut instances = secrets.instances.iter_mut();
        match instances.find(|instance| instance.waba_id == fresh.waba_id) {
            Some(instance) => *instance = fresh,
            None => secrets.instances.push(fresh),
        }
        let storing = self.platform.secrets.store_vendor(vendor, &secrets);
        storing.await.map_err(|error| unavailable(&error))
    }

    async fn announce_rotation(&self, vendor: &VendorId) -> Result<(), Problem> {
        let now = self.platform.clock.now();
        let announcing = self.platform.tables.announce_rotation(vendor, now);
        announcing.await.map_err(|error| unavailable(&error))
    }
}

/// The secrets that a number is to have: those that are asked for, else those that it has.
pub(crate) fn fresh(
    waba: &WabaId,
    asked: &AskedSecrets,
    stored: Option<&VendorSecrets>,
    now: Timestamp,
) -> Result<InstanceSecrets, Problem> {
    let before = stored.and_then(|stored| stored.of(waba));
    let key = before.and_then(|before| before.api_key.as_ref());
    let previous_expires = now
        .checked_add(limits::PREVIOUS_SECRET_LIVES)
        .unwrap_or(Timestamp::MAX);
    let webhook = match (before, &asked.webhook) {
        (Some(before), Some(asked)) => before.webhook.rotated_to(asked.clone(), previous_expires),
        (Some(before), None) => before.webhook.clone(),
        (None, Some(asked)) => SecretRing::only(asked.clone()),
        (None, None) => return Err(invalid("wasenderWebhookSecret", "is missing or empty")),
    };
    Ok(InstanceSecrets {
        waba_id: waba.clone(),
        api_key: asked.api_key.as_ref().or(key).cloned(),
        webhook,
    })
}
