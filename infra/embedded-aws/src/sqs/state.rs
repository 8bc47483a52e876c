use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::SqsError;
use super::message::Message;
use super::operation::{Operation, Outcome};
use super::queue::Queue;
use super::selection::{SCAN_LIMIT, Take, Terms};
use super::settings::Settings;
use super::validation::check_queue_name;
use crate::store::Machine;

/// All queues of the account, as a pure state machine: the same operations at the same moments give the same state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    queues: BTreeMap<String, Queue>,
    scan_limit: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            queues: BTreeMap::new(),
            scan_limit: SCAN_LIMIT,
        }
    }
}

impl State {
    /// Looks only so far for a free group, so that a test needs fewer messages than [`SCAN_LIMIT`].
    pub fn with_scan_limit(scan_limit: usize) -> Self {
        Self {
            scan_limit,
            ..Self::default()
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.queues.keys().map(String::as_str)
    }

    pub fn queue(&self, name: &str) -> Result<&Queue, SqsError> {
        self.queues.get(name).ok_or(SqsError::QueueDoesNotExist)
    }

    fn queue_mut(&mut self, name: &str) -> Result<&mut Queue, SqsError> {
        self.queues.get_mut(name).ok_or(SqsError::QueueDoesNotExist)
    }

    fn create(
        &mut self,
        now: Timestamp,
        name: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<(), SqsError> {
        if let Some(queue) = self.queues.get(name) {
            let shown = queue.settings.render();
            let wanted = queue.settings.with(attributes)?.render();
            let other = wanted
                .iter()
                .find(|(name, value)| shown.get(*name) != Some(value));
            return other.map_or(Ok(()), |(name, _)| {
                Err(SqsError::QueueNameExists(name.clone()))
            });
        }
        let settings = Settings::create(attributes)?;
        check_queue_name(name, settings.is_fifo())?;
        self.check_redrive(&settings)?;
        self.queues
            .insert(name.to_owned(), Queue::new(now, name, settings));
        Ok(())
    }

    fn set(
        &mut self,
        now: Timestamp,
        name: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<(), SqsError> {
        let settings = self.queue(name)?.settings.with(attributes)?;
        self.check_redrive(&settings)?;
        self.queue_mut(name)?.set(now, settings);
        Ok(())
    }

    fn check_redrive(&self, settings: &Settings) -> Result<(), SqsError> {
        let Some(redrive) = &settings.redrive else {
            return Ok(());
        };
        let reason = match self.queues.get(redrive.target()) {
            Some(target) if target.settings.is_fifo() == settings.is_fifo() => return Ok(()),
            Some(_) => "Dead-letter queue must be same type of queue as the source.",
            None => "Dead letter target does not exist.",
        };
        Err(SqsError::bad_value(
            "RedrivePolicy",
            &redrive.target_arn,
            reason,
        ))
    }

    fn receive(&mut self, now: Timestamp, name: &str, take: Take) -> Result<Outcome, SqsError> {
        let redrive = self.queue(name)?.settings.redrive.clone();
        let redrive = redrive.filter(|redrive| self.queues.contains_key(redrive.target()));
        let max_receives = redrive.as_ref().map(|redrive| redrive.max_receives);
        let terms = Terms {
            now,
            take,
            max_receives,
            scan_limit: self.scan_limit,
        };
        let (messages, dead) = self.queue_mut(name)?.receive(terms)?;
        let target = redrive.filter(|_| !dead.is_empty());
        let buried_in = target.map(|redrive| redrive.target().to_owned());
        if let Some(target) = &buried_in {
            self.bury(now, (name, target), dead)?;
        }
        Ok(Outcome::Received {
            messages,
            buried_in,
        })
    }

    fn bury(
        &mut self,
        now: Timestamp,
        (source, target): (&str, &str),
        dead: Vec<Message>,
    ) -> Result<(), SqsError> {
        let target = self.queue_mut(target)?;
        for message in dead {
            target.bury(now, source, message);
        }
        Ok(())
    }
}

impl Machine for State {
    type Operation = Operation;
    type Outcome = Outcome;
    type Error = SqsError;

    fn apply(&mut self, now: Timestamp, operation: &Operation) -> Result<Outcome, SqsError> {
        match operation {
            Operation::CreateQueue { queue, attributes } => self.create(now, queue, attributes)?,
            Operation::SetAttributes { queue, attributes } => self.set(now, queue, attributes)?,
            Operation::Purge { queue } => self.queue_mut(queue)?.purge(now)?,
            Operation::DeleteQueue { queue } => {
                self.queues
                    .remove(queue)
                    .ok_or(SqsError::QueueDoesNotExist)?;
            }
            Operation::Receive { queue, take } => return self.receive(now, queue, *take),
            Operation::Send { queue, entries } => {
                let queue = self.queue_mut(queue)?;
                let sent = entries.iter().map(|entry| queue.send(now, entry.clone()));
                return Ok(Outcome::Sent(sent.collect()));
            }
            Operation::Delete { queue, handles } => {
                let queue = self.queue_mut(queue)?;
                return Ok(Outcome::Each(
                    handles
                        .iter()
                        .map(|handle| queue.delete(now, handle))
                        .collect(),
                ));
            }
            Operation::ChangeVisibility { queue, changes } => {
                let queue = self.queue_mut(queue)?;
                let each = changes
                    .iter()
                    .map(|(handle, seconds)| queue.change_visibility(now, handle, *seconds));
                return Ok(Outcome::Each(each.collect()));
            }
        }
        Ok(Outcome::Done)
    }

    fn changed(outcome: &Outcome) -> bool {
        outcome.is_change()
    }
}
