use std::collections::{HashMap, HashSet};

use anyhow::Result;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::events::{self, Event};
use crate::fault::FaultKind;
use crate::faults::Faults;
use crate::hub::Posted;
use crate::journal::Journal;
use crate::limits::Limits;
use crate::linking;
use crate::op::{Applied, Op, Refusal};
use crate::send_request::SendRequest;
use crate::session::{Session, SessionStatus};
use crate::state::State;

/// What the lock guards.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) state: State,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    pub(crate) journal: Journal,
    /// How often each path was asked for, by its first part.
    pub(crate) asked: HashMap<String, u64>,
    /// Sessions whose webhook is being posted.
    pub(crate) busy: HashSet<u32>,
    /// Who waits for the answer to a webhook.
    pub(crate) waiters: HashMap<u64, oneshot::Sender<Posted>>,
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
        let (qr_code, passkey) = linking::codes(&status, now);
        let mut events = vec![events::of_status(&status)];
        events.extend(linking::events(qr_code.as_deref(), passkey.as_ref()));
        self.apply(
            &Op::SetStatus {
                session,
                status,
                qr_code,
                passkey,
            },
            now,
        )?;
        if silent {
            return Ok(Vec::new());
        }
        self.tell(session, events, now)
    }

    /// Queues those of these events that leave.
    pub(crate) fn tell(
        &mut self,
        session: u32,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Result<Vec<u64>> {
        let session = self.state.session(session);
        let session = session.ok_or(Refusal::UnknownSession)?.clone();
        let wanted = session.wanted(events);
        self.queue(&session, wanted, now)
    }

    /// Deletes a session; who waits for its webhooks waits no longer.
    pub(crate) fn delete(&mut self, session: u32, now: Timestamp) -> Result<()> {
        self.apply(&Op::Delete { session }, now)?;
        self.waiters
            .retain(|serial, _| self.state.outbox.holds(*serial));
        Ok(())
    }

    pub(crate) fn reset(&mut self, now: Timestamp) -> Result<()> {
        self.faults.clear();
        self.limits.clear();
        self.asked.clear();
        self.waiters.clear();
        self.apply(&Op::Reset, now)?;
        Ok(())
    }

    /// Counts a request.
    pub(crate) fn count(&mut self, path: &str) {
        let path = path.strip_prefix("/api").unwrap_or(path);
        let first = path.trim_matches('/').split('/').next().unwrap_or_default();
        *self.asked.entry(first.to_owned()).or_default() += 1;
    }

    pub(crate) fn wait_for(&mut self, serial: u64) -> oneshot::Receiver<Posted> {
        let (sender, receiver) = oneshot::channel();
        self.waiters.insert(serial, sender);
        receiver
    }

    /// Why this send will fail after it was accepted, in the words of the published example.
    pub(crate) fn failure(&mut self, session: &Session, request: &SendRequest) -> Option<String> {
        let fault = self.faults.for_session(FaultKind::FailLater, session);
        let fails = fault || !self.state.contacts.is_on_whatsapp(&request.to);
        fails.then(|| format!("Failed to send message: Invalid number JID: {}", request.to))
    }
}
