//! Where providers and platform meet: the steps that more than one function takes.
//!
//! A webhook's way in ([`webhook`]), what status and session events change ([`events`], [`session`], [`lane`]), whose number a
//! session is and whether it is heard ([`identity`], [`watch`]), what becomes of edits and deletions ([`changes`]), what was
//! not understood at first ([`replay`]), what brings
//! messages back into their queue ([`dispatch`]), what follows on a restore from backup ([`restore`]), what the account's owner does with sessions ([`account`], [`owner`], [`setup`]), who somebody is ([`people`]) and whose an echo is ([`echoes`]), calls to a
//! provider ([`call`]) and those that must not slow sending ([`side`]), and the forms of answers ([`problem`]), batches
//! ([`batch`]) and invocations ([`invocation`]).

pub mod account;
pub mod batch;
pub mod breaker;
pub mod call;
pub mod changes;
pub mod deferral;
pub mod dispatch;
pub mod echoes;
pub mod erasure;
pub mod events;
pub mod identity;
mod ingest;
pub mod invocation;
pub mod lane;
pub mod media;
mod naming;
pub mod owner;
pub mod people;
pub mod problem;
mod proving;
pub mod reconcile;
mod refusals;
pub mod renewal;
pub mod replay;
pub mod restore;
pub mod rotation;
mod scrub;
pub mod session;
mod session_account;
pub mod settle;
pub mod setup;
pub mod side;
mod tally;
mod typed;
pub mod watch;
pub mod webhook;

pub use ingest::{Ingest, Reception, Webhook};
pub use tally::Tally;
