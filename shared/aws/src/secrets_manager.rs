//! Secrets Manager.

use serde::Deserialize;

use crate::client::{Service, token};
use crate::request::Done;

pub(crate) const SERVICE: Service = Service {
    name: "secretsmanager",
    target: "secretsmanager",
    content_type: "application/x-amz-json-1.1",
};

impl Client {
    /// A new secret, whose token makes it one however often it is sent.
    pub fn create_secret(&self) -> CreateSecret {
        CreateSecret::new(self).client_request_token(token())
    }

    /// A new version, whose token makes it one however often it is sent.
    pub fn put_secret_value(&self) -> PutSecretValue {
        PutSecretValue::new(self).client_request_token(token())
    }
}

client! {
    "Secrets Manager" {
        get_secret_value: GetSecretValue,
        describe_secret: DescribeSecret,
        restore_secret: RestoreSecret,
        delete_secret: DeleteSecret,
    }
}

request! {
    GetSecretValue = "GetSecretValue" -> SecretValue {
        secret_id: String,
    }
}

request! {
    DescribeSecret = "DescribeSecret" -> Described {
        secret_id: String,
    }
}

request! {
    CreateSecret = "CreateSecret" -> Done {
        name: String,
        secret_string: String,
        client_request_token: String,
    }
}

request! {
    PutSecretValue = "PutSecretValue" -> Done {
        secret_id: String,
        secret_string: String,
        client_request_token: String,
    }
}

request! {
    RestoreSecret = "RestoreSecret" -> Done {
        secret_id: String,
    }
}

request! {
    DeleteSecret = "DeleteSecret" -> Done {
        secret_id: String,
        force_delete_without_recovery: bool,
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SecretValue {
    pub secret_string: Option<String>,
}

/// Without the secret.
impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretValue([REDACTED])")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Described {
    /// When it was deleted, in seconds; it can be restored for a while.
    pub deleted_date: Option<f64>,
}
