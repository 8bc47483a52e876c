//! Writing a registration: a session that is new behind its number is held in the same write, until somebody saw whose number it is.

use domain::{Lane, LaneState, ParkReason, VendorId, VendorSecrets, WabaInstance};
use flows::problem::Problem;
use jiff::Timestamp;
use platform::AwsError;
use platform::tables::{Registered as Written, Registration};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::vendors::{Registered, taken};
use crate::{App, unavailable};

/// How often a registration is decided anew because the lane moved meanwhile.
const TRIES: usize = 8;

impl App {
    /// Writes the tables; `true` if the lane is held until its number is verified.
    pub(crate) async fn register(
        &self,
        asked: &Registered,
        known: Option<&WabaInstance>,
        stored: Option<&VendorSecrets>,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        let (tables, instance) = (&self.platform.tables, &asked.instance);
        for _ in 0..TRIES {
            let lane = tables
                .lane(&instance.vendor_id, &instance.waba_id)
                .await
                .map_err(|error| unavailable(&error))?;
            let held =
                is_new_session(asked, known, stored, &lane).then(|| lane.clone().registered(now));
            let registering = tables.register(
                Written {
                    config: &asked.config,
                    before: known,
                    instance,
                    lane: held.as_ref().map(|held| (&lane, held)),
                },
                now,
            );
            match registering.await.map_err(|error| unavailable(&error))? {
                Registration::Done => return Ok(held.is_some()),
                Registration::PhoneTaken => return Err(taken("phoneNumber", "phone_number_taken")),
                Registration::InstanceTaken => {
                    return Err(taken("wasenderInstanceId", "instance_taken"));
                }
                Registration::LaneMoved => {}
            }
        }
        Err(unavailable(&AwsError::contended("registering a vendor")))
    }

    /// Applies the number's pace to its lane; `true` if the lane waited for limits that are no more, and is to be verified or drained.
    pub(crate) async fn paced(
        &self,
        instance: &WabaInstance,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        let at = (&instance.vendor_id, &instance.waba_id);
        let pacing = instance.pace();
        let changing = flows::lane::change(&self.platform, at, |lane| lane.paced(&pacing, now));
        let lane = changing.await.map_err(|error| unavailable(&error))?;
        Ok(lane.state == LaneState::Draining || lane.is_held_for_its_number())
    }

    pub(crate) async fn stored_secrets(
        &self,
        vendor: &VendorId,
    ) -> Result<Option<Arc<VendorSecrets>>, Problem> {
        let stored = self.platform.secrets.read(vendor).await;
        Ok(stored.map_err(|error| unavailable(&error))?.secrets)
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
    asked: &Registered,
    known: Option<&WabaInstance>,
    stored: Option<&VendorSecrets>,
    lane: &Lane,
) -> bool {
    let waba = &asked.instance.waba_id;
    let former = stored
        .and_then(|stored| stored.of(waba))
        .and_then(|stored| stored.api_key.as_ref());
    let Some(key) = asked.api_key.as_ref().or(former) else {
        return false;
    };
    let is_known = known.is_some_and(|known| {
        known.phone == asked.instance.phone
            && known.provider_instance_id == asked.instance.provider_instance_id
    });
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
