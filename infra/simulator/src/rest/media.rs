//! Files: taken from the gateway's side (`/upload`), decrypted for it (`/decrypt-media`), and served for a while.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Caller;
use crate::answer;
use crate::files::File;
use crate::hub::Hub;
use crate::op::Op;
use crate::random::random_hex;
use crate::whatsapp_file::{FileKind, open};

/// The largest file of any kind, in bytes.
pub(crate) const LARGEST: usize = 100 * MB;
const MB: usize = 1024 * 1024;
const UPLOADED_LIVES: Duration = Duration::from_hours(24);
const DECRYPTED_LIVES: Duration = Duration::from_hours(1);

/// `POST /upload`: raw bytes under their type, or JSON with base64.
pub(super) async fn upload(
    State(hub): State<Arc<Hub>>,
    Caller(_): Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default();
    let read = if content_type.starts_with("application/json") {
        in_json(&body)
    } else {
        Some((content_type.to_owned(), body))
    };
    let Some((mimetype, bytes)) = read.filter(|(_, bytes)| !bytes.is_empty()) else {
        return answer::error(StatusCode::BAD_REQUEST, "No file was given.");
    };
    let mimetype = mimetype
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    if bytes.len() > limit(&mimetype) {
        return answer::error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The file size exceeds the limit.",
        );
    }
    if !fits(&mimetype, &bytes) {
        return answer::error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The file is not of the type that it is said to be.",
        );
    }
    served(&hub, ("uploaded-media", UPLOADED_LIVES), mimetype, bytes)
}

/// `{base64: "data:<type>;base64,…"}` or `{base64, mimetype}`.
fn in_json(body: &[u8]) -> Option<(String, Bytes)> {
    let body = answer::object(body);
    let text = body.get("base64")?.as_str()?;
    let (mimetype, text) = match text.strip_prefix("data:") {
        Some(data) => {
            let (mimetype, text) = data.split_once(";base64,")?;
            (mimetype.to_owned(), text)
        }
        None => (body.get("mimetype")?.as_str()?.to_owned(), text),
    };
    Some((mimetype, STANDARD.decode(text).ok()?.into()))
}

/// As the upload page of 2026 has them.
fn limit(mimetype: &str) -> usize {
    match mimetype.split_once('/') {
        Some(("image", "webp")) => 5 * MB,
        Some(("image" | "audio", _)) => 16 * MB,
        Some(("video", _)) => 50 * MB,
        _ => LARGEST,
    }
}

fn fits(mimetype: &str, bytes: &[u8]) -> bool {
    match mimetype {
        "image/jpeg" => bytes.starts_with(b"\xFF\xD8\xFF"),
        "image/png" => bytes.starts_with(b"\x89PNG"),
        "image/webp" => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        "video/mp4" | "video/3gpp" | "audio/mp4" => bytes.get(4..8) == Some(b"ftyp"),
        "audio/ogg" => bytes.starts_with(b"OggS"),
        "application/pdf" => bytes.starts_with(b"%PDF-"),
        _ => true,
    }
}

/// `POST /decrypt-media`: finds the file by its key, as if it had fetched it from WhatsApp.
pub(super) async fn decrypt(
    State(hub): State<Arc<Hub>>,
    Caller(_): Caller,
    body: Bytes,
) -> Response {
    let body: Value = answer::object(&body).into();
    let message = &body["data"]["messages"]["message"];
    let parts = message.as_object().into_iter().flatten();
    let mut parts = parts.filter_map(|(part, file)| Some((FileKind::of_part(part)?, file)));
    let Some((kind, file)) = parts.next() else {
        let text = "No supported media object found in the message.";
        return answer::error(StatusCode::BAD_REQUEST, text);
    };
    let media_key = file["mediaKey"].as_str().unwrap_or_default();
    let sealed = hub.read(|inner, _| {
        let sealed = inner.state.files.sealed_with(media_key);
        sealed.map(|sealed| (sealed.mimetype.clone(), sealed.bytes.clone()))
    });
    let opened = sealed.and_then(|(mimetype, sealed)| {
        let key = STANDARD.decode(media_key).ok()?;
        Some((mimetype, open(kind, &key, &sealed)?))
    });
    match opened {
        Some((mimetype, bytes)) => served(
            &hub,
            ("decrypted-media", DECRYPTED_LIVES),
            mimetype,
            bytes.into(),
        ),
        None => answer::error(StatusCode::BAD_REQUEST, "Failed to decrypt the media."),
    }
}

/// Keeps a file for a while and answers with its address, which is at the top of the answer.
fn served(hub: &Hub, (place, lives): (&str, Duration), mimetype: String, bytes: Bytes) -> Response {
    let name = random_hex(32);
    let url = format!("{}/api/{place}/{name}", hub.url);
    let kept = hub.change(|inner, now| {
        let file = File {
            name,
            mimetype,
            bytes,
            media_key: None,
            damaged: false,
            hangs: false,
            expires: now.checked_add(lives).ok(),
        };
        inner.apply(&Op::Keep { file }, now).map(|_| ())
    });
    match kept {
        Ok(()) => Json(json!({"success": true, "publicUrl": url})).into_response(),
        Err(error) => answer::broken(&error),
    }
}

/// An encrypted file, as WhatsApp serves it.
pub(crate) async fn sealed_file(hub: State<Arc<Hub>>, name: Path<String>) -> Response {
    let counted = hub.change(|inner, _| {
        inner.count("media");
        Ok(())
    });
    match counted {
        Ok(()) => file(hub, name).await,
        Err(error) => answer::broken(&error),
    }
}

/// A file under its name, to anybody.
pub(super) async fn file(State(hub): State<Arc<Hub>>, Path(name): Path<String>) -> Response {
    let found = hub.read(|inner, now| inner.state.files.named(&name, now).cloned());
    let Some(File {
        mimetype,
        bytes,
        damaged,
        hangs,
        ..
    }) = found
    else {
        return answer::bare(StatusCode::NOT_FOUND, "The file could not be found.");
    };
    if hangs {
        std::future::pending::<()>().await;
    }
    let mut bytes = bytes.to_vec();
    if let Some(last) = bytes.last_mut().filter(|_| damaged) {
        *last ^= 1;
    }
    ([(header::CONTENT_TYPE, mimetype)], bytes).into_response()
}
