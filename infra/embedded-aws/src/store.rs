use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::journal::{Journal, JournalError};

/// A state that changes by operations alone, so that the journal of its operations is the state.
pub trait Machine: Serialize + DeserializeOwned {
    type Operation: Clone + Serialize + DeserializeOwned;
    type Outcome;
    type Error: From<JournalError>;

    /// Performs an operation. A refused one leaves the state as it was.
    fn apply(
        &mut self,
        now: Timestamp,
        operation: &Self::Operation,
    ) -> Result<Self::Outcome, Self::Error>;

    /// Whether the operation must be in the journal.
    fn changed(outcome: &Self::Outcome) -> bool;
}

/// A machine that is shared and, with a journal, outlives the process.
#[derive(Debug)]
pub(crate) struct Store<M> {
    inner: Mutex<Inner<M>>,
}

#[derive(Debug)]
struct Inner<M> {
    machine: M,
    journal: Option<Journal>,
}

impl<M: Machine> Store<M> {
    pub(crate) fn in_memory(machine: M) -> Self {
        Self {
            inner: Mutex::new(Inner {
                machine,
                journal: None,
            }),
        }
    }

    /// Replays the journal, if there is one, over the machine and writes it anew in short form.
    pub(crate) fn open(path: &Path, mut machine: M) -> Result<Self, JournalError> {
        let journal = Journal::open(path, &mut machine)?;
        Ok(Self {
            inner: Mutex::new(Inner {
                machine,
                journal: Some(journal),
            }),
        })
    }

    /// Performs an operation and has it in the journal before it answers.
    pub(crate) fn run(
        &self,
        now: Timestamp,
        operation: &M::Operation,
    ) -> Result<M::Outcome, M::Error> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = &inner.journal {
            journal.check()?;
        }
        let outcome = inner.machine.apply(now, operation)?;
        if let Some(journal) = inner.journal.as_mut().filter(|_| M::changed(&outcome)) {
            journal.append::<M>(now, operation)?;
        }
        Ok(outcome)
    }

    pub(crate) fn read<R>(&self, look: impl FnOnce(&M) -> R) -> R {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        look(&inner.machine)
    }
}
