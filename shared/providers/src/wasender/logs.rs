use domain::PhoneNumber;
use domain::reconcile::Logged;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::account::rows;
use super::jid::Jid;
use super::response::told;
use crate::json::Json;
use crate::request::ProviderRequest;
use crate::text;

/// One row of a session's message log: a send that Wasender took from the API.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// Wasender's `msgId` of it.
    pub msg_id: i64,
    pub state: Logged,
    pub at: Timestamp,
    /// Recipient and body; absent from sessions that do not log messages.
    sent: Option<(String, Map<String, Value>)>,
}

/// Reads the answer to `GET /whatsapp-sessions/{id}/message-logs`: the rows of this session, newest first. `None` if it does not tell.
pub fn read_message_logs(status: u16, body: &[u8], session: i64) -> Option<Vec<LogRow>> {
    told(status, body, |root| {
        let of_session = |listed: &&Json<'_>| {
            let of = listed.at("whatsapp_session_id").integer();
            of.is_none_or(|of| of == session)
        };
        let listed = rows(root)?.iter().filter(of_session);
        Some(listed.filter_map(row).collect())
    })
}

fn row(listed: &Json<'_>) -> Option<LogRow> {
    let state = match listed.at("status").word()?.to_ascii_lowercase().as_str() {
        "sent" | "in_progress" => Logged::Taken,
        "failed" => Logged::Failed(
            listed
                .at("failed_reason")
                .text()
                .map_or_else(|| "no reason given".to_owned(), text::reason),
        ),
        _ => return None,
    };
    let to = listed.at("to").word().map(address);
    let content = listed
        .at("content")
        .text()
        .and_then(|content| serde_json::from_str(content).ok());
    Some(LogRow {
        msg_id: listed.at("id").integer()?,
        state,
        at: moment(listed.at("created_at").word()?)?,
        sent: to.zip(content),
    })
}

/// A time as Laravel prints it: with its zone, or without one and then in UTC.
fn moment(printed: &str) -> Option<Timestamp> {
    printed.parse().ok().or_else(|| {
        let clock: DateTime = printed.parse().ok()?;
        let zoned = clock.to_zoned(TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    })
}

/// What makes a message of its kind, besides the addresses of files.
const KINDS: [&str; 3] = ["contact", "location", "poll"];

impl LogRow {
    /// Whether this row may be what the request asked for: the same recipient, kind, text and file.
    pub fn fits(&self, request: &ProviderRequest) -> bool {
        let (Some((to, logged)), Ok(Value::Object(asked))) =
            (&self.sent, serde_json::from_slice(&request.body))
        else {
            return false;
        };
        let same_recipient = asked
            .get("to")
            .and_then(Value::as_str)
            .is_some_and(|asked| address(asked) == *to);
        let is_kind = |name: &&String| name.ends_with("Url") || KINDS.contains(&name.as_str());
        let same_kind = logged
            .keys()
            .filter(is_kind)
            .all(|name| asked.contains_key(name));
        // The quoted message is no part of what the customer is told.
        let said = asked
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "to" | "replyTo"));
        let mut said = said.map(|(name, value)| (name, value, logged.get(name)));
        same_recipient
            && same_kind
            && said.all(|(name, asked, logged)| same(name, asked, logged.unwrap_or(&Value::Null)))
    }
}

/// The address of a person or a group in one form, whichever a provider writes.
fn address(written: &str) -> String {
    match Jid::parse(written) {
        Jid::Phone(phone) => phone.expose().to_owned(),
        Jid::Lid(lid) => format!("{}@lid", lid.expose()),
        Jid::Group(group) => format!("{}@g.us", group.0),
        Jid::Channel | Jid::Broadcast | Jid::Other => PhoneNumber::from_provider(written)
            .map_or_else(
                || written.trim().to_ascii_lowercase(),
                |phone| phone.expose().to_owned(),
            ),
    }
}

/// Texts are the same but for blanks around them, files if they have the same address, signed for the moment or not.
fn same(name: &str, asked: &Value, logged: &Value) -> bool {
    let (Some(asked_text), Some(logged_text)) = (asked.as_str(), logged.as_str()) else {
        return asked == logged;
    };
    let bare = |text: &str| {
        let unsigned = text.split('?').next().unwrap_or_default();
        let said = if name.ends_with("Url") {
            unsigned
        } else {
            text
        };
        said.trim().to_owned()
    };
    bare(asked_text) == bare(logged_text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recipient;
    use crate::wasender::Session;
    use domain::{ApiKey, Content, Kind, Media, MediaSource};
    use proptest::prelude::*;
    use serde_json::json;

    fn request(content: &Content) -> ProviderRequest {
        let api_key = ApiKey::parse("api_key_abc").unwrap();
        let session = Session {
            base_url: "http://127.0.0.1",
            api_key: &api_key,
        };
        let to = Recipient::Phone(PhoneNumber::from_provider("221700000001").unwrap());
        session.send_message(&to, content, Some(9)).unwrap()
    }

    fn logged(to: &Value, content: &Value) -> LogRow {
        let row = json!({
            "id": "281", "whatsapp_session_id": "12", "to": to, "content": content, "status": "sent",
            "failed_reason": null, "created_at": "2026-11-22 17:28:00", "updated_at": "2026-11-22 17:28:01",
        });
        read(&json!([row])).remove(0)
    }

    fn read(rows: &Value) -> Vec<LogRow> {
        let body = json!({"success": true, "data": {"current_page": 1, "data": rows}});
        read_message_logs(200, body.to_string().as_bytes(), 12).expect("a log")
    }

    #[test]
    fn a_row_has_number_state_and_time() {
        let row = |status: &str, at: &str| {
            json!({"id": 7, "whatsapp_session_id": 12, "status": status,
                "failed_reason": "no such number 221700000001", "created_at": at})
        };
        let rows = read(&json!([
            row("sent", "2026-11-22 17:28:00"),
            row("in_progress", "2026-11-22T17:28:00.000000Z"),
            row("FAILED", "2026-11-22T18:28:00+01:00"),
            row("nobody knows", "2026-11-22 17:28:00"),
            row("sent", "yesterday"),
            {"whatsapp_session_id": 13, "id": 8, "status": "sent", "created_at": "2026-11-22 17:28:00"},
        ]));
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.at.to_string(), row.state.clone()))
            .collect();
        let at = || "2026-11-22T17:28:00Z".to_owned();
        let failed = Logged::Failed("no such number #".to_owned());
        assert_eq!(
            told,
            [(at(), Logged::Taken), (at(), Logged::Taken), (at(), failed)]
        );
    }

    #[test]
    fn a_row_fits_its_request_however_recipient_and_body_are_written() {
        let asked = request(&Content::text("Bonjour"));
        for to in [
            "+221700000001",
            "221700000001",
            "221700000001@s.whatsapp.net",
            "221700000001:3@c.us",
        ] {
            for content in [
                r#"{"text":"Bonjour"}"#,
                r#"{"to":"+221700000001","text":" Bonjour ","messageType":"text"}"#,
            ] {
                let row = logged(&json!(to), &json!(content));
                assert!(row.fits(&asked), "{to} {content}");
            }
        }
    }

    #[test]
    fn another_recipient_text_or_kind_does_not_fit_and_nothing_logged_fits_nothing() {
        let asked = request(&Content::text("Bonjour"));
        for (to, content) in [
            (json!("+221700000002"), json!(r#"{"text":"Bonjour"}"#)),
            (json!("+221700000001"), json!(r#"{"text":"Bonsoir"}"#)),
            (
                json!("+221700000001"),
                json!(r#"{"text":"Bonjour","imageUrl":"https://files.example/a"}"#),
            ),
            (json!("+221700000001"), json!("not JSON")),
            (json!("+221700000001"), json!(null)),
            (json!(null), json!(r#"{"text":"Bonjour"}"#)),
        ] {
            assert!(!logged(&to, &content).fits(&asked), "{to} {content}");
        }
    }

    #[test]
    fn a_file_fits_by_its_address_without_its_signature() {
        let source = MediaSource {
            url: "https://files.example/a?signed=1".to_owned(),
            media_key: None,
        };
        let media = Media {
            source: Some(source),
            ..Media::default()
        };
        let asked = request(&Content::media(
            Kind::Image,
            media,
            Some("Voici".to_owned()),
        ));
        let fits = |content: &str| logged(&json!("+221700000001"), &json!(content)).fits(&asked);
        assert!(fits(
            r#"{"imageUrl":"https://files.example/a?signed=2","text":"Voici"}"#
        ));
        assert!(!fits(
            r#"{"imageUrl":"https://files.example/b?signed=1","text":"Voici"}"#
        ));
        assert!(!fits(r#"{"imageUrl":"https://files.example/a"}"#));
    }

    proptest! {
        #[test]
        fn no_log_makes_the_reader_panic(body in ".{0,200}", id in any::<i64>(), content in ".{0,60}", at in ".{0,30}") {
            let _ = read_message_logs(200, body.as_bytes(), id);
            let row = json!({"id": id, "to": &body, "content": content, "status": "failed", "failed_reason": &body, "created_at": at});
            let _ = read(&json!([row]));
        }
    }
}
