use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::random::random_hex;
use crate::session::seconds;

/// A request to link by passkey. It opens the account to whoever holds it, so it has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Passkey {
    pub(crate) token: String,
    pub(crate) request_id: String,
    pub(crate) expires_at: Timestamp,
}

/// The published pages say "expires quickly" and no more.
const LIFETIME: Duration = Duration::from_mins(5);

impl Passkey {
    pub(crate) fn fresh(now: Timestamp) -> Self {
        Self {
            token: random_hex(32),
            request_id: format!("passkey-{}", random_hex(12)),
            expires_at: now + LIFETIME,
        }
    }

    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// As the connect answer and `passkey-token` show it.
    pub(crate) fn shown(&self) -> Value {
        json!({"token": self.token, "expires_at": seconds(self.expires_at)})
    }
}
