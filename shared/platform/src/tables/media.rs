//! The files of inbound messages: which are to be fetched, who fetches one, and what became of it.

use aws::dynamodb::{ReturnValue, is_condition_failed};
use domain::media::{AfterTrouble, MediaFailure, MediaState, MediaTrouble, after_trouble};
use domain::{
    Content, Kind, Media, MediaSource, MessageId, ProviderMessageId, VendorId, WabaId, limits,
};
use jiff::Timestamp;

use super::item::{Change, Item, Reader, json, ms, n, s};
use super::outbound_item::{message_key, message_pk};
use super::{Tables, message_shard};
use crate::error::AwsError;

/// A file that this invocation fetches, and nobody else until its lease ends. It holds the file's key, so it has no `Debug`.
#[derive(Clone)]
pub struct MediaTask {
    pub vendor: VendorId,
    pub waba: WabaId,
    pub id: MessageId,
    pub key_id: ProviderMessageId,
    pub kind: Kind,
    /// With its source, if the message told one.
    pub media: Media,
    pub received_at: Timestamp,
    /// This attempt included.
    pub attempts: u32,
    /// Under which the outcome is written: another invocation that took the file meanwhile has another.
    lease_until: Timestamp,
}

/// What the ledger knows of a message's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMedia {
    pub state: MediaState,
    /// Its name in the store.
    pub object: Option<String>,
    pub content_type: Option<String>,
    pub size_bytes: Option<u64>,
    /// Why it is not in the store.
    pub reason: Option<String>,
}

/// A file as it was put into the store.
#[derive(Clone, Debug)]
pub struct StoredMedia<'a> {
    pub object: &'a str,
    pub content_type: &'a str,
    pub size_bytes: usize,
}

impl Tables {
    /// Takes a file to fetch, and counts the attempt before it is made. `None`: there is nothing to fetch, or somebody does.
    pub async fn take_media(
        &self,
        vendor: &VendorId,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<Option<MediaTask>, AwsError> {
        const ATTEMPTED: &str = "taking a file to fetch";
        let lease_until = now
            .checked_add(limits::MEDIA_LEASE)
            .unwrap_or(Timestamp::MAX);
        let change = Change::of(&self.names.messages, message_key(vendor, id))
            .set("mediaLeaseUntil", ms(lease_until))
            .set("dueAt", ms(lease_until))
            .add("mediaAttempts", 1)
            .when("#mediaState = :pending AND (attribute_not_exists(#mediaLeaseUntil) OR #mediaLeaseUntil <= :now)")
            .bind("pending", s(MediaState::Pending.as_str()))
            .bind("now", ms(now));
        let request = change
            .request(&self.client)
            .return_values(ReturnValue::AllNew);
        match Self::update(request).await {
            Ok(answer) => {
                let item = answer
                    .attributes
                    .ok_or_else(|| AwsError::unreadable(ATTEMPTED))?;
                task(vendor, id, &item, lease_until).map(Some)
            }
            Err(error) if is_condition_failed(&error) => Ok(None),
            Err(error) => Err(AwsError::of(ATTEMPTED, &error)),
        }
    }

    /// Writes that a file is in the store, and forgets where it came from and with which key.
    pub async fn media_stored(
        &self,
        task: &MediaTask,
        stored: &StoredMedia<'_>,
    ) -> Result<(), AwsError> {
        let change = self
            .media_ended(task, MediaState::Stored)
            .set("mediaObject", s(stored.object))
            .set("mediaType", s(stored.content_type))
            .set("mediaSize", n(stored.size_bytes));
        self.commit("recording a file", vec![change.transact()])
            .await
            .map(|_| ())
    }

    /// Writes what follows an attempt that brought no file.
    pub async fn media_troubled(
        &self,
        task: &MediaTask,
        trouble: MediaTrouble,
        now: Timestamp,
    ) -> Result<AfterTrouble, AwsError> {
        let after = after_trouble(trouble, task.attempts, task.received_at, now);
        let change = match after {
            AfterTrouble::Again { at, attempts } => self
                .media_change(task)
                .set("mediaAttempts", n(attempts))
                .set("mediaLeaseUntil", ms(at))
                .set("dueAt", ms(at)),
            AfterTrouble::Failed(failure) => self
                .media_ended(task, MediaState::Failed)
                .set("mediaReason", s(failure.as_str())),
        };
        self.commit("recording a file's trouble", vec![change.transact()])
            .await?;
        Ok(after)
    }

    fn media_ended(&self, task: &MediaTask, state: MediaState) -> Change {
        self.media_change(task)
            .set("mediaState", s(state.as_str()))
            .set("mediaSource", None)
            .set("mediaLeaseUntil", None)
            .set("dueShard", None)
            .set("dueAt", None)
    }

    fn media_change(&self, task: &MediaTask) -> Change {
        Change::of(&self.names.messages, message_key(&task.vendor, &task.id))
            .when("#mediaState = :pending AND #mediaLeaseUntil = :lease")
            .bind("pending", s(MediaState::Pending.as_str()))
            .bind("lease", ms(task.lease_until))
    }
}

/// Keeps a content with its file's source apart, so that the source can be forgotten.
pub(super) fn with_content(change: Change, content: &Content) -> Change {
    let mut kept = content.clone();
    let source = kept.media.as_mut().and_then(|media| media.source.take());
    let change = change.set("content", json(&kept));
    match source {
        Some(source) => change.set("mediaSource", json(&source)),
        None => change,
    }
}

/// Marks the file of a message as one to fetch; the sweep asks after it if nobody does.
pub(super) fn marked(
    change: Change,
    (vendor, id): (&VendorId, &MessageId),
    content: &Content,
    now: Timestamp,
) -> Change {
    let Some(media) = &content.media else {
        return change;
    };
    if media.source.is_none() {
        return change
            .set("mediaState", s(MediaState::Failed.as_str()))
            .set("mediaReason", s(MediaFailure::NoSource.as_str()));
    }
    let due_at = now.checked_add(limits::MEDIA_ASKED_AFTER).ok();
    change
        .set("mediaState", s(MediaState::Pending.as_str()))
        .set("dueShard", s(message_shard(&message_pk(vendor, id))))
        .set("dueAt", due_at.map(ms))
}

/// Whether a row waits for its file, and whose it is.
pub(super) fn waits(item: &Item) -> Option<WabaId> {
    let from = Reader::new(item, "reading a file's state");
    let is_pending = from.text_opt("mediaState") == Some(MediaState::Pending.as_str());
    is_pending.then(|| from.parsed_opt("wabaId")).flatten()
}

/// What a row tells of its file.
pub(super) fn kept(from: &Reader<'_>) -> Option<KeptMedia> {
    let text = |name| from.text_opt(name).map(str::to_owned);
    Some(KeptMedia {
        state: MediaState::parse(from.text_opt("mediaState")?)?,
        object: text("mediaObject"),
        content_type: text("mediaType"),
        size_bytes: from.number_opt("mediaSize"),
        reason: text("mediaReason"),
    })
}

fn task(
    vendor: &VendorId,
    id: &MessageId,
    item: &Item,
    lease_until: Timestamp,
) -> Result<MediaTask, AwsError> {
    let from = Reader::new(item, "reading a file to fetch");
    let content: Content = from.json("content")?;
    let source = match from.text_opt("mediaSource") {
        Some(_) => Some(from.json::<MediaSource>("mediaSource")?),
        None => None,
    };
    let media = content.media.ok_or_else(|| from.unreadable())?;
    Ok(MediaTask {
        vendor: vendor.clone(),
        waba: from.parsed("wabaId")?,
        id: id.clone(),
        key_id: from.parsed("keyId")?,
        kind: content.kind,
        media: Media {
            source: source.or_else(|| media.source.clone()),
            ..media
        },
        received_at: from.time("createdAt")?,
        attempts: from.number("mediaAttempts")?,
        lease_until,
    })
}
