//! Lambda's runtime API, as a function asks it for events and answers them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::Value;

use crate::http::{self, Request, Response};

/// One runtime API, of one function.
pub(crate) struct RuntimeApi {
    pub(crate) address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    events: VecDeque<Vec<u8>>,
    /// When the function asked for its events.
    asked: Vec<Instant>,
    handed: Option<Instant>,
    answers: Vec<Answer>,
    failed: Option<String>,
}

/// How an event was answered.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) took: Duration,
    pub(crate) status: u64,
}

/// How long anything may take, under valgrind and on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

impl RuntimeApi {
    pub(crate) fn new() -> Result<Self> {
        let shared = Arc::<Shared>::default();
        let handler = Arc::clone(&shared);
        let address = http::serve(move |request| handler.answer(&request))?;
        Ok(Self {
            address: address.to_string(),
            shared,
        })
    }

    /// Waits until the function asks for its first event; answers when it did.
    pub(crate) fn ready(&self) -> Result<Instant> {
        let state = self.wait(|state| !state.asked.is_empty())?;
        Ok(state.asked[0])
    }

    /// Gives the function these events, one after the other, and waits until it asks for one more.
    pub(crate) fn feed(&self, events: impl IntoIterator<Item = Vec<u8>>) -> Result<Vec<Answer>> {
        self.ready()?;
        let mut state = self.shared.locked();
        let known = state.answers.len();
        state.events.extend(events);
        let all = known + state.events.len();
        drop(state);
        self.shared.changed.notify_all();
        let state = self.wait(|state| state.asked.len() > all)?;
        ensure!(state.answers.len() == all, "an event has no answer");
        Ok(state.answers[known..].to_vec())
    }

    fn wait(&self, until: impl Fn(&State) -> bool) -> Result<MutexGuard<'_, State>> {
        let waiting = |state: &mut State| !until(state) && state.failed.is_none();
        let (state, timed_out) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.locked(), PATIENCE, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = &state.failed {
            bail!("the function failed: {error}");
        }
        ensure!(!timed_out.timed_out(), "the function is silent");
        Ok(state)
    }
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request) -> Response {
        let now = Instant::now();
        match request.path.rsplit('/').next() {
            Some("next") => self.next(now),
            Some("response") => {
                let mut state = self.locked();
                let took = state.handed.map_or(Duration::ZERO, |handed| now - handed);
                let answer: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let status = answer["statusCode"].as_u64().unwrap_or_default();
                state.answers.push(Answer { took, status });
                Response::of(202, "")
            }
            _ => {
                let said = String::from_utf8_lossy(&request.body).into_owned();
                self.locked().failed = Some(format!("{} {}: {said}", request.method, request.path));
                self.changed.notify_all();
                Response::of(202, "")
            }
        }
    }

    fn next(&self, asked: Instant) -> Response {
        let mut state = self.locked();
        state.asked.push(asked);
        self.changed.notify_all();
        let none = |state: &mut State| state.events.is_empty();
        let mut state = self
            .changed
            .wait_while(state, none)
            .unwrap_or_else(PoisonError::into_inner);
        let event = state.events.pop_front().unwrap_or_default();
        let id = state.asked.len();
        let mut response = Response::of(200, event);
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:bench";
        response.headers = vec![
            ("content-type", "application/json".to_owned()),
            ("lambda-runtime-aws-request-id", format!("{id:032x}")),
            (
                "lambda-runtime-deadline-ms",
                u64::from(u32::MAX).saturating_mul(1_000).to_string(),
            ),
            ("lambda-runtime-invoked-function-arn", arn.to_owned()),
            (
                "lambda-runtime-trace-id",
                format!("Root=1-5bef4de7-{id:024x};Sampled=0"),
            ),
        ];
        state.handed = Some(Instant::now());
        response
    }
}
