//! The event-source mapping between a queue and a function, as Lambda does it.

mod batch;
mod poller;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::EmbeddedAws;
use crate::sqs::{Queue, Queues};
use poller::Poller;

/// A function: an SQS event in, its answer or its error out.
pub type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Value, String>> + Send + Sync>;

/// A queue whose messages are to invoke a function, with `ReportBatchItemFailures` on.
#[derive(Clone)]
pub struct EventSourceMapping {
    pub queue: String,
    /// The function's name, which is also the access key id it signs its requests with.
    pub function: String,
    /// At most so many messages an invocation.
    pub batch_size: usize,
    /// At most so many invocations at once.
    pub max_concurrency: usize,
    /// An invocation that takes longer, by the stack's clock, is dropped.
    pub function_timeout: Duration,
    pub handler: Handler,
}

impl fmt::Debug for EventSourceMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSourceMapping")
            .field("queue", &self.queue)
            .field("function", &self.function)
            .finish_non_exhaustive()
    }
}

/// A running mapping. It stops, and its invocations die, when this is dropped.
#[derive(Debug)]
pub struct MappingHandle {
    queue: String,
    queues: Queues,
    paused: watch::Sender<bool>,
    running: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl EventSourceMapping {
    /// Polls the queue from now on. The queue may be created later.
    pub fn start(self, aws: &EmbeddedAws) -> MappingHandle {
        let (paused, control) = watch::channel(false);
        let (count, running) = watch::channel(0);
        let (queue, queues) = (self.queue.clone(), aws.queues().clone());
        let poller = Poller {
            mapping: self,
            queues: queues.clone(),
            faults: aws.faults().clone(),
            count,
        };
        let task = tokio::spawn(Arc::new(poller).run(control));
        MappingHandle {
            queue,
            queues,
            paused,
            running,
            task,
        }
    }
}

impl MappingHandle {
    /// Starts no further invocation; those that run go on.
    pub fn pause(&self) {
        self.paused.send_replace(true);
    }

    pub fn resume(&self) {
        self.paused.send_replace(false);
    }

    /// Invocations that run at this moment.
    pub fn running(&self) -> usize {
        *self.running.borrow()
    }

    /// Resolves when no message is visible or in flight and no invocation runs. Delayed messages don't count.
    pub async fn idle(&self) {
        let mut changes = self.queues.changes(&self.queue);
        let mut running = self.running.clone();
        loop {
            changes.mark_unchanged();
            let is_idle = self
                .queues
                .look(&self.queue, Queue::is_idle)
                .unwrap_or(true);
            if is_idle && *running.borrow_and_update() == 0 {
                return;
            }
            tokio::select! {
                _ = changes.changed() => {}
                _ = running.changed() => {}
            }
        }
    }
}

impl Drop for MappingHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}
