//! Whether a session is set up at the provider as we need it: another tool can overwrite the single webhook address while the session
//! stays connected.

use crate::event::SessionStatus;

/// A session's settings, as far as the provider tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub status: Option<SessionStatus>,
    pub webhook_url: Option<String>,
    pub webhook_enabled: Option<bool>,
    /// Names of events; an empty list narrows nothing.
    pub webhook_events: Option<Vec<String>>,
    pub ignore_groups: Option<bool>,
    /// At most one send in 5 s.
    pub account_protection: Option<bool>,
    /// Whether the provider keeps a log of what is sent.
    pub log_messages: Option<bool>,
}

/// The events without which something is missed, each with the other names under which it may be subscribed.
const EVENTS: [&[&str]; 11] = [
    &[
        "messages.upsert",
        "messages.received",
        "messages-personal.received",
    ],
    &["messages.update"],
    &["message.sent", "messages.upsert"],
    &["message-receipt.update"],
    &["messages.reaction", "messages.upsert"],
    &["messages.delete"],
    &["session.status"],
    &["qrcode.updated"],
    &["passkey.updated"],
    &["poll.results"],
    &["call", "call.received"],
];

/// What is not as we need it: the names of settings, and of events as `webhook_events.<name>`. What the provider does not tell is not
/// compared; neither is the address if ours is not known.
pub fn drift(settings: &Settings, webhook_url: Option<&str>) -> Vec<String> {
    let mut drift = Vec::new();
    let plain = |url: &str| url.trim().trim_end_matches('/').to_owned();
    if let (Some(wanted), Some(found)) = (webhook_url, &settings.webhook_url)
        && plain(wanted) != plain(found)
    {
        drift.push("webhook_url".to_owned());
    }
    if settings.webhook_enabled == Some(false) {
        drift.push("webhook_enabled".to_owned());
    }
    let events = settings.webhook_events.as_deref().unwrap_or_default();
    let is_missing = |names: &&&[&str]| {
        !events.is_empty() && !names.iter().any(|name| events.iter().any(|it| it == name))
    };
    let missing = EVENTS.iter().filter(is_missing);
    drift.extend(missing.map(|names| format!("webhook_events.{}", names[0])));
    if settings.ignore_groups == Some(true) {
        drift.push("ignore_groups".to_owned());
    }
    drift
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://gateway.example/api/webhooks/wasender/vendor_001";

    fn as_wanted() -> Settings {
        let events = EVENTS.iter().map(|names| names[0].to_owned());
        Settings {
            webhook_url: Some(URL.to_owned()),
            webhook_enabled: Some(true),
            webhook_events: Some(events.collect()),
            ignore_groups: Some(false),
            ..Settings::default()
        }
    }

    #[track_caller]
    fn check(settings: &Settings, expected: &[&str]) {
        assert_eq!(drift(settings, Some(URL)), expected);
    }

    #[test]
    fn a_session_that_is_set_up_as_wanted_has_not_drifted() {
        check(&as_wanted(), &[]);
        check(&Settings::default(), &[]);
    }

    #[test]
    fn each_setting_that_loses_something_is_named() {
        let elsewhere = Settings {
            webhook_url: Some("https://other.example/hook".to_owned()),
            ..as_wanted()
        };
        check(&elsewhere, &["webhook_url"]);
        assert_eq!(drift(&elsewhere, None), Vec::<String>::new());
        let off = Settings {
            webhook_enabled: Some(false),
            ignore_groups: Some(true),
            ..as_wanted()
        };
        check(&off, &["webhook_enabled", "ignore_groups"]);
        let slash = Settings {
            webhook_url: Some(format!("{URL}/")),
            ..as_wanted()
        };
        check(&slash, &[]);
    }

    #[test]
    fn missing_events_are_named_and_hand_made_subscriptions_accepted() {
        let only = |names: &[&str]| Settings {
            webhook_events: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..as_wanted()
        };
        let mut names: Vec<_> = EVENTS.iter().map(|names| names[0]).collect();
        names[0] = "messages.received";
        names[10] = "call.received";
        check(&only(&names), &[]);
        names.retain(|name| *name != "messages.update");
        check(&only(&names), &["webhook_events.messages.update"]);
        names.retain(|name| *name != "messages.received");
        let expected = [
            "webhook_events.messages.upsert",
            "webhook_events.messages.update",
        ];
        check(&only(&names), &expected);
        check(&only(&[]), &[]);
    }
}
