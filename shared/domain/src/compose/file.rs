use super::Refused;
use super::fields::{Fields, at_most_chars};
use crate::content::{Content, Kind, Media, MediaSource};
use crate::limits;

/// An image, a video, a document, a voice note or a sticker by its public address, which the provider fetches itself.
pub(super) fn read(fields: &Fields<'_>, kind: Kind) -> Result<Content, Refused> {
    let url = url(fields, kind)?;
    let caption = fields.text("caption")?.filter(|text| !text.is_empty());
    if let Some(caption) = caption {
        at_most_chars("caption", caption, limits::CAPTION_CHARS)?;
    }
    let media = Media {
        file_name: file_name(fields)?,
        voice_note: kind == Kind::Audio,
        view_once: fields.flag("viewOnce")?,
        source: Some(MediaSource {
            url,
            media_key: None,
        }),
        ..Media::default()
    };
    Ok(Content::media(kind, media, caption.map(str::to_owned)))
}

fn url(fields: &Fields<'_>, kind: Kind) -> Result<String, Refused> {
    const FIELD: &str = "mediaUrl";
    let url = fields.required(FIELD)?;
    if url.len() > limits::MEDIA_URL_BYTES {
        let detail = format!("may have {} bytes", limits::MEDIA_URL_BYTES);
        return Err(Refused::invalid(FIELD, detail, "give a shorter address"));
    }
    let Some(rest) = url.strip_prefix("https://") else {
        let hint =
            "the provider fetches the file itself: put it where everybody can fetch it over https";
        return Err(Refused::not_sendable(
            FIELD,
            "must begin with https://",
            hint,
        ));
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains('@') || !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        let hint =
            "give a host and a path, spaces and accents as %20 and the like, no user or password";
        return Err(Refused::invalid(FIELD, "is no address", hint));
    }
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    if kind == Kind::Sticker && !path.to_ascii_lowercase().ends_with(".webp") {
        let hint = "convert the picture to WebP, or send it as an image";
        return Err(Refused::not_sendable(
            FIELD,
            "of a sticker must end in .webp",
            hint,
        ));
    }
    Ok(url.to_owned())
}

fn file_name(fields: &Fields<'_>) -> Result<Option<String>, Refused> {
    let name = fields.line("fileName", limits::FILE_NAME_CHARS)?;
    if name.is_some_and(|name| name.contains(['/', '\\'])) {
        let hint = "give the name without its folders";
        return Err(Refused::invalid(
            "fileName",
            "must be a name and no path",
            hint,
        ));
    }
    Ok(name.map(str::to_owned))
}
