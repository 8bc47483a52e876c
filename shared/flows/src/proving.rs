//! Whose a webhook is: proved by the secrets at hand, or by fresh ones, or by nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::admission::{Admission, Freshness, Shown, Unproved, admit, without_fresh_secrets};
use domain::entry::{LaterEntry, LaterJob};
use domain::{Proved, Slot, VendorId, VendorSecrets, WabaId, limits};
use jiff::Timestamp;
use platform::telemetry::Metric;
use platform::{AtHand, AwsError, Platform, telemetry};
use tokio::time::Instant;

use crate::ingest::{KEEPING_NEEDS, Webhook};

/// What an environment remembers of rotations. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rotations(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Whose rotation is announced, and when that was read; no names are all vendors.
    announced: Option<(Timestamp, Option<Vec<VendorId>>)>,
    /// When it was last told that a number's secret to come is in use.
    told: HashMap<(VendorId, WabaId), Timestamp>,
}

/// What a proof turned out to be.
pub(crate) enum Proving {
    /// With the secrets that proved it.
    Genuine(Proved, Arc<VendorSecrets>),
    Refused,
    /// Nobody can say yet: a rotation is under way.
    Rotating,
    /// The secrets could not be read.
    Unknown,
}

/// How long the announcements are remembered.
const ANNOUNCED_LIVES: Duration = limits::SECRET_FRESH;
/// How often it is told that a number's secret to come is in use.
const TOLD_EVERY: Duration = Duration::from_mins(1);
/// Numbers that are remembered at most.
const NUMBERS: usize = 1_000;

/// Whose the webhook is.
pub(crate) async fn prove(
    platform: &Platform,
    rotations: &Rotations,
    webhook: Webhook<'_>,
    deadline: Instant,
) -> Proving {
    let proving = match tried_patiently(platform, rotations, webhook, deadline).await {
        Ok(proving) => proving,
        Err(error) => {
            tracing::warn!(error = %error, "a webhook could not be proved");
            return Proving::Unknown;
        }
    };
    if matches!(proving, Proving::Rotating) {
        telemetry::count(Metric::WebhookWhileRotating, webhook.vendor);
    }
    proving
}

/// Whose the webhook is; one that may be signed with a secret that is about to be stored is held for a moment, so that in the usual case the
/// provider has no need to post it again.
async fn tried_patiently(
    platform: &Platform,
    rotations: &Rotations,
    webhook: Webhook<'_>,
    deadline: Instant,
) -> Result<Proving, AwsError> {
    let proving = tried(platform, rotations, webhook).await?;
    if !matches!(proving, Proving::Rotating) {
        return Ok(proving);
    }
    let secrets = &platform.secrets;
    let at_hand = secrets.vendor(webhook.vendor).await?.secrets;
    if !at_hand.is_some_and(|it| it.expect_a_secret_soon(platform.clock.now())) {
        return Ok(proving);
    }
    let keeping = deadline.checked_sub(KEEPING_NEEDS).unwrap_or(deadline);
    let until = keeping.min(Instant::now() + limits::RENEWAL_HOLDS);
    while Instant::now() + limits::RENEWAL_HOLD_STEP < until {
        tokio::time::sleep(limits::RENEWAL_HOLD_STEP).await;
        // Within the budget of such readings, which forgeries can't raise either.
        let Some(again) = secrets.vendor_again(webhook.vendor).await else {
            continue;
        };
        match proved(platform, &again?, webhook.shown).unwrap_or(Proving::Refused) {
            Proving::Rotating => {}
            proving => {
                telemetry::count(Metric::WebhookHeld, webhook.vendor);
                return Ok(proving);
            }
        }
    }
    Ok(proving)
}

async fn tried(
    platform: &Platform,
    rotations: &Rotations,
    webhook: Webhook<'_>,
) -> Result<Proving, AwsError> {
    let secrets = &platform.secrets;
    let at_hand = secrets.vendor(webhook.vendor).await?;
    if let Some(proving) = proved(platform, &at_hand, webhook.shown) {
        if matches!(proving, Proving::Refused) {
            secrets.mismatched(webhook.vendor);
        }
        return Ok(proving);
    }
    if let Some(fresh) = secrets.vendor_again(webhook.vendor).await {
        return Ok(proved(platform, &fresh?, webhook.shown).unwrap_or(Proving::Refused));
    }
    let now = platform.clock.now();
    let unproved = match without_fresh_secrets(at_hand.secrets.as_deref(), at_hand.read_at, now) {
        Unproved::AskWhoRotates => {
            let asking = rotations.is_announced(platform, webhook.vendor).await;
            Unproved::announced(asking.ok())
        }
        known => known,
    };
    Ok(match unproved {
        Unproved::Refused => Proving::Refused,
        Unproved::TryAgain | Unproved::AskWhoRotates => Proving::Rotating,
    })
}

/// What these secrets make of a proof; `None` if they are too old to refuse it.
fn proved(platform: &Platform, at_hand: &AtHand, shown: Shown<'_>) -> Option<Proving> {
    let now = platform.clock.now();
    let freshness = if at_hand.is_fresh {
        Freshness::Fresh
    } else {
        Freshness::Cached
    };
    match admit(at_hand.secrets.as_deref(), freshness, shown, now) {
        Admission::Admitted(proved) => {
            let by = at_hand.secrets.clone().unwrap_or_default();
            Some(Proving::Genuine(proved, by))
        }
        Admission::Refused => Some(Proving::Refused),
        Admission::Unsure => Some(Proving::Rotating),
        Admission::Mismatch => None,
    }
}

/// Has the secret to come made the one in use, once a genuine webhook showed it. Should that fail, the next webhook asks again.
pub(crate) async fn shown_next(
    platform: &Platform,
    rotations: &Rotations,
    vendor: &VendorId,
    proved: &Proved,
) {
    let now = platform.clock.now();
    if proved.by != Slot::Next || !rotations.may_tell(vendor, &proved.waba_id, now) {
        return;
    }
    let entry = LaterEntry {
        vendor_id: vendor.clone(),
        waba_id: proved.waba_id.clone(),
        received_at: now,
        job: LaterJob::Promote {},
    };
    if let Err(error) = platform.queues.later(&entry, Duration::ZERO).await {
        tracing::warn!(vendor.id = %vendor, error = %error, "a secret is promoted later");
    }
}

impl Rotations {
    /// Whether a vendor's secrets are being changed, as announced for all vendors; read at most once a second.
    async fn is_announced(&self, platform: &Platform, vendor: &VendorId) -> Result<bool, AwsError> {
        let now = platform.clock.now();
        let is_among = |names: &Option<Vec<VendorId>>| {
            names.as_ref().is_none_or(|names| names.contains(vendor))
        };
        if let Some((read_at, names)) = &self.locked().announced
            && age(*read_at, now) < ANNOUNCED_LIVES
        {
            return Ok(is_among(names));
        }
        let names = platform.tables.rotations(now).await?;
        let is_announced = is_among(&names);
        self.locked().announced = Some((now, names));
        Ok(is_announced)
    }

    fn may_tell(&self, vendor: &VendorId, waba: &WabaId, now: Timestamp) -> bool {
        let told = &mut self.locked().told;
        let number = (vendor.clone(), waba.clone());
        let lately = told
            .get(&number)
            .is_some_and(|at| age(*at, now) < TOLD_EVERY);
        if lately {
            return false;
        }
        if told.len() >= NUMBERS {
            told.clear();
        }
        told.insert(number, now);
        true
    }

    fn locked(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn age(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}
