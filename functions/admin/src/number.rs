//! What a request says of one number: its fields, its secrets, its pace.

use domain::{
    ApiKey, Marks, Observed, Pacing, PhoneNumber, Provider, VendorId, WabaId, WabaInstance,
    WebhookSecret, first_revision,
};
use flows::problem::Problem;
use jiff::Timestamp;

use crate::body::{Fields, Wrong, invalid};
use crate::pacing::PacingChange;

/// The fields of a number; the CSV's columns have their names.
pub(crate) const FIELDS: [&str; 10] = [
    "phoneNumber",
    "provider",
    "wasenderInstanceId",
    "wasenderWebhookSecret",
    "wasenderApiKey",
    "plan",
    "accountProtection",
    "dailyCap",
    "jitter",
    "repairDrift",
];

/// A number as a request asks for it.
pub(crate) struct Asked {
    pub(crate) phone: PhoneNumber,
    pub(crate) instance_id: String,
    pub(crate) secrets: AskedSecrets,
    pacing: PacingChange,
    repair_drift: Option<bool>,
}

/// The secrets of a number that a request gives; what it leaves out stays as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct AskedSecrets {
    pub(crate) webhook: Option<WebhookSecret>,
    pub(crate) api_key: Option<ApiKey>,
}

impl Asked {
    /// Reads a number's fields; `None` if one of them is wrong.
    pub(crate) fn read(fields: &Fields, country: &str, wrong: &mut Wrong) -> Option<Self> {
        let phone = wrong.checked(phone(fields, country));
        let instance_id = wrong.checked(instance_id(fields));
        wrong.checked(provider(fields));
        let webhook = wrong.checked(webhook_secret(fields));
        let api_key = wrong.checked(api_key(fields));
        let pacing = PacingChange::read(fields, wrong);
        let repair_drift = wrong.checked(fields.flag("repairDrift"));
        Some(Self {
            phone: phone?,
            instance_id: instance_id?.to_owned(),
            secrets: AskedSecrets {
                webhook: webhook?,
                api_key: api_key?,
            },
            pacing: pacing?,
            repair_drift: repair_drift?,
        })
    }

    /// The number as it is to be, on what is known of it.
    pub(crate) fn on(
        &self,
        known: Option<&WabaInstance>,
        (vendor, waba): (&VendorId, &WabaId),
        now: Timestamp,
    ) -> WabaInstance {
        let begun = |known: &WabaInstance| known.created_at;
        // What the provider told of another session does not count for this one.
        let same = known.filter(|known| {
            known.phone == self.phone && known.provider_instance_id == self.instance_id
        });
        WabaInstance {
            waba_id: waba.clone(),
            vendor_id: vendor.clone(),
            provider: Provider::Wasender,
            phone: self.phone.clone(),
            provider_instance_id: self.instance_id.clone(),
            provider_session_id: same.and_then(|known| known.provider_session_id),
            status: known.map_or_else(|| "pending".to_owned(), |known| known.status.clone()),
            pacing: self
                .pacing
                .on(known.map_or_else(Pacing::default, |known| known.pacing)),
            observed: same.map_or_else(Observed::default, |known| known.observed.clone()),
            repair_drift: self
                .repair_drift
                .unwrap_or_else(|| known.is_none_or(|known| known.repair_drift)),
            marks: Marks::default(),
            incomplete: true,
            revision: known.map_or_else(|| first_revision(now), |known| known.revision + 1),
            created_at: known.map_or(now, begun),
            updated_at: now,
        }
    }
}

fn phone(fields: &Fields, country: &str) -> Result<PhoneNumber, Problem> {
    let phone = fields.required("phoneNumber")?;
    PhoneNumber::parse(phone, country).map_err(|error| invalid("phoneNumber", error))
}

fn provider(fields: &Fields) -> Result<(), Problem> {
    match fields.text("provider")? {
        Some(provider) if provider != Provider::Wasender.as_str() => {
            Err(invalid("provider", "only wasender is supported"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The owner's name of the session.
fn instance_id(fields: &Fields) -> Result<&str, Problem> {
    let id = fields.required("wasenderInstanceId")?;
    let usable = id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic());
    let detail = "has 1 to 128 visible ASCII characters";
    usable
        .then_some(id)
        .ok_or_else(|| invalid("wasenderInstanceId", detail))
}

fn webhook_secret(fields: &Fields) -> Result<Option<WebhookSecret>, Problem> {
    let name = "wasenderWebhookSecret";
    let secret = fields.text(name)?.map(WebhookSecret::parse).transpose();
    secret.map_err(|error| invalid(name, error))
}

fn api_key(fields: &Fields) -> Result<Option<ApiKey>, Problem> {
    let name = "wasenderApiKey";
    let key = fields.text(name)?.filter(|key| !key.is_empty());
    let key = key.map(ApiKey::parse).transpose();
    key.map_err(|error| invalid(name, error))
}
