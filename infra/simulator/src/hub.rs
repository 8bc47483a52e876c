use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use crate::events::{self, Event, Extras};
use crate::faults::{FaultKind, Faults};
use crate::journal::Journal;
use crate::limits::Limits;
use crate::options::Options;
use crate::send_request::SendRequest;
use crate::session::{Session, SessionStatus};
use crate::state::{Applied, Op, Refusal, State, Step};
use crate::webhook::Settled;

/// The one lock: everything the simulator knows, what it is doing, and the word to those who wait for a change.
pub(crate) struct Hub {
    pub(crate) options: Options,
    inner: Mutex<Inner>,
    changes: watch::Sender<u64>,
}

/// What the lock guards.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) state: State,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    journal: Journal,
    /// Sessions whose webhook is being posted.
    busy: HashSet<u32>,
    /// Who waits for the answer to a webhook.
    waiters: HashMap<u64, oneshot::Sender<Posted>>,
}

/// The gateway's answer to a webhook.
#[derive(Clone, Debug, Default)]
pub(crate) struct Posted {
    pub(crate) status: Option<u16>,
    pub(crate) body: Value,
}

/// A webhook on its way.
pub(crate) struct Post {
    pub(crate) session: u32,
    pub(crate) serial: u64,
    pub(crate) event: String,
    pub(crate) url: Option<String>,
    pub(crate) secret: String,
    pub(crate) body: Value,
}

/// What the poster has to do.
pub(crate) struct Due {
    pub(crate) posts: Vec<Post>,
    /// When the next one of an idle session is due.
    pub(crate) next: Option<Timestamp>,
}

impl Hub {
    pub(crate) fn open(options: Options) -> Result<Self> {
        let mut inner = Inner::default();
        if let Some(dir) = &options.data_dir {
            (inner.journal, inner.state) = Journal::open(dir)?;
        }
        Ok(Self {
            options,
            inner: Mutex::new(inner),
            changes: watch::Sender::new(0),
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    pub(crate) fn read<R>(&self, look: impl FnOnce(&Inner, Timestamp) -> R) -> R {
        let inner = self.lock();
        look(&inner, self.now())
    }

    /// Runs a change and writes its operations before anybody is told.
    pub(crate) fn change<R>(
        &self,
        change: impl FnOnce(&mut Inner, Timestamp) -> Result<R>,
    ) -> Result<R> {
        let mut inner = self.lock();
        let result = change(&mut inner, self.now());
        inner.journal.flush()?;
        drop(inner);
        self.changes.send_modify(|version| *version += 1);
        result
    }

    /// A receiver that is told of every change from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Takes a valid send: the message, and the webhooks that follow it.
    pub(crate) fn accept(&self, session: u32, request: SendRequest) -> Result<i64> {
        self.change(|inner, now| {
            let options = &self.options;
            let caller = inner
                .state
                .session(session)
                .ok_or(Refusal::UnknownSession)?
                .clone();
            let failure = inner.failure(&caller, &request);
            let delays = options.delays;
            let first = delays.message_sent;
            let sent = first + delays.sent;
            let steps = if failure.is_some() {
                vec![Step {
                    after: sent,
                    status: 0,
                }]
            } else {
                let delivered = sent + delays.delivered;
                let step = |after, status| Step { after, status };
                vec![
                    step(sent, 2),
                    step(delivered, 3),
                    step(delivered + delays.read, 4),
                ]
            };
            let both = inner.faults.for_session(FaultKind::BothEventNames, &caller);
            let echo = options.echo || both || caller.subscribes_to("messages.upsert");
            let msg_id = inner
                .apply(
                    &Op::Accept {
                        session,
                        request,
                        steps,
                        failure,
                    },
                    now,
                )?
                .msg_id;
            let message = inner
                .state
                .message(session, msg_id)
                .ok_or(Refusal::UnknownSession)?;
            let events = events::of_send(
                message,
                first,
                Extras {
                    msg_id: options.msg_id_in_events,
                    echo,
                },
            );
            inner.queue(&caller, caller.wanted(events), now)?;
            Ok(msg_id)
        })
    }

    /// Runs a change that queues webhooks, and waits until the first of them was answered or given up; `None` if none leaves.
    pub(crate) async fn change_and_wait<R>(
        &self,
        change: impl FnOnce(&mut Inner, Timestamp) -> Result<(R, Vec<u64>)>,
    ) -> Result<(R, Option<Posted>)> {
        let (result, answer) = self.change(|inner, now| {
            let (result, serials) = change(inner, now)?;
            Ok((
                result,
                serials.first().map(|serial| inner.wait_for(*serial)),
            ))
        })?;
        let Some(answer) = answer else {
            return Ok((result, None));
        };
        Ok((
            result,
            Some(answer.await.context("cleared before it was posted")?),
        ))
    }

    /// Takes the webhooks whose time has come, one a session, and marks their sessions busy.
    pub(crate) fn take_due(&self) -> Due {
        let mut inner = self.lock();
        let now = self.now();
        let mut due = Due {
            posts: Vec::new(),
            next: None,
        };
        for (session, serial, webhook) in inner
            .state
            .outbox
            .heads()
            .filter(|(session, ..)| !inner.busy.contains(session))
        {
            if webhook.due > now {
                due.next = Some(due.next.map_or(webhook.due, |next| next.min(webhook.due)));
                continue;
            }
            let Some(owner) = inner.state.session(session) else {
                continue;
            };
            let mut body =
                json!({"event": webhook.event, "sessionId": owner.api_key, "data": webhook.data});
            if let Some(timestamp) = webhook.timestamp {
                body["timestamp"] = json!(timestamp);
            }
            let (url, secret) = (
                owner.webhook_url(&self.options.gateway_url),
                owner.webhook_secret.clone(),
            );
            due.posts.push(Post {
                session,
                serial,
                event: webhook.event.clone(),
                url,
                secret,
                body,
            });
        }
        inner.busy.extend(due.posts.iter().map(|post| post.session));
        due
    }

    /// Ends a webhook and tells who waits for its answer.
    pub(crate) fn settle(&self, post: &Post, settled: Settled, body: Value) -> Result<()> {
        self.change(|inner, now| {
            inner.busy.remove(&post.session);
            if let Some(waiter) = inner.waiters.remove(&post.serial) {
                // The one who asked may have left.
                let _ = waiter.send(Posted {
                    status: settled.status,
                    body,
                });
            }
            if inner.state.session(post.session).is_some() {
                inner.apply(
                    &Op::Settle {
                        session: post.session,
                        serial: post.serial,
                        settled,
                    },
                    now,
                )?;
            }
            Ok(())
        })
    }

    /// Nothing waits and nothing is on its way.
    pub(crate) fn is_idle(&self) -> bool {
        self.read(|inner, _| inner.busy.is_empty() && inner.state.outbox.is_empty())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Applies an operation and journals it.
    pub(crate) fn apply(&mut self, op: &Op, now: Timestamp) -> Result<Applied> {
        let applied = self.state.apply(op, now)?;
        self.journal.add(op, now)?;
        Ok(applied)
    }

    /// Queues these events as the faults will have them, and says the serials of those that leave.
    pub(crate) fn queue(
        &mut self,
        session: &Session,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Result<Vec<u64>> {
        let webhooks = self.faults.shape(session, events, now);
        if webhooks.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self
            .apply(
                &Op::Queue {
                    session: session.number,
                    webhooks,
                },
                now,
            )?
            .serials)
    }

    /// Changes a session's status and queues the events that tell of it, unless `silent`.
    pub(crate) fn set_status(
        &mut self,
        session: u32,
        status: SessionStatus,
        silent: bool,
        now: Timestamp,
    ) -> Result<Vec<u64>> {
        let qr_code = (status == SessionStatus::NeedScan).then(|| format!("2@{}", random_hex(64)));
        let mut events = vec![events::of_status(&status)];
        events.extend(qr_code.as_deref().map(events::of_qr_code));
        self.apply(
            &Op::SetStatus {
                session,
                status,
                qr_code,
            },
            now,
        )?;
        if silent {
            return Ok(Vec::new());
        }
        let session = self
            .state
            .session(session)
            .ok_or(Refusal::UnknownSession)?
            .clone();
        let wanted = session.wanted(events);
        self.queue(&session, wanted, now)
    }

    pub(crate) fn reset(&mut self, now: Timestamp) -> Result<()> {
        self.faults.clear();
        self.limits.clear();
        self.waiters.clear();
        self.apply(&Op::Reset, now)?;
        Ok(())
    }

    fn wait_for(&mut self, serial: u64) -> oneshot::Receiver<Posted> {
        let (sender, receiver) = oneshot::channel();
        self.waiters.insert(serial, sender);
        receiver
    }

    /// Why this send will fail after it was accepted, in the words of the published example.
    fn failure(&mut self, session: &Session, request: &SendRequest) -> Option<String> {
        let fault = self.faults.for_session(FaultKind::FailLater, session);
        let fails = fault || !self.state.contacts.is_on_whatsapp(&request.to);
        fails.then(|| format!("Failed to send message: Invalid number JID: {}", request.to))
    }
}

/// So many random hex digits. They come from the standard library's hash seeds: enough for made-up keys.
pub(crate) fn random_hex(digits: usize) -> String {
    let mut hex = String::new();
    while hex.len() < digits {
        hex.push_str(&format!(
            "{:016x}",
            RandomState::new().build_hasher().finish()
        ));
    }
    hex.truncate(digits);
    hex
}
