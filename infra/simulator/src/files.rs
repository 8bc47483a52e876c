use std::collections::VecDeque;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// So many files are kept; the oldest go first.
const KEPT: usize = 200;

/// A file that the simulator serves: as WhatsApp does (encrypted), or as Wasender does (uploaded or decrypted).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct File {
    /// The last part of its address.
    pub(crate) name: String,
    pub(crate) mimetype: String,
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub(crate) bytes: Bytes,
    /// Of an encrypted one.
    pub(crate) media_key: Option<String>,
    /// It is served with a wrong byte.
    pub(crate) damaged: bool,
    /// It is asked for and never given.
    pub(crate) hangs: bool,
    pub(crate) expires: Option<Timestamp>,
}

#[derive(Default)]
pub(crate) struct Files {
    files: VecDeque<File>,
}

impl Files {
    pub(crate) fn keep(&mut self, file: &File) {
        if self.files.len() == KEPT {
            self.files.pop_front();
        }
        self.files.push_back(file.clone());
    }

    pub(crate) fn named(&self, name: &str, now: Timestamp) -> Option<&File> {
        let is_alive = |file: &&File| file.expires.is_none_or(|expires| now < expires);
        self.files
            .iter()
            .find(|file| file.name == name)
            .filter(is_alive)
    }

    pub(crate) fn sealed_with(&self, media_key: &str) -> Option<&File> {
        let is_meant = |file: &&File| file.media_key.as_deref() == Some(media_key);
        self.files.iter().find(is_meant)
    }
}

fn to_base64<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = STANDARD.decode(text).map_err(serde::de::Error::custom)?;
    Ok(bytes.into())
}
