use aws_lambda_events::event::sqs::SqsMessage;
use domain::Echo;
use domain::entry::{LaterEntry, LaterJob};
use flows::batch::Handled;
use flows::echoes::{self, Attributed};
use flows::events::From;
use flows::{identity, session};
use platform::AwsError;

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
        let from = From {
            vendor: &entry.vendor_id,
            waba: &entry.waba_id,
            received_at: entry.received_at,
        };
        handled(match &entry.job {
            LaterJob::Status(update) => self.status(from, update).await,
            LaterJob::Session(status) => {
                session::told(&self.platform, (from.vendor, from.waba), *status).await
            }
            LaterJob::Echo(echo) => self.echo(from, echo).await,
            LaterJob::Verify {} => {
                identity::verify(
                    &self.platform,
                    &self.wasender_api_url,
                    (from.vendor, from.waba),
                )
                .await
            }
            LaterJob::Confirm {} => identity::confirm(
                &self.platform,
                &self.wasender_api_url,
                (from.vendor, from.waba),
            )
            .await
            .map(|_| ()),
        })
    }

    async fn status(&self, from: From<'_>, update: &domain::StatusUpdate) -> Result<(), AwsError> {
        let tables = &self.platform.tables;
        let now = self.platform.clock.now();
        tables
            .note(
                (from.vendor, from.waba),
                &update.reference,
                &update.evidence,
                now,
            )
            .await
            .map(|_| ())
    }

    /// Every send of ours had its time to be known: what still fits none was typed by the vendor.
    async fn echo(&self, from: From<'_>, echo: &Echo) -> Result<(), AwsError> {
        match echoes::attribute(&self.platform, from, echo).await? {
            Attributed::Ours => Ok(()),
            Attributed::NotYet => echoes::keep_typed(&self.platform, from, echo).await,
        }
    }
}
