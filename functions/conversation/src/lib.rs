//! `inbound.fifo`: claim, context, engine, one decision, replies into `outbound.fifo`.
//!
//! A crash anywhere leads, when the entry comes back, to the same replies: what is decided is never decided again.

mod actions;
mod aside;
mod asking;
mod breakers;
mod built_in;
mod changes;
mod engine;
mod gathering;
mod media;
mod turn;
mod who;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::entry::{InboundEntry, InboundEvent, LaterEntry, LaterJob};
use domain::{Echo, limits};
use flows::batch::{self, Handled};
use flows::echoes::{self, Attributed};
use flows::events::From;
use flows::invocation;
use flows::restore;
use lambda_runtime::Context;
use platform::{AwsError, Clock, Config, Fifo, Platform, telemetry};

use aside::Visit;
use breakers::Breakers;

pub use engine::Engine;

/// The function's state, built once in a cold start.
#[derive(Clone, Debug)]
pub struct App {
    platform: Platform,
    engine: Engine,
    breakers: Breakers,
    /// Questions of one vendor that may be under way at its engine.
    engine_in_flight: usize,
    wasender_api_url: String,
    /// Whether somebody is told the actions of engines' answers.
    tells_actions: bool,
}

impl App {
    pub fn new(config: &Config, clock: Clock) -> Self {
        let platform = Platform::new(config, clock);
        Self {
            engine: Engine::new(config, &platform),
            platform,
            breakers: Breakers::default(),
            engine_in_flight: config.engine_in_flight,
            wasender_api_url: config.wasender_api_url.clone(),
            tells_actions: config.actions_url.is_some(),
        }
    }

    /// Opens connections before the first event, see [`Platform::open_connections`].
    pub async fn open_connections(&self) {
        self.platform.open_connections().await;
    }

    /// Handles a batch and answers with what must come back.
    pub async fn handle(&self, event: SqsEvent, context: &Context) -> SqsBatchResponse {
        let work = batch::each(event, |record| self.one(record, &context.request_id));
        invocation::of_event(&self.platform, "conversation", context, work).await
    }

    async fn one(&self, record: SqsMessage, invocation: &str) -> Handled {
        match restore::is_pending(&self.platform, self.platform.restore).await {
            Ok(false) => {}
            Ok(true) => {
                let again = Ok(batch::after_a_restore(&record));
                return batch::give_back(&self.platform.queues, Fifo::Inbound, &record, again)
                    .await;
            }
            Err(error) => {
                return batch::give_back(&self.platform.queues, Fifo::Inbound, &record, Err(error))
                    .await;
            }
        }
        match InboundEntry::from_body(record.body.as_deref().unwrap_or_default()) {
            Ok(entry) => Box::pin(self.visited(&record, &entry, invocation)).await,
            Err(error) => {
                let again = Ok(batch::unreadable(&error));
                batch::give_back(&self.platform.queues, Fifo::Inbound, &record, again).await
            }
        }
    }

    async fn entry(&self, entry: &InboundEntry, visit: Visit<'_>) -> Result<Handled, AwsError> {
        telemetry::concerns(&entry.vendor_id, None);
        let done = match &entry.event {
            InboundEvent::Message(message) => Box::pin(self.message(entry, message, visit)).await,
            InboundEvent::Echo(echo) => self.echo(entry, echo).await,
            InboundEvent::Change(change) => self.change(entry, change).await,
        };
        done.inspect_err(|error| {
            tracing::warn!(vendor.id = %entry.vendor_id, error = %error, "an inbound entry comes back");
        })
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
