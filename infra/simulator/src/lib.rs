//! A stateful stand-in for Wasender, for the local stack and for tests.
//!
//! It speaks Wasender's REST under `/api` and posts Wasender's webhooks back, written from the provider's published
//! pages and from what integrators saw, and from nothing of the gateway: a second opinion of the wire format.
//! `/_sim` is the test's own door: what was sent, a customer who writes, faults on demand.
//!
//! [`Simulator`] is the whole thing. Inside, `State` is a pure machine fed with journaled operations, `Hub` is the one
//! lock around it, `rest` and `control` are thin HTTP layers, `posting` delivers webhooks in order per session.

mod answer;
mod baileys;
mod contacts;
mod control;
mod events;
mod faults;
mod hub;
mod inbound;
mod journal;
mod limits;
mod message;
mod options;
mod posting;
mod rest;
mod send_request;
mod server;
mod session;
mod settings;
mod simulator;
mod state;
mod webhook;

pub use contacts::Contact;
pub use faults::{Fault, FaultKind};
pub use inbound::{Inbound, InboundAnswer, Shape};
pub use message::Send;
pub use options::{DEFAULT_PERSONAL_ACCESS_TOKEN, Delays, Options, Plan};
pub use session::{SessionSpec, SessionStatus};
pub use simulator::Simulator;
pub use webhook::{Outcome, WebhookRecord};
