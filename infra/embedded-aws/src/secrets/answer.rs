//! What the answers of the protocol are made of.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Secrets;
use super::operation::Outcome;
use super::secret::{Secret, SecretValue, Version};

pub(super) fn value(secrets: &Secrets, secret: &Secret, version: &Version) -> Value {
    let mut answer = named(secrets, secret);
    answer["VersionId"] = json!(version.id);
    answer["VersionStages"] = json!(version.stages);
    answer["CreatedDate"] = json!(epoch(version.created_at));
    match &version.value {
        SecretValue::Text(text) => answer["SecretString"] = json!(text),
        SecretValue::Binary(encoded) => answer["SecretBinary"] = json!(encoded),
    }
    answer
}

pub(super) fn describe(secrets: &Secrets, secret: &Secret) -> Value {
    let stages = |version: &Version| (version.id.clone(), json!(version.stages));
    let mut shown = named(secrets, secret);
    shown["VersionIdsToStages"] =
        Value::Object(secret.versions.iter().map(stages).collect::<Map<_, _>>());
    shown["CreatedDate"] = json!(epoch(secret.created_at));
    shown["LastChangedDate"] = json!(epoch(secret.changed_at));
    shown["Tags"] = json!(secret.tags);
    if let Some(description) = &secret.description {
        shown["Description"] = json!(description);
    }
    if let Some(deletion) = secret.deletion {
        shown["DeletedDate"] = json!(epoch(deletion.asked_at));
    }
    shown
}

pub(super) fn after_write(secrets: &Secrets, outcome: &Outcome) -> Value {
    let mut answer = named(secrets, &outcome.secret);
    if let Some(id) = &outcome.version_id {
        answer["VersionId"] = json!(id);
    }
    answer
}

pub(super) fn named(secrets: &Secrets, secret: &Secret) -> Value {
    json!({ "ARN": secrets.arn(secret), "Name": secret.name })
}

/// Seconds since 1970 with their fraction, as this protocol writes times.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 are exact in an f64 for longer than we live"
)]
pub(super) fn epoch(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}
