//! A record of every request, for tests that count what the functions ask of AWS.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::permission::Permission;
use crate::request::Service;

/// So many calls are remembered at most; the oldest go first.
const LIMIT: usize = 100_000;

/// One request as it came in, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The access key id; empty for an unsigned request.
    pub caller: String,
    pub service: Service,
    pub operation: String,
    /// The name of the table, queue or secret; several tables are joined by commas.
    pub resource: String,
    /// What its caller's role must allow.
    pub permissions: Vec<Permission>,
    pub at: Timestamp,
}

/// The calls so far. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    calls: Arc<Mutex<VecDeque<Call>>>,
}

impl Calls {
    /// Everything since the last time, oldest first.
    pub fn take(&self) -> Vec<Call> {
        self.locked(|calls| calls.drain(..).collect())
    }

    /// How many requests of this caller are on record.
    pub fn count(&self, caller: &str) -> usize {
        self.locked(|calls| calls.iter().filter(|call| call.caller == caller).count())
    }

    pub(crate) fn record(&self, call: Call) {
        self.locked(|calls| {
            if calls.len() == LIMIT {
                calls.pop_front();
            }
            calls.push_back(call);
        });
    }

    fn locked<R>(&self, work: impl FnOnce(&mut VecDeque<Call>) -> R) -> R {
        work(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
