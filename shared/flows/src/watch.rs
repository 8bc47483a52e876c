//! One look at one session: whether it is heard, and whether the provider has it set up as we need it.

use domain::drift::{self, Settings};
use domain::identity::{Answered, Identity};
use domain::watch::{Cause, Change, Watch};
use domain::{LaneState, Observed, SessionStatus, VendorId, WabaId, WabaInstance};
use platform::telemetry::Metric;
use platform::{AwsError, Platform, telemetry};
use providers::wasender::AccountSession;
use tokio::sync::OnceCell;

use crate::account::{self, Detail};
use crate::lane::TRIES;
use crate::{identity, lane, renewal, webhook};

/// What looks of one pass have in common.
#[derive(Debug)]
pub struct Looks<'a> {
    pub platform: &'a Platform,
    /// The provider's API.
    pub base_url: &'a str,
    /// Where providers reach the gateway, if that is known.
    pub public_url: Option<&'a str>,
    /// Whether settings that drifted are put back.
    pub repairs: bool,
    /// The account's sessions, once somebody had to ask for them.
    sessions: OnceCell<Option<Vec<AccountSession>>>,
}

type At<'a> = (&'a VendorId, &'a WabaId);

impl<'a> Looks<'a> {
    pub fn new(platform: &'a Platform, base_url: &'a str, public_url: Option<&'a str>) -> Self {
        Self {
            platform,
            base_url,
            public_url,
            repairs: false,
            sessions: OnceCell::new(),
        }
    }

    /// The same looks, which put settings back that drifted.
    #[must_use]
    pub fn repairing(self, repairs: bool) -> Self {
        Self { repairs, ..self }
    }

    /// Where the provider is to post a vendor's webhooks, if that is known.
    pub fn webhook_url(&self, vendor: &VendorId) -> Option<String> {
        let base = self.public_url?;
        Some(format!("{base}{}{vendor}", webhook::PATH))
    }

    /// Looks at a session that is due. The next look is fixed before anything is asked, so that one that fails does not come again at once.
    pub async fn look(&self, at: At<'_>) -> Result<(), AwsError> {
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        let session = tables.session(at, now).await?;
        if session.watch.due_at > now {
            // The index lags behind the table.
            return Ok(());
        }
        let looked = session.watch.clone().looked(now);
        let writing = tables.change_watch(at, &session.watch, &looked);
        if !writing.await?.is_done() {
            return Ok(());
        }
        if !looked.gaps.is_empty() {
            telemetry::count(Metric::ObserverLapse, at.0);
        }
        let Some(instance) = identity::instance(self.platform, at).await? else {
            return tables.unwatch(at.0, at.1).await;
        };
        let confirmed = self.confirm(at, &session.watch).await;
        let listened = self.listen(at, &instance).await;
        let compared = self.compare(&instance).await;
        let verified = match session.lane.state {
            LaneState::Open | LaneState::Draining
                if instance.observed.identity != Identity::Verified =>
            {
                identity::verify_open(self.platform, self.base_url, &instance).await
            }
            LaneState::Open | LaneState::Draining | LaneState::Parked { .. } => Ok(()),
        };
        // None of them keeps another from being done.
        confirmed.and(listened).and(compared).and(verified)
    }

    /// Makes good for a confirmation that got lost.
    async fn confirm(&self, at: At<'_>, watch: &Watch) -> Result<(), AwsError> {
        if watch.confirming_until.is_none() {
            return Ok(());
        }
        let confirming = identity::confirm(self.platform, self.base_url, at);
        confirming.await.map(|_| ())
    }

    /// Notes what was heard. A session that is connected and was silent for much longer than usual is asked whether it still is.
    async fn listen(&self, at: At<'_>, instance: &WabaInstance) -> Result<(), AwsError> {
        let newest = self.platform.tables.newest_inbound(at).await?;
        let now = self.platform.clock.now();
        let watch = self.change(at, |watch| watch.heard(newest, now)).await?;
        if !watch.rhythm.is_silent(now) || is_down(instance) {
            return Ok(());
        }
        if !watch.open.contains_key(&Cause::Silent) {
            let answered = identity::confirm(self.platform, self.base_url, at).await?;
            if answered != Answered::Told(SessionStatus::Connected) {
                return Ok(());
            }
            let from = watch.rhythm.heard_at.unwrap_or(now);
            let silent = |watch: Watch| watch.began(Cause::Silent, from, now);
            self.change(at, silent).await?;
            tracing::warn!(vendor.id = %at.0, waba.id = %at.1, "a connected session is silent for much longer than usual");
        }
        telemetry::count(Metric::SessionSilent, at.0);
        Ok(())
    }

    /// Compares the session's settings at the provider with those that we need, and learns what else they tell.
    async fn compare(&self, instance: &WabaInstance) -> Result<(), AwsError> {
        let session = match instance.provider_session_id {
            Some(session) => Some(session),
            None => self.discovered(instance).await?,
        };
        let Some(session) = session else {
            return Ok(());
        };
        match account::detail(self.platform, self.base_url, session).await? {
            Detail::Told(detail) => {
                let settings = &detail.settings;
                self.compared((instance, session), settings).await
            }
            Detail::Gone => {
                let forgotten = WabaInstance {
                    provider_session_id: None,
                    ..instance.clone()
                };
                self.platform.tables.note_settings(&forgotten).await
            }
            Detail::Unknown => Ok(()),
        }
    }

    async fn discovered(&self, instance: &WabaInstance) -> Result<Option<i64>, AwsError> {
        let listing = || account::sessions(self.platform, self.base_url);
        match self.sessions.get_or_try_init(listing).await? {
            Some(sessions) => account::session_among(self.platform, sessions, instance).await,
            None => Ok(None),
        }
    }

    /// Compares, puts back what drifted, and looks again.
    async fn compared(
        &self,
        (instance, session): (&WabaInstance, i64),
        settings: &Settings,
    ) -> Result<(), AwsError> {
        let at = (&instance.vendor_id, &instance.waba_id);
        let seen = self.noted((instance, session), settings).await?;
        if !seen.observed.drift.is_empty() {
            telemetry::count(Metric::SettingsDrift, at.0);
            if instance.repair_drift {
                self.repair((&seen, session), settings).await?;
            }
        }
        if settings.status.is_some_and(SessionStatus::is_down) && !is_down(instance) {
            // Its own word of that got lost.
            identity::confirm(self.platform, self.base_url, at).await?;
        }
        Ok(())
    }

    /// Puts back the settings that drifted, unless that was done often enough: another tool may want them otherwise.
    async fn repair(
        &self,
        (instance, session): (&WabaInstance, i64),
        settings: &Settings,
    ) -> Result<(), AwsError> {
        let at = (&instance.vendor_id, &instance.waba_id);
        let wanted = self.webhook_url(at.0);
        let Some(change) = drift::repair(settings, wanted.as_deref()).filter(|_| self.repairs)
        else {
            return Ok(());
        };
        let begins = Box::pin(self.may_repair(at));
        let is_begun = if change.webhook_enabled == Some(true) {
            // The provider may make another secret then. Who renews it already has just switched the webhooks off.
            renewal::expect_secret(self.platform, at, begins).await?
        } else {
            begins.await?
        };
        if !is_begun {
            return Ok(());
        }
        let change = (session, &change);
        if !account::update(self.platform, self.base_url, change).await? {
            return Ok(());
        }
        renewal::finish(self.platform, self.base_url, at).await?;
        let detail = account::detail(self.platform, self.base_url, session).await?;
        let Detail::Told(detail) = detail else {
            return Ok(());
        };
        let seen = self.noted((instance, session), &detail.settings).await?;
        if seen.observed.drift.is_empty() {
            telemetry::count(Metric::SettingsRepaired, at.0);
            tracing::info!(vendor.id = %at.0, waba.id = %at.1, "a session's settings are put back");
        }
        Ok(())
    }

    /// Notes that a repair begins, so that one that fails counts too.
    async fn may_repair(&self, at: At<'_>) -> Result<bool, AwsError> {
        let tables = &self.platform.tables;
        for _ in 0..TRIES {
            let now = self.platform.clock.now();
            let before = tables.session(at, now).await?.watch;
            let Some(repairs) = before.repairs.begun(now) else {
                if before.repairs.are_spent() {
                    tracing::error!(vendor.id = %at.0, waba.id = %at.1, "another tool keeps changing a session's settings; they are left as they are");
                }
                return Ok(false);
            };
            let begun = Change {
                watch: Watch {
                    repairs,
                    ..before.clone()
                },
                gaps: Vec::new(),
            };
            if tables.change_watch(at, &before, &begun).await?.is_done() {
                return Ok(true);
            }
        }
        Err(AwsError::contended("beginning a repair"))
    }

    /// Notes what a session's settings are, and the gap while they are not those that we need; the number as it is seen then.
    pub async fn noted(
        &self,
        (instance, session): (&WabaInstance, i64),
        settings: &Settings,
    ) -> Result<WabaInstance, AwsError> {
        let at = (&instance.vendor_id, &instance.waba_id);
        let wanted = self.webhook_url(at.0);
        let before = &instance.observed;
        let observed = Observed {
            drift: drift::drift(settings, wanted.as_deref()),
            logging_on: settings.log_messages.or(before.logging_on),
            account_protection: settings.account_protection.or(before.account_protection),
            ..before.clone()
        };
        let has_drifted = !observed.drift.is_empty();
        let seen = WabaInstance {
            provider_session_id: Some(session),
            observed,
            ..instance.clone()
        };
        if seen != *instance {
            let drift = seen.observed.drift.join(" ");
            tracing::info!(vendor.id = %at.0, waba.id = %at.1, drift, "a session's settings are others than before");
            if seen.pace() != instance.pace() {
                // First, for what was noted is not applied again.
                lane::pace(self.platform, at, &seen.pace()).await?;
            }
            self.platform.tables.note_settings(&seen).await?;
        }
        let now = self.platform.clock.now();
        let gap = |watch: Watch| {
            if has_drifted {
                watch.began(Cause::Drift, now, now)
            } else {
                watch.ended(Cause::Drift, now)
            }
        };
        self.change(at, gap).await?;
        Ok(seen)
    }

    /// Changes what is known of a session, and notes the gaps that begin or end with that.
    pub(crate) async fn change(
        &self,
        at: At<'_>,
        decide: impl Fn(Watch) -> Change,
    ) -> Result<Watch, AwsError> {
        let tables = &self.platform.tables;
        for _ in 0..TRIES {
            let before = tables.session(at, self.platform.clock.now()).await?.watch;
            let change = decide(before.clone());
            if tables.change_watch(at, &before, &change).await?.is_done() {
                return Ok(change.watch);
            }
        }
        Err(AwsError::contended("changing a watch"))
    }
}

/// Whether the session is known to be away.
fn is_down(instance: &WabaInstance) -> bool {
    SessionStatus::parse(&instance.status).is_down()
}
