use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::EventSourceMapping;
use super::batch::{Failures, event, failures};
use crate::faults::Faults;
use crate::sqs::{Queues, Received, Take};

/// Takes messages off the queue and invokes the function with them.
pub(super) struct Poller {
    pub(super) mapping: EventSourceMapping,
    pub(super) queues: Queues,
    pub(super) faults: Faults,
    /// Invocations that run.
    pub(super) count: watch::Sender<usize>,
}

/// Why an invocation has no answer.
#[derive(Debug, thiserror::Error)]
enum Death {
    #[error("the invocation crashed")]
    Crashed,
    #[error("the invocation took too long")]
    TimedOut,
    #[error("the invocation panicked")]
    Panicked,
    #[error("the function failed: {0}")]
    Failed(String),
}

impl Poller {
    pub(super) async fn run(self: Arc<Self>, mut paused: watch::Receiver<bool>) {
        let mut changes = self.queues.changes(&self.mapping.queue);
        let mut batches = JoinSet::new();
        loop {
            changes.mark_unchanged();
            let since = self.queues.clock().now();
            let is_open =
                !*paused.borrow_and_update() && batches.len() < self.mapping.max_concurrency;
            let messages = if is_open { self.receive() } else { Vec::new() };
            if !messages.is_empty() {
                batches.spawn(Arc::clone(&self).invoke(messages));
                continue;
            }
            tokio::select! {
                _ = changes.changed(), if is_open => {}
                () = self.next_change(since), if is_open => {}
                Some(_) = batches.join_next() => {}
                held = paused.changed() => if held.is_err() { return },
            }
        }
    }

    /// A queue that doesn't exist yet has no messages; its creation is a change.
    fn receive(&self) -> Vec<Received> {
        let take = Take {
            max: self.mapping.batch_size,
            visibility_seconds: None,
        };
        self.queues
            .receive(&self.mapping.queue, take)
            .unwrap_or_default()
    }

    /// Waits until a delay or a visibility ends, for ever if there is none.
    async fn next_change(&self, since: Timestamp) {
        match self.queues.next_change(&self.mapping.queue, since) {
            Ok(Some(next)) => self.queues.clock().sleep_until(next).await,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    async fn invoke(self: Arc<Self>, messages: Vec<Received>) {
        let _running = Running::enter(&self.count);
        let function = &self.mapping.function;
        let answer = self
            .answer(event(&self.queues, &self.mapping.queue, &messages))
            .await;
        let failed = match &answer {
            Ok(answer) => failures(answer, &messages),
            Err(death) => {
                tracing::warn!(function, messages = messages.len(), error = %death, "a batch failed");
                Failures::All
            }
        };
        let done = messages
            .into_iter()
            .filter(|message| !failed.contains(&message.message.id));
        let handles: Vec<String> = done.map(|message| message.receipt_handle).collect();
        if handles.is_empty() {
            return;
        }
        let deleted = self.queues.delete(&self.mapping.queue, handles);
        for error in deleted.into_iter().flatten().filter_map(Result::err) {
            tracing::warn!(
                function,
                error = error.name(),
                "a handled message could not be deleted"
            );
        }
    }

    async fn answer(&self, event: Value) -> Result<Value, Death> {
        let clock = self.queues.clock();
        let crashed = self.faults.crashed(&self.mapping.function);
        let end = clock.now() + self.mapping.function_timeout;
        let handler = Arc::clone(&self.mapping.handler);
        let invocation = AssertUnwindSafe(async move { handler(event).await }).catch_unwind();
        tokio::select! {
            biased;
            () = crashed => Err(Death::Crashed),
            () = clock.sleep_until(end) => Err(Death::TimedOut),
            answer = invocation => answer.map_err(|_| Death::Panicked)?.map_err(Death::Failed),
        }
    }
}

/// Counts an invocation while it runs, however it ends.
struct Running<'a>(&'a watch::Sender<usize>);

impl<'a> Running<'a> {
    fn enter(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
