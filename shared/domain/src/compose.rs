//! The JSON of a message to send, which the admin API and engines have in common: read into a [`Content`], or refused with what is wrong
//! and what to do.

mod fields;
mod file;
mod kind;
mod menu;
mod parts;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::contact::{Identity, Lid};
use crate::content::Content;
use crate::limits;
use crate::phone::PhoneNumber;
use fields::{Fields, Unknown};
use kind::Wanted;

/// Every field that says what a message holds.
pub const FIELDS: [&str; 13] = [
    "type", "message", "text", "mediaUrl", "caption", "fileName", "viewOnce", "contact",
    "location", "poll", "buttons", "list", "mentions",
];

/// Why a message can't be sent as it is. It holds nothing of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `invalid_field` if a field is not of its form, `not_sendable` if it is and no message can have it.
    pub code: &'static str,
    /// Where, such as `poll.options`.
    pub field: String,
    /// What is wrong.
    pub detail: String,
    /// What to do.
    pub hint: &'static str,
}

impl Refused {
    fn invalid(field: impl Into<String>, detail: impl Into<String>, hint: &'static str) -> Self {
        Self {
            code: "invalid_field",
            field: field.into(),
            detail: detail.into(),
            hint,
        }
    }

    /// A field that no message of its kind, or to this recipient, can have.
    pub fn not_sendable(
        field: impl Into<String>,
        detail: impl Into<String>,
        hint: &'static str,
    ) -> Self {
        Self {
            code: "not_sendable",
            ..Self::invalid(field, detail, hint)
        }
    }
}

/// Reads what a message holds. Numbers without a country code are of `country`; fields that are not of [`FIELDS`] are left alone.
pub fn content(fields: &Map<String, Value>, country: &str) -> Result<Content, Refused> {
    read(&Fields::of(fields, Unknown::Refused), country)
}

/// The same for whoever may know a later version: members that nobody knows are left alone in inner objects too.
pub(crate) fn lenient(fields: &Map<String, Value>, country: &str) -> Result<Content, Refused> {
    read(&Fields::of(fields, Unknown::LeftAlone), country)
}

fn read(fields: &Fields<'_>, country: &str) -> Result<Content, Refused> {
    let wanted = kind::wanted(fields)?;
    kind::fit(fields, wanted)?;
    match wanted {
        Wanted::Text => text(fields, country),
        Wanted::File(kind) => file::read(fields, kind),
        Wanted::Contact => parts::contact(fields, country),
        Wanted::Location => parts::location(fields),
        Wanted::Poll => parts::poll(fields),
        Wanted::Menu(kind) => menu::read(fields, kind),
    }
}

fn text(fields: &Fields<'_>, country: &str) -> Result<Content, Refused> {
    let name = match (fields.has("message"), fields.has("text")) {
        (true, true) => {
            let detail = "is the same as text, which is there too";
            return Err(Refused::invalid("message", detail, "give one of the two"));
        }
        (false, true) => "text",
        (_, false) => "message",
    };
    let text = fields.required(name)?;
    fields::at_most_bytes(&fields.path(name), text, limits::REPLY_TEXT_BYTES)?;
    Ok(Content {
        mentions: mentions(fields, country)?,
        ..Content::text(text)
    })
}

/// People by their numbers, or as WhatsApp writes them.
fn mentions(fields: &Fields<'_>, country: &str) -> Result<Vec<Identity>, Refused> {
    const HINT: &str = "give phone numbers, or ids that end in @s.whatsapp.net or @lid";
    let listed = fields.list("mentions", HINT)?;
    if listed.len() > limits::MENTIONS {
        let detail = format!("may have {} entries", limits::MENTIONS);
        return Err(Refused::invalid("mentions", detail, "mention fewer people"));
    }
    let person = |value: &Value| {
        let person = value.as_str().and_then(|text| person(text.trim(), country));
        person.ok_or_else(|| Refused::invalid("mentions", "has an entry that is nobody", HINT))
    };
    listed.iter().map(person).collect()
}

fn person(text: &str, country: &str) -> Option<Identity> {
    match text.split_once('@') {
        None => {
            let phone = PhoneNumber::parse(text, country).ok()?;
            Some(Identity::Phone(phone))
        }
        Some((digits, "s.whatsapp.net" | "c.us")) => {
            PhoneNumber::from_provider(digits).map(Identity::Phone)
        }
        Some((digits, "lid")) => Lid::parse(digits).map(Identity::Lid),
        Some(_) => None,
    }
}
