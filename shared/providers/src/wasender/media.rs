use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Content, Kind, Media, MediaSource};

use crate::json::Json;
use crate::text;

/// Reads an `imageMessage`, `videoMessage`, `audioMessage`, `documentMessage` or `stickerMessage`. Thumbnails are left out.
pub(super) fn read(kind: Kind, value: &Json<'_>, view_once: bool) -> Content {
    let kept = |name: &str, chars| {
        value
            .at(name)
            .word()
            .map(|word| text::cut_chars(word, chars).to_owned())
    };
    let file_name = || kept("fileName", 255).or_else(|| kept("title", 255));
    let media = Media {
        mime_type: kept("mimetype", 100),
        size_bytes: value
            .at("fileLength")
            .integer()
            .and_then(|bytes| u64::try_from(bytes).ok()),
        file_name: if kind == Kind::Document {
            file_name()
        } else {
            None
        },
        sha256: bytes_32(value.at("fileSha256")),
        voice_note: kind == Kind::Audio && value.at("ptt").is_true(),
        view_once: view_once || value.at("viewOnce").is_true(),
        source: source(value),
    };
    Content::media(kind, media, value.at("caption").text().map(text::message))
}

fn source(value: &Json<'_>) -> Option<MediaSource> {
    let url = value
        .at("url")
        .word()
        .filter(|url| is_fetchable(url))
        .map(str::to_owned);
    // WhatsApp's own clients build the address from the path when it comes alone.
    let path = value
        .at("directPath")
        .word()
        .filter(|path| path.starts_with('/'));
    let url = url.or_else(|| path.map(|path| format!("https://mmg.whatsapp.net{path}")))?;
    (url.len() <= 4096).then(|| MediaSource {
        url,
        media_key: bytes_32(value.at("mediaKey")),
    })
}

/// By https alone, except from a simulator on this machine. Which hosts are called is decided where files are fetched.
fn is_fetchable(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://127.0.0.1:")
}

/// A key or a checksum in base64: as such, or as a Node `Buffer` of numbers or base64 (observed by an integrator).
fn bytes_32(value: &Json<'_>) -> Option<String> {
    let data = value.at("data").given().unwrap_or(value);
    let bytes = if let Some(base64) = data.word() {
        STANDARD.decode(base64).ok()?
    } else {
        let bytes = data.one_or_many().iter().take(64);
        bytes
            .map(|byte| u8::try_from(byte.integer()?).ok())
            .collect::<Option<_>>()?
    };
    (bytes.len() == 32).then(|| STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn a_media_key_is_read_from_base64_and_from_a_buffer() {
        let expected = STANDARD.encode([7; 32]);
        let numbers = vec!["7"; 32].join(",");
        for key in [
            format!("\"{expected}\""),
            format!(r#"{{"type":"Buffer","data":[{numbers}]}}"#),
            format!(r#"{{"type":"Buffer","data":"{expected}"}}"#),
        ] {
            assert_eq!(
                json::with(&key, bytes_32).unwrap().as_ref(),
                Some(&expected),
                "{key}"
            );
        }
        for no in [
            "null",
            "\"AAAA\"",
            "\"?\"",
            "[1,2,3]",
            "[256]",
            "{}",
            r#"{"data":[]}"#,
        ] {
            assert_eq!(json::with(no, bytes_32).unwrap(), None, "{no}");
        }
    }

    #[test]
    fn a_file_is_only_fetched_by_https() {
        let read = |text: &str| json::with(text, source).unwrap().map(|source| source.url);
        assert_eq!(read(r#"{"url":"http://169.254.169.254/"}"#), None);
        assert_eq!(read(r#"{"url":"file:///etc/passwd"}"#), None);
        assert_eq!(
            read(r#"{"directPath":"/v/t.enc"}"#).unwrap(),
            "https://mmg.whatsapp.net/v/t.enc"
        );
    }

    #[test]
    fn a_simulator_on_this_machine_needs_no_https() {
        let read = |text: &str| json::with(text, source).unwrap().map(|source| source.url);
        let url = "http://127.0.0.1:9004/_sim/media/a.enc";
        assert_eq!(read(&format!(r#"{{"url":"{url}"}}"#)).as_deref(), Some(url));
        assert_eq!(read(r#"{"url":"http://127.0.0.1.evil.example/a"}"#), None);
    }

    #[test]
    fn a_file_larger_than_four_gigabytes_keeps_its_size() {
        let value = r#"{"fileLength":"5000000000"}"#;
        let content = json::with(value, |value| read(Kind::Document, value, false)).unwrap();
        assert_eq!(content.media.unwrap().size_bytes, Some(5_000_000_000));
    }
}
