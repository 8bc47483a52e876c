//! What a file really is, by its first bytes, and as what it may be handed on.
//!
//! The sender's word for a file is not trusted: only what its bytes show to be a picture, a film, a recording or a PDF is shown in a
//! browser; everything else is a download, and a program is not kept at all.

use crate::content::{Kind, Media};

/// What nobody vouches for.
pub const UNKNOWN: &str = "application/octet-stream";

/// What a browser may show by itself.
const INLINE: [&str; 13] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "video/mp4",
    "video/3gpp",
    "audio/ogg",
    "audio/mp4",
    "audio/mpeg",
    "audio/aac",
    "audio/amr",
    "audio/wav",
    "application/pdf",
];

/// Formats whose bytes are those of an archive, by the sender's word.
const ARCHIVED: [&str; 8] = [
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "application/epub+zip",
    "application/zip",
];

/// Formats of the older office programs, which share one container.
const COMPOUND: [&str; 3] = [
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
];

const TEXTS: [&str; 4] = ["text/plain", "text/csv", "text/vcard", "application/json"];

const PROGRAM_NAMES: [&str; 18] = [
    "apk", "app", "bat", "cmd", "com", "dll", "dmg", "exe", "jar", "js", "lnk", "msi", "ps1",
    "scr", "sh", "vbs", "wsf", "xapk",
];

/// The content type under which a file is kept. `None`: it is a program, and is not kept.
pub fn content_type(kind: Kind, media: &Media, bytes: &[u8]) -> Option<&'static str> {
    if is_program(bytes) || calls_itself_a_program(media) {
        return None;
    }
    let found = by_magic(bytes);
    let declared = media.mime_type.as_deref().map_or("", essence);
    Some(match (kind, found) {
        (Kind::Image | Kind::Sticker, Some(found)) if found.starts_with("image/") => found,
        (Kind::Video, Some(found)) if found.starts_with("video/") => found,
        (Kind::Audio, Some(found)) if found.starts_with("audio/") => found,
        // Recordings come in the container of films.
        (Kind::Audio, Some("video/mp4" | "video/3gpp")) => "audio/mp4",
        (Kind::Document, Some("application/zip")) => {
            one_of(&ARCHIVED, declared).unwrap_or("application/zip")
        }
        (Kind::Document, Some("application/x-ole-storage")) => {
            one_of(&COMPOUND, declared).unwrap_or(UNKNOWN)
        }
        (Kind::Document, Some(found)) => found,
        (Kind::Document, None) if is_text(bytes) => {
            one_of(&TEXTS, declared).unwrap_or("text/plain")
        }
        _ => UNKNOWN,
    })
}

/// Whether a browser may show it rather than save it.
pub fn is_shown(content_type: &str) -> bool {
    INLINE.contains(&content_type)
}

/// How the name of a file of this type ends, with its dot; empty if nobody knows.
pub fn ending(content_type: &str) -> &'static str {
    const ENDINGS: [(&str, &str); 17] = [
        ("image/jpeg", ".jpg"),
        ("image/png", ".png"),
        ("image/gif", ".gif"),
        ("image/webp", ".webp"),
        ("image/heic", ".heic"),
        ("video/mp4", ".mp4"),
        ("video/3gpp", ".3gp"),
        ("video/quicktime", ".mov"),
        ("audio/ogg", ".ogg"),
        ("audio/mp4", ".m4a"),
        ("audio/mpeg", ".mp3"),
        ("audio/aac", ".aac"),
        ("audio/amr", ".amr"),
        ("audio/wav", ".wav"),
        ("application/pdf", ".pdf"),
        ("application/zip", ".zip"),
        ("text/plain", ".txt"),
    ];
    let known = ENDINGS.iter().find(|(known, _)| *known == content_type);
    known.map_or("", |(_, ending)| *ending)
}

/// The type without its parameters: `audio/ogg; codecs=opus` is `audio/ogg`.
fn essence(mime_type: &str) -> &str {
    mime_type.split(';').next().unwrap_or_default().trim()
}

fn one_of(known: &[&'static str], declared: &str) -> Option<&'static str> {
    known
        .iter()
        .find(|known| known.eq_ignore_ascii_case(declared))
        .copied()
}

fn by_magic(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 17] = [
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"\x89PNG\r\n\x1A\n", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"OggS", "audio/ogg"),
        (b"#!AMR", "audio/amr"),
        (b"ID3", "audio/mpeg"),
        (b"\xFF\xFB", "audio/mpeg"),
        (b"\xFF\xF3", "audio/mpeg"),
        (b"\xFF\xF2", "audio/mpeg"),
        (b"\xFF\xF1", "audio/aac"),
        (b"\xFF\xF9", "audio/aac"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06", "application/zip"),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            "application/x-ole-storage",
        ),
        (b"{\\rtf", "application/rtf"),
    ];
    let known = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic));
    known
        .map(|(_, content_type)| *content_type)
        .or_else(|| match (bytes.get(..4)?, bytes.get(8..12)?) {
            (b"RIFF", b"WEBP") => Some("image/webp"),
            (b"RIFF", b"WAVE") => Some("audio/wav"),
            _ => None,
        })
        .or_else(|| (bytes.get(4..8)? == b"ftyp").then_some(by_brand(bytes.get(8..12)?)))
}

/// The formats of the ISO base media file.
fn by_brand(brand: &[u8]) -> &'static str {
    match brand {
        b"M4A " | b"M4B " => "audio/mp4",
        b"heic" | b"heix" | b"mif1" => "image/heic",
        b"avif" => "image/avif",
        b"qt  " => "video/quicktime",
        _ if brand.starts_with(b"3g") => "video/3gpp",
        _ => "video/mp4",
    }
}

fn is_program(bytes: &[u8]) -> bool {
    const MAGIC: [&[u8]; 7] = [
        b"\x7FELF",
        b"\xCA\xFE\xBA\xBE",
        b"\xFE\xED\xFA\xCE",
        b"\xFE\xED\xFA\xCF",
        b"\xCE\xFA\xED\xFE",
        b"\xCF\xFA\xED\xFE",
        b"dex\n",
    ];
    // A text may begin with the two letters; the header behind them has zeros.
    let is_windows = bytes.starts_with(b"MZ") && bytes.iter().take(64).any(|byte| *byte == 0);
    let is_script = bytes.starts_with(b"#!") && !bytes.starts_with(b"#!AMR");
    is_windows || is_script || MAGIC.iter().any(|magic| bytes.starts_with(magic))
}

fn calls_itself_a_program(media: &Media) -> bool {
    let name = media.file_name.as_deref().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let declared = media.mime_type.as_deref().map_or("", essence);
    PROGRAM_NAMES
        .iter()
        .any(|program| program.eq_ignore_ascii_case(ending.trim()))
        || declared.eq_ignore_ascii_case("application/vnd.android.package-archive")
        || declared.eq_ignore_ascii_case("application/x-msdownload")
}

/// Plain text: no control characters, and nothing that a browser could take for a page.
fn is_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let is_plain = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    let begins_as_a_page = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<');
    !text.is_empty() && !begins_as_a_page && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(mime_type: &str, file_name: &str) -> Media {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Media {
            mime_type: some(mime_type),
            file_name: some(file_name),
            ..Media::default()
        }
    }

    #[track_caller]
    fn check(kind: Kind, declared: &str, bytes: &[u8], expected: &str) {
        assert_eq!(
            content_type(kind, &file(declared, ""), bytes),
            Some(expected)
        );
    }

    #[test]
    fn what_a_file_is_is_told_by_its_bytes() {
        let jpeg = b"\xFF\xD8\xFF\xE0rest";
        check(Kind::Image, "image/png", jpeg, "image/jpeg");
        check(Kind::Image, "", b"\x89PNG\r\n\x1A\n", "image/png");
        check(
            Kind::Sticker,
            "image/webp",
            b"RIFF\0\0\0\0WEBPVP8 ",
            "image/webp",
        );
        check(Kind::Video, "video/mp4", b"\0\0\0\x18ftypmp42", "video/mp4");
        check(Kind::Video, "", b"\0\0\0\x18ftyp3gp5", "video/3gpp");
        check(
            Kind::Audio,
            "audio/ogg; codecs=opus",
            b"OggS\0",
            "audio/ogg",
        );
        check(Kind::Audio, "audio/mp4", b"\0\0\0\x18ftypmp42", "audio/mp4");
        check(Kind::Audio, "", b"#!AMR\n", "audio/amr");
        check(Kind::Document, "", b"%PDF-1.7", "application/pdf");
        check(Kind::Document, "image/jpeg", jpeg, "image/jpeg");
        check(
            Kind::Document,
            "text/csv; charset=utf-8",
            b"a;b\n",
            "text/csv",
        );
        check(Kind::Document, "text/html", "é".as_bytes(), "text/plain");
        check(Kind::Document, ARCHIVED[0], b"PK\x03\x04", ARCHIVED[0]);
        check(
            Kind::Document,
            "text/html",
            b"PK\x03\x04",
            "application/zip",
        );
        check(
            Kind::Document,
            COMPOUND[1],
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            COMPOUND[1],
        );
    }

    #[test]
    fn what_does_not_fit_its_kind_is_a_download() {
        for (kind, bytes) in [
            (Kind::Image, &b"%PDF-1.7"[..]),
            (Kind::Image, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            (Kind::Video, b"\xFF\xD8\xFF"),
            (Kind::Audio, b"text"),
            (Kind::Document, b"<!doctype html>"),
            (Kind::Document, b"\xEF\xBB\xBF <html>"),
            (Kind::Document, b"\x00\x01\x02"),
            (Kind::Document, b""),
        ] {
            let found = content_type(kind, &file("text/html", ""), bytes);
            assert_eq!(found, Some(UNKNOWN), "{bytes:?}");
            assert!(!is_shown(UNKNOWN));
        }
    }

    #[test]
    fn a_program_is_not_kept_whatever_it_is_called() {
        for bytes in [
            &b"MZ\x90\0\x03"[..],
            b"\x7FELF\x02",
            b"#!/bin/sh\n",
            b"\xCA\xFE\xBA\xBE",
        ] {
            let found = content_type(Kind::Document, &file("application/pdf", "a.pdf"), bytes);
            assert_eq!(found, None, "{bytes:?}");
        }
        for named in [
            file("application/vnd.android.package-archive", ""),
            file("", "facture.APK"),
            file("application/zip", "facture.pdf.exe"),
        ] {
            assert_eq!(content_type(Kind::Document, &named, b"PK\x03\x04"), None);
        }
        check(Kind::Document, "", b"MZ is a text", "text/plain");
    }

    #[test]
    fn nothing_that_can_run_in_a_browser_is_shown() {
        for content_type in INLINE {
            assert!(is_shown(content_type));
            assert!(ending(content_type).starts_with('.'), "{content_type}");
            assert!(!content_type.contains("html") && !content_type.contains("xml"));
        }
        for other in [
            "text/plain",
            "image/svg+xml",
            "text/html",
            "image/heic",
            "application/zip",
        ] {
            assert!(!is_shown(other), "{other}");
        }
    }
}
