//! Secrets Manager's JSON protocol: requests to operations, outcomes to answers.

use std::mem::take;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Secrets;
use super::answer::{after_write, describe, epoch, named, value};
use super::error::SecretsError;
use super::operation::{Operation, Written};
use super::secret::{Secret, SecretValue};

/// The fields of every request; each operation reads those it knows.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    name: Option<String>,
    secret_id: Option<String>,
    client_request_token: Option<String>,
    description: Option<String>,
    secret_string: Option<String>,
    secret_binary: Option<String>,
    version_id: Option<String>,
    version_stage: Option<String>,
    version_stages: Vec<String>,
    tags: Vec<Value>,
    recovery_window_in_days: Option<u32>,
    force_delete_without_recovery: bool,
    include_planned_deletion: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    values: Vec<String>,
}

/// Performs one request.
pub(crate) fn call(secrets: &Secrets, operation: &str, body: &[u8]) -> Result<Value, SecretsError> {
    let request: Request = parse(body)?;
    match operation {
        "CreateSecret" => create(secrets, request),
        "PutSecretValue" => put(secrets, request),
        "UpdateSecret" => update(secrets, request),
        "DeleteSecret" => delete(secrets, &request),
        "RestoreSecret" => {
            let outcome = secrets.run(&Operation::Restore {
                secret: request.secret()?,
            })?;
            Ok(named(secrets, &outcome.secret))
        }
        "GetSecretValue" => secrets.read(|state, now| {
            let secret = state.find_usable(now, &request.secret()?)?;
            let (id, stage) = (
                request.version_id.as_deref(),
                request.version_stage.as_deref(),
            );
            Ok(value(secrets, secret, secret.version(id, stage)?))
        }),
        "DescribeSecret" => {
            secrets.read(|state, now| Ok(describe(secrets, state.find(now, &request.secret()?)?)))
        }
        "ListSecrets" => list(secrets, &request),
        _ => Err(SecretsError::UnknownOperation(operation.to_owned())),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, SecretsError> {
    serde_json::from_slice(body)
        .map_err(|_| SecretsError::Serialization("The request is malformed.".to_owned()))
}

impl Request {
    fn secret(&self) -> Result<String, SecretsError> {
        self.secret_id.clone().ok_or_else(|| missing("SecretId"))
    }

    /// The version the request wants written, if any.
    fn written(&mut self) -> Result<Option<Written>, SecretsError> {
        let value = match (self.secret_string.take(), self.secret_binary.take()) {
            (Some(_), Some(_)) => {
                let text = "You can't specify both a binary secret value and a string secret value in the same secret.";
                return Err(SecretsError::InvalidParameter(text.to_owned()));
            }
            (Some(text), None) => SecretValue::Text(text),
            (None, Some(encoded)) => SecretValue::Binary(encoded),
            (None, None) => return Ok(None),
        };
        let (token, stages) = (
            self.client_request_token.take(),
            take(&mut self.version_stages),
        );
        Ok(Some(Written {
            value,
            token,
            stages,
        }))
    }

    fn wants(&self, secret: &Secret) -> bool {
        let is_shown = secret.deletion.is_none() || self.include_planned_deletion;
        let names = self.filters.iter().filter(|filter| filter.key == "name");
        is_shown
            && names.into_iter().all(|filter| {
                filter
                    .values
                    .iter()
                    .any(|prefix| secret.name.starts_with(prefix))
            })
    }
}

fn missing(field: &str) -> SecretsError {
    SecretsError::InvalidParameter(format!(
        "You must provide a value for the {field} parameter."
    ))
}

fn create(secrets: &Secrets, mut request: Request) -> Result<Value, SecretsError> {
    let written = request.written()?;
    let name = request.name.ok_or_else(|| missing("Name"))?;
    let Request {
        description, tags, ..
    } = request;
    let outcome = secrets.run(&Operation::Create {
        name,
        written,
        description,
        tags,
    })?;
    Ok(after_write(secrets, &outcome))
}

fn put(secrets: &Secrets, mut request: Request) -> Result<Value, SecretsError> {
    let written = request.written()?.ok_or_else(|| missing("SecretString"))?;
    let outcome = secrets.run(&Operation::Put {
        secret: request.secret()?,
        written,
    })?;
    let version = outcome
        .secret
        .version(outcome.version_id.as_deref(), None)?;
    let mut answer = after_write(secrets, &outcome);
    answer["VersionStages"] = json!(version.stages);
    Ok(answer)
}

fn update(secrets: &Secrets, mut request: Request) -> Result<Value, SecretsError> {
    let written = request.written()?;
    let secret = request.secret()?;
    let description = request.description;
    let outcome = secrets.run(&Operation::Update {
        secret,
        written,
        description,
    })?;
    Ok(after_write(secrets, &outcome))
}

fn delete(secrets: &Secrets, request: &Request) -> Result<Value, SecretsError> {
    let force = request.force_delete_without_recovery;
    if force && request.recovery_window_in_days.is_some() {
        let text =
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
        return Err(SecretsError::InvalidParameter(text.to_owned()));
    }
    let recovery_days = (!force).then(|| request.recovery_window_in_days.unwrap_or(30));
    let secret = request.secret()?;
    let outcome = match secrets.run(&Operation::Delete {
        secret: secret.clone(),
        recovery_days,
    }) {
        // Who wants it gone without a trace is content that it is.
        Err(SecretsError::NotFound) if force => return Ok(json!({ "Name": secret })),
        other => other?,
    };
    let mut answer = named(secrets, &outcome.secret);
    if let Some(deletion) = outcome.secret.deletion {
        answer["DeletionDate"] = json!(epoch(deletion.gone_at));
    }
    Ok(answer)
}

fn list(secrets: &Secrets, request: &Request) -> Result<Value, SecretsError> {
    let limit = request.max_results.unwrap_or(100);
    if !(1..=100).contains(&limit) {
        return Err(SecretsError::InvalidParameter(
            "MaxResults must be between 1 and 100.".to_owned(),
        ));
    }
    let after = request.next_token.as_deref().unwrap_or_default();
    let mut page: Vec<Secret> = secrets.read(|state, now| {
        let all = state
            .all(now)
            .filter(|secret| request.wants(secret) && secret.name.as_str() > after);
        all.take(limit + 1).cloned().collect()
    });
    let has_more = page.len() > limit;
    page.truncate(limit);
    let shown: Vec<Value> = page
        .iter()
        .map(|secret| describe(secrets, secret))
        .collect();
    let mut answer = json!({ "SecretList": shown });
    if let Some(last) = page.last().filter(|_| has_more) {
        answer["NextToken"] = json!(last.name);
    }
    Ok(answer)
}
