//! Time, ledger, queue and provider, shared by tasks that stop before every input and output.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;

use crate::laws::Laws;
use crate::ledger::Ledger;
use crate::provider::Provider;
use crate::queue::Queue;

/// What tasks share. A task changes it only between two of its stops, so that one stop to the next is one commit.
pub(crate) struct World(RefCell<State>);

pub(crate) struct State {
    pub(crate) now: Timestamp,
    pub(crate) ledger: Ledger,
    pub(crate) queue: Queue,
    pub(crate) provider: Provider,
    pub(crate) laws: Laws,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_second(1_800_000_000).expect("it is a time");
        Self(RefCell::new(State {
            now,
            ledger: Ledger::default(),
            queue: Queue::default(),
            provider: Provider::default(),
            laws: Laws::default(),
        }))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.borrow().now
    }

    /// Looks at the world or changes it, from outside of any task.
    pub(crate) fn at_once<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.borrow_mut())
    }

    /// One read, commit or call: the task stops before it, and may never come back.
    pub(crate) async fn io<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        pause().await;
        let mut state = self.0.borrow_mut();
        state.now += Duration::from_millis(1);
        act(&mut state)
    }

    pub(crate) async fn sleep_until(&self, due: Timestamp) {
        poll_fn(|_| {
            if self.now() >= due {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

/// Gives the schedule its turn, once.
pub(crate) async fn pause() {
    let mut stopped = false;
    poll_fn(|_| {
        if std::mem::replace(&mut stopped, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
