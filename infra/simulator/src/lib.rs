//! A stateful stand-in for Wasender, for the local stack and for tests.
//!
//! It speaks Wasender's REST under `/api` and posts Wasender's webhooks back, written from the provider's published
//! pages and from what integrators saw, and from nothing of the gateway: a second opinion of the wire format.
//! `/_sim` is the test's own door: what was sent, a customer who writes, faults on demand.
//!
//! | control | what it does |
//! |---|---|
//! | `GET /_sim/sends` | accepted sends in order: `{"sends":[{session, to, kind, text, msgId, at}]}` |
//! | `GET /_sim/messages`, `GET /_sim/webhooks` | the same with ids, contents and status; every webhook and how it ended |
//! | `POST /_sim/inbound` | a customer writes ([`Inbound`]); answers `{keyId, status, body}`, the last two from the gateway |
//! | `GET /_sim/media/{name}` | a file that a customer sent, encrypted as WhatsApp serves it |
//! | `POST`, `GET`, `DELETE /_sim/faults` | arms a [`Fault`], lists them, clears them |
//! | `POST`, `GET /_sim/sessions` | registers a [`SessionSpec`]; lists sessions without keys and secrets |
//! | `POST /_sim/sessions/{id}/status` | `{status, silent?}`: changes a session and posts `session.status` |
//! | `POST /_sim/contacts` | a number's LID, or that it is not on WhatsApp ([`Contact`]) |
//! | `POST /_sim/idle`, `POST /_sim/reset` | waits until all webhooks ended; clears all but the sessions, which are connected |
//!
//! [`Simulator`] is the whole thing. Inside, `State` is a pure machine fed with journaled operations, `Hub` is the one
//! lock around it, `rest` and `control` are thin HTTP layers, `posting` delivers webhooks in order per session.

mod answer;
mod baileys;
mod contacts;
mod control;
mod events;
mod fault;
mod faults;
mod files;
mod hub;
mod inbound;
mod inbound_media;
mod inner;
mod journal;
mod limits;
mod message;
mod op;
mod options;
mod posting;
mod random;
mod rest;
mod send_request;
mod send_rules;
mod server;
mod session;
mod settings;
mod simulator;
mod state;
mod webhook;
mod whatsapp_file;

pub use contacts::Contact;
pub use fault::{Fault, FaultKind};
pub use inbound::{Inbound, InboundAnswer, Shape};
pub use inbound_media::InboundMedia;
pub use message::Send;
pub use options::{DEFAULT_PERSONAL_ACCESS_TOKEN, Delays, Options, Plan, ResetHeader};
pub use session::{SessionSpec, SessionStatus};
pub use simulator::Simulator;
pub use webhook::{Outcome, WebhookRecord};
