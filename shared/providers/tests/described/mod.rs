//! An element in one line with all that it holds, so that a row of a table test can say what a payload becomes.

use std::fmt::Write;

use domain::{Contact, Content, Element, Event, Evidence, GroupId, ProviderRef, Received};
use jiff::Timestamp;
use providers::wasender;

/// What the golden event becomes, received at 10:30 of the day on which they all were written.
pub fn becomes(name: &str) -> Vec<String> {
    let received_at = "2026-11-22T10:30:00Z".parse().unwrap();
    let received = wasender::parse(&testkit::event(name), received_at);
    let received: Received = received.unwrap_or_else(|error| panic!("{name}: {error}"));
    received.elements.iter().map(element).collect()
}

pub fn element(element: &Element) -> String {
    match element {
        Element::Ignored(reason) => format!("ignored {}", reason.as_str()),
        Element::NotUnderstood(field) => format!("not understood: {field}"),
        Element::Event(event) => self::event(event),
    }
}

fn event(event: &Event) -> String {
    match event {
        Event::Message(message) => {
            let mut line = format!("message {}", message.key_id.as_str());
            line += &who("from", &message.contact, message.group.as_ref());
            line += &content(&message.content);
            if let Some(quoted) = &message.reply_to {
                write!(line, " re={}", quoted.as_str()).unwrap();
            }
            line + &at(message.occurred_at)
        }
        Event::Echo(echo) => {
            let to = who("to", &echo.contact, echo.group.as_ref());
            format!(
                "echo{}{to}{}{}",
                reference(&echo.reference),
                content(&echo.content),
                at(echo.occurred_at)
            )
        }
        Event::Status(status) => {
            let evidence = match &status.evidence {
                Evidence::Reached { delivery } => format!("{delivery:?}").to_lowercase(),
                Evidence::Failed { reason } => format!("failed ({reason})"),
            };
            format!(
                "status{} {evidence}{}",
                reference(&status.reference),
                at(status.occurred_at)
            )
        }
        Event::Session(status) => format!("session {status:?}").to_lowercase(),
    }
}

fn reference(reference: &ProviderRef) -> String {
    reference.keys().map(|key| format!(" {key}")).collect()
}

fn who(word: &str, contact: &Contact, group: Option<&GroupId>) -> String {
    let mut line = format!(" {word}");
    for identity in contact.identities() {
        line += &format!(" {}", identity.key());
    }
    if let Some(name) = &contact.name {
        line += &format!(" [{name}]");
    }
    if let Some(GroupId(group)) = group {
        line += &format!(" in {group}");
    }
    line
}

fn content(content: &Content) -> String {
    let mut line = format!(" {}", content.kind.as_str());
    if let Some(text) = &content.text {
        line += &format!(" {text:?}");
    }
    // What else there is stands as the ledger would keep it.
    let mut rest = serde_json::to_value(content).unwrap();
    let fields = rest.as_object_mut().unwrap();
    fields.retain(|name, _| name != "kind" && name != "text");
    if !fields.is_empty() {
        line += &format!(" {rest}");
    }
    line
}

fn at(occurred_at: Option<Timestamp>) -> String {
    occurred_at
        .map(|at| format!(" at {}", at.strftime("%H:%M:%S")))
        .unwrap_or_default()
}
