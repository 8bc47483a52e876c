//! The events that Wasender posts, in the shapes of its published examples.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::message::Message;
use crate::session::SessionStatus;

/// An event before faults and the clock have touched it.
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: Value,
    pub(crate) stamp: Stamp,
    pub(crate) key_id: Option<String>,
    /// Counted from now.
    pub(crate) after: Duration,
}

/// The envelope's `timestamp`: the published examples differ by event.
#[derive(Clone, Copy)]
pub(crate) enum Stamp {
    Seconds,
    Milliseconds,
    Absent,
}

impl Stamp {
    pub(crate) fn at(self, at: Timestamp) -> Option<i64> {
        match self {
            Self::Seconds => Some(at.as_second()),
            Self::Milliseconds => Some(at.as_millisecond()),
            Self::Absent => None,
        }
    }
}

/// Which extras the events of a send get.
#[derive(Clone, Copy)]
pub(crate) struct Extras {
    /// Wasender's `msgId` beside `key`.
    pub(crate) msg_id: bool,
    /// A `messages.upsert` of the sent message.
    pub(crate) echo: bool,
}

/// What follows a send that was taken at `now`: `message.sent`, the echo if wanted, then one `messages.update` for each step.
pub(crate) fn of_send(
    message: &Message,
    now: Timestamp,
    first: Duration,
    extras: Extras,
) -> Vec<Event> {
    let sent = match &message.failure {
        // A failed send's event names no key (published example), so only its update tells which one it was.
        Some(error) => json!({"success": false, "error": error}),
        None => with_msg_id(
            json!({"key": message.key(), "message": message.content, "success": true}),
            message,
            extras,
        ),
    };
    let event = |name: &str, data, stamp, after| Event {
        name: name.to_owned(),
        data,
        stamp,
        key_id: Some(message.key_id.clone()),
        after,
    };
    let mut events = vec![event("message.sent", sent, Stamp::Seconds, first)];
    if extras.echo && message.failure.is_none() {
        events.push(event(
            "messages.upsert",
            json!({"messages": [echo(message, extras)]}),
            Stamp::Seconds,
            first,
        ));
    }
    for (at, status) in &message.steps {
        let after = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        let update = json!({"update": {"status": status}, "key": message.key()});
        events.push(event(
            "messages.update",
            with_msg_id(update, message, extras),
            Stamp::Milliseconds,
            after,
        ));
    }
    events
}

/// A session's change, with nothing but the new status, as the published example.
pub(crate) fn of_status(status: &SessionStatus) -> Event {
    let data = json!({"status": status});
    Event {
        name: "session.status".to_owned(),
        data,
        stamp: Stamp::Absent,
        key_id: None,
        after: Duration::ZERO,
    }
}

/// A fresh QR text to draw.
pub(crate) fn of_qr_code(qr_code: &str) -> Event {
    let data = json!({"qr": qr_code});
    Event {
        name: "qrcode.updated".to_owned(),
        data,
        stamp: Stamp::Absent,
        key_id: None,
        after: Duration::ZERO,
    }
}

/// A stage of linking by passkey.
pub(crate) fn of_passkey(data: Value) -> Event {
    Event {
        name: "passkey.updated".to_owned(),
        data,
        stamp: Stamp::Milliseconds,
        key_id: None,
        after: Duration::ZERO,
    }
}

fn echo(message: &Message, extras: Extras) -> Value {
    let echo = json!({
        "key": message.key(),
        "messageBody": message.request.text.clone().unwrap_or_default(),
        "message": message.content,
        "messageTimestamp": message.accepted_at.as_second(),
    });
    with_msg_id(echo, message, extras)
}

fn with_msg_id(mut data: Value, message: &Message, extras: Extras) -> Value {
    if extras.msg_id {
        data["msgId"] = json!(message.msg_id);
    }
    data
}
