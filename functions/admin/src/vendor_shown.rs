//! Vendors and their numbers as the API shows them. No secret is in it.

use domain::WabaInstance;
use flows::problem::{self, Problem};
use http_api::Response;
use http_api::http::HeaderValue;
use platform::tables::VendorRow;
use serde_json::{Value, json};

use crate::{App, pacing};

impl App {
    /// A vendor by itself, with what its numbers' ways out are like.
    pub(crate) async fn vendor_shown(&self, row: &VendorRow) -> Result<Value, Problem> {
        let mut answer = vendor(row);
        for (place, instance) in row.instances.iter().enumerate() {
            answer["wabaInstances"][place]["lane"] = self.lane_of(instance).await?;
        }
        Ok(answer)
    }

    /// A number by itself.
    pub(crate) async fn number_shown(&self, instance: &WabaInstance) -> Result<Value, Problem> {
        let mut answer = number(instance);
        answer["lane"] = self.lane_of(instance).await?;
        Ok(answer)
    }
}

pub(crate) fn vendor(row: &VendorRow) -> Value {
    let first = row.instances.first();
    json!({
        "vendorId": row.config.vendor_id.as_str(),
        "businessName": row.config.business_name,
        "phoneNumber": first.map(|instance| instance.phone.expose()),
        "provider": first.map(|instance| instance.provider.as_str()),
        "wasenderInstanceId": first.map(|instance| instance.provider_instance_id.as_str()),
        "status": first.map(|instance| instance.status.as_str()),
        "active": row.config.active,
        "autoReply": row.config.auto_reply,
        "language": row.config.language,
        "answerGroups": row.config.answer_groups,
        "typedPauseMinutes": row.config.typed_pause_minutes,
        "wabaInstances": row.instances.iter().map(number).collect::<Vec<_>>(),
        "createdAt": row.config.created_at.to_string(),
        "updatedAt": row.config.updated_at.to_string(),
    })
}

pub(crate) fn number(instance: &WabaInstance) -> Value {
    json!({
        "wabaId": instance.waba_id.as_str(),
        "provider": instance.provider.as_str(),
        "phoneNumber": instance.phone.expose(),
        "wasenderInstanceId": instance.provider_instance_id,
        "status": instance.status,
        "incomplete": instance.incomplete,
        "pacing": pacing::shown(instance.pacing),
        "repairDrift": instance.repair_drift,
        "identity": instance.observed.identity.as_str(),
        "verifiedAt": instance.observed.verified_at.map(|at| at.to_string()),
        "drift": instance.observed.drift,
        "providerAccountProtection": instance.observed.account_protection,
        "loggingOn": instance.observed.logging_on,
        "createdAt": instance.created_at.to_string(),
        "updatedAt": instance.updated_at.to_string(),
    })
}

/// An answer with the revision by which its subject can be changed.
pub(crate) fn with_etag(status: u16, revision: u64, body: &Value) -> Response {
    let mut response = problem::json(status, body);
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        response.headers_mut().insert("etag", etag);
    }
    response
}
