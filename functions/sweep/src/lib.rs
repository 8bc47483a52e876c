//! The timer and the `later` queue: what was left undone is done, what was left waiting is asked after.
//!
//! Each job looks at a bounded page. What it looks at is put off before the work, so that a poison row never hides the rest, and one
//! failure never ends the pass.

mod actions;
mod counting;
mod erasures;
mod lanes;
mod later;
mod media;
mod messages;
mod reconcile;
mod restoring;
mod waiting;
mod watch;

use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use flows::batch::{self, Handled};
use flows::invocation;
use lambda_runtime::Context;
use platform::{Clock, Config, Fetcher, Hosts, Platform};
use serde_json::Value;

/// Rows of one page of a job.
const PAGE: i32 = 100;
/// Pages of one job in one pass, more than its time is enough for: a backlog is not left to the next minutes.
const PAGES: usize = 50;
/// How long a job may take; the function has 60 s.
const JOB: Duration = Duration::from_secs(45);
/// Lanes, and sessions, that are looked at at the same time.
const AT_ONCE: usize = 16;
/// How long a row that was looked at is left alone.
const PUT_OFF: Duration = Duration::from_mins(2);

/// The function's state, built once in a cold start.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) platform: Platform,
    pub(crate) wasender_api_url: String,
    pub(crate) fetcher: Fetcher,
    /// Where providers reach the gateway.
    pub(crate) public_url: Option<String>,
    /// Whether settings of sessions that drifted are put back.
    pub(crate) repair_drift: bool,
    /// Whom the actions of engines' answers are told.
    pub(crate) receiver: Option<actions::Receiver>,
}

/// What one pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    pub looked_at: usize,
    pub failed: usize,
}

impl App {
    pub fn new(config: &Config, clock: Clock) -> Self {
        if config.public_url.is_none() {
            tracing::warn!("PUBLIC_URL is not set: no session's webhook address is compared");
        }
        Self {
            platform: Platform::new(config, clock),
            wasender_api_url: config.wasender_api_url.clone(),
            fetcher: Fetcher::new(
                Hosts::parse(&config.media_hosts).and_api(&config.wasender_api_url),
            ),
            public_url: config.public_url.clone(),
            repair_drift: config.repair_drift,
            receiver: actions::Receiver::of(config),
        }
    }

    /// Opens connections before the first event, see [`Platform::open_connections`].
    pub async fn open_connections(&self) {
        self.platform.open_connections().await;
    }

    /// Handles either a batch of the `later` queue or the timer's event.
    pub async fn handle(
        &self,
        event: Value,
        context: &Context,
    ) -> Result<SqsBatchResponse, serde_json::Error> {
        invocation::of_event(&self.platform, "sweep", context, self.handled(event)).await
    }

    async fn handled(&self, event: Value) -> Result<SqsBatchResponse, serde_json::Error> {
        let is_restoring = Box::pin(self.is_restoring()).await;
        if event.get("Records").is_some() {
            let event = serde_json::from_value(event)?;
            if is_restoring {
                return Ok(batch::each(event, async |_| Handled::Again(None)).await);
            }
            return Ok(Box::pin(self.batch(event)).await);
        }
        if is_restoring && Box::pin(self.restores()).await {
            return Ok(SqsBatchResponse::default());
        }
        // Boxed: it is long, and every invocation's future would have its size.
        Box::pin(self.pass()).await;
        Ok(SqsBatchResponse::default())
    }

    /// Files are fetched beside the rest, one after the other: a slow download holds nothing else up, and memory holds one file. So are
    /// deleted vendors erased.
    async fn batch(&self, event: SqsEvent) -> SqsBatchResponse {
        let began = self.platform.clock.now();
        let (files, rest) = event.records.into_iter().partition(media::is_about_a_file);
        let (erasures, rest) = Vec::into_iter(rest).partition(erasures::is_an_erasure);
        let (actions, rest) = Vec::into_iter(rest).partition(actions::is_about_actions);
        let of = |records: Vec<SqsMessage>| {
            let mut event = SqsEvent::default();
            event.records = records;
            event
        };
        let (files, erasures, actions, mut answer) = tokio::join!(
            batch::each(of(files), |record| self.file_in_time(record, began)),
            batch::each(of(erasures), |record| self.erasure_in_time(record, began)),
            batch::each(of(actions), |record| self.actions_in_time(record, began)),
            batch::each(of(rest), |record| self.later(record)),
        );
        answer.batch_item_failures.extend(files.batch_item_failures);
        answer
            .batch_item_failures
            .extend(erasures.batch_item_failures);
        answer
            .batch_item_failures
            .extend(actions.batch_item_failures);
        answer
    }

    /// One pass over everything that is due.
    pub async fn pass(&self) -> Pass {
        // Side by side, each with its own time: none can starve another.
        let (messages, lanes, watches, fleet, erasures, questions, actions, held) = tokio::join!(
            tokio::time::timeout(JOB, Box::pin(self.due_messages())),
            tokio::time::timeout(JOB, Box::pin(self.due_lanes())),
            tokio::time::timeout(JOB, Box::pin(self.due_watches())),
            tokio::time::timeout(JOB, Box::pin(self.due_fleet())),
            tokio::time::timeout(JOB, Box::pin(self.due_erasures())),
            tokio::time::timeout(JOB, Box::pin(self.due_questions())),
            tokio::time::timeout(JOB, Box::pin(self.due_actions())),
            tokio::time::timeout(JOB, Box::pin(self.due_held())),
        );
        let pass = [
            messages, lanes, watches, fleet, erasures, questions, actions, held,
        ]
        .map(Result::unwrap_or_default)
        .into_iter()
        .fold(Pass::default(), Pass::and);
        if pass != Pass::default() {
            tracing::info!(
                success = pass.failed == 0,
                looked_at = pass.looked_at,
                failed = pass.failed,
                "sweep passed"
            );
        }
        pass
    }
}

impl Pass {
    fn and(self, other: Self) -> Self {
        Self {
            looked_at: self.looked_at + other.looked_at,
            failed: self.failed + other.failed,
        }
    }

    /// Whether a page of so many rows, of which this became, is followed by another: it was full, and its rows do not all come again.
    fn leads_on(self, rows: usize) -> bool {
        usize::try_from(PAGE).is_ok_and(|page| rows >= page) && self.failed < rows
    }

    /// Counts one row's work.
    fn count(&mut self, job: &'static str, done: Result<(), platform::AwsError>) {
        self.looked_at += 1;
        if let Err(error) = done {
            self.failed += 1;
            tracing::warn!(job, error = %error, "a sweep job failed on a row");
        }
    }
}

/// A job's pages, one after the other, as long as there are more.
async fn pages<F: Future<Output = (Pass, bool)>>(page: impl Fn() -> F) -> Pass {
    let mut pass = Pass::default();
    for _ in 0..PAGES {
        let (done, is_more) = page().await;
        pass = pass.and(done);
        if !is_more {
            break;
        }
    }
    pass
}

/// Whether a record is done with.
fn handled(done: Result<(), platform::AwsError>) -> Handled {
    match done {
        Ok(()) => Handled::Done,
        Err(error) => {
            tracing::warn!(error = %error, "a later entry comes back");
            Handled::Again(None)
        }
    }
}
