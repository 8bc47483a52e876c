use std::time::Duration;

use domain::entry::{InboundEntry, LaterEntry, LaterJob};
use domain::{Content, MessageId};

use crate::App;

impl App {
    /// Has the file of a message fetched. It is marked as due in the ledger, so that a request that is lost is made again by the sweep.
    pub(crate) async fn ask_for_file(
        &self,
        entry: &InboundEntry,
        id: &MessageId,
        content: &Content,
    ) {
        if content.source().is_none() {
            return;
        }
        let later = LaterEntry {
            vendor_id: entry.vendor_id.clone(),
            waba_id: entry.waba_id.clone(),
            received_at: entry.received_at,
            job: LaterJob::Media {
                message_id: id.clone(),
            },
        };
        if let Err(error) = self.platform.queues.later(&later, Duration::ZERO).await {
            tracing::warn!(message.id = %id, error = %error, "a file is fetched late");
        }
    }
}
