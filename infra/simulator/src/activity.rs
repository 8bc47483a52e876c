use jiff::Timestamp;
use serde_json::{Value, json};

use crate::session::SessionStatus;

/// A line of a session's activity log.
pub(crate) struct Activity {
    pub(crate) session: u32,
    event_type: &'static str,
    status: SessionStatus,
    at: Timestamp,
}

impl Activity {
    pub(crate) fn changed(session: u32, status: SessionStatus, at: Timestamp) -> Self {
        Self {
            session,
            event_type: "status_change",
            status,
            at,
        }
    }

    pub(crate) fn restarted(session: u32, status: SessionStatus, at: Timestamp) -> Self {
        Self {
            event_type: "session_restarted",
            ..Self::changed(session, status, at)
        }
    }

    /// A row of `session-logs`.
    pub(crate) fn row(&self, id: usize) -> Value {
        json!({
            "id": id,
            "whatsapp_session_id": self.session,
            "event_type": self.event_type,
            "status": self.status,
            "occurred_at": self.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        })
    }
}
