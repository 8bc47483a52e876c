use domain::media::MediaState;
use domain::{MediaSource, MessageId, file_type};
use platform::Link;
use platform::tables::{Direction, KeptMedia, Listed};
use serde_json::{Value, json};

use crate::App;

impl App {
    /// The file of a message: what its sender says of it, and what the gateway has. Its key and its address at WhatsApp are never shown.
    pub(crate) fn media(&self, message: &Listed) -> Option<Value> {
        let media = message.content.media.as_ref()?;
        let kept = message.media.as_ref();
        let link = kept.and_then(|kept| self.link(&message.id, media.file_name.as_deref(), kept));
        let is_stored = |kept: &&KeptMedia| kept.state == MediaState::Stored;
        let stored = kept.filter(is_stored);
        let mime_type = stored.and_then(|kept| kept.content_type.as_ref());
        let size_bytes = stored.and_then(|kept| kept.size_bytes);
        // The address that a file to send was given with is the caller's own.
        let is_own = |source: &&MediaSource| {
            message.direction == Direction::Outbound && source.media_key.is_none()
        };
        let own = media.source.as_ref().filter(is_own);
        let own = own.map(|source| source.url.as_str());
        Some(json!({
            "mimeType": mime_type.or(media.mime_type.as_ref()),
            "sizeBytes": size_bytes.or(media.size_bytes),
            "fileName": media.file_name,
            "voiceNote": media.voice_note,
            "viewOnce": media.view_once,
            "state": kept.map(|kept| kept.state.as_str()),
            "reason": kept.and_then(|kept| kept.reason.as_ref()),
            "url": link.as_ref().map(|link| link.url.as_str()).or(own),
            "urlExpiresAt": link.as_ref().map(|link| link.expires_at.to_string()),
        }))
    }

    fn link(&self, id: &MessageId, file_name: Option<&str>, kept: &KeptMedia) -> Option<Link> {
        let content_type = kept.content_type.as_deref().unwrap_or(file_type::UNKNOWN);
        let own_name = || format!("{id}{}", file_type::ending(content_type));
        let file_name = file_name.map_or_else(own_name, str::to_owned);
        let now = self.platform.clock.now();
        self.platform
            .media
            .link(kept.object.as_deref()?, content_type, &file_name, now)
    }
}
