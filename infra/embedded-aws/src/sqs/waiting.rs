use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::error::SqsError;
use super::handle::Queues;
use super::queue::Received;
use super::selection::Take;

/// Tells those who wait for a queue that something is another than before.
#[derive(Debug, Default)]
pub(super) struct Changes {
    queues: Mutex<HashMap<String, watch::Sender<()>>>,
}

impl Changes {
    fn of(&self, queue: &str) -> watch::Receiver<()> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.entry(queue.to_owned()).or_default().subscribe()
    }

    pub(super) fn announce(&self, queue: &str) {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(change) = queues.get(queue) {
            change.send_replace(());
        }
    }
}

/// Waiting for messages.
impl Queues {
    /// Takes messages as soon as there are any, or nothing when the wait is over.
    pub async fn receive_within(
        &self,
        queue: &str,
        take: Take,
        wait: Duration,
    ) -> Result<Vec<Received>, SqsError> {
        let end = self.clock().now() + wait;
        let mut changes = self.changes(queue);
        loop {
            changes.mark_unchanged();
            let since = self.clock().now();
            let messages = self.receive(queue, take)?;
            if !messages.is_empty() || self.clock().now() >= end {
                return Ok(messages);
            }
            let next = self
                .next_change(queue, since)?
                .map_or(end, |next| next.min(end));
            tokio::select! {
                _ = changes.changed() => {}
                () = self.clock().sleep_until(next) => {}
            }
        }
    }

    /// Tells of every change of a queue, also of one that is created later.
    pub(crate) fn changes(&self, queue: &str) -> watch::Receiver<()> {
        self.shared.changes.of(queue)
    }

    /// When the first message after that moment comes out of its delay or its flight. The moment is one before a receive that found
    /// nothing: what came out between the two must not be missed.
    pub(crate) fn next_change(
        &self,
        queue: &str,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, SqsError> {
        self.look(queue, |queue, _| queue.next_change(since))
    }
}
