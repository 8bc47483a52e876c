//! A stateful stand-in for Wasender, for the local stack and for tests.
//!
//! It speaks Wasender's REST under `/api` and posts Wasender's webhooks back, written from the provider's published
//! pages and from what integrators saw, and from nothing of the gateway: a second opinion of the wire format.
//! `/_sim` is the test's own door: what was sent, a customer who writes, faults on demand. Paths, controls and faults are in
//! `docs/SIMULATOR.md`.
//!
//! [`Simulator`] is the whole thing. Inside, `State` is a pure machine fed with journaled operations, `Hub` is the one
//! lock around it, `rest` and `control` are thin HTTP layers, `posting` delivers webhooks in order per session.

mod activity;
mod answer;
mod baileys;
mod contacts;
mod control;
mod events;
mod fault;
mod faults;
mod files;
mod groups;
mod hub;
mod inbound;
mod inbound_media;
mod inner;
mod journal;
mod limits;
mod linking;
mod message;
mod op;
mod options;
mod passkey;
mod posting;
mod random;
mod rest;
mod send_request;
mod send_rules;
mod sending;
mod server;
mod session;
mod settings;
mod signal;
mod simulator;
mod slots;
mod state;
mod webhook;
mod whatsapp_file;

pub use contacts::Contact;
pub use fault::{Fault, FaultKind};
pub use groups::Group;
pub use inbound::{
    Act, DeleteVariant, EditVariant, Inbound, InboundAnswer, ReactionVariant, ReceiptVariant,
    Shape, VoteVariant,
};
pub use inbound_media::InboundMedia;
pub use message::Send;
pub use options::{DEFAULT_PERSONAL_ACCESS_TOKEN, Delays, Options, Plan, ResetHeader};
pub use session::{SessionSpec, SessionStatus};
pub use signal::{Signal, SignalRecord};
pub use simulator::Simulator;
pub use webhook::{Outcome, WebhookRecord};
