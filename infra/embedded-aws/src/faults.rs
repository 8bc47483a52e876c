//! Faults on demand: what AWS or the machine below a function may do to it, for tests.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::request::{Request, Service};

/// Which requests a fault is for. What is left open matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matcher {
    pub caller: Option<String>,
    pub service: Option<Service>,
    pub operation: Option<String>,
    /// The fault is over after so many requests.
    pub times: Option<usize>,
}

/// Whether a crash comes before its request is performed, or after, when only the answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// The faults of the running stack. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    rules: Vec<(Matcher, Kind)>,
    crashes: Vec<Crash>,
    deaths: HashMap<String, watch::Sender<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Refuse,
    Throttle,
    Stall,
}

#[derive(Debug)]
struct Crash {
    caller: String,
    /// How many requests of the caller come first.
    ahead: usize,
    when: When,
}

/// What is to become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Pass,
    Refuse,
    Throttle,
    Stall,
    Crash(When),
}

impl Matcher {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn caller(self, caller: impl Into<String>) -> Self {
        Self {
            caller: Some(caller.into()),
            ..self
        }
    }

    #[must_use]
    pub fn service(self, service: Service) -> Self {
        Self {
            service: Some(service),
            ..self
        }
    }

    #[must_use]
    pub fn operation(self, operation: impl Into<String>) -> Self {
        Self {
            operation: Some(operation.into()),
            ..self
        }
    }

    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    fn matches(&self, request: &Request) -> bool {
        self.caller
            .as_ref()
            .is_none_or(|caller| *caller == request.caller)
            && self
                .service
                .is_none_or(|service| service == request.service)
            && self
                .operation
                .as_ref()
                .is_none_or(|operation| *operation == request.operation)
    }
}

impl Faults {
    /// The service is unavailable: status 503, nothing is performed.
    pub fn refuse(&self, matcher: Matcher) {
        self.add(matcher, Kind::Refuse);
    }

    /// The caller asks too much: status 400 and a throttling exception, nothing is performed.
    pub fn throttle(&self, matcher: Matcher) {
        self.add(matcher, Kind::Throttle);
    }

    /// No answer ever comes, nothing is performed.
    pub fn stall(&self, matcher: Matcher) {
        self.add(matcher, Kind::Stall);
    }

    /// The invocations of the caller that run then die at its `nth` request from now, counted from 1.
    pub fn crash(&self, caller: &str, nth: usize, when: When) {
        let crash = Crash {
            caller: caller.to_owned(),
            ahead: nth.saturating_sub(1),
            when,
        };
        self.locked(|shared| shared.crashes.push(crash));
    }

    /// The caller's invocations that run at this moment die at once.
    pub fn kill(&self, caller: &str) {
        self.locked(|shared| {
            if let Some(death) = shared.deaths.get(caller) {
                death.send_replace(());
            }
        });
    }

    /// Resolves when the caller's invocations that run now must die. Whoever runs an invocation calls this before it
    /// starts and drops the invocation when this resolves first.
    pub fn crashed(&self, caller: &str) -> impl Future<Output = ()> + Send + 'static {
        let mut death = self.locked(|shared| {
            shared
                .deaths
                .entry(caller.to_owned())
                .or_default()
                .subscribe()
        });
        async move {
            if death.changed().await.is_err() {
                // The stack is gone, and with it the one who could kill.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Takes back all faults and all crashes that did not happen yet. Requests that are stalled stay so.
    pub fn clear(&self) {
        self.locked(|shared| {
            shared.rules.clear();
            shared.crashes.clear();
        });
    }

    /// How many crashes did not happen yet.
    pub fn pending_crashes(&self) -> usize {
        self.locked(|shared| shared.crashes.len())
    }

    pub(crate) fn fate(&self, request: &Request) -> Fate {
        self.locked(|shared| match shared.crash(&request.caller) {
            Some(when) => Fate::Crash(when),
            None => shared.rule(request),
        })
    }

    fn add(&self, matcher: Matcher, kind: Kind) {
        self.locked(|shared| shared.rules.push((matcher, kind)));
    }

    fn locked<R>(&self, work: impl FnOnce(&mut Shared) -> R) -> R {
        work(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    /// Counts the request for the caller's crashes and takes the one that is due.
    fn crash(&mut self, caller: &str) -> Option<When> {
        let due = self
            .crashes
            .iter()
            .position(|crash| crash.caller == caller && crash.ahead == 0);
        let due = due.map(|index| self.crashes.remove(index).when);
        for crash in self
            .crashes
            .iter_mut()
            .filter(|crash| crash.caller == caller)
        {
            crash.ahead = crash.ahead.saturating_sub(1);
        }
        due
    }

    /// The first rule that matches, which counts down if it is counted.
    fn rule(&mut self, request: &Request) -> Fate {
        self.rules.retain(|(matcher, _)| matcher.times != Some(0));
        let Some((matcher, kind)) = self
            .rules
            .iter_mut()
            .find(|(matcher, _)| matcher.matches(request))
        else {
            return Fate::Pass;
        };
        matcher.times = matcher.times.map(|times| times - 1);
        match kind {
            Kind::Refuse => Fate::Refuse,
            Kind::Throttle => Fate::Throttle,
            Kind::Stall => Fate::Stall,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http::HeaderMap;
    use hyper::body::Bytes;

    use super::*;

    fn request(caller: &str, operation: &str) -> Request {
        Request {
            caller: caller.to_owned(),
            service: Service::Sqs,
            operation: operation.to_owned(),
            method: http::Method::POST,
            uri: http::Uri::default(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    #[test]
    fn a_fault_is_for_the_requests_it_names_only() {
        let faults = Faults::default();
        faults.refuse(
            Matcher::any()
                .caller("sender")
                .service(Service::Sqs)
                .operation("SendMessage"),
        );
        assert_eq!(faults.fate(&request("sender", "SendMessage")), Fate::Refuse);
        assert_eq!(
            faults.fate(&request("sender", "ReceiveMessage")),
            Fate::Pass
        );
        assert_eq!(faults.fate(&request("messages", "SendMessage")), Fate::Pass);
        faults.clear();
        assert_eq!(faults.fate(&request("sender", "SendMessage")), Fate::Pass);
    }

    #[test]
    fn a_counted_fault_ends_by_itself() {
        let faults = Faults::default();
        faults.throttle(Matcher::any().times(2));
        let fates = [(); 3].map(|()| faults.fate(&request("sender", "SendMessage")));
        assert_eq!(fates, [Fate::Throttle, Fate::Throttle, Fate::Pass]);
    }

    #[test]
    fn a_crash_comes_once_at_the_nth_request_of_its_caller() {
        let faults = Faults::default();
        faults.crash("sender", 2, When::After);
        assert_eq!(faults.fate(&request("sender", "SendMessage")), Fate::Pass);
        assert_eq!(faults.fate(&request("messages", "SendMessage")), Fate::Pass);
        assert_eq!(
            faults.fate(&request("sender", "SendMessage")),
            Fate::Crash(When::After)
        );
        assert_eq!(faults.fate(&request("sender", "SendMessage")), Fate::Pass);
        assert_eq!(faults.pending_crashes(), 0);
    }

    #[test]
    fn only_invocations_that_run_at_that_moment_die() {
        let faults = Faults::default();
        let running = faults.crashed("sender");
        let other = faults.crashed("messages");
        faults.kill("sender");
        let later = faults.crashed("sender");
        assert_eq!(running.now_or_never(), Some(()));
        assert_eq!(other.now_or_never(), None);
        assert_eq!(later.now_or_never(), None);
    }
}
