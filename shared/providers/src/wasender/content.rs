//! What a WhatsApp message says: the Baileys object `message`, and the `messageBody` that Wasender puts beside it.

use domain::{Content, Kind, Location, ProviderMessageId, Reaction};

use super::{card, choice, key, media};
use crate::json::Json;
use crate::text;

/// Fields that only wrap another `message`.
const WRAPPERS: [&str; 11] = [
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
    "keepInChatMessage",
    "deviceSentMessage",
    "lottieStickerMessage",
    "associatedChildMessage",
    "groupMentionedMessage",
];

/// Fields that say nothing to a reader: key exchange, settings, an album's announcement (its pictures come on their own), and
/// the texts that are read elsewhere.
const SILENT: [&str; 10] = [
    "albumMessage",
    "conversation",
    "extendedTextMessage",
    "fastRatchetKeySenderKeyDistributionMessage",
    "keepInChatMessage",
    "messageBody",
    "messageContextInfo",
    "pinInChatMessage",
    "protocolMessage",
    "senderKeyDistributionMessage",
];

/// What an item says, and which message it answers.
pub(super) struct Said {
    pub(super) content: Content,
    pub(super) reply_to: Option<ProviderMessageId>,
}

/// Why an item says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// It has no content that could be shown.
    Empty,
    /// It changes or deletes an earlier message.
    Amendment,
}

/// What a message does to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amendment {
    Edit,
    Deletion,
}

/// Reads the content of an item of a message event.
pub(super) fn read(item: &Json<'_>) -> Result<Said, Silence> {
    let message = item.at("message");
    if protocol(message).is_some() {
        return Err(Silence::Amendment);
    }
    said(message, item.at("messageBody"))
}

/// Reads the object `message`, and the unified text that may stand beside it.
pub(super) fn said(outer: &Json<'_>, body: &Json<'_>) -> Result<Said, Silence> {
    let (message, view_once) = unwrapped(outer);
    let places = [
        body,
        outer.at("messageBody"),
        message.at("messageBody"),
        outer,
    ];
    let body = places.into_iter().find_map(Json::text).map(text::message);
    let known = message.fields().iter().find_map(|(name, value)| {
        of_field(name, value, view_once).map(|content| (content, reply_to(name, value)))
    });
    let (content, reply_to) = match (known, body) {
        (Some((content, reply_to)), body) => (with_body(content, body), reply_to),
        (None, body) if has_other_content(message) => (
            Content {
                text: body,
                ..Content::of(Kind::Unsupported)
            },
            None,
        ),
        (None, Some(body)) => (Content::text(body), None),
        (None, None) => return Err(Silence::Empty),
    };
    Ok(Said { content, reply_to })
}

/// The innermost message, and whether a wrapper says that it may be seen once. JSON's depth bounds the walk.
fn unwrapped<'j, 'a>(outer: &'j Json<'a>) -> (&'j Json<'a>, bool) {
    let (mut message, mut view_once) = (outer, false);
    while let Some((name, wrapper)) = message
        .fields()
        .iter()
        .find(|(name, value)| WRAPPERS.contains(&name.as_ref()) && value.at("message").is_object())
    {
        view_once |= name.starts_with("viewOnce");
        message = wrapper.at("message");
    }
    (message, view_once)
}

/// The `protocolMessage` in an object `message` that changes the message whose key it holds.
pub(super) fn protocol<'j, 'a>(outer: &'j Json<'a>) -> Option<&'j Json<'a>> {
    let protocol = unwrapped(outer).0.at("protocolMessage");
    (amendment(protocol).is_some() && protocol.at("key").is_object()).then_some(protocol)
}

/// What a `protocolMessage` does: delete (type 0, which may be left out), edit (type 14), or something else that says nothing.
pub(super) fn amendment(protocol: &Json<'_>) -> Option<Amendment> {
    let kind = protocol.at("type");
    match (kind.integer(), kind.word()) {
        (Some(0), _) | (_, Some("REVOKE")) => Some(Amendment::Deletion),
        (Some(14), _) | (_, Some("MESSAGE_EDIT")) => Some(Amendment::Edit),
        (None, None) if protocol.at("editedMessage").is_object() => Some(Amendment::Edit),
        (None, None) => Some(Amendment::Deletion),
        _ => None,
    }
}

/// The content of one field of a message; `None` if the field is not known or empty.
fn of_field(name: &str, value: &Json<'_>, view_once: bool) -> Option<Content> {
    let content = match name {
        "conversation" => Content::text(text::message(value.text()?)),
        "extendedTextMessage" => Content::text(text::message(value.at("text").text()?)),
        "imageMessage" => media::read(Kind::Image, value, view_once),
        "videoMessage" | "ptvMessage" => media::read(Kind::Video, value, view_once),
        "audioMessage" => media::read(Kind::Audio, value, view_once),
        "documentMessage" => media::read(Kind::Document, value, view_once),
        "stickerMessage" => media::read(Kind::Sticker, value, view_once),
        "locationMessage" | "liveLocationMessage" => location(value)?,
        "contactMessage" | "contactsArrayMessage" => Content {
            card: Some(card::read(value)),
            ..Content::of(Kind::Contact)
        },
        "reactionMessage" => reaction(value, value.at("key")),
        "pollCreationMessage" | "pollCreationMessageV2" | "pollCreationMessageV3" => Content {
            text: value.at("name").text().map(text::message),
            ..Content::of(Kind::Poll)
        },
        _ => {
            let choice = choice::read(name, value)?;
            Content {
                text: choice.title.clone(),
                choice: Some(choice),
                ..Content::of(Kind::Choice)
            }
        }
    };
    Some(content)
}

/// A reaction: `{text}`, an empty text taking the reaction back, on the message of this key.
pub(super) fn reaction(value: &Json<'_>, on: &Json<'_>) -> Content {
    let emoji = value
        .at("text")
        .word()
        .map(|emoji| text::cut_chars(emoji, 16).to_owned());
    let to = key::message_id(on.at("id")).map(String::from);
    Content {
        reaction: Some(Reaction { emoji, to }),
        ..Content::of(Kind::Reaction)
    }
}

fn location(value: &Json<'_>) -> Option<Content> {
    let degrees = |name, limit: f64| {
        value
            .at(name)
            .number()
            .filter(|degrees| degrees.abs() <= limit)
    };
    let location = Location {
        latitude: degrees("degreesLatitude", 90.0)?,
        longitude: degrees("degreesLongitude", 180.0)?,
        name: value.at("name").text().map(text::name),
        address: value
            .at("address")
            .text()
            .map(|address| text::cut_chars(address.trim(), 500).to_owned()),
    };
    let text = ["caption", "comment"]
        .into_iter()
        .find_map(|name| value.at(name).text())
        .map(text::message);
    Some(Content {
        location: Some(location),
        text,
        ..Content::of(Kind::Location)
    })
}

/// The message that this one answers. A vote answers its poll.
fn reply_to(name: &str, value: &Json<'_>) -> Option<ProviderMessageId> {
    let quoted = if name == "pollUpdateMessage" {
        value.at("pollCreationMessageKey").at("id")
    } else {
        value.at("contextInfo").at("stanzaId")
    };
    key::message_id(quoted)
}

/// Wasender's unified text goes before the message's own; a reaction has no text, its emoji is elsewhere.
fn with_body(content: Content, body: Option<String>) -> Content {
    if content.kind == Kind::Reaction {
        return content;
    }
    Content {
        text: body.or(content.text),
        ..content
    }
}

fn has_other_content(message: &Json<'_>) -> bool {
    message
        .fields()
        .iter()
        .any(|(name, value)| !SILENT.contains(&name.as_ref()) && !value.is_blank())
}
