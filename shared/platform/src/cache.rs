//! What was read lately: bounded, good for a while, and read once however many ask for it at the same time.

mod bounded;

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};
use jiff::Timestamp;

use crate::clock::Clock;
use crate::error::AwsError;

pub(crate) use bounded::Bounded;

/// What a store answered, and as of when. No value is the knowledge that there is none.
pub(crate) type Reading<V> = (Option<Arc<V>>, Timestamp);

/// A reading under way, which everybody who asks meanwhile waits for. It ends when nobody waits any more.
type Flight<V> = Shared<Pin<Box<dyn Future<Output = Result<Reading<V>, AwsError>> + Send>>>;

/// What is at hand under a key.
#[derive(Debug)]
pub(crate) struct Found<V> {
    pub(crate) value: Option<Arc<V>>,
    /// Read for this very request: what was written before the request is in it.
    pub(crate) is_fresh: bool,
    pub(crate) as_of: Timestamp,
}

/// A cache of things that a store holds or does not hold. Clones are one cache.
pub(crate) struct Cache<K, V> {
    state: Arc<Mutex<State<K, V>>>,
    clock: Clock,
    lives: Duration,
}

struct State<K, V> {
    /// Apart, so that asking for many things that do not exist drives nothing out that does.
    known: Bounded<K, (Arc<V>, Timestamp)>,
    absent: Bounded<K, Timestamp>,
    flights: HashMap<K, (u64, WeakShared<BoxedRead<V>>)>,
    numbers: u64,
}

type BoxedRead<V> = Pin<Box<dyn Future<Output = Result<Reading<V>, AwsError>> + Send>>;

impl<K: Clone + Eq + Hash, V> Cache<K, V> {
    /// A cache whose readings are good for `lives`; that something does not exist is known for seconds.
    pub(crate) fn new(clock: Clock, lives: Duration) -> Self {
        let state = State {
            known: Bounded::new(limits::CACHED_VENDORS),
            absent: Bounded::new(limits::CACHED_VENDORS),
            flights: HashMap::new(),
            numbers: 0,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            clock,
            lives,
        }
    }

    /// What is known under a key while it is young enough, else what the store answers, which is asked once for all who ask meanwhile.
    pub(crate) async fn get_or<F>(
        &self,
        key: &K,
        read: impl FnOnce() -> F,
    ) -> Result<Found<V>, AwsError>
    where
        F: Future<Output = Result<Reading<V>, AwsError>> + Send + 'static,
    {
        let (flight, number, is_mine) = {
            let mut state = self.locked();
            if let Some(found) = state.get(key, self.clock.now(), self.lives) {
                return Ok(found);
            }
            state.board(key, read)
        };
        let outcome = flight.await;
        self.locked().landed(key, number, outcome.as_ref().ok());
        outcome.map(|(value, as_of)| Found {
            value,
            is_fresh: is_mine,
            as_of,
        })
    }

    /// Keeps what is surely so now, and what is being read at this moment no more.
    pub(crate) fn keep(&self, key: &K, value: Option<Arc<V>>) {
        self.keep_as_of(key, (value, self.clock.now()));
    }

    /// Keeps a reading that somebody made past the cache, and what is being read at this moment no more.
    pub(crate) fn keep_as_of(&self, key: &K, reading: Reading<V>) {
        let mut state = self.locked();
        let known = state.known.get(key).map(|(_, at)| *at);
        if known.is_some_and(|at| at > reading.1) {
            // Somebody wrote, or read, meanwhile.
            return;
        }
        state.flights.remove(key);
        state.keep(key, reading);
    }

    /// Forgets what is known under a key, and what is being read at this moment.
    pub(crate) fn forget(&self, key: &K) {
        let mut state = self.locked();
        state.flights.remove(key);
        state.known.remove(key);
        state.absent.remove(key);
    }

    fn locked(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash, V> State<K, V> {
    fn get(&self, key: &K, now: Timestamp, lives: Duration) -> Option<Found<V>> {
        let known = |value, as_of| Found {
            value,
            is_fresh: false,
            as_of,
        };
        let young = |at: Timestamp, lives| age(at, now) < lives;
        if let Some((value, at)) = self.known.get(key) {
            return young(*at, lives).then(|| known(Some(Arc::clone(value)), *at));
        }
        let at = self.absent.get(key)?;
        young(*at, lives.min(limits::NEGATIVE_CACHE)).then(|| known(None, *at))
    }

    /// The reading that is under way, or a new one; and whether it is new.
    fn board<F>(&mut self, key: &K, read: impl FnOnce() -> F) -> (Flight<V>, u64, bool)
    where
        F: Future<Output = Result<Reading<V>, AwsError>> + Send + 'static,
    {
        let flying = self.flights.get(key);
        if let Some((number, flight)) = flying
            && let Some(flight) = flight.upgrade()
        {
            return (flight, *number, false);
        }
        if self.flights.len() >= limits::CACHED_VENDORS {
            // Whoever asked has gone.
            self.flights
                .retain(|_, (_, flight)| flight.upgrade().is_some());
        }
        let flight = (Box::pin(read()) as BoxedRead<V>).shared();
        self.numbers += 1;
        if let Some(weak) = flight.downgrade() {
            self.flights.insert(key.clone(), (self.numbers, weak));
        }
        (flight, self.numbers, true)
    }

    /// A reading ended. It is kept unless somebody wrote meanwhile.
    fn landed(&mut self, key: &K, number: u64, reading: Option<&Reading<V>>) {
        let is_current = self
            .flights
            .get(key)
            .is_some_and(|(current, _)| *current == number);
        if !is_current {
            return;
        }
        self.flights.remove(key);
        if let Some(reading) = reading {
            self.keep(key, reading.clone());
        }
    }

    fn keep(&mut self, key: &K, (value, at): Reading<V>) {
        if let Some(value) = value {
            self.absent.remove(key);
            self.known.insert(key, (value, at));
        } else {
            self.known.remove(key);
            self.absent.insert(key, at);
        }
    }
}

/// How long ago something was; a moment to come is now.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
            clock: self.clock.clone(),
            lives: self.lives,
        }
    }
}

/// Shows nothing of what it holds.
impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("lives", &self.lives)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
