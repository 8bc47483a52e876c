//! The JSON that secrets hold.

use domain::{ApiKey, InstanceSecrets, Renewal, SecretRing, VendorSecrets, WabaId, WebhookSecret};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::AwsError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlatformSecret {
    pub(super) admin_key: String,
    /// What opens everything of the account at Wasender, if somebody put it there.
    #[serde(default)]
    pub(super) wasender_personal_access_token: Option<String>,
    /// What opens the shared cache, if it has a password.
    #[serde(default)]
    pub(super) redis_password: Option<String>,
}

/// The JSON that a vendor's secret holds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    version: u32,
    instances: Vec<StoredInstance>,
    #[serde(default)]
    rotating_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    renewals: Vec<Renewal>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredInstance {
    waba_id: WabaId,
    #[serde(default)]
    api_key: Option<String>,
    webhook: StoredRing,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredRing {
    #[serde(default)]
    next: Option<String>,
    current: String,
    #[serde(default)]
    previous: Option<StoredPrevious>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredPrevious {
    secret: String,
    expires_at: Timestamp,
}

/// Reads a vendor's secret.
pub(super) fn parse(text: &str) -> Result<VendorSecrets, AwsError> {
    let unreadable = || AwsError::unreadable("reading a vendor's secrets");
    let stored: Stored = serde_json::from_str(text).map_err(|_| unreadable())?;
    let secret = |text: &str| WebhookSecret::parse(text).map_err(|_| unreadable());
    let instance = |stored: &StoredInstance| {
        let webhook = SecretRing {
            next: stored.webhook.next.as_deref().map(secret).transpose()?,
            current: secret(&stored.webhook.current)?,
            previous: match &stored.webhook.previous {
                Some(previous) => Some((secret(&previous.secret)?, previous.expires_at)),
                None => None,
            },
        };
        let api_key = stored
            .api_key
            .as_deref()
            .map(ApiKey::parse)
            .transpose()
            .map_err(|_| unreadable())?;
        Ok(InstanceSecrets {
            waba_id: stored.waba_id.clone(),
            api_key,
            webhook,
        })
    };
    let instances = stored.instances.iter().map(instance);
    let mut instances = instances.collect::<Result<Vec<_>, AwsError>>()?;
    // Thousands are remembered, most of them with one number: room for four in each would be a third of what they take.
    instances.shrink_to_fit();
    Ok(VendorSecrets {
        instances,
        rotating_until: stored.rotating_until,
        renewals: stored.renewals,
    })
}

/// The text of a vendor's secret.
pub(super) fn to_text(secrets: &VendorSecrets) -> String {
    let instance = |instance: &InstanceSecrets| StoredInstance {
        waba_id: instance.waba_id.clone(),
        api_key: instance.api_key.as_ref().map(|key| key.expose().to_owned()),
        webhook: StoredRing {
            next: instance
                .webhook
                .next
                .as_ref()
                .map(|secret| secret.expose().to_owned()),
            current: instance.webhook.current.expose().to_owned(),
            previous: instance
                .webhook
                .previous
                .as_ref()
                .map(|(secret, expires_at)| StoredPrevious {
                    secret: secret.expose().to_owned(),
                    expires_at: *expires_at,
                }),
        },
    };
    let stored = Stored {
        version: 1,
        instances: secrets.instances.iter().map(instance).collect(),
        rotating_until: secrets.rotating_until,
        renewals: secrets.renewals.clone(),
    };
    serde_json::to_string(&stored).expect("secrets have only text keys")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Renewed;

    #[test]
    fn secrets_are_read_back_as_they_were_stored() {
        let ring = SecretRing::only(WebhookSecret::parse("first-secret").unwrap());
        let ring = ring.rotated_to(
            WebhookSecret::parse("second-secret").unwrap(),
            Timestamp::UNIX_EPOCH,
        );
        let instance = InstanceSecrets {
            waba_id: WabaId::parse("waba_a").unwrap(),
            api_key: ApiKey::parse("api_key_abc").ok(),
            webhook: ring,
        };
        let secrets = VendorSecrets {
            instances: vec![instance],
            rotating_until: Some(Timestamp::UNIX_EPOCH),
            renewals: Vec::new(),
        };
        let waba = WabaId::parse("waba_a").unwrap();
        let begun = |what| {
            let secrets = secrets.clone();
            secrets.renewal_begun(&waba, what, Timestamp::UNIX_EPOCH)
        };
        for secrets in [
            secrets.clone(),
            begun(Renewed::ApiKey),
            begun(Renewed::WebhookSecret),
        ] {
            assert_eq!(
                to_text(&parse(&to_text(&secrets)).unwrap()),
                to_text(&secrets)
            );
        }
    }

    #[test]
    fn what_the_releases_before_this_one_stored_is_read() {
        let plain = r#"{"version":1,"instances":[{"wabaId":"waba_a","webhook":{"current":"first-secret"}}]}"#;
        let secrets = parse(plain).unwrap();
        assert!(secrets.renewals.is_empty() && secrets.rotating_until.is_none());
        let ring = r#"{"version":1,"instances":[{"wabaId":"waba_a","apiKey":"api_key_abc","webhook":{"next":null,"current":"second-secret","previous":{"secret":"first-secret","expiresAt":"2026-11-22T10:00:00Z"}}}],"rotatingUntil":"2026-11-21T10:05:00Z"}"#;
        let secrets = parse(ring).unwrap();
        assert!(secrets.instances[0].webhook.previous.is_some());
        assert!(secrets.rotating_until.is_some());
    }
}
