use domain::entry::InboundEntry;
use domain::{MessageChange, WaitingChange};
use flows::batch::Handled;
use flows::changes;
use flows::events::From;
use platform::AwsError;

use crate::App;

impl App {
    /// An edit or a deletion, in its place among the messages of its contact.
    pub(crate) async fn change(
        &self,
        entry: &InboundEntry,
        change: &MessageChange,
    ) -> Result<Handled, AwsError> {
        let from = From {
            vendor: &entry.vendor_id,
            waba: &entry.waba_id,
            received_at: entry.received_at,
        };
        let waiting = WaitingChange {
            change: change.clone(),
            waits: 0,
        };
        changes::change(&self.platform, from, waiting).await?;
        Ok(Handled::Done)
    }
}
