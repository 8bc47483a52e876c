use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::inner::Inner;
use crate::journal::Journal;
use crate::op::Op;
use crate::options::Options;
use crate::slots::Slots;
use crate::webhook::Settled;

/// The one lock: everything the simulator knows, what it is doing, and the word to those who wait for a change.
pub(crate) struct Hub {
    pub(crate) options: Options,
    pub(crate) slots: Slots,
    /// The simulator's own address.
    pub(crate) url: String,
    inner: Mutex<Inner>,
    changes: watch::Sender<u64>,
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
    pub(crate) fn open(options: Options, url: String) -> Result<Self> {
        let mut inner = Inner::default();
        if let Some(dir) = &options.data_dir {
            (inner.journal, inner.state) = Journal::open(dir)?;
        }
        Ok(Self {
            options,
            slots: Slots::default(),
            url,
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
