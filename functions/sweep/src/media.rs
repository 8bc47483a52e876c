//! Customers' files: fetched and kept, one at a time in an invocation, beside its other work.

use aws_lambda_events::event::sqs::SqsMessage;
use domain::entry::{LaterEntry, LaterJob};
use domain::media::{AfterTrouble, MediaFailure, MediaTrouble, object_name};
use domain::{MessageId, VendorId, WabaId, limits};
use flows::batch::Handled;
use flows::media::{self, Means};
use jiff::Timestamp;
use platform::tables::{MediaTask, StoredMedia};
use platform::telemetry::Metric;
use platform::{AwsError, telemetry};
use tokio::time::timeout;

use crate::App;

/// Whether a record of the `later` queue asks for a file.
pub(crate) fn is_about_a_file(record: &SqsMessage) -> bool {
    let body = record.body.as_deref().unwrap_or_default();
    LaterEntry::from_body(body).is_ok_and(|entry| matches!(entry.job, LaterJob::Media { .. }))
}

impl App {
    /// A file that is asked for late in its invocation is left to the timer, which asks for it again.
    pub(crate) async fn file_in_time(&self, record: SqsMessage, began: Timestamp) -> Handled {
        let until = began.checked_add(limits::MEDIA_BEGINS);
        if until.is_ok_and(|until| self.platform.clock.now() > until) {
            return Handled::Done;
        }
        self.later(record).await
    }

    /// Fetches the file of a message and keeps it, unless somebody did or does.
    pub(crate) async fn file(&self, vendor: &VendorId, id: &MessageId) -> Result<(), AwsError> {
        let (tables, clock) = (&self.platform.tables, &self.platform.clock);
        let Some(task) = tables.take_media(vendor, id, clock.now()).await? else {
            return Ok(());
        };
        let work = timeout(limits::MEDIA_JOB, self.fetched_and_kept(&task));
        let trouble = match work.await {
            Ok(Ok(written)) => return written,
            Ok(Err(trouble)) => trouble,
            Err(_) => MediaFailure::Unreachable.into(),
        };
        let after = tables.media_troubled(&task, trouble, clock.now()).await?;
        let (message, reason) = (&task.id, trouble.failure.as_str());
        match after {
            AfterTrouble::Again { attempts, .. } => {
                tracing::info!(message.id = %message, reason, attempts, "a file is fetched later");
            }
            AfterTrouble::Failed(_) => {
                tracing::warn!(message.id = %message, reason, "a file is given up");
                telemetry::count_for(Metric::FileFailed, reason, vendor);
            }
        }
        Ok(())
    }

    /// The inner result is of the last write: then the file is in the store, and if that is not recorded it is put there once more.
    async fn fetched_and_kept(
        &self,
        task: &MediaTask,
    ) -> Result<Result<(), AwsError>, MediaTrouble> {
        let platform = &self.platform;
        if !platform.media.is_configured() {
            return Err(MediaFailure::NotConfigured.into());
        }
        let means = Means {
            fetcher: &self.fetcher,
            base_url: &self.wasender_api_url,
        };
        let file = media::fetch(platform, means, task).await?;
        let object = object_name(&task.vendor, &task.id, task.received_at);
        let stored = StoredMedia {
            object: &object,
            content_type: file.content_type,
            size_bytes: file.bytes.len(),
        };
        let now = platform.clock.now();
        let put = platform
            .media
            .put(&object, file.content_type, file.bytes, now);
        put.await.map_err(|error| {
            tracing::warn!(message.id = %task.id, error = %error, "a file is not kept");
            MediaFailure::StoreFailed
        })?;
        tracing::info!(message.id = %task.id, bytes = stored.size_bytes, "a file is kept");
        Ok(platform.tables.media_stored(task, &stored).await)
    }

    /// Has a file fetched that nobody fetched so far: by the queue, so that a pass never waits for a download.
    pub(crate) async fn ask_for_file(
        &self,
        vendor: &VendorId,
        waba: WabaId,
        id: &MessageId,
    ) -> Result<(), AwsError> {
        let entry = LaterEntry {
            vendor_id: vendor.clone(),
            waba_id: waba,
            received_at: self.platform.clock.now(),
            job: LaterJob::Media {
                message_id: id.clone(),
            },
        };
        let at_once = std::time::Duration::ZERO;
        self.platform.queues.later(&entry, at_once).await
    }
}
