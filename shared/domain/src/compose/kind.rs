use super::fields::Fields;
use super::{FIELDS, Refused};
use crate::content::Kind;
use crate::menu::MenuKind;

/// The kind of message that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Text,
    /// An image, a video, a document, a voice note or a sticker.
    File(Kind),
    Contact,
    Location,
    Poll,
    Menu(MenuKind),
}

const TYPES: [(&str, Wanted); 11] = [
    ("text", Wanted::Text),
    ("image", Wanted::File(Kind::Image)),
    ("video", Wanted::File(Kind::Video)),
    ("document", Wanted::File(Kind::Document)),
    ("audio", Wanted::File(Kind::Audio)),
    ("sticker", Wanted::File(Kind::Sticker)),
    ("contact", Wanted::Contact),
    ("location", Wanted::Location),
    ("poll", Wanted::Poll),
    ("buttons", Wanted::Menu(MenuKind::Buttons)),
    ("list", Wanted::Menu(MenuKind::List)),
];

/// The kind that `type` names, or else the one whose own field is there; a text if none is.
pub(super) fn wanted(fields: &Fields<'_>) -> Result<Wanted, Refused> {
    const HINT: &str = "give one of text, image, video, document, audio, sticker, contact, location, poll, buttons, list";
    if let Some(name) = fields.text("type")? {
        let found = TYPES.into_iter().find(|(known, _)| *known == name);
        let (_, wanted) =
            found.ok_or_else(|| Refused::invalid("type", "is not a kind of message", HINT))?;
        return Ok(wanted);
    }
    if fields.has("mediaUrl") {
        return Err(Refused::invalid("type", "is needed with mediaUrl", HINT));
    }
    let own = ["contact", "location", "poll", "buttons", "list"];
    let named = TYPES
        .into_iter()
        .find(|(name, _)| own.contains(name) && fields.has(name));
    Ok(named.map_or(Wanted::Text, |(_, wanted)| wanted))
}

/// Refuses fields that a message of this kind can't have.
pub(super) fn fit(fields: &Fields<'_>, wanted: Wanted) -> Result<(), Refused> {
    let view_once = fields.flag("viewOnce")?;
    let allowed = allowed(wanted);
    let is_stray = |name: &&str| {
        let says_something = *name != "viewOnce" || view_once;
        *name != "type" && says_something && fields.has(name) && !allowed.contains(name)
    };
    let Some(stray) = FIELDS.into_iter().find(is_stray) else {
        return Ok(());
    };
    let (kind, _) = TYPES
        .into_iter()
        .find(|(_, known)| *known == wanted)
        .unwrap_or(("message", wanted));
    let detail = format!("goes not with a message of type {kind}");
    Err(Refused::not_sendable(stray, detail, hint(stray)))
}

const fn allowed(wanted: Wanted) -> &'static [&'static str] {
    match wanted {
        Wanted::Text => &["message", "text", "mentions"],
        Wanted::File(Kind::Document) => &["mediaUrl", "caption", "fileName"],
        Wanted::File(Kind::Audio) => &["mediaUrl", "viewOnce"],
        Wanted::File(Kind::Sticker) => &["mediaUrl"],
        Wanted::File(_) => &["mediaUrl", "caption", "viewOnce"],
        Wanted::Contact => &["contact"],
        Wanted::Location => &["location"],
        Wanted::Poll => &["poll"],
        Wanted::Menu(MenuKind::Buttons) => &["buttons"],
        Wanted::Menu(MenuKind::List) => &["list"],
    }
}

/// What to do about a field that does not go with the kind.
fn hint(stray: &str) -> &'static str {
    match stray {
        "caption" => {
            "images, videos and documents have captions; send the text as a message of its own"
        }
        "message" | "text" => {
            "the text of a file is its caption; otherwise send it as a message of its own"
        }
        "fileName" => "documents alone have a file name",
        "viewOnce" => "images, videos and voice notes alone can be seen once",
        "mentions" => "mention people in a text",
        "mediaUrl" => "say in type which kind of file it is",
        _ => "send each kind as a message of its own",
    }
}
