//! Registering a number: tables first, the secret last, for the secret is what opens the vendor's webhook. Every step can be repeated, and
//! until the last one is done the number is shown as incomplete.
//!
//! A session that is new behind its number is held in the same write, until somebody saw whose number it is.

use domain::{
    InstanceSecrets, Lane, LaneState, Marks, ParkReason, VendorConfig, VendorId, VendorSecrets,
    WabaInstance,
};
use flows::problem::Problem;
use jiff::Timestamp;
use platform::AwsError;
use platform::tables::{Registered as Written, Registration, VendorRow};
use serde_json::{Value, json};

use crate::number::AskedSecrets;
use crate::secret_store::fresh;
use crate::{App, unavailable};

/// How often a registration is decided anew because the vendor, the number or the lane moved meanwhile.
const TRIES: usize = 8;

/// What a request makes of a vendor, decided on what is there.
pub(crate) struct Plan {
    pub(crate) config: VendorConfig,
    pub(crate) known: Option<WabaInstance>,
    pub(crate) number: WabaInstance,
}

/// What a registration did.
pub(crate) struct Registered {
    /// The vendor before.
    pub(crate) before: Option<VendorRow>,
    /// Whether the number is new.
    pub(crate) created: bool,
    pub(crate) number: WabaInstance,
}

impl App {
    /// Registers a number of a vendor, new or changed, as `decide` says on what is there.
    pub(crate) async fn register(
        &self,
        vendor: &VendorId,
        secrets: &AskedSecrets,
        decide: impl Fn(Option<&VendorRow>) -> Result<Plan, Problem>,
    ) -> Result<Registered, Problem> {
        let alone = Box::pin(self.register_alone(vendor, secrets, decide));
        self.with_secrets(vendor, alone).await
    }

    async fn register_alone(
        &self,
        vendor: &VendorId,
        secrets: &AskedSecrets,
        decide: impl Fn(Option<&VendorRow>) -> Result<Plan, Problem>,
    ) -> Result<Registered, Problem> {
        let (tables, now) = (&self.platform.tables, self.platform.clock.now());
        let mark_key = self.mark_key().await?;
        let stored = self.stored_secrets(vendor).await?;
        for _ in 0..TRIES {
            let reading = tables.vendor(vendor).await;
            let before = reading.map_err(|error| unavailable(&error))?;
            let mut plan = decide(before.as_ref())?;
            let fresh = fresh(&plan.number.waba_id, secrets, stored.as_deref(), now)?;
            plan.number.marks = Marks::of(&mark_key, &fresh);
            let at = (vendor, &plan.number.waba_id);
            let lane = tables.lane(at.0, at.1).await;
            let lane = lane.map_err(|error| unavailable(&error))?;
            let is_anew = is_new_session(&plan, &fresh, stored.as_deref(), &lane);
            let held = if is_anew {
                lane.clone().registered(now)
            } else {
                lane.clone()
            };
            let writing = Written {
                config: (before.as_ref().map(|row| &row.config), &plan.config),
                number: (plan.known.as_ref(), &plan.number),
                lane: (&lane, &held),
                is_anew,
            };
            let registering = tables.register(writing, now).await;
            match registering.map_err(|error| unavailable(&error))? {
                Registration::Done => {
                    self.finish(&mut plan.number, (fresh, stored.as_deref()), is_anew, now)
                        .await?;
                    return Ok(Registered {
                        before,
                        created: plan.known.is_none(),
                        number: plan.number,
                    });
                }
                // The vendor's place may be taken by the erasure of a former one.
                Registration::Moved if before.is_none() => self.free(vendor).await?,
                Registration::Moved => {}
                taken => return Err(refused(taken)),
            }
        }
        Err(unavailable(&AwsError::contended("registering a vendor")))
    }

    /// What follows once the tables are written.
    async fn finish(
        &self,
        number: &mut WabaInstance,
        (fresh, stored): (InstanceSecrets, Option<&VendorSecrets>),
        is_anew: bool,
        now: Timestamp,
    ) -> Result<(), Problem> {
        if is_anew {
            number.observed = domain::Observed::default();
        }
        let goes_on = self.paced(number, now).await?;
        let vendor = &number.vendor_id;
        self.store_secrets((vendor, fresh), stored, now).await?;
        let completing = self.platform.tables.completed(number).await;
        completing.map_err(|error| unavailable(&error))?;
        let at = (vendor, &number.waba_id);
        if (is_anew || goes_on)
            && let Err(error) = flows::session::verify_soon(&self.platform, at).await
        {
            // The sweep looks at every lane that is held or drains.
            tracing::warn!(vendor.id = %vendor, error = %error, "a number is verified later");
        }
        Ok(())
    }

    /// Applies the number's pace to its lane; `true` if the lane waited for limits that are no more, and is to be verified or drained.
    async fn paced(&self, instance: &WabaInstance, now: Timestamp) -> Result<bool, Problem> {
        let at = (&instance.vendor_id, &instance.waba_id);
        let pacing = instance.pace();
        let changing = flows::lane::change(&self.platform, at, |lane| lane.paced(&pacing, now));
        let lane = changing.await.map_err(|error| unavailable(&error))?;
        Ok(lane.state == LaneState::Draining || lane.is_held_for_its_number())
    }

    /// A number's way out, as the API shows it.
    pub(crate) async fn lane_of(&self, instance: &WabaInstance) -> Result<Value, Problem> {
        let tables = &self.platform.tables;
        let lane = tables
            .lane(&instance.vendor_id, &instance.waba_id)
            .await
            .map_err(|error| unavailable(&error))?;
        let (state, reason) = match lane.state {
            LaneState::Open => ("open", None),
            LaneState::Draining => ("draining", None),
            LaneState::Parked { reason, .. } => ("parked", Some(reason.as_str())),
        };
        Ok(json!({ "state": state, "reason": reason, "waiting": lane.listed }))
    }
}

/// Whether another session than before may stand behind the number, or one that was given up: there is a key, and it, the number or the
/// session's label is new. A number without a key sends nothing, so that there is nothing to hold.
fn is_new_session(
    plan: &Plan,
    fresh: &InstanceSecrets,
    stored: Option<&VendorSecrets>,
    lane: &Lane,
) -> bool {
    let Some(key) = &fresh.api_key else {
        return false;
    };
    let former = stored
        .and_then(|stored| stored.of(&fresh.waba_id))
        .and_then(|stored| stored.api_key.as_ref());
    let known = plan.known.as_ref();
    let is_known = known.is_some_and(|known| known.is_session_of(&plan.number));
    let has_key = former.is_some_and(|former| former.expose() == key.expose());
    let is_given_up = matches!(
        lane.state,
        LaneState::Parked {
            reason: ParkReason::Credentials | ParkReason::Identity,
            ..
        }
    );
    !is_known || !has_key || is_given_up
}

fn refused(registration: Registration) -> Problem {
    let (field, code) = match registration {
        Registration::PhoneTaken => ("phoneNumber", "phone_number_taken"),
        Registration::InstanceTaken => ("wasenderInstanceId", "instance_taken"),
        Registration::SecretTaken => ("wasenderWebhookSecret", "secret_in_use"),
        Registration::KeyTaken => ("wasenderApiKey", "api_key_in_use"),
        Registration::Done | Registration::Moved => {
            return unavailable(&AwsError::contended("registering a vendor"));
        }
    };
    let detail = format!("{field}: another number has it");
    Problem::new(409, code, "Taken", detail).field(field)
}
