use std::fmt;

use serde::{Deserialize, Serialize};

use crate::contact::Identity;
use crate::menu::Menu;

/// What sort of message it is, by the words of the admin API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Text,
    Image,
    Video,
    Audio,
    Document,
    Sticker,
    Location,
    Contact,
    Reaction,
    Choice,
    Poll,
    Call,
    Unsupported,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contact => "contact",
            Self::Reaction => "reaction",
            Self::Choice => "choice",
            Self::Poll => "poll",
            Self::Call => "call",
            Self::Unsupported => "unsupported",
        }
    }
}

/// What a message says, whichever provider carried it. Its `Debug` shows the kind alone.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    pub kind: Kind,
    /// The text, or the caption of a media message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Reaction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    /// The text is then the menu in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu: Option<Menu>,
    /// Whom a message to a group calls by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Identity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
}

impl Content {
    /// A message of this kind with nothing else known of it.
    pub const fn of(kind: Kind) -> Self {
        Self {
            kind,
            text: None,
            media: None,
            location: None,
            card: None,
            reaction: None,
            choice: None,
            poll: None,
            menu: None,
            mentions: Vec::new(),
            call: None,
        }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::of(Kind::Text)
        }
    }

    pub fn media(kind: Kind, media: Media, caption: Option<String>) -> Self {
        Self {
            media: Some(media),
            text: caption,
            ..Self::of(kind)
        }
    }

    /// A poll; its text is the question, by which its echo is known.
    pub fn poll(poll: Poll) -> Self {
        Self {
            text: Some(poll.question.clone()),
            poll: Some(poll),
            ..Self::of(Kind::Poll)
        }
    }

    /// A menu, with the text that stands for it where the provider has none.
    pub fn menu(menu: Menu) -> Self {
        Self {
            text: Some(menu.text()),
            menu: Some(menu),
            ..Self::of(Kind::Text)
        }
    }

    /// Takes from another telling of the same message what is not known yet.
    pub fn enrich(&mut self, other: &Self) {
        self.media = self.media.take().or_else(|| other.media.clone());
        self.text = self.text.take().or_else(|| other.text.clone());
        if let (Some(call), Some(told)) = (&mut self.call, &other.call)
            && !call.is_over()
        {
            call.status.clone_from(&told.status);
        }
    }

    /// Whether it is a choice that names neither an option nor its title.
    pub fn is_sealed_vote(&self) -> bool {
        let names = |choice: &Choice| choice.id.is_some() || choice.title.is_some();
        self.kind == Kind::Choice && !self.choice.as_ref().is_some_and(names)
    }

    /// Where the file of it lies, if it has one and that is known.
    pub fn source(&self) -> Option<&MediaSource> {
        self.media.as_ref()?.source.as_ref()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({})", self.kind.as_str())
    }
}

/// A file that came with a message, as far as the provider describes it; its bytes are fetched elsewhere.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Media {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// SHA-256 of the file in the clear (base64), as WhatsApp gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(default)]
    pub voice_note: bool,
    #[serde(default)]
    pub view_once: bool,
    /// Where and with which key the provider lets the file be fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<MediaSource>,
}

/// The encrypted file's address and its key (base64), as WhatsApp gives them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaSource {
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_key: Option<String>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees, north positive.
    pub latitude: f64,
    /// Degrees, east positive.
    pub longitude: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A contact card somebody shared.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The numbers as the card has them, E.164 where they are.
    pub phones: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji; `None` removes the reaction.
    pub emoji: Option<String>,
    /// The provider's id of the message it is on.
    pub to: Option<String>,
}

/// A question whose options WhatsApp itself shows and counts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    pub question: String,
    pub options: Vec<String>,
    #[serde(default)]
    pub multi_select: bool,
}

/// What the customer chose from buttons, a list, a numbered menu or a poll. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Choice")
    }
}

/// Somebody called. It is told several times, once for each status.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    #[serde(default)]
    pub video: bool,
    #[serde(default)]
    pub group: bool,
    /// The last status told, in the provider's word.
    pub status: String,
}

impl Call {
    /// Whether nothing comes after this status: what is told later was only delayed.
    fn is_over(&self) -> bool {
        !matches!(
            self.status.as_str(),
            "offer" | "ringing" | "preaccept" | "transport" | "relaylatency"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calls_last_status_stays_in_whatever_order_they_come() {
        let call = |status: &str| Content {
            call: Some(Call {
                video: false,
                group: false,
                status: status.to_owned(),
            }),
            ..Content::of(Kind::Call)
        };
        for order in [
            ["offer", "ringing", "timeout"],
            ["timeout", "offer", "ringing"],
        ] {
            let mut kept = call(order[0]);
            for status in order {
                kept.enrich(&call(status));
            }
            assert_eq!(kept.call.unwrap().status, "timeout", "{order:?}");
        }
    }
}
