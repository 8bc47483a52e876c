//! Where providers and platform meet: the steps that more than one function takes.
//!
//! A webhook's way in ([`webhook`]), what status and session events change ([`events`], [`session`],
//! [`lane`]), whose number a session is and whether it is heard ([`identity`], [`watch`]), what brings messages back
//! into their queue ([`dispatch`]), calls to a provider ([`call`]), and the forms of answers ([`problem`]) and batches ([`batch`]).

pub mod account;
pub mod batch;
pub mod call;
pub mod dispatch;
pub mod echoes;
pub mod events;
pub mod identity;
mod ingest;
pub mod lane;
pub mod problem;
mod refusals;
pub mod session;
pub mod settle;
mod tally;
pub mod watch;
pub mod webhook;

pub use ingest::{Ingest, Reception, Webhook};
pub use refusals::Refusals;
pub use tally::Tally;
