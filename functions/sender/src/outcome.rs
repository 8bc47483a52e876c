//! What came of a call, written to the ledger and to the lane.

use std::time::Duration;

use domain::turn::{Turn, park};
use domain::{
    Dispatch, Failure, Lane, Outbound, ParkReason, Quota, RejectClass, SendOutcome, backoff, limits,
};
use flows::batch::Handled;
use flows::{lane, settle};
use jiff::Timestamp;
use platform::telemetry::Metric;
use platform::{AwsError, telemetry};

use crate::App;

/// What is known after a call.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Told(SendOutcome),
    /// No byte left: it is as if nothing was tried.
    NotReached,
}

/// How often the result of a call is written anew because the lane moved meanwhile.
const TRIES: usize = 8;

impl App {
    /// Settles a message that was taken. What the provider took or refused is final; what it surely did not take goes back.
    pub(crate) async fn settle(
        &self,
        taken: &Outbound,
        lane_then: &Lane,
        (outcome, took): (Outcome, Dwelt),
    ) -> Result<Handled, AwsError> {
        let now = self.platform.clock.now();
        let probe = now.checked_add(limits::PROBE_AFTER).ok();
        tell(taken, (&outcome, took), now);
        if !outcome.may_have_left() && lane_then.pace.day_cap.is_some() {
            let given_back = |lane: Lane| lane.given_back(now);
            lane::change(&self.platform, (&taken.vendor, &taken.waba), given_back).await?;
        }
        // What the provider put off, or could not look at, is no attempt.
        let untried = || taken.clone().untried();
        match outcome {
            Outcome::Told(SendOutcome::Accepted {
                msg_id,
                key_id,
                quota,
            }) => {
                let mut accepted = taken.clone().moved_to(Dispatch::Accepted);
                accepted.reference.msg_id = msg_id;
                accepted.reference.key_id = key_id;
                self.accepted(taken, accepted, (lane_then, quota)).await
            }
            Outcome::Told(SendOutcome::Rejected { class, reason }) => {
                self.rejected(taken, Failure::new(class, reason)).await
            }
            Outcome::Told(SendOutcome::Unknown) => self.doubted(taken).await,
            Outcome::Told(SendOutcome::NotConnected) => {
                let stop = |lane: Lane| lane.parked(ParkReason::NotConnected, probe);
                self.stopped(&untried(), stop).await
            }
            Outcome::Told(SendOutcome::Unauthorized) if taken.attempts < 2 => {
                self.queued_again(taken, Duration::from_secs(1)).await
            }
            Outcome::Told(SendOutcome::Unauthorized) => {
                tracing::error!(vendor.id = %taken.vendor, "a session's key is refused; its lane stops");
                let stop = |lane: Lane| lane.parked(ParkReason::Credentials, probe);
                self.stopped(&untried(), stop).await
            }
            Outcome::Told(SendOutcome::RetryLater { after }) => {
                self.put_off(&untried(), lane_then.pace.wait(after)).await
            }
            Outcome::Told(SendOutcome::Unavailable { after }) => {
                self.unavailable(taken, after).await
            }
            Outcome::NotReached if taken.attempts < limits::ATTEMPTS => {
                self.queued_again(taken, backoff(taken.attempts)).await
            }
            Outcome::NotReached => {
                tracing::error!(vendor.id = %taken.vendor, "the provider can't be reached; the lane stops");
                let stop = |lane: Lane| lane.parked(ParkReason::Doubt, probe);
                self.stopped(&untried(), stop).await
            }
        }
    }

    async fn accepted(
        &self,
        taken: &Outbound,
        accepted: Outbound,
        (lane_then, quota): (&Lane, Quota),
    ) -> Result<Handled, AwsError> {
        let accepted = Outbound {
            listed: false,
            ..accepted
        };
        let now = self.platform.clock.now();
        if !self
            .platform
            .tables
            .accept(taken, &accepted, now)
            .await?
            .is_done()
        {
            // Something was heard of its number already, or of the message: the state first, then the link with all that was heard.
            self.platform
                .tables
                .decide_outbound(taken, &accepted, now)
                .await?;
            self.platform
                .tables
                .link(&accepted, &accepted.reference, now)
                .await?;
        }
        if lane_then.doubts > 0 {
            lane::change(&self.platform, (&taken.vendor, &taken.waba), Lane::trusted).await?;
        }
        let told = |lane: Lane| lane.told_its_quota(quota, now);
        if told(lane_then.clone()) != *lane_then {
            lane::change(&self.platform, (&taken.vendor, &taken.waba), told).await?;
        }
        settle::list_shorter(&self.platform, taken).await?;
        Ok(Handled::Done)
    }

    async fn rejected(&self, taken: &Outbound, failure: Failure) -> Result<Handled, AwsError> {
        let mut rejected = taken.clone().moved_to(Dispatch::Rejected);
        rejected.failure = Some(failure.to_string());
        settle::end(&self.platform, taken, rejected, self.platform.clock.now()).await?;
        Ok(Handled::Done)
    }

    /// Nobody knows whether the provider took it. An echo that came before the doubt is proof, and one that comes later will be.
    async fn doubted(&self, taken: &Outbound) -> Result<Handled, AwsError> {
        let now = self.platform.clock.now();
        settle::end(
            &self.platform,
            taken,
            taken.clone().moved_to(Dispatch::Unknown),
            now,
        )
        .await?;
        Ok(Handled::Done)
    }

    /// Back to queued in the same generation: the entry in hand comes back, and keeps its place in its group.
    pub(crate) async fn queued_again(
        &self,
        taken: &Outbound,
        wait: Duration,
    ) -> Result<Handled, AwsError> {
        let queued = taken.clone().moved_to(Dispatch::Queued);
        self.platform
            .tables
            .decide_outbound(taken, &queued, self.platform.clock.now())
            .await?;
        Ok(Handled::Again(Some(wait)))
    }

    async fn put_off(&self, taken: &Outbound, wait: Duration) -> Result<Handled, AwsError> {
        let now = self.platform.clock.now();
        telemetry::count(Metric::SendDeferred, &taken.vendor);
        let told = |lane: Lane| lane.told_to_wait(wait, now);
        if wait > limits::REQUEUE_WAITS {
            return self.stopped(taken, told).await;
        }
        lane::change(&self.platform, (&taken.vendor, &taken.waba), told).await?;
        self.queued_again(taken, wait).await
    }

    /// One more try that surely was not accepted; the last one is the message's end.
    async fn unavailable(
        &self,
        taken: &Outbound,
        asked: Option<Duration>,
    ) -> Result<Handled, AwsError> {
        if taken.attempts >= limits::ATTEMPTS {
            let reason = "the provider was not available at any of several tries";
            let failure = Failure::new(RejectClass::Unavailable, reason);
            return self.rejected(taken, failure).await;
        }
        let wait = asked.unwrap_or_default().max(backoff(taken.attempts));
        if wait > limits::REQUEUE_WAITS {
            let resume_at = self.platform.clock.now().checked_add(wait).ok();
            let stop = |lane: Lane| lane.parked(ParkReason::RateLimited, resume_at);
            return self.stopped(taken, stop).await;
        }
        self.queued_again(taken, wait).await
    }

    /// Stops the lane and parks the message first in its list.
    async fn stopped(
        &self,
        taken: &Outbound,
        stop: impl Fn(Lane) -> Lane,
    ) -> Result<Handled, AwsError> {
        let tables = &self.platform.tables;
        for _ in 0..TRIES {
            let (before, now) = (
                tables.lane(&taken.vendor, &taken.waba).await?,
                self.platform.clock.now(),
            );
            let Turn::Park { message, lane } = park(taken.clone(), stop(before.clone()), now)
            else {
                break;
            };
            if tables
                .park((taken, &before), (&message, &lane), now)
                .await?
                .is_done()
            {
                lane::count_parked(&taken.vendor, &before, &lane);
                return Ok(Handled::Done);
            }
        }
        // The lease ends and the message is taken for unknown, which is safe: it is not sent again.
        Err(AwsError::contended("stopping a lane"))
    }
}

impl Outcome {
    const fn is_accepted(&self) -> bool {
        matches!(self, Self::Told(SendOutcome::Accepted { .. }))
    }

    /// The metric's word for it.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::NotReached => "not_reached",
            Self::Told(SendOutcome::Accepted { .. }) => "accepted",
            Self::Told(SendOutcome::Rejected { .. }) => "rejected",
            Self::Told(SendOutcome::RetryLater { .. }) => "retry_later",
            Self::Told(SendOutcome::Unavailable { .. }) => "unavailable",
            Self::Told(SendOutcome::NotConnected) => "not_connected",
            Self::Told(SendOutcome::Unauthorized) => "unauthorized",
            Self::Told(SendOutcome::Unknown) => "unknown",
        }
    }

    /// Whether the provider has the message, or may have it, or looked at it and refused it for good.
    const fn may_have_left(&self) -> bool {
        match self {
            Self::Told(
                SendOutcome::Accepted { .. } | SendOutcome::Rejected { .. } | SendOutcome::Unknown,
            ) => true,
            Self::Told(
                SendOutcome::RetryLater { .. }
                | SendOutcome::Unavailable { .. }
                | SendOutcome::NotConnected
                | SendOutcome::Unauthorized,
            )
            | Self::NotReached => false,
        }
    }
}

/// How long a message took until the provider answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dwelt {
    /// What it waited for longest.
    pub(crate) cause: &'static str,
    /// When the customer's message came that it answers.
    pub(crate) asked_at: Option<Timestamp>,
    /// The provider's part.
    pub(crate) provider: Duration,
}

/// Tells what came of a call, and how long it took to come to it.
fn tell(taken: &Outbound, (outcome, took): (&Outcome, Dwelt), now: Timestamp) {
    let vendor = &taken.vendor;
    let (word, is_accepted) = (outcome.as_str(), outcome.is_accepted());
    let since = |at: Timestamp| Duration::try_from(now.duration_since(at)).unwrap_or_default();
    let dwell = since(taken.created_at);
    telemetry::timed(Metric::ProviderLatency, word, took.provider, vendor);
    if is_accepted {
        telemetry::add(Metric::SendAccepted, 1, vendor);
        if let Some(asked_at) = took.asked_at {
            telemetry::took(Metric::DwellToAccepted, since(asked_at), vendor);
        }
        telemetry::timed(Metric::Dwell, took.cause, dwell, vendor);
    }
    let class = match outcome {
        Outcome::Told(SendOutcome::Rejected { class, .. }) => class.as_str(),
        Outcome::Told(_) | Outcome::NotReached => word,
    };
    tracing::info!(
        success = is_accepted,
        vendor.id = %vendor,
        message.id = %taken.id,
        delivery.attempt = taken.attempts,
        outcome = class,
        dwell_ms = u64::try_from(dwell.as_millis()).unwrap_or(u64::MAX),
        "message sent"
    );
}
