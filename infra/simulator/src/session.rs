use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::events::Event;
use crate::passkey::Passkey;
use crate::settings::Settings;

/// What registers a session: a vendor's number, linked and connected.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionSpec {
    /// The gateway's vendor, who gets this session's webhooks.
    pub vendor_id: String,
    /// The owner's label of the session, such as `instance_abc123`. Wasender itself numbers sessions.
    pub instance_id: String,
    /// The linked number in E.164.
    pub phone: String,
    /// The session's API key. Empty means: make one up.
    #[serde(default)]
    pub api_key: String,
    /// What the webhooks carry in `X-Webhook-Signature`. Empty means: no header.
    #[serde(default)]
    pub webhook_secret: String,
}

impl fmt::Debug for SessionSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionSpec")
            .field("vendor_id", &self.vendor_id)
            .field("instance_id", &self.instance_id)
            .finish_non_exhaustive()
    }
}

/// A session's connection as Wasender names it, in lower case on the wire except in the connect answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum SessionStatus {
    Connecting,
    Connected,
    Disconnected,
    NeedScan,
    NeedPasskey,
    LoggedOut,
    Expired,
    /// A word that no page documents, kept in lower case.
    Other(String),
}

impl SessionStatus {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::NeedScan => "need_scan",
            Self::NeedPasskey => "need_passkey",
            Self::LoggedOut => "logged_out",
            Self::Expired => "expired",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for SessionStatus {
    fn from(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "connecting" => Self::Connecting,
            "connected" => Self::Connected,
            "disconnected" => Self::Disconnected,
            "need_scan" => Self::NeedScan,
            "need_passkey" => Self::NeedPasskey,
            "logged_out" => Self::LoggedOut,
            "expired" => Self::Expired,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl From<String> for SessionStatus {
    fn from(word: String) -> Self {
        Self::from(word.as_str())
    }
}

impl From<SessionStatus> for String {
    fn from(status: SessionStatus) -> Self {
        status.as_str().to_owned()
    }
}

/// One linked number and its settings. It holds secrets, so it has no `Debug`.
#[derive(Clone)]
pub(crate) struct Session {
    /// Wasender's own id.
    pub(crate) number: u32,
    /// Our label; `session_<number>` for one made through the REST interface.
    pub(crate) label: String,
    pub(crate) vendor_id: Option<String>,
    pub(crate) api_key: String,
    pub(crate) webhook_secret: String,
    pub(crate) status: SessionStatus,
    pub(crate) settings: Settings,
    /// The QR text of the linking under way.
    pub(crate) qr_code: Option<String>,
    /// The passkey request of the linking under way.
    pub(crate) passkey: Option<Passkey>,
    /// What the running session goes by, while it has not taken over the settings.
    pub(crate) running: Option<Box<Settings>>,
    pub(crate) next_msg_id: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Session {
    pub(crate) fn new(number: u32, settings: Settings, now: Timestamp) -> Self {
        Self {
            number,
            label: format!("session_{number}"),
            vendor_id: None,
            api_key: String::new(),
            webhook_secret: String::new(),
            status: SessionStatus::NeedScan,
            settings,
            qr_code: None,
            passkey: None,
            running: None,
            next_msg_id: first_msg_id(now),
            created_at: now,
            updated_at: now,
        }
    }

    /// Makes it this vendor's session, linked with this number. One that is so already stays as it is: `false`.
    pub(crate) fn link(&mut self, spec: &SessionSpec, now: Timestamp) -> bool {
        let same = self.vendor_id.as_ref() == Some(&spec.vendor_id)
            && self.settings.phone_number == spec.phone
            && self.api_key == spec.api_key
            && self.webhook_secret == spec.webhook_secret;
        if !same {
            self.vendor_id = Some(spec.vendor_id.clone());
            self.settings.phone_number.clone_from(&spec.phone);
            self.api_key.clone_from(&spec.api_key);
            self.webhook_secret.clone_from(&spec.webhook_secret);
            self.connect(&SessionStatus::Connected);
            self.updated_at = now;
        }
        !same
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.status == SessionStatus::Connected
    }

    /// The settings that the running session goes by.
    pub(crate) fn in_force(&self) -> &Settings {
        self.running.as_deref().unwrap_or(&self.settings)
    }

    /// Stores settings. Without a sync the running session goes on with what it had.
    pub(crate) fn update(&mut self, settings: &Settings, synced: bool) {
        let before = std::mem::replace(&mut self.settings, settings.clone());
        if synced {
            self.running = None;
        } else if self.running.is_none() {
            self.running = Some(Box::new(before));
        }
    }

    /// The running session takes over what is stored.
    pub(crate) fn sync(&mut self) {
        self.running = None;
    }

    /// Changes the connection; a session that connects anew takes over what is stored.
    pub(crate) fn connect(&mut self, status: &SessionStatus) {
        self.status = status.clone();
        if self.is_connected() {
            self.sync();
        }
    }

    /// Where its webhooks go: the URL that was set, else the gateway's for its vendor.
    pub(crate) fn webhook_url(&self, gateway_url: &str) -> Option<String> {
        self.url_by(self.in_force(), gateway_url)
    }

    fn url_by(&self, settings: &Settings, gateway_url: &str) -> Option<String> {
        let default = || {
            self.vendor_id
                .as_ref()
                .map(|vendor| format!("{gateway_url}/api/webhooks/wasender/{vendor}"))
        };
        settings.webhook_url.clone().or_else(default)
    }

    /// Whether an event of this name leaves at all. A session that subscribed to nothing in particular gets everything.
    pub(crate) fn wants(&self, event: &str) -> bool {
        let events = &self.in_force().webhook_events;
        self.in_force().webhook_enabled
            && (events.is_empty() || events.iter().any(|name| name == event))
    }

    /// Whether the settings keep everything of this chat from leaving.
    pub(crate) fn cuts(&self, chat: &str) -> bool {
        let settings = self.in_force();
        match chat.split_once('@') {
            Some((_, "g.us")) => settings.ignore_groups,
            Some((_, "newsletter")) => settings.ignore_channels,
            Some((_, "broadcast")) => settings.ignore_broadcasts,
            _ => false,
        }
    }

    /// Those of these events that leave.
    pub(crate) fn wanted(&self, events: Vec<Event>) -> Vec<Event> {
        events
            .into_iter()
            .filter(|event| self.wants(&event.name))
            .collect()
    }

    /// Whether it asked for this event by name.
    pub(crate) fn subscribes_to(&self, event: &str) -> bool {
        self.in_force().webhook_enabled
            && self
                .in_force()
                .webhook_events
                .iter()
                .any(|name| name == event)
    }

    /// The session object of the REST interface, key and secret included as Wasender does.
    pub(crate) fn detail(&self, gateway_url: &str) -> Value {
        let mut detail = json!({"id": self.number, "status": self.status});
        if let (Value::Object(detail), Ok(Value::Object(settings))) =
            (&mut detail, serde_json::to_value(&self.settings))
        {
            detail.extend(settings);
            detail.insert(
                "webhook_url".to_owned(),
                json!(self.url_by(&self.settings, gateway_url)),
            );
            detail.insert("api_key".to_owned(), json!(self.api_key));
            detail.insert("webhook_secret".to_owned(), json!(self.webhook_secret));
            detail.insert("created_at".to_owned(), json!(seconds(self.created_at)));
            detail.insert("updated_at".to_owned(), json!(seconds(self.updated_at)));
        }
        detail
    }

    /// The session for a test's eyes, without key and secret.
    pub(crate) fn summary(&self, gateway_url: &str) -> Value {
        json!({
            "id": self.label,
            "number": self.number,
            "vendorId": self.vendor_id,
            "name": self.settings.name,
            "phone": self.settings.phone_number,
            "status": self.status,
            "webhookUrl": self.webhook_url(gateway_url),
            "webhookEnabled": self.settings.webhook_enabled,
            "webhookEvents": self.settings.webhook_events,
            "accountProtection": self.settings.account_protection,
        })
    }
}

/// ISO 8601 in whole seconds, as Wasender prints its times.
pub(crate) fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Message numbers start at the tenths of a second since 2026, so that a simulator restarted without its journal
/// does not give out a number that the gateway still remembers.
fn first_msg_id(now: Timestamp) -> i64 {
    const YEAR_2026: SignedDuration = SignedDuration::from_secs(1_767_225_600);
    let since = now.duration_since(Timestamp::UNIX_EPOCH) - YEAR_2026;
    i64::try_from(since.as_millis() / 100).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_form_of_a_spec_shows_no_key_and_no_secret() {
        let spec = SessionSpec {
            vendor_id: "vendor_001".to_owned(),
            instance_id: "instance_abc123".to_owned(),
            phone: "+221701111111".to_owned(),
            api_key: "api_key_abc".to_owned(),
            webhook_secret: "secret_123".to_owned(),
        };
        let shown = format!("{spec:?}");
        assert!(
            !shown.contains("api_key_abc")
                && !shown.contains("secret_123")
                && !shown.contains("1111111"),
            "{shown}"
        );
    }

    #[test]
    fn a_status_is_read_without_case_and_an_unknown_one_is_kept() {
        assert_eq!(SessionStatus::from("NEED_SCAN"), SessionStatus::NeedScan);
        assert_eq!(SessionStatus::from("Paused").as_str(), "paused");
    }
}
