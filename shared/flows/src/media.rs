//! Fetching the file of a message: by its own address and key, else with the provider's help.

use std::time::Duration;

use domain::media::{MediaFailure, MediaTrouble};
use domain::{ApiKey, MediaSource, file_type, limits};
use platform::tables::MediaTask;
use platform::{Fetcher, NotFetched, Platform};
use providers::wasender::{self, Decrypted, Session, media_file};

use crate::{call, side};

/// How long to wait before a call beside sending is asked for again.
const SIDE_WAIT: Duration = Duration::from_mins(1);

/// A file as its sender sent it, and as what it may be handed on.
pub struct File {
    pub bytes: Vec<u8>,
    pub content_type: &'static str,
}

/// What files are fetched with, beside the platform.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    pub fetcher: &'a Fetcher,
    /// The provider's API.
    pub base_url: &'a str,
}

/// Fetches a file once. Nobody is asked for one that is too large by its message's own word.
pub async fn fetch(
    platform: &Platform,
    means: Means<'_>,
    task: &MediaTask,
) -> Result<File, MediaTrouble> {
    let declared = task.media.size_bytes;
    if declared.is_some_and(|size| size > limits::MEDIA_BYTES) {
        return Err(MediaFailure::TooLarge.into());
    }
    let source = task.media.source.as_ref().ok_or(MediaFailure::NoSource)?;
    let bytes = match directly(means.fetcher, task, source).await {
        Ok(bytes) => bytes,
        Err(MediaFailure::TooLarge) => return Err(MediaFailure::TooLarge.into()),
        Err(failure) => {
            tracing::info!(message.id = %task.id, failure = failure.as_str(), "a file is asked of the provider");
            with_help(platform, means, task, failure).await?
        }
    };
    let content_type = file_type::content_type(task.kind, &task.media, &bytes);
    let content_type = content_type.ok_or(MediaFailure::Executable)?;
    Ok(File {
        bytes,
        content_type,
    })
}

/// From where WhatsApp keeps it, decrypted here.
async fn directly(
    fetcher: &Fetcher,
    task: &MediaTask,
    source: &MediaSource,
) -> Result<Vec<u8>, MediaFailure> {
    let Some(key) = source.media_key.as_deref() else {
        // It is not encrypted, or can't be decrypted; what comes without proof is not taken from anywhere.
        return Err(MediaFailure::NotAvailable);
    };
    let limit = limits::MEDIA_BYTES + media_file::OVERHEAD_BYTES;
    let encrypted = fetcher.get(&source.url, limit).await.map_err(failure)?;
    let file = media_file::open(task.kind, key, encrypted).map_err(|_| MediaFailure::Damaged)?;
    if media_file::is_meant(&task.media, &file) {
        Ok(file)
    } else {
        Err(MediaFailure::Damaged)
    }
}

/// From where the provider put it in the clear. `first` is why it has to help.
async fn with_help(
    platform: &Platform,
    means: Means<'_>,
    task: &MediaTask,
    first: MediaFailure,
) -> Result<Vec<u8>, MediaTrouble> {
    let (vendor, waba) = (&task.vendor, &task.waba);
    let Some(api_key) = api_key(platform, task).await else {
        return Err(first.into());
    };
    let session = Session {
        base_url: means.base_url,
        api_key: &api_key,
    };
    let Some(request) = session.decrypt_media(&task.key_id, task.kind, &task.media) else {
        return Err(first.into());
    };
    if !side::may_call(platform, vendor, waba).await {
        return Err(wait(SIDE_WAIT));
    }
    let answer = call::perform(&platform.http, request).await;
    let answer = answer.map_err(|_| MediaFailure::Unreachable)?;
    let (status, headers) = (answer.status().as_u16(), answer.headers());
    let address = match wasender::read_decrypted(status, headers, answer.body()) {
        Decrypted::At(address) => address,
        Decrypted::Later(asked) if status == 429 => {
            let asked = asked.unwrap_or(SIDE_WAIT);
            side::told_to_wait(platform, vendor, waba, asked).await;
            return Err(wait(asked));
        }
        Decrypted::Later(_) => return Err(MediaFailure::Unreachable.into()),
        Decrypted::Refused => return Err(first.into()),
    };
    let file = means.fetcher.get(&address, limits::MEDIA_BYTES).await;
    let file = file.map_err(failure)?;
    if media_file::is_meant(&task.media, &file) {
        Ok(file)
    } else {
        Err(MediaFailure::Damaged.into())
    }
}

async fn api_key(platform: &Platform, task: &MediaTask) -> Option<ApiKey> {
    let at_hand = platform.secrets.vendor(&task.vendor).await.ok()?;
    at_hand.secrets?.of(&task.waba)?.api_key.clone()
}

const fn wait(asked: Duration) -> MediaTrouble {
    MediaTrouble {
        failure: MediaFailure::Unreachable,
        wait: Some(asked),
    }
}

fn failure(reason: NotFetched) -> MediaFailure {
    match reason {
        NotFetched::Forbidden(why) => {
            tracing::warn!(%why, "a file's address is not called");
            MediaFailure::ForbiddenAddress
        }
        NotFetched::TooLarge => MediaFailure::TooLarge,
        NotFetched::Refused(status) if status >= 500 => MediaFailure::Unreachable,
        NotFetched::Refused(_) => MediaFailure::NotAvailable,
        NotFetched::Unreachable => MediaFailure::Unreachable,
    }
}
