use anyhow::{Context as _, Result};
use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::files::File;
use crate::inner::Inner;
use crate::op::Op;
use crate::random::random_hex;
use crate::whatsapp_file::{FileKind, seal};

/// A file that a customer sends: the simulator encrypts it as a phone does and serves it as WhatsApp does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InboundMedia {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    pub kind: String,
    pub mimetype: String,
    /// The file in base64.
    pub base64: String,
    pub file_name: Option<String>,
    /// A recording made in the chat.
    pub voice_note: bool,
    /// The size that the message tells, if it is not the file's own.
    pub size_bytes: Option<u64>,
    /// The address that the message tells, if it is not the simulator's.
    pub url: Option<String>,
    /// The encrypted file is served with a wrong byte.
    pub damaged: bool,
    /// The encrypted file is asked for and never given.
    pub hangs: bool,
}

/// Keeps the encrypted file and answers with the message object that tells of it.
pub(crate) fn message(
    inner: &mut Inner,
    media: &InboundMedia,
    caption: &str,
    (base_url, now): (&str, Timestamp),
) -> Result<Value> {
    let kind = FileKind::named(&media.kind)
        .context("`media.kind` is image, video, audio, document or sticker")?;
    let file = STANDARD
        .decode(&media.base64)
        .context("`media.base64` is not base64")?;
    let media_key: [u8; 32] = Sha256::digest(random_hex(64)).into();
    let (sealed, media_key_text) = (seal(kind, &media_key, &file), STANDARD.encode(media_key));
    let name = format!("{}.enc", random_hex(32));
    let mut part = json!({
        "url": media.url.clone().unwrap_or_else(|| format!("{base_url}/_sim/media/{name}")),
        "mimetype": media.mimetype,
        "mediaKey": media_key_text,
        "mediaKeyTimestamp": now.as_second().to_string(),
        "fileLength": media.size_bytes.unwrap_or(file.len() as u64).to_string(),
        "fileSha256": STANDARD.encode(Sha256::digest(&file)),
        "fileEncSha256": STANDARD.encode(Sha256::digest(&sealed)),
    });
    if !caption.is_empty() {
        part["caption"] = json!(caption);
    }
    if let Some(file_name) = &media.file_name {
        part["fileName"] = json!(file_name);
    }
    if media.voice_note {
        part["ptt"] = json!(true);
    }
    let file = File {
        name,
        mimetype: media.mimetype.clone(),
        bytes: Bytes::from(sealed),
        media_key: Some(media_key_text),
        damaged: media.damaged,
        hangs: media.hangs,
        expires: None,
    };
    inner.apply(&Op::Keep { file }, now)?;
    Ok(json!({ (kind.part): part }))
}
