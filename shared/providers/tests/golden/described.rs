//! An element in one line with all that it holds, so that a row of a table test can say what a payload becomes.

use domain::{Alteration, Contact, Content, Element, Event, Evidence, GroupId, Media};
use domain::{MessageChange, Pairing, ProviderRef, Received};
use jiff::Timestamp;
use providers::wasender;

/// Half an hour after the golden events were written.
pub(crate) fn received_at() -> Timestamp {
    "2026-11-22T10:30:00Z".parse().expect("a time")
}

/// What the golden event becomes.
pub(crate) fn becomes(name: &str) -> Vec<String> {
    let received = wasender::parse(&testkit::event(name), received_at());
    let received: Received = received.unwrap_or_else(|error| panic!("{name}: {error}"));
    received.elements.iter().map(element).collect()
}

pub(crate) fn element(element: &Element) -> String {
    match element {
        Element::Ignored(reason) => format!("ignored {}", reason.as_str()),
        Element::NotUnderstood(field) => format!("not understood: {field}"),
        Element::Event(event) => self::event(event),
    }
}

fn event(event: &Event) -> String {
    match event {
        Event::Message(message) => {
            let from = who("from", &message.contact, message.group.as_ref());
            let quoted = message
                .reply_to
                .as_ref()
                .map(|id| format!(" re={}", id.as_str()));
            let (id, quoted) = (message.key_id.as_str(), quoted.unwrap_or_default());
            let number = message.msg_id.map(|number| format!(" n:{number}"));
            let number = number.unwrap_or_default();
            format!(
                "message {id}{number}{from}{}{quoted}{}",
                content(&message.content),
                at(message.occurred_at)
            )
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
            let by = status
                .participant
                .as_ref()
                .map(|by| format!(" by {}", by.as_str()));
            format!(
                "status{} {evidence}{}{}",
                reference(&status.reference),
                by.unwrap_or_default(),
                at(status.occurred_at)
            )
        }
        Event::Change(change) => self::change(change),
        Event::Pairing(pairing) => self::pairing(pairing),
        Event::Session(status) => format!("session {status:?}").to_lowercase(),
    }
}

fn change(change: &MessageChange) -> String {
    let word = if change.from_me { "by us to" } else { "by" };
    let who = who(word, &change.contact, change.group.as_ref());
    let alteration = match &change.alteration {
        Alteration::Edited(now) => format!(" edited:{}", content(now)),
        Alteration::Deleted => " deleted".to_owned(),
    };
    let target = change.target.as_str();
    format!("change {target}{who}{alteration}{}", at(change.occurred_at))
}

fn pairing(pairing: &Pairing) -> String {
    let words = [
        Some(pairing.kind.as_str()),
        pairing.stage.as_deref(),
        pairing.code.as_deref(),
        pairing.token.as_deref(),
        pairing.request_id.as_deref(),
        pairing.error.as_deref(),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    let until = pairing.expires_at.map(|at| format!(" until {at}"));
    format!("pairing {}{}", words.join(" "), until.unwrap_or_default())
}

fn reference(reference: &ProviderRef) -> String {
    reference
        .keys()
        .fold(String::new(), |line, key| line + " " + &key)
}

fn who(word: &str, contact: &Contact, group: Option<&GroupId>) -> String {
    let identities = contact.identities().map(|identity| identity.key());
    let name = contact.name.iter().map(|name| format!("[{name}]"));
    let group = group.iter().map(|GroupId(group)| format!("in {group}"));
    let words = identities.chain(name).chain(group);
    words.fold(format!(" {word}"), |line, word| line + " " + &word)
}

fn content(content: &Content) -> String {
    // What has no short form stands as the ledger would keep it.
    let mut rest = serde_json::to_value(content).expect("content is JSON");
    let fields = rest.as_object_mut().expect("content is an object");
    fields.retain(|name, _| !matches!(name.as_str(), "kind" | "text" | "media"));
    let words = [
        Some(content.kind.as_str().to_owned()),
        content.text.as_ref().map(|text| format!("{text:?}")),
        content.media.as_ref().map(file),
        (!fields.is_empty()).then(|| rest.to_string()),
    ];
    words
        .into_iter()
        .flatten()
        .fold(String::new(), |line, word| line + " " + &word)
}

fn file(media: &Media) -> String {
    let source = media.source.as_ref();
    let size = media.size_bytes.map(|bytes| bytes.to_string());
    let words = [
        media.mime_type.as_deref(),
        size.as_deref(),
        media.file_name.as_deref(),
        media.voice_note.then_some("voice"),
        media.view_once.then_some("once"),
        source.map(|source| source.url.split('?').next().unwrap_or_default()),
        source.and_then(|source| source.media_key.as_deref()),
    ];
    format!(
        "<{}>",
        words.into_iter().flatten().collect::<Vec<_>>().join(" ")
    )
}

fn at(occurred_at: Option<Timestamp>) -> String {
    occurred_at
        .map(|at| format!(" at {}", at.strftime("%H:%M:%S")))
        .unwrap_or_default()
}
