//! The vendor's other systems are told what an engine has them do: by the queue at once, by the timer until somebody takes it.

use aws_lambda_events::event::sqs::SqsMessage;
use domain::actions::{ActionsState, AfterFailure, after_failure, delivery_id};
use domain::contract;
use domain::entry::{LaterEntry, LaterJob};
use domain::{MessageId, VendorId, limits};
use flows::batch::Handled;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use platform::tables::ActionsTask;
use platform::telemetry::Metric;
use platform::{AwsError, Config, Engines, telemetry};

use crate::{AT_ONCE, App, PAGE, Pass};

/// Where actions are told.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    url: String,
    client: Engines,
}

impl Receiver {
    /// The one that the operator names, if there is one. It may be anywhere.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let url = config.actions_url.clone()?;
        let origins = config.engine_origins().and_of(Some(&url));
        let client = Engines::new(origins);
        Some(Self { url, client })
    }
}

/// Whether a record of the `later` queue has actions told.
pub(crate) fn is_about_actions(record: &SqsMessage) -> bool {
    let body = record.body.as_deref().unwrap_or_default();
    LaterEntry::from_body(body).is_ok_and(|entry| matches!(entry.job, LaterJob::Actions { .. }))
}

impl App {
    /// Actions whose turn comes late in its invocation are left to the timer.
    pub(crate) async fn actions_in_time(&self, record: SqsMessage, began: Timestamp) -> Handled {
        let until = began.checked_add(limits::ACTIONS_BEGIN);
        if until.is_ok_and(|until| self.platform.clock.now() > until) {
            return Handled::Done;
        }
        self.later(record).await
    }

    /// Actions that somebody should have told by now.
    pub(crate) async fn due_actions(&self) -> Pass {
        let (mut pass, tables) = (Pass::default(), &self.platform.tables);
        match tables.due_actions(self.platform.clock.now(), PAGE).await {
            Ok(due) => {
                let tell = |(vendor, id)| async move { self.tell(&vendor, &id).await };
                let mut told = stream::iter(due.into_iter().map(tell)).buffer_unordered(AT_ONCE);
                while let Some(done) = told.next().await {
                    pass.count("actions", done);
                }
            }
            Err(error) => pass.count("actions", Err(error)),
        }
        pass
    }

    /// Tells the actions of a message, unless somebody did or does.
    pub(crate) async fn tell(&self, vendor: &VendorId, id: &MessageId) -> Result<(), AwsError> {
        let (tables, clock) = (&self.platform.tables, &self.platform.clock);
        let Some(task) = tables.take_actions(vendor, id, clock.now()).await? else {
            return Ok(());
        };
        let refused = match self.posted(&task).await? {
            Ok(()) => {
                tracing::info!(message.id = %id, attempts = task.attempts, "actions are told");
                tables.end_actions(&task, ActionsState::Delivered).await?;
                return Ok(());
            }
            Err(refused) => refused,
        };
        match after_failure(task.attempts, task.decided_at, clock.now()) {
            AfterFailure::Again(at) => {
                tracing::info!(message.id = %id, refused, attempts = task.attempts, "actions are told later");
                tables.put_off_actions(&task, at).await?;
            }
            AfterFailure::GivenUp => {
                tracing::warn!(vendor.id = %vendor, message.id = %id, refused, "actions are given up");
                telemetry::count_for(Metric::ActionsFailed, refused, vendor);
                tables.end_actions(&task, ActionsState::Failed).await?;
            }
        }
        Ok(())
    }

    /// Posts them once. The inner error is why nobody took them.
    async fn posted(&self, task: &ActionsTask) -> Result<Result<(), &'static str>, AwsError> {
        let Some(receiver) = &self.receiver else {
            return Ok(Err("no_receiver"));
        };
        let signing = self.platform.secrets.signing(None).await?;
        let Some(secrets) = signing.secrets else {
            return Ok(Err("no_secret"));
        };
        let (id, now) = (delivery_id(&task.message), self.platform.clock.now());
        let request = contract::signed(&id, task.body.clone().into_bytes(), &secrets, now);
        let posting = receiver
            .client
            .post(&receiver.url, request, limits::ACTIONS_TIMEOUT);
        Ok(match posting.await {
            Ok(reply) if (200..300).contains(&reply.status) => Ok(()),
            Ok(reply) if reply.status >= 500 => Err("failed"),
            Ok(_) => Err("refused"),
            Err(_) => Err("unreachable"),
        })
    }
}
