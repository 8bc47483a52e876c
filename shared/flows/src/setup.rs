//! Setting a session up at the provider: where its webhooks go, which events they tell, and by which secret they prove themselves.

use domain::drift::{self, Settings};
use domain::{
    InstanceSecrets, Marks, SecretRing, VendorSecrets, WabaInstance, WebhookSecret, limits,
};
use jiff::Timestamp;
use platform::Platform;

use crate::owner::{Owner, Refusal};
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
    let stored = platform.secrets.read(vendor).await?.secrets;
    let secrets = stored.map(|stored| (*stored).clone()).unwrap_or_default();
    let is_on = before.settings.webhook_enabled == Some(true);
    if !is_on || !is_current(&secrets, instance, before.webhook_secret.as_ref()) {
        // A provider makes the secret when webhooks are switched on: what proves itself by it before it is known here is to come again.
        let now = platform.clock.now();
        platform.tables.announce_rotation(vendor, now).await?;
        let rotating = rotating(platform, secrets.clone());
        platform.secrets.store_vendor(vendor, &rotating).await?;
    }
    let looks = Looks::new(platform, owner.base_url(), Some(public_url));
    let webhook_url = looks.webhook_url(vendor).unwrap_or_default();
    let wanted = drift::wanted(&webhook_url);
    let (_, warning) = owner.update(&known, &wanted).await?;
    let (_, after) = owner.detail(&known).await?;
    let secret = match &after.webhook_secret {
        None => SecretFound::Untold,
        told if is_current(&secrets, instance, told.as_ref()) => SecretFound::Known,
        Some(told) => {
            adopt(platform, secrets, (instance, told)).await?;
            SecretFound::Adopted
        }
    };
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

fn is_current(
    secrets: &VendorSecrets,
    instance: &WabaInstance,
    told: Option<&WebhookSecret>,
) -> bool {
    let own = secrets.of(&instance.waba_id);
    let both = own.zip(told);
    both.is_some_and(|(own, told)| own.webhook.current.expose() == told.expose())
}

fn rotating(platform: &Platform, secrets: VendorSecrets) -> VendorSecrets {
    let now = platform.clock.now();
    VendorSecrets {
        // Until no other environment's cache can hold the older reading.
        rotating_until: now.checked_add(limits::SECRET_CACHE).ok(),
        ..secrets
    }
}

/// Stores another secret, unless it is another number's.
async fn adopt(
    platform: &Platform,
    secrets: VendorSecrets,
    (instance, told): (&WabaInstance, &WebhookSecret),
) -> Result<(), Refusal> {
    let now = platform.clock.now();
    let mark = platform.secrets.mark_key().await?.webhook_secret(told);
    let marks = Marks {
        webhook: Some(mark),
        ..instance.marks.clone()
    };
    let claiming = platform.tables.replace_marks(instance, &marks, now);
    if !claiming.await?.is_done() {
        return Err(Refusal::SecretTaken);
    }
    let mut secrets = rotating(platform, secrets);
    let until = now.checked_add(limits::PREVIOUS_SECRET_LIVES);
    let until = until.unwrap_or(Timestamp::MAX);
    let mut own = secrets.instances.iter_mut();
    match own.find(|own| own.waba_id == instance.waba_id) {
        Some(own) => own.webhook = own.webhook.rotated_to(told.clone(), until),
        None => secrets.instances.push(InstanceSecrets {
            waba_id: instance.waba_id.clone(),
            api_key: None,
            webhook: SecretRing::only(told.clone()),
        }),
    }
    let vendor = &instance.vendor_id;
    Ok(platform.secrets.store_vendor(vendor, &secrets).await?)
}
