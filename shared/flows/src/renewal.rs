//! What is left to do for a secret or a key that was made anew: by whoever comes after a request that died, or got no answer.

use domain::entry::{LaterEntry, LaterJob};
use domain::{Marks, Renewal, Renewed, Settlement, VendorId, VendorSecrets, WabaId, limits};
use platform::telemetry::Metric;
use platform::{AwsError, Platform, telemetry};
use tokio::time::Instant;

use crate::session_account::{Found, SessionAccount};
use crate::{identity, session};

type At<'a> = (&'a VendorId, &'a WabaId);

/// How often one look asks the provider: before the webhooks are switched on, after that, and once more.
const ASKS: usize = 3;

/// Finishes the renewals of a number that are under way; what nobody can tell yet is looked at again.
pub async fn finish(platform: &Platform, base_url: &str, at: At<'_>) -> Result<(), AwsError> {
    let stored = platform.secrets.read(at.0).await?.secrets;
    let is_of_number = |renewal: &&Renewal| renewal.waba_id == *at.1;
    let is_renewing = |stored: &VendorSecrets| stored.renewals.iter().any(|it| is_of_number(&it));
    if !stored.is_some_and(|stored| is_renewing(&stored)) {
        return Ok(());
    }
    // Before the lease begins: what ends by then ends before the lease.
    let until = Instant::now() + limits::RENEWAL_LOOK;
    let Some(lease) = hold(platform, at.0).await? else {
        return look_later(platform, at).await;
    };
    let settled = settle(platform, (base_url, until), at).await;
    release(platform, lease).await;
    if settled? {
        Ok(())
    } else {
        look_later(platform, at).await
    }
}

/// Notes that the provider may make another webhook secret of a number, so that it is read back, if what is to be done about that `begins`.
/// `false` if it is not to be done now: the number's secrets change already, or it did not begin.
pub(crate) async fn expect_secret(
    platform: &Platform,
    at: At<'_>,
    begins: impl Future<Output = Result<bool, AwsError>>,
) -> Result<bool, AwsError> {
    let Some(lease) = hold(platform, at.0).await? else {
        return Ok(false);
    };
    let expected = expect_held(platform, at, begins).await;
    release(platform, lease).await;
    expected
}

async fn expect_held(
    platform: &Platform,
    at: At<'_>,
    begins: impl Future<Output = Result<bool, AwsError>>,
) -> Result<bool, AwsError> {
    let (what, now) = (Renewed::WebhookSecret, platform.clock.now());
    let stored = platform.secrets.read(at.0).await?.secrets;
    // What nobody knows can't be lost.
    let known = stored.filter(|stored| stored.of(at.1).is_some());
    let renewing = known.as_ref().and_then(|it| it.renewing(at.1, what));
    if renewing.is_some_and(|renewal| renewal.is_open(now)) || !begins.await? {
        return Ok(false);
    }
    if let Some(known) = known {
        look_later(platform, at).await?;
        let begun = (*known).clone().renewal_begun(at.1, what, now);
        platform.secrets.replace_vendor(at.0, &begun).await?;
    }
    Ok(true)
}

/// Makes the secret to come the one in use: a genuine webhook showed it.
pub async fn promote(platform: &Platform, at: At<'_>) -> Result<(), AwsError> {
    let Some(lease) = hold(platform, at.0).await? else {
        // The next webhook that shows it asks again.
        return Ok(());
    };
    let promoted = promote_held(platform, at).await;
    release(platform, lease).await;
    promoted
}

/// Has the renewals of a number looked at when its request must be over.
pub(crate) async fn look_later(
    platform: &Platform,
    (vendor, waba): At<'_>,
) -> Result<(), AwsError> {
    let entry = LaterEntry {
        vendor_id: vendor.clone(),
        waba_id: waba.clone(),
        received_at: platform.clock.now(),
        job: LaterJob::Renew {},
    };
    platform.queues.later(&entry, limits::RENEWAL_SETTLES).await
}

/// The right to change a vendor's secrets, for a while.
pub(crate) struct Lease {
    vendor: VendorId,
    holder: String,
}

/// Takes the right to change a vendor's secrets, and announces that they change; `None` if another one changes them now.
pub(crate) async fn hold(
    platform: &Platform,
    vendor: &VendorId,
) -> Result<Option<Lease>, AwsError> {
    let now = platform.clock.now();
    let holder = uuid::Uuid::now_v7().simple().to_string();
    if !platform.tables.lease_secrets(vendor, &holder, now).await? {
        return Ok(None);
    }
    let announced = platform.tables.announce_rotation(vendor, now).await;
    let vendor = vendor.clone();
    let lease = Lease { vendor, holder };
    if let Err(error) = announced {
        release(platform, lease).await;
        return Err(error);
    }
    Ok(Some(lease))
}

/// Lets others change the vendor's secrets. Should that fail, the lease ends by itself.
pub(crate) async fn release(platform: &Platform, lease: Lease) {
    let going = platform.tables.let_secrets_go(&lease.vendor, &lease.holder);
    if let Err(error) = going.await {
        tracing::warn!(vendor.id = %lease.vendor, error = %error, "a vendor's secrets are let go later");
    }
}

/// Claims a number's key, its webhook secret and the one to come, and gives up what it has no more; `false` if another number has one of them.
pub(crate) async fn claim(
    platform: &Platform,
    at: At<'_>,
    secrets: &VendorSecrets,
) -> Result<bool, AwsError> {
    let instance = identity::instance(platform, at).await?;
    let (Some(instance), Some(own)) = (instance, secrets.of(at.1)) else {
        return Ok(true);
    };
    let marks = Marks::of(&platform.secrets.mark_key().await?, own);
    if marks == instance.marks {
        return Ok(true);
    }
    let now = platform.clock.now();
    let claiming = platform.tables.replace_marks(&instance, &marks, now);
    Ok(claiming.await?.is_done())
}

/// What the provider made is in use there already, and nobody else has it; without its mark that is not noticed of somebody who brings it.
pub(crate) async fn claim_what_the_provider_made(
    platform: &Platform,
    at: At<'_>,
    secrets: &VendorSecrets,
) {
    match claim(platform, at, secrets).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::error!(vendor.id = %at.0, "a secret of the provider's making is another number's");
        }
        Err(error) => tracing::warn!(vendor.id = %at.0, error = %error, "a secret has no mark"),
    }
}

async fn promote_held(platform: &Platform, at: At<'_>) -> Result<(), AwsError> {
    let Some(stored) = platform.secrets.read(at.0).await?.secrets else {
        return Ok(());
    };
    let awaits = stored
        .of(at.1)
        .is_some_and(|own| own.webhook.next.is_some());
    if !awaits {
        return Ok(());
    }
    let promoted = (*stored).clone().promoted(at.1, platform.clock.now());
    // Its mark was claimed when it was given. That of the former one is given up first: whoever dies here is repeated by the next webhook.
    if !claim(platform, at, &promoted).await? {
        tracing::warn!(vendor.id = %at.0, "a number was changed while its secret was promoted; it is promoted later");
        return Ok(());
    }
    tracing::info!(vendor.id = %at.0, waba.id = %at.1, "a webhook secret is in use");
    platform.secrets.replace_vendor(at.0, &promoted).await
}

/// Settles each renewal of a number; `false` if one is to be looked at again.
async fn settle(
    platform: &Platform,
    (base_url, until): (&str, Instant),
    at: At<'_>,
) -> Result<bool, AwsError> {
    let mut is_over = true;
    for what in [Renewed::WebhookSecret, Renewed::ApiKey] {
        let Some(stored) = platform.secrets.read(at.0).await?.secrets else {
            return Ok(true);
        };
        let Some(renewal) = stored.renewing(at.1, what).cloned() else {
            continue;
        };
        let instance = identity::instance(platform, at).await?;
        let settled = match instance {
            Some(instance) if renewal.is_open(platform.clock.now()) => {
                let account = SessionAccount::find(platform, base_url, &instance, until).await?;
                settled(platform, account, &stored, &renewal).await
            }
            Some(_) | None => Some(given_up(&stored, &renewal, at)),
        };
        // Others may change the secrets when the lease ends.
        let in_time = |_: &VendorSecrets| Instant::now() < until;
        match settled.filter(in_time) {
            Some(secrets) => stored_anew(platform, at, what, &secrets).await?,
            None => is_over = false,
        }
    }
    Ok(is_over)
}

/// The secrets after a renewal, if the provider tells how it ended.
async fn settled(
    platform: &Platform,
    found: Found<'_>,
    stored: &VendorSecrets,
    renewal: &Renewal,
) -> Option<VendorSecrets> {
    let Found::Session(account) = found else {
        return None;
    };
    for _ in 0..ASKS {
        let told = account.credentials().await?;
        match renewal.settled(stored, &told, false, platform.clock.now()) {
            Settlement::Adopt(secrets) | Settlement::Kept(secrets) => return Some(secrets),
            Settlement::Wait => return None,
            Settlement::SwitchOn => {
                // Whether it did is asked next.
                let _ = account.switch_webhooks(true).await;
            }
        }
    }
    None
}

fn given_up(stored: &VendorSecrets, renewal: &Renewal, at: At<'_>) -> VendorSecrets {
    tracing::error!(vendor.id = %at.0, waba.id = %at.1, what = ?renewal.what, "nobody tells how a renewal ended; it is given up");
    telemetry::count(Metric::RenewalGivenUp, at.0);
    stored.clone().renewal_ended(at.1, renewal.what)
}

async fn stored_anew(
    platform: &Platform,
    at: At<'_>,
    what: Renewed,
    secrets: &VendorSecrets,
) -> Result<(), AwsError> {
    platform.secrets.replace_vendor(at.0, secrets).await?;
    claim_what_the_provider_made(platform, at, secrets).await;
    tracing::info!(vendor.id = %at.0, waba.id = %at.1, ?what, "a renewal is finished");
    match what {
        Renewed::WebhookSecret => Ok(()),
        Renewed::ApiKey => session::verify_soon(platform, at).await,
    }
}
