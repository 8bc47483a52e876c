//! Setting a session up at the provider: where its webhooks go, which events they tell, and by which secret they prove themselves.
//!
//! A provider makes the secret when webhooks are switched on. So whatever may have it made is stored first, as a rotation does it: whoever
//! dies then leaves a renewal, which the sweep finishes.

use domain::drift::{self, Settings};
use domain::{Credentials, Renewal, Renewed, Settlement, VendorSecrets, WabaInstance, limits};
use platform::{AwsError, Platform};
use providers::wasender::{Refused, SessionDetail};

use crate::owner::{Owner, Refusal};
use crate::renewal;
use crate::watch::Looks;

/// What a session is like after it was set up.
#[derive(Debug)]
pub struct SetUp {
    /// The provider's own number of it.
    pub session: i64,
    pub webhook_url: String,
    /// The settings that a fresh reading found.
    pub settings: Settings,
    /// What that reading found to be others than those that were set.
    pub drift: Vec<String>,
    /// What the provider warned of: settings that are stored, and that the running session does not go by yet.
    pub warning: Option<String>,
    pub secret: SecretFound,
}

/// Which webhook secret the session has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretFound {
    /// The one that was known.
    Known,
    /// Another one: it is stored, and the one before it stays good for a while.
    Adopted,
    /// None was told.
    Untold,
}

/// Sets a session up, reads its secret back, and looks by a fresh reading whether it is set up. It may be repeated, and
/// changes the vendor's secrets: nobody else may meanwhile.
pub async fn set_up(
    platform: &Platform,
    owner: &Owner<'_>,
    (instance, public_url): (&WabaInstance, &str),
) -> Result<SetUp, Refusal> {
    let vendor = &instance.vendor_id;
    let (session, before) = owner.detail(instance).await?;
    let known = WabaInstance {
        provider_session_id: Some(session),
        ..instance.clone()
    };
    let secret = Secret {
        platform,
        instance: &known,
    };
    let stored = platform.secrets.read(vendor).await?.secrets;
    let stored = stored.map(|stored| (*stored).clone()).unwrap_or_default();
    let secrets = secret.expected(owner, stored, &before).await?;
    let looks = Looks::new(platform, owner.base_url(), Some(public_url));
    let webhook_url = looks.webhook_url(vendor).unwrap_or_default();
    let wanted = drift::wanted(&webhook_url);
    let updated = owner.update(&known, &wanted).await;
    if let Err(Refusal::Provider(refused)) = &updated
        && changed_nothing(refused)
    {
        secret.no_more_expected(&secrets).await?;
    }
    let (_, warning) = updated?;
    let (_, after) = owner.detail(&known).await?;
    let secret = secret.found(secrets, &after).await?;
    let seen = looks.noted((&known, session), &after.settings).await?;
    Ok(SetUp {
        session,
        webhook_url,
        settings: after.settings,
        drift: seen.observed.drift,
        warning,
        secret,
    })
}

/// Whether a refusal tells for certain that the settings are as they were.
const fn changed_nothing(refused: &Refused) -> bool {
    match refused {
        Refused::Token
        | Refused::NoSession
        | Refused::NoSubscription
        | Refused::State
        | Refused::Wait(_) => true,
        Refused::Unavailable | Refused::Other(_) => false,
    }
}

/// The webhook secret of the number that is set up.
struct Secret<'a> {
    platform: &'a Platform,
    instance: &'a WabaInstance,
}

impl Secret<'_> {
    /// The vendor's secrets, with a renewal that is stored where the provider has another secret, or is about to make one.
    async fn expected(
        &self,
        owner: &Owner<'_>,
        stored: VendorSecrets,
        before: &SessionDetail,
    ) -> Result<VendorSecrets, Refusal> {
        let is_on = before.settings.webhook_enabled == Some(true);
        if is_on && self.is_current(&stored, before) {
            return Ok(stored);
        }
        if !owner.has_left(limits::ROTATION_LEAD + limits::ROTATION_SWITCH) {
            return Err(Refusal::Provider(Refused::Unavailable));
        }
        let (platform, at) = (self.platform, self.instance);
        let now = platform.clock.now();
        renewal::look_later(platform, (&at.vendor_id, &at.waba_id)).await?;
        platform
            .tables
            .announce_rotation(&at.vendor_id, now)
            .await?;
        let begun = stored.renewal_begun(&at.waba_id, Renewed::WebhookSecret, now);
        self.store(&begun).await?;
        if !is_on {
            // As long as somebody may take an older reading for a fresh one.
            let leads = now.checked_add(limits::ROTATION_LEAD).unwrap_or(now);
            platform.clock.sleep_until(leads).await;
        }
        Ok(begun)
    }

    async fn no_more_expected(&self, secrets: &VendorSecrets) -> Result<(), AwsError> {
        if !self.is_expected(secrets) {
            return Ok(());
        }
        let ended = secrets.clone();
        let ended = ended.renewal_ended(&self.instance.waba_id, Renewed::WebhookSecret);
        self.store(&ended).await
    }

    /// Which secret the session has now; another one is adopted, unless it is another number's.
    async fn found(
        &self,
        secrets: VendorSecrets,
        after: &SessionDetail,
    ) -> Result<SecretFound, Refusal> {
        let now = self.platform.clock.now();
        let told = Credentials {
            api_key: None,
            webhook_secret: after.webhook_secret.clone(),
            webhooks_on: after.settings.webhook_enabled,
        };
        let renewal = Renewal {
            waba_id: self.instance.waba_id.clone(),
            what: Renewed::WebhookSecret,
            since: now,
        };
        match renewal.settled(&secrets, &told, true, now) {
            Settlement::Adopt(adopted) => {
                let at = (&self.instance.vendor_id, &self.instance.waba_id);
                if !renewal::claim(self.platform, at, &adopted).await? {
                    self.no_more_expected(&secrets).await?;
                    return Err(Refusal::SecretTaken);
                }
                self.store(&adopted).await?;
                return Ok(SecretFound::Adopted);
            }
            Settlement::Kept(kept) if self.is_expected(&secrets) => self.store(&kept).await?,
            // What is still expected is left to the sweep.
            Settlement::Kept(_) | Settlement::SwitchOn | Settlement::Wait => {}
        }
        Ok(if self.is_current(&secrets, after) {
            SecretFound::Known
        } else {
            SecretFound::Untold
        })
    }

    fn is_current(&self, secrets: &VendorSecrets, detail: &SessionDetail) -> bool {
        let own = secrets.of(&self.instance.waba_id);
        let both = own.zip(detail.webhook_secret.as_ref());
        both.is_some_and(|(own, told)| own.webhook.current.expose() == told.expose())
    }

    fn is_expected(&self, secrets: &VendorSecrets) -> bool {
        let renewing = secrets.renewing(&self.instance.waba_id, Renewed::WebhookSecret);
        renewing.is_some()
    }

    async fn store(&self, secrets: &VendorSecrets) -> Result<(), AwsError> {
        let vendor = &self.instance.vendor_id;
        self.platform.secrets.store_vendor(vendor, secrets).await
    }
}
