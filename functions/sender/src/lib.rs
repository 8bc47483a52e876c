//! `outbound.fifo`: take a send, call the provider, write what came of it.
//!
//! Taking is one transaction and the last thing before the call. Once bytes left, only the provider's word tells what became of them:
//! a send in doubt is `unknown` and never repeated by itself.

mod outcome;
mod recipient;
mod send;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::entry::OutboundEntry;
use flows::batch::{self, Handled};
use flows::breaker::Held;
use flows::invocation;
use lambda_runtime::Context;
use platform::{Clock, Config, Fifo, Platform, telemetry};
use tokio::time::Instant;

use send::Visit;

/// The function's state, built once in a cold start.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) platform: Platform,
    pub(crate) wasender_api_url: String,
    pub(crate) held: Held,
}

impl App {
    pub fn new(config: &Config, clock: Clock) -> Self {
        Self {
            platform: Platform::new(config, clock),
            wasender_api_url: config.wasender_api_url.clone(),
            held: Held::default(),
        }
    }

    /// Opens connections before the first event, see [`Platform::open_connections`].
    pub async fn open_connections(&self) {
        self.platform.open_connections().await;
    }

    /// Handles a batch (of one, by the template) and answers with what must come back.
    pub async fn handle(&self, event: SqsEvent, context: &Context) -> SqsBatchResponse {
        let begun = Instant::now();
        let work = batch::each(event, |record| self.one(record, begun));
        invocation::of_event(&self.platform, "sender", context, work).await
    }

    async fn one(&self, record: SqsMessage, begun: Instant) -> Handled {
        let handled = match OutboundEntry::from_body(record.body.as_deref().unwrap_or_default()) {
            Ok(entry) => {
                telemetry::concerns(&entry.vendor_id, Some(&entry.message_id));
                let is_first = batch::receives(&record) == 1;
                let visit = Visit { begun, is_first };
                self.entry(&entry, visit).await.inspect_err(|error| {
                    tracing::warn!(vendor.id = %entry.vendor_id, message.id = %entry.message_id, error = %error, "an outbound entry comes back");
                })
            }
            Err(error) => Ok(batch::unreadable(&error)),
        };
        batch::give_back(&self.platform.queues, Fifo::Outbound, &record, handled).await
    }
}
