//! `inbound.fifo`: claim, context, engine, one decision, replies into `outbound.fifo`.
//!
//! A crash anywhere leads, when the entry comes back, to the same replies: what is decided is never decided again.

mod engine;
mod turn;

use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::entry::{EntryError, InboundEntry, InboundEvent, LaterEntry, LaterJob};
use domain::{Echo, limits};
use flows::batch::{self, Handled};
use flows::echoes::{self, Attributed};
use flows::events::From;
use lambda_runtime::Context;
use platform::{AwsError, Clock, Config, Platform};

pub use engine::Engine;

/// The function's state, built once in a cold start.
#[derive(Clone, Debug)]
pub struct App {
    platform: Platform,
    engine: Engine,
}

impl App {
    pub fn new(config: &Config, clock: Clock) -> Self {
        Self {
            platform: Platform::new(config, clock),
            engine: Engine::BuiltIn,
        }
    }

    /// Handles a batch and answers with what must come back.
    pub async fn handle(&self, event: SqsEvent, context: &Context) -> SqsBatchResponse {
        batch::each(event, |record| self.one(record, &context.request_id)).await
    }

    async fn one(&self, record: SqsMessage, invocation: &str) -> Handled {
        let entry = match InboundEntry::from_body(record.body.as_deref().unwrap_or_default()) {
            Ok(entry) => entry,
            Err(error) => {
                // It comes back until the dead-letter queue takes it: another build may read another version, and none reads a malformed one.
                tracing::error!(error = %error, "an inbound entry can't be read");
                let wait = (error == EntryError::Malformed).then_some(Duration::from_secs(1));
                return self.again(&record, wait).await;
            }
        };
        let handled = match &entry.event {
            InboundEvent::Message(message) => self.message(&entry, message, invocation).await,
            InboundEvent::Echo(echo) => self.echo(&entry, echo).await,
        };
        match handled {
            Ok(Handled::Done) => Handled::Done,
            Ok(Handled::Again(wait)) => self.again(&record, wait).await,
            Err(error) => {
                tracing::warn!(vendor.id = %entry.vendor_id, error = %error, "an inbound entry comes back");
                self.again(&record, Some(batch::backoff(&record))).await
            }
        }
    }

    async fn again(&self, record: &SqsMessage, wait: Option<Duration>) -> Handled {
        if let (Some(wait), Some(receipt)) = (wait, &record.receipt_handle)
            && let Err(error) = self.platform.queues.hide_inbound(receipt, wait).await
        {
            tracing::warn!(error = %error, "an inbound entry comes back late");
        }
        Handled::Again(wait)
    }

    /// An echo is linked to its send; one that fits none is looked at again once every send had its time to be known.
    async fn echo(&self, entry: &InboundEntry, echo: &Echo) -> Result<Handled, AwsError> {
        let from = From {
            vendor: &entry.vendor_id,
            waba: &entry.waba_id,
            received_at: entry.received_at,
        };
        if echoes::attribute(&self.platform, from, echo).await? == Attributed::NotYet {
            let job = LaterJob::Echo(echo.clone());
            let later = LaterEntry {
                vendor_id: entry.vendor_id.clone(),
                waba_id: entry.waba_id.clone(),
                received_at: entry.received_at,
                job,
            };
            self.platform
                .queues
                .later(&later, limits::ECHO_HELD)
                .await?;
        }
        Ok(Handled::Done)
    }
}
