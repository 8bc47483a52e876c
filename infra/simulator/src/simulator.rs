use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::contacts::Contact;
use crate::fault::Fault;
use crate::hub::Hub;
use crate::inbound::{Inbound, InboundAnswer};
use crate::inner::Inner;
use crate::linking::Progress;
use crate::message::{Message, Send};
use crate::op::{Op, Refusal};
use crate::options::Options;
use crate::random::random_hex;
use crate::session::{SessionSpec, SessionStatus};
use crate::signal::SignalRecord;
use crate::webhook::WebhookRecord;
use crate::{control, posting, rest, server};

/// A running simulator. Clones are one and the same; it stops with [`Simulator::shutdown`] or with the last clone.
#[derive(Clone)]
pub struct Simulator {
    running: Arc<Running>,
}

struct Running {
    hub: Arc<Hub>,
    url: String,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Simulator {
    /// Serves on `listener` in background tasks of the current runtime, with what the data directory holds.
    pub fn start(listener: TcpListener, options: Options) -> Result<Self> {
        let address = listener
            .local_addr()
            .context("the listener has no address")?;
        let url = format!("http://{address}");
        let hub = Arc::new(Hub::open(options, url.clone())?);
        let client = posting::client()?;
        let router = Router::new()
            .route("/health", get(async || Json(json!({"status": "ok"}))))
            .nest("/api", rest::router(&hub))
            .nest("/_sim", control::router())
            .with_state(Arc::clone(&hub));
        let tasks = vec![
            tokio::spawn(server::run(listener, router)),
            tokio::spawn(posting::run(Arc::clone(&hub), client)),
        ];
        Ok(Self {
            running: Arc::new(Running {
                hub,
                url,
                tasks: Mutex::new(tasks),
            }),
        })
    }

    /// The base of everything; Wasender's REST interface is at `<url>/api`.
    pub fn url(&self) -> &str {
        &self.running.url
    }

    /// Registers a session, linked and connected. Registering it again updates it; if nothing changed, it stays as it is.
    pub fn add_session(&self, spec: SessionSpec) -> Result<()> {
        self.hub().register(spec).map(|_| ())
    }

    /// What was accepted since the start or the last reset, in order.
    pub fn sends(&self) -> Vec<Send> {
        self.sends_from(0)
    }

    /// What was accepted after so many, in order.
    pub fn sends_from(&self, known: usize) -> Vec<Send> {
        self.hub().read(|inner, _| {
            let messages = inner.state.messages().iter();
            messages.skip(known).map(Message::send).collect()
        })
    }

    /// What the sessions told WhatsApp without a message: what they marked as read, whom they showed that somebody types.
    pub fn signals(&self) -> Vec<SignalRecord> {
        self.hub().read(|inner, _| inner.state.signals().to_vec())
    }

    /// Every webhook that was posted or given up, in order of its end.
    pub fn webhooks(&self) -> Vec<WebhookRecord> {
        self.hub().read(|inner, _| inner.state.outbox.records())
    }

    /// How often this part of the interface was asked for since the last reset, such as `send-message` or, for encrypted files, `media`.
    pub fn asked(&self, path: &str) -> u64 {
        self.hub()
            .read(|inner, _| inner.asked.get(path).copied().unwrap_or_default())
    }

    /// How often the interface was asked for anything since the last reset.
    pub fn asked_in_all(&self) -> u64 {
        self.hub().read(|inner, _| inner.asked.values().sum())
    }

    /// Arms a fault.
    pub fn fault(&self, fault: Fault) -> Result<()> {
        self.hub().change(|inner, _| {
            inner.faults.arm(fault);
            Ok(())
        })
    }

    /// Ends all faults.
    pub fn clear_faults(&self) -> Result<()> {
        self.hub().change(|inner, _| {
            inner.faults.clear();
            Ok(())
        })
    }

    /// Tells the simulator of a contact: its LID, or that it is not on WhatsApp.
    pub fn add_contact(&self, contact: Contact) -> Result<()> {
        self.hub()
            .change(|inner, now| inner.apply(&Op::Learn { contact }, now).map(|_| ()))
    }

    /// Changes a session's connection and waits for the gateway's answer to `session.status`: its HTTP status, if one came.
    pub async fn set_status(
        &self,
        instance: &str,
        status: impl Into<SessionStatus>,
    ) -> Result<Option<u16>> {
        self.hub().set_status(instance, status.into(), false).await
    }

    /// Changes a session's connection without a webhook.
    pub async fn set_status_silently(
        &self,
        instance: &str,
        status: impl Into<SessionStatus>,
    ) -> Result<()> {
        self.hub()
            .set_status(instance, status.into(), true)
            .await
            .map(|_| ())
    }

    /// A message comes in over a vendor's number; waits for the gateway's answer. A session that is not connected gets it, too.
    pub async fn inbound(&self, inbound: Inbound) -> Result<InboundAnswer> {
        self.hub().receive(inbound).await
    }

    /// Waits until every queued webhook was posted or given up.
    pub async fn idle(&self) {
        self.hub().idle().await;
    }

    /// Clears sends, messages, contacts, faults and webhooks; sessions stay and are connected.
    pub fn reset(&self) -> Result<()> {
        self.hub().change(Inner::reset)
    }

    /// Stops serving and posting; what was journaled stays.
    pub async fn shutdown(&self) {
        let tasks = std::mem::take(
            &mut *self
                .running
                .tasks
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for task in tasks {
            task.abort();
            // Cancelled, as was asked.
            let _ = task.await;
        }
    }

    fn hub(&self) -> &Hub {
        &self.running.hub
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            task.abort();
        }
    }
}

impl Hub {
    /// Registers a session; an empty key is kept, or made up once.
    pub(crate) fn register(&self, mut spec: SessionSpec) -> Result<u32> {
        self.change(|inner, now| {
            if spec.api_key.is_empty() {
                let known = inner
                    .state
                    .session_named(&spec.instance_id)
                    .map(|session| session.api_key.clone());
                spec.api_key = known.unwrap_or_else(|| random_hex(64));
            }
            Ok(inner.apply(&Op::Register { spec }, now)?.session)
        })
    }

    pub(crate) async fn set_status(
        &self,
        id: &str,
        status: SessionStatus,
        silent: bool,
    ) -> Result<Option<u16>> {
        self.tell_of(id, |inner, session, now| {
            inner.set_status(session, status, silent, now)
        })
        .await
    }

    pub(crate) async fn link(
        &self,
        id: &str,
        progress: Progress,
        scanned: Option<&str>,
    ) -> Result<Option<u16>> {
        self.tell_of(id, |inner, session, now| {
            if let Some(scanned) = scanned {
                inner.state.check_scanned(session, scanned)?;
            }
            inner.link(session, progress, now)
        })
        .await
    }

    /// Changes a session and waits for the gateway's answer to the first webhook about it.
    async fn tell_of(
        &self,
        id: &str,
        change: impl FnOnce(&mut Inner, u32, Timestamp) -> Result<Vec<u64>>,
    ) -> Result<Option<u16>> {
        let ((), posted) = self
            .change_and_wait(|inner, now| {
                let session = inner.state.session_named(id);
                let number = session.ok_or(Refusal::UnknownSession)?.number;
                Ok(((), change(inner, number, now)?))
            })
            .await?;
        Ok(posted.and_then(|posted| posted.status))
    }

    pub(crate) async fn idle(&self) {
        let mut changes = self.changes();
        while !self.is_idle() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}
