use domain::{Lane, LaneState, ParkReason, SessionStatus, VendorId, WabaId, limits};
use flows::call::Health;
use flows::{breaker, call, identity, lane};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use platform::AwsError;

use crate::{AT_ONCE, App, PAGE, Pass, pages};

impl App {
    /// Lanes that stand still or drain, and that somebody should have gone on with by now.
    pub(crate) async fn due_lanes(&self) -> Pass {
        pages(|| self.lanes()).await
    }

    /// One page of them, and whether there are more.
    async fn lanes(&self) -> (Pass, bool) {
        let (mut pass, tables) = (Pass::default(), &self.platform.tables);
        let due = match tables.due_lanes(self.platform.clock.now(), PAGE).await {
            Ok(due) => due,
            Err(error) => {
                pass.count("lanes", Err(error));
                return (pass, false);
            }
        };
        let rows = due.len();
        // A provider that is slow to tell one session's status holds up no other lane.
        let looks = due
            .into_iter()
            .map(|(vendor, waba)| async move { self.due_lane(&vendor, &waba).await });
        let mut looks = stream::iter(looks).buffer_unordered(AT_ONCE);
        while let Some(done) = looks.next().await {
            pass.count("lanes", done);
        }
        (pass, pass.leads_on(rows))
    }

    async fn due_lane(&self, vendor: &VendorId, waba: &WabaId) -> Result<(), AwsError> {
        let (at, now) = ((vendor, waba), self.platform.clock.now());
        // The index lags behind the table: what it named may have stopped anew since.
        let is_early = |resume_at: Option<Timestamp>| resume_at.is_none_or(|due| due > now);
        if let LaneState::Parked { resume_at, .. } =
            self.platform.tables.lane(vendor, waba).await?.state
            && is_early(resume_at)
        {
            return Ok(());
        }
        let put_off =
            |lane: Lane| lane.put_off(now.checked_add(limits::PROBE_AFTER).unwrap_or(now));
        let looked_at = lane::change(&self.platform, at, put_off).await?;
        match looked_at.state {
            LaneState::Open => Ok(()),
            LaneState::Draining => lane::drain(&self.platform, vendor, waba).await,
            LaneState::Parked {
                reason: ParkReason::RateLimited | ParkReason::DailyCap,
                ..
            } => self.resume(vendor, waba).await,
            LaneState::Parked {
                reason: ParkReason::Identity,
                ..
            } => identity::verify(&self.platform, &self.wasender_api_url, at).await,
            LaneState::Parked {
                reason: ParkReason::NotConnected,
                ..
            } => identity::confirm(&self.platform, &self.wasender_api_url, at)
                .await
                .map(|_| ()),
            LaneState::Parked {
                reason: ParkReason::Credentials,
                ..
            } => self.probe(vendor, waba).await,
            LaneState::Parked {
                reason: ParkReason::Doubt,
                ..
            } => self.probe_in_doubt(vendor, waba).await.map(|_| ()),
            LaneState::Parked {
                reason: ParkReason::Platform,
                ..
            } => self.probe_the_platform(vendor, waba).await,
        }
    }

    /// A session may say that it is connected and yet answer no send: then another send would come into doubt.
    async fn probe_in_doubt(&self, vendor: &VendorId, waba: &WabaId) -> Result<Health, AwsError> {
        let (platform, url) = (&self.platform, &self.wasender_api_url);
        let health = call::health(platform, url, vendor, waba).await;
        if health == Health::Well {
            lane::resume(platform, vendor, waba).await?;
        }
        Ok(health)
    }

    /// The first lane whose time has come probes for all: the platform is let go with it, or held on.
    async fn probe_the_platform(&self, vendor: &VendorId, waba: &WabaId) -> Result<(), AwsError> {
        let held_until = self.platform.tables.platform_held().await?;
        if held_until.is_some_and(|until| until > self.platform.clock.now()) {
            return Ok(());
        }
        let health = self.probe_in_doubt(vendor, waba).await?;
        match held_until {
            Some(until) => breaker::probed(&self.platform, until, health).await,
            None => Ok(()),
        }
    }

    /// Asks the provider how the session is: it may be back without having told.
    async fn probe(&self, vendor: &VendorId, waba: &WabaId) -> Result<(), AwsError> {
        match call::session_status(&self.platform, &self.wasender_api_url, vendor, waba).await {
            Some(SessionStatus::Connected) => self.resume(vendor, waba).await,
            Some(_) | None => Ok(()),
        }
    }

    /// Starts a lane again, once its number is verified.
    async fn resume(&self, vendor: &VendorId, waba: &WabaId) -> Result<(), AwsError> {
        lane::resume(&self.platform, vendor, waba).await?;
        identity::verify(&self.platform, &self.wasender_api_url, (vendor, waba)).await
    }
}
