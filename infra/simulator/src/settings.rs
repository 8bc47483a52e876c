use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::FieldErrors;

/// What the owner of a session can set, in Wasender's own field names.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the provider's own fields")]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) phone_number: String,
    #[serde(default)]
    pub(crate) account_protection: bool,
    #[serde(default)]
    pub(crate) log_messages: bool,
    #[serde(default)]
    pub(crate) read_incoming_messages: bool,
    #[serde(default)]
    pub(crate) webhook_url: Option<String>,
    #[serde(default)]
    pub(crate) webhook_enabled: bool,
    #[serde(default)]
    pub(crate) webhook_events: Vec<String>,
    #[serde(default)]
    pub(crate) auto_reject_calls: bool,
    #[serde(default)]
    pub(crate) ignore_groups: bool,
    #[serde(default)]
    pub(crate) ignore_channels: bool,
    #[serde(default)]
    pub(crate) ignore_broadcasts: bool,
    #[serde(default)]
    pub(crate) always_online: bool,
    #[serde(default)]
    pub(crate) proxy_url: Option<String>,
}

const REQUIRED: [&str; 4] = ["name", "phone_number", "account_protection", "log_messages"];
const SWITCHES: [&str; 9] = [
    "account_protection",
    "log_messages",
    "read_incoming_messages",
    "webhook_enabled",
    "auto_reject_calls",
    "ignore_groups",
    "ignore_channels",
    "ignore_broadcasts",
    "always_online",
];

/// Every event name that a webhook can be subscribed to, both spellings of the call event included.
const EVENTS: [&str; 24] = [
    "messages.received",
    "messages-personal.received",
    "messages-group.received",
    "messages-newsletter.received",
    "messages.upsert",
    "messages.update",
    "messages.delete",
    "messages.reaction",
    "message-receipt.update",
    "message.sent",
    "session.status",
    "qrcode.updated",
    "passkey.updated",
    "poll.results",
    "call",
    "call.received",
    "chats.upsert",
    "chats.update",
    "chats.delete",
    "contacts.upsert",
    "contacts.update",
    "groups.upsert",
    "groups.update",
    "group-participants.update",
];

impl Settings {
    /// The settings of a session that was registered by a test: everything on, no protection, no subscription list.
    pub(crate) fn registered(name: &str, phone_number: &str) -> Self {
        Self {
            name: name.to_owned(),
            phone_number: phone_number.to_owned(),
            account_protection: false,
            log_messages: true,
            read_incoming_messages: false,
            webhook_url: None,
            webhook_enabled: true,
            webhook_events: Vec::new(),
            auto_reject_calls: false,
            ignore_groups: false,
            ignore_channels: false,
            ignore_broadcasts: false,
            always_online: false,
            proxy_url: None,
        }
    }

    /// Reads the body of a create request.
    pub(crate) fn create(body: &Map<String, Value>) -> Result<Self, FieldErrors> {
        let mut errors = check(body);
        for field in REQUIRED
            .iter()
            .filter(|field| body.get(**field).is_none_or(Value::is_null))
        {
            errors.add(field, format!("The {} field is required.", words(field)));
        }
        errors.into_result()?;
        serde_json::from_value(Value::Object(known(body)))
            .map_err(|_| FieldErrors::one("name", "The name field is invalid."))
    }

    /// These settings with the fields of an update request laid over them.
    pub(crate) fn updated(&self, body: &Map<String, Value>) -> Result<Self, FieldErrors> {
        check(body).into_result()?;
        let invalid = |_| FieldErrors::one("name", "The name field is invalid.");
        let mut value = serde_json::to_value(self).map_err(invalid)?;
        if let Value::Object(fields) = &mut value {
            fields.extend(known(body));
        }
        serde_json::from_value(value).map_err(invalid)
    }
}

/// The fields that Wasender knows; others are ignored.
fn known(body: &Map<String, Value>) -> Map<String, Value> {
    let texts = [
        "name",
        "phone_number",
        "webhook_url",
        "webhook_events",
        "proxy_url",
    ];
    let is_known = |name: &str| texts.contains(&name) || SWITCHES.contains(&name);
    body.iter()
        .filter(|(name, _)| is_known(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn check(body: &Map<String, Value>) -> FieldErrors {
    let mut errors = FieldErrors::default();
    for (field, value) in body {
        let wrong = match field.as_str() {
            "name" if value.as_str().is_none_or(|name| name.trim().is_empty()) => {
                "must be a string"
            }
            "phone_number" if !value.as_str().is_some_and(is_international) => {
                "must be in international format"
            }
            "webhook_url" | "proxy_url"
                if !value.is_null() && !value.as_str().is_some_and(is_url) =>
            {
                "must be a valid URL"
            }
            "webhook_events" if !is_events(value) => "contains an unknown event",
            switch if SWITCHES.contains(&switch) && !value.is_boolean() => "must be true or false",
            _ => continue,
        };
        errors.add(field, format!("The {} field {wrong}.", words(field)));
    }
    errors
}

fn is_international(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_url(url: &str) -> bool {
    ["http://", "https://", "socks5://"].iter().any(|scheme| {
        url.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    })
}

fn is_events(value: &Value) -> bool {
    value.as_array().is_some_and(|events| {
        events
            .iter()
            .all(|event| event.as_str().is_some_and(|name| EVENTS.contains(&name)))
    })
}

fn words(field: &str) -> String {
    field.replace('_', " ")
}
