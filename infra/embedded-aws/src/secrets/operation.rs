use serde::{Deserialize, Serialize};

use super::secret::{Secret, SecretValue};

/// What can be done to the secrets. `secret` is a name or an ARN.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Operation {
    Create {
        name: String,
        written: Option<Written>,
        description: Option<String>,
        tags: Vec<serde_json::Value>,
    },
    Put {
        secret: String,
        written: Written,
    },
    Update {
        secret: String,
        written: Option<Written>,
        description: Option<String>,
    },
    /// No days: at once and for ever.
    Delete {
        secret: String,
        recovery_days: Option<u32>,
    },
    Restore {
        secret: String,
    },
}

/// A value to become a version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written {
    pub value: SecretValue,
    /// The version's id, by which a repeated request is known.
    pub token: Option<String>,
    /// Its labels; none means the current version.
    pub stages: Vec<String>,
}

/// The secret after an operation. A deleted one shows what it was.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub secret: Secret,
    /// The version that was written.
    pub version_id: Option<String>,
}
