//! What was told of a vendor's messages, and so what is new: decided without a clock.

use std::collections::HashMap;

use serde_json::Value;

/// Messages that are remembered beyond those that a look shows.
const REMEMBERED: usize = 1_000;

/// The messages of one vendor that were met with, and how they were.
#[derive(Debug, Default)]
pub(super) struct Seen(HashMap<String, String>);

/// Something that happened since the last look.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    Message(Value),
    /// A message that was told of before is in another status.
    Status {
        message: Value,
        from: String,
    },
}

impl Seen {
    /// Whether this page, newest first, reaches back to what was met with before.
    pub(super) fn reaches(&self, page: &[Value]) -> bool {
        page.iter().any(|message| self.0.contains_key(id(message)))
    }

    /// What is new in messages that come newest first: the oldest is told first, and each once.
    pub(super) fn learn(&mut self, newest_first: &[Value]) -> Vec<Event> {
        let mut events = Vec::new();
        for message in newest_first.iter().rev() {
            let status = status(message);
            match self.0.insert(id(message).to_owned(), status.to_owned()) {
                None => events.push(Event::Message(message.clone())),
                Some(from) if from != status => {
                    let message = message.clone();
                    events.push(Event::Status { message, from });
                }
                Some(_) => {}
            }
        }
        if self.0.len() > newest_first.len() + REMEMBERED {
            let shown: Vec<_> = newest_first.iter().map(id).collect();
            self.0.retain(|known, _| shown.contains(&known.as_str()));
        }
        events
    }
}

fn id(message: &Value) -> &str {
    message["id"].as_str().unwrap_or_default()
}

fn status(message: &Value) -> &str {
    message["status"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(id: &str, status: &str) -> Value {
        json!({"id": id, "status": status})
    }

    fn told(events: &[Event]) -> Vec<String> {
        let line = |event: &Event| match event {
            Event::Message(message) => format!("{} {}", id(message), status(message)),
            Event::Status { message, from } => {
                format!("{} {from}>{}", id(message), status(message))
            }
        };
        events.iter().map(line).collect()
    }

    #[test]
    fn each_message_and_each_change_is_told_once_and_the_oldest_first() {
        let mut seen = Seen::default();
        let first = [message("b", "queued"), message("a", "received")];
        assert_eq!(told(&seen.learn(&first)), ["a received", "b queued"]);
        assert_eq!(told(&seen.learn(&first)), [""; 0]);
        let then = [
            message("c", "queued"),
            message("b", "sent"),
            message("a", "received"),
        ];
        assert_eq!(told(&seen.learn(&then)), ["b queued>sent", "c queued"]);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_in_sight_is_not_forgotten() {
        let mut seen = Seen::default();
        for n in 0..REMEMBERED + 50 {
            seen.learn(&[message(&n.to_string(), "sent")]);
        }
        assert!(seen.0.len() <= REMEMBERED + 1);
        let last = [message(&(REMEMBERED + 49).to_string(), "sent")];
        assert!(seen.reaches(&last) && seen.learn(&last).is_empty());
    }
}
