use aws_lambda_events::event::sqs::SqsMessage;
use domain::entry::{LaterEntry, LaterJob};
use domain::{Dispatch, MessageId};
use flows::batch::Handled;
use flows::changes;
use flows::deferral;
use flows::echoes;
use flows::events::From;
use flows::{dispatch, erasure, identity, people, reconcile, renewal, session};
use platform::{AwsError, telemetry};

use crate::{App, handled};

impl App {
    /// One entry of the `later` queue.
    pub(crate) async fn later(&self, record: SqsMessage) -> Handled {
        let entry = match LaterEntry::from_body(record.body.as_deref().unwrap_or_default()) {
            Ok(entry) => entry,
            Err(error) => {
                tracing::error!(error = %error, "a later entry can't be read");
                return Handled::Again(None);
            }
        };
        telemetry::concerns(&entry.vendor_id, None);
        let from = From {
            vendor: &entry.vendor_id,
            waba: &entry.waba_id,
            received_at: entry.received_at,
        };
        let (platform, url) = (&self.platform, &self.wasender_api_url);
        let at = (from.vendor, from.waba);
        handled(match &entry.job {
            LaterJob::Status(update) => self.status(from, update).await,
            LaterJob::Session(status) => {
                session::told(&self.platform, (from.vendor, from.waba), *status).await
            }
            LaterJob::Echo(echo) => {
                echoes::settle(&self.platform, &self.wasender_api_url, from, echo).await
            }
            LaterJob::Change(waiting) => {
                changes::change(&self.platform, from, waiting.clone()).await
            }
            LaterJob::Media { message_id } => Box::pin(self.file(from.vendor, message_id)).await,
            LaterJob::Person(person) => {
                people::look_up_again(&self.platform, &self.wasender_api_url, from, person).await
            }
            LaterJob::Reconcile(id) => self.in_doubt(from, id).await,
            LaterJob::Verify {} => identity::verify(platform, url, at).await,
            LaterJob::Renew {} => Box::pin(renewal::finish(platform, url, at)).await,
            LaterJob::Turn { message_id } => self.turn(from.vendor, message_id).await,
            LaterJob::Promote {} => {
                renewal::promote(&self.platform, (from.vendor, from.waba)).await
            }
            LaterJob::Actions { message_id } => Box::pin(self.tell(from.vendor, message_id)).await,
            LaterJob::Release { message_id } => {
                dispatch::release(&self.platform, from.vendor, message_id).await
            }
            LaterJob::Deadline { message_id } => {
                Box::pin(deferral::overdue(&self.platform, from.vendor, message_id)).await
            }
            LaterJob::Erase {} => Box::pin(erasure::go_on(&self.platform, from.vendor)).await,
            LaterJob::Confirm {} => identity::confirm(platform, url, at).await.map(|_| ()),
        })
    }

    async fn status(&self, from: From<'_>, update: &domain::StatusUpdate) -> Result<(), AwsError> {
        let tables = &self.platform.tables;
        let now = self.platform.clock.now();
        if tables.erasure(from.vendor).await?.is_some() {
            // It would be kept for a message that is no more.
            return Ok(());
        }
        tables
            .note_status((from.vendor, from.waba), update, now)
            .await
            .map(|_| ())
    }

    /// The first look at a send in doubt; the sweep's timer makes the others.
    async fn in_doubt(&self, from: From<'_>, id: &MessageId) -> Result<(), AwsError> {
        match self.platform.tables.outbound(from.vendor, id).await? {
            Some(message) if message.dispatch == Dispatch::Unknown => {
                let look = reconcile::look(&self.platform, &self.wasender_api_url, message);
                Box::pin(look).await
            }
            Some(_) | None => Ok(()),
        }
    }
}
