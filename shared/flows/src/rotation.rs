//! Another webhook secret or API key for one number, while its traffic goes on.
//!
//! What is about to change at the provider is stored first; whoever finds that stored reads back what the provider has, and adopts it.

use domain::watch::{Cause, Gap, Watch};
use domain::{
    Lane, Renewal, Renewed, Settlement, VendorId, VendorSecrets, WabaId, WabaInstance,
    WebhookSecret, limits,
};
use jiff::Timestamp;
use platform::{AwsError, Platform};
use tokio::time::Instant;

use crate::renewal::Lease;
use crate::session_account::{Found, NotDone, SessionAccount};
use crate::watch::Looks;
use crate::{lane, renewal, session};

/// The number whose secrets change, and until when the provider may be asked.
#[derive(Clone, Copy, Debug)]
pub struct Rotation<'a> {
    pub platform: &'a Platform,
    /// The provider's API.
    pub base_url: &'a str,
    pub instance: &'a WabaInstance,
    pub until: Instant,
}

/// How a rotation of a webhook secret ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// Another secret is in use; the former one stays good for a while.
    Yes,
    /// The secret that was given is as good as the present one, and is in use as soon as a webhook shows it.
    Waiting,
    /// The provider kept its secret, or the one that was given is in use already.
    Unchanged,
}

/// Why a secret or a key was not changed.
#[derive(Debug)]
pub enum NotRotated {
    /// Another request changes the vendor's secrets now.
    Busy,
    /// The number has no secrets.
    NoSecrets,
    /// Another number has the secret that was given.
    Taken,
    /// Nobody gave the gateway the account's token.
    NoToken,
    /// The account does not tell which of its sessions is this number's.
    NoSession,
    /// The provider refused, with this status.
    Refused(u16),
    /// Nobody knows what the provider did. If it did something, that is found out and finished without further requests.
    Unanswered,
    Store(AwsError),
}

impl From<AwsError> for NotRotated {
    fn from(error: AwsError) -> Self {
        Self::Store(error)
    }
}

impl From<NotDone> for NotRotated {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Refused(status) => Self::Refused(status),
            NotDone::Unanswered => Self::Unanswered,
        }
    }
}

impl Rotation<'_> {
    /// Has the provider make another webhook secret, and reads it back.
    pub async fn renew_webhook_secret(&self) -> Result<Rotated, NotRotated> {
        let lease = self.hold().await?;
        let renewed = self.webhook_secret_renewed().await;
        self.release(lease).await;
        renewed
    }

    /// Takes a webhook secret that the provider has or is about to have. `promote` it at once, or when it is seen.
    pub async fn take_webhook_secret(
        &self,
        secret: &WebhookSecret,
        promote: bool,
    ) -> Result<Rotated, NotRotated> {
        let lease = self.hold().await?;
        let taken = self.webhook_secret_taken(secret, promote).await;
        self.release(lease).await;
        taken
    }

    /// Has the provider make another API key. Nothing leaves from the session between the old key's end and a look at the new one.
    pub async fn renew_api_key(&self) -> Result<(), NotRotated> {
        let lease = self.hold().await?;
        let renewed = self.api_key_renewed().await;
        self.release(lease).await;
        renewed
    }

    async fn webhook_secret_renewed(&self) -> Result<Rotated, NotRotated> {
        let account = self.account().await?;
        let secrets = self.secrets().await?;
        let told = account.credentials().await.ok_or(NotRotated::Unanswered)?;
        let what = Renewed::WebhookSecret;
        let now = self.platform.clock.now();
        let begun = secrets.clone().renewal_begun(self.waba(), what, now);
        let renewal = self.renewal(what, now);
        // Somebody made another one already, at the provider's dashboard or by a request that died.
        if let Settlement::Adopt(adopted) = renewal.settled(&secrets, &told, false, now) {
            self.adopt(&adopted).await?;
            return Ok(Rotated::Yes);
        }
        if !account.has_left(limits::ROTATION_LEAD + limits::ROTATION_SWITCH * 2) {
            return Err(NotRotated::Unanswered);
        }
        self.begin(&begun).await?;
        let leads = now.checked_add(limits::ROTATION_LEAD).unwrap_or(now);
        self.platform.clock.sleep_until(leads).await;
        let are_on = told.webhooks_on != Some(false);
        if let Err(not_done) = self.switched_off_and_on(&account, are_on).await {
            if matches!(not_done, NotDone::Refused(_)) {
                self.store(&secrets.renewal_ended(self.waba(), what))
                    .await?;
            }
            return Err(not_done.into());
        }
        let told = account.credentials().await.ok_or(NotRotated::Unanswered)?;
        match renewal.settled(&begun, &told, true, self.platform.clock.now()) {
            Settlement::Adopt(adopted) => {
                self.adopt(&adopted).await?;
                Ok(Rotated::Yes)
            }
            Settlement::Kept(kept) => {
                self.store(&kept).await?;
                Ok(Rotated::Unchanged)
            }
            Settlement::SwitchOn | Settlement::Wait => Err(NotRotated::Unanswered),
        }
    }

    /// Switches the webhooks off, if they `are_on`, and on again. After a refusal nothing changed.
    async fn switched_off_and_on(
        &self,
        account: &SessionAccount<'_>,
        are_on: bool,
    ) -> Result<(), NotDone> {
        let off_at = self.platform.clock.now();
        let off = if are_on {
            account.switch_webhooks(false).await
        } else {
            Ok(())
        };
        if matches!(off, Err(NotDone::Refused(_))) {
            return off;
        }
        // Also if nobody knows whether they are off.
        let on = account.switch_webhooks(true).await;
        if let Err(error) = self.were_off(off_at, on.is_ok()).await {
            tracing::warn!(vendor.id = %self.vendor(), error = %error, "a gap is not noted");
        }
        // What got no answer may still be on its way to the provider: whoever looks later finds what came of it.
        off.and(on).map_err(|_| NotDone::Unanswered)
    }

    /// Webhooks that came up while they were switched off were not posted. A look at the session ends what is not over.
    async fn were_off(&self, from: Timestamp, is_over: bool) -> Result<(), AwsError> {
        let now = self.platform.clock.now();
        if !is_over {
            let looks = Looks::new(self.platform, self.base_url, None);
            let lasts = |watch: Watch| watch.began(Cause::Drift, from, now);
            return looks.change(self.at(), lasts).await.map(|_| ());
        }
        let gap = Gap {
            waba: self.waba().clone(),
            cause: Cause::Drift,
            from,
            to: Some(now),
        };
        self.platform.tables.note_gap(self.vendor(), &gap).await
    }

    async fn webhook_secret_taken(
        &self,
        secret: &WebhookSecret,
        promote: bool,
    ) -> Result<Rotated, NotRotated> {
        let (secrets, waba) = (self.secrets().await?, self.waba());
        let own = secrets.of(waba).ok_or(NotRotated::NoSecrets)?;
        if own.webhook.current.expose() == secret.expose() {
            return Ok(Rotated::Unchanged);
        }
        let now = self.platform.clock.now();
        let (secrets, rotated) = if promote || self.provider_shows(secret).await {
            (secrets.with_webhook_secret(waba, secret, now), Rotated::Yes)
        } else {
            let awaiting = secrets.awaiting_webhook_secret(waba, secret, now);
            (awaiting, Rotated::Waiting)
        };
        if !renewal::claim(self.platform, self.at(), &secrets).await? {
            return Err(NotRotated::Taken);
        }
        self.store(&secrets).await?;
        Ok(rotated)
    }

    /// Whether the session's detail has this webhook secret; `false` also where it can't be asked.
    async fn provider_shows(&self, secret: &WebhookSecret) -> bool {
        let Ok(account) = self.account().await else {
            return false;
        };
        let told = account.credentials().await.unwrap_or_default();
        let shown = told.webhook_secret;
        shown.is_some_and(|shown| shown.expose() == secret.expose())
    }

    async fn api_key_renewed(&self) -> Result<(), NotRotated> {
        let account = self.account().await?;
        let (secrets, what) = (self.secrets().await?, Renewed::ApiKey);
        let now = self.platform.clock.now();
        if let Some(former) = secrets.renewing(self.waba(), what).cloned() {
            // A request that died may have got as far as the provider.
            let told = account.credentials().await.ok_or(NotRotated::Unanswered)?;
            if let Settlement::Adopt(adopted) = former.settled(&secrets, &told, false, now) {
                return self.key_stored(&adopted).await;
            }
        }
        let begun = secrets.clone().renewal_begun(self.waba(), what, now);
        self.begin(&begun).await?;
        let held = |lane: Lane| lane.registered(now);
        lane::change(self.platform, self.at(), held).await?;
        let fresh = match account.regenerate_key().await {
            Ok(fresh) => fresh,
            Err(NotDone::Refused(status)) => {
                self.key_stored(&secrets.renewal_ended(self.waba(), what))
                    .await?;
                return Err(NotRotated::Refused(status));
            }
            Err(NotDone::Unanswered) => {
                let told = account.credentials().await.ok_or(NotRotated::Unanswered)?;
                let renewal = self.renewal(what, now);
                return match renewal.settled(&begun, &told, false, now) {
                    Settlement::Adopt(adopted) => self.key_stored(&adopted).await,
                    _ => Err(NotRotated::Unanswered),
                };
            }
        };
        self.key_stored(&begun.with_api_key(self.waba(), &fresh))
            .await
    }

    /// Stores a session's key, and has its number looked at with it.
    async fn key_stored(&self, secrets: &VendorSecrets) -> Result<(), NotRotated> {
        self.adopt(secrets).await?;
        if let Err(error) = session::verify_soon(self.platform, self.at()).await {
            // The sweep looks at every lane that is held.
            tracing::warn!(vendor.id = %self.vendor(), error = %error, "a number is verified later");
        }
        Ok(())
    }

    /// Stores that a renewal begins, after it is sure that somebody looks after it.
    async fn begin(&self, begun: &VendorSecrets) -> Result<(), NotRotated> {
        renewal::look_later(self.platform, self.at()).await?;
        Ok(self.store(begun).await?)
    }

    /// Stores what the provider made, and claims it.
    async fn adopt(&self, secrets: &VendorSecrets) -> Result<(), AwsError> {
        self.store(secrets).await?;
        renewal::claim_what_the_provider_made(self.platform, self.at(), secrets).await;
        Ok(())
    }

    async fn store(&self, secrets: &VendorSecrets) -> Result<(), AwsError> {
        let storing = self.platform.secrets.replace_vendor(self.vendor(), secrets);
        storing.await
    }

    async fn secrets(&self) -> Result<VendorSecrets, NotRotated> {
        let stored = self.platform.secrets.read(self.vendor()).await?.secrets;
        let stored = stored.filter(|stored| stored.of(self.waba()).is_some());
        let stored = stored.ok_or(NotRotated::NoSecrets)?;
        Ok((*stored).clone())
    }

    async fn account(&self) -> Result<SessionAccount<'_>, NotRotated> {
        let finding = SessionAccount::find(self.platform, self.base_url, self.instance, self.until);
        match finding.await? {
            Found::Session(account) => Ok(account),
            Found::NoToken => Err(NotRotated::NoToken),
            Found::NoSession => Err(NotRotated::NoSession),
        }
    }

    async fn hold(&self) -> Result<Lease, NotRotated> {
        let holding = renewal::hold(self.platform, self.vendor());
        holding.await?.ok_or(NotRotated::Busy)
    }

    async fn release(&self, lease: Lease) {
        renewal::release(self.platform, lease).await;
    }

    fn renewal(&self, what: Renewed, since: Timestamp) -> Renewal {
        Renewal {
            waba_id: self.waba().clone(),
            what,
            since,
        }
    }

    const fn vendor(&self) -> &VendorId {
        &self.instance.vendor_id
    }

    const fn waba(&self) -> &WabaId {
        &self.instance.waba_id
    }

    const fn at(&self) -> (&VendorId, &WabaId) {
        (self.vendor(), self.waba())
    }
}
