use domain::SessionStatus;
use domain::drift::Settings;

use super::response::told;
use crate::json::Json;

/// Reads the answer to `GET /whatsapp-sessions/{id}`. `None` if it does not tell. Key and secret, which stand beside the settings, are
/// left where they are.
pub fn read_settings(status: u16, body: &[u8]) -> Option<Settings> {
    told(status, body, |root| {
        let data = root.at("data");
        data.is_object().then(|| settings(data))
    })
}

fn settings(data: &Json<'_>) -> Settings {
    let switch = |name: &str| {
        let place = data.at(name);
        (place.is_true() || place.is_false()).then(|| place.is_true())
    };
    let events = data.at("webhook_events");
    Settings {
        status: data.at("status").word().map(SessionStatus::parse),
        webhook_url: data.at("webhook_url").word().map(str::to_owned),
        webhook_enabled: switch("webhook_enabled"),
        webhook_events: events.given().map(|_| {
            let names = events.one_or_many().iter();
            names.filter_map(Json::word).map(str::to_owned).collect()
        }),
        ignore_groups: switch("ignore_groups"),
        account_protection: switch("account_protection"),
        log_messages: switch("log_messages"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_a_session_are_read_without_its_secrets() {
        let body = br#"{"success":true,"data":{"id":1,"name":"A","phone_number":"+221 70 111 11 11","status":"connected",
            "account_protection":1,"log_messages":false,"webhook_url":"https://gateway.example/hook","webhook_enabled":true,
            "webhook_events":["messages.upsert","session.status"],"ignore_groups":false,"api_key":"api_key_abc","webhook_secret":"secret_123"}}"#;
        let settings = read_settings(200, body).expect("settings");
        let events = ["messages.upsert", "session.status"].map(str::to_owned);
        let expected = Settings {
            status: Some(SessionStatus::Connected),
            webhook_url: Some("https://gateway.example/hook".to_owned()),
            webhook_enabled: Some(true),
            webhook_events: Some(events.into()),
            ignore_groups: Some(false),
            account_protection: Some(true),
            log_messages: Some(false),
        };
        assert_eq!(settings, expected);
        let printed = format!("{settings:?}");
        assert!(!printed.contains("api_key_abc") && !printed.contains("secret_123"));
    }

    #[test]
    fn what_is_absent_is_not_told() {
        let nothing = read_settings(
            200,
            br#"{"success":true,"data":{"id":1,"webhook_url":null}}"#,
        );
        assert_eq!(nothing, Some(Settings::default()));
        for (status, body) in [
            (
                404,
                r#"{"success":false,"error":"WhatsApp session not found."}"#,
            ),
            (200, r#"{"success":false,"data":{"id":1}}"#),
            (200, r#"{"success":true,"data":[]}"#),
            (200, ""),
        ] {
            assert_eq!(
                read_settings(status, body.as_bytes()),
                None,
                "{status} {body}"
            );
        }
    }
}
