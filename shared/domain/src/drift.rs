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

/// All that a session is to be set to: everything that the gateway reads, under the names that don't overlap.
pub fn wanted(webhook_url: &str) -> Settings {
    let names = EVENTS.iter().map(|names| names[0].to_owned());
    Settings {
        webhook_url: Some(webhook_url.to_owned()),
        webhook_enabled: Some(true),
        webhook_events: Some(names.collect()),
        ignore_groups: Some(false),
        ..Settings::default()
    }
}

/// The least that is to be set so that nothing has drifted: what else was subscribed by hand stays. `None` if nothing has.
pub fn repair(settings: &Settings, webhook_url: Option<&str>) -> Option<Settings> {
    let drifted = drift(settings, webhook_url);
    let has = |name: &str| drifted.iter().any(|it| it == name);
    let missing = drifted
        .iter()
        .filter_map(|name| name.strip_prefix("webhook_events."));
    let missing: Vec<_> = missing.map(str::to_owned).collect();
    let events = || {
        let mut events = settings.webhook_events.clone().unwrap_or_default();
        events.extend(missing.clone());
        events
    };
    (!drifted.is_empty()).then(|| Settings {
        webhook_url: webhook_url
            .filter(|_| has("webhook_url"))
            .map(str::to_owned),
        webhook_enabled: has("webhook_enabled").then_some(true),
        webhook_events: (!missing.is_empty()).then(events),
        ignore_groups: has("ignore_groups").then_some(false),
        ..Settings::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const URL: &str = "https://gateway.example/api/webhooks/wasender/vendor_001";

    fn as_wanted() -> Settings {
        wanted(URL)
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

    /// Settings with another's set over them.
    fn set(settings: &Settings, change: Settings) -> Settings {
        Settings {
            webhook_url: change.webhook_url.or_else(|| settings.webhook_url.clone()),
            webhook_enabled: change.webhook_enabled.or(settings.webhook_enabled),
            webhook_events: change
                .webhook_events
                .or_else(|| settings.webhook_events.clone()),
            ignore_groups: change.ignore_groups.or(settings.ignore_groups),
            ..settings.clone()
        }
    }

    #[test]
    fn only_what_has_drifted_is_set_and_what_was_subscribed_by_hand_stays() {
        assert_eq!(repair(&as_wanted(), Some(URL)), None);
        let mut events = as_wanted().webhook_events.unwrap_or_default();
        events.retain(|name| name != "messages.update");
        events.push("contacts.upsert".to_owned());
        let drifted = Settings {
            webhook_events: Some(events.clone()),
            ..as_wanted()
        };
        events.push("messages.update".to_owned());
        let expected = Settings {
            webhook_events: Some(events),
            ..Settings::default()
        };
        assert_eq!(repair(&drifted, Some(URL)), Some(expected));
    }

    proptest! {
        #[test]
        fn what_was_repaired_has_not_drifted(
            url in prop::option::of(prop::sample::select(vec![URL, "https://other.example/hook", ""])),
            enabled in any::<Option<bool>>(),
            events in prop::option::of(prop::collection::vec(prop::sample::select(EVENTS.concat()), 0..12)),
            ignore_groups in any::<Option<bool>>(),
            is_known in any::<bool>(),
        ) {
            let found = Settings {
                webhook_url: url.map(str::to_owned),
                webhook_enabled: enabled,
                webhook_events: events.map(|names| names.into_iter().map(str::to_owned).collect()),
                ignore_groups,
                ..Settings::default()
            };
            let url = is_known.then_some(URL);
            let repaired = repair(&found, url);
            prop_assert_eq!(repaired.is_none(), drift(&found, url).is_empty());
            let after = repaired.map_or_else(|| found.clone(), |change| set(&found, change));
            prop_assert_eq!(drift(&after, url), Vec::<String>::new());
        }
    }
}
