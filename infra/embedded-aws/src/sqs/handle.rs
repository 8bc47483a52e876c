use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use platform::Clock;

use super::backlog::Depth;
use super::error::SqsError;
use super::message::{Entry, Message};
use super::operation::{Operation, Outcome};
use super::queue::{Queue, Received, Sent};
use super::selection::Take;
use super::state::State;
use super::waiting::Changes;
use crate::store::Store;

/// The queues of the running stack. Clones share them.
#[derive(Clone, Debug)]
pub struct Queues {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    store: Store<State>,
    clock: Clock,
    address: Address,
    pub(super) changes: Changes,
}

/// Whose queues they are and where they are served.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) url: String,
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Queues {
    pub(crate) fn new(store: Store<State>, clock: Clock, address: Address) -> Self {
        let changes = Changes::default();
        Self {
            shared: Arc::new(Shared {
                store,
                clock,
                address,
                changes,
            }),
        }
    }

    /// The URL of a queue, whether it exists or not.
    pub fn url(&self, queue: &str) -> String {
        let Address { url, account, .. } = &self.shared.address;
        format!("{url}/{account}/{queue}")
    }

    /// The ARN of a queue, whether it exists or not.
    pub fn arn(&self, queue: &str) -> String {
        let Address {
            region, account, ..
        } = &self.shared.address;
        format!("arn:aws:sqs:{region}:{account}:{queue}")
    }

    pub fn region(&self) -> &str {
        &self.shared.address.region
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Creates a queue; a queue of that name that has these attributes already is as good.
    pub fn create(
        &self,
        queue: &str,
        attributes: BTreeMap<String, String>,
    ) -> Result<(), SqsError> {
        self.run(&Operation::CreateQueue {
            queue: queue.to_owned(),
            attributes,
        })
        .map(drop)
    }

    pub fn set_attributes(
        &self,
        queue: &str,
        attributes: BTreeMap<String, String>,
    ) -> Result<(), SqsError> {
        self.run(&Operation::SetAttributes {
            queue: queue.to_owned(),
            attributes,
        })
        .map(drop)
    }

    pub fn delete_queue(&self, queue: &str) -> Result<(), SqsError> {
        self.run(&Operation::DeleteQueue {
            queue: queue.to_owned(),
        })
        .map(drop)
    }

    /// Drops all messages; at most once in 60 seconds.
    pub fn purge(&self, queue: &str) -> Result<(), SqsError> {
        self.run(&Operation::Purge {
            queue: queue.to_owned(),
        })
        .map(drop)
    }

    /// Sends messages; each has its own result, in the same order.
    pub fn send(
        &self,
        queue: &str,
        entries: Vec<Entry>,
    ) -> Result<Vec<Result<Sent, SqsError>>, SqsError> {
        match self.run(&Operation::Send {
            queue: queue.to_owned(),
            entries,
        })? {
            Outcome::Sent(each) => Ok(each),
            _ => Err(unexpected()),
        }
    }

    /// Takes what can be taken at this moment.
    pub fn receive(&self, queue: &str, take: Take) -> Result<Vec<Received>, SqsError> {
        match self.run(&Operation::Receive {
            queue: queue.to_owned(),
            take,
        })? {
            Outcome::Received { messages, .. } => Ok(messages),
            _ => Err(unexpected()),
        }
    }

    /// Deletes messages by their receipt handles; each has its own result, in the same order.
    pub fn delete(
        &self,
        queue: &str,
        handles: Vec<String>,
    ) -> Result<Vec<Result<(), SqsError>>, SqsError> {
        match self.run(&Operation::Delete {
            queue: queue.to_owned(),
            handles,
        })? {
            Outcome::Each(each) => Ok(each),
            _ => Err(unexpected()),
        }
    }

    /// Gives messages another time, in seconds from now, until they are visible again.
    pub fn change_visibility(
        &self,
        queue: &str,
        changes: Vec<(String, u32)>,
    ) -> Result<Vec<Result<(), SqsError>>, SqsError> {
        match self.run(&Operation::ChangeVisibility {
            queue: queue.to_owned(),
            changes,
        })? {
            Outcome::Each(each) => Ok(each),
            _ => Err(unexpected()),
        }
    }

    /// Makes everything visible that is in flight. A FIFO group stays in its order.
    pub(crate) fn release(&self) -> Result<(), SqsError> {
        for queue in self.names() {
            let held = self.look(&queue, Queue::held)?;
            let changes: Vec<_> = held.into_iter().map(|handle| (handle, 0)).collect();
            if !changes.is_empty() {
                self.change_visibility(&queue, changes)?;
            }
        }
        Ok(())
    }

    pub fn depth(&self, queue: &str) -> Result<Depth, SqsError> {
        self.look(queue, Queue::depth)
    }

    /// All messages of a queue in order, without touching them.
    pub fn peek(&self, queue: &str) -> Result<Vec<Message>, SqsError> {
        self.look(queue, |queue, now| queue.peek(now).cloned().collect())
    }

    pub fn names(&self) -> Vec<String> {
        self.shared
            .store
            .read(|state| state.names().map(str::to_owned).collect())
    }

    pub(crate) fn look<R>(
        &self,
        queue: &str,
        look: impl FnOnce(&Queue, Timestamp) -> R,
    ) -> Result<R, SqsError> {
        let now = self.shared.clock.now();
        self.shared
            .store
            .read(|state| Ok(look(state.queue(queue)?, now)))
    }

    fn run(&self, operation: &Operation) -> Result<Outcome, SqsError> {
        let outcome = self.shared.store.run(self.shared.clock.now(), operation)?;
        if let Outcome::Received {
            buried_in: Some(target),
            ..
        } = &outcome
        {
            self.shared.changes.announce(target);
        }
        if outcome.is_change() {
            self.shared.changes.announce(operation.queue());
        }
        Ok(outcome)
    }
}

fn unexpected() -> SqsError {
    SqsError::InternalFailure("the operation came to something else".to_owned())
}
