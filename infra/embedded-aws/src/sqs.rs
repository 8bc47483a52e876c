//! SQS: a pure state machine ([`State`]), shared and journalled behind [`Queues`], and the protocol around it.

mod backlog;
mod dedup;
mod digest;
mod error;
mod handle;
mod holding;
mod message;
mod operation;
mod queue;
mod selection;
mod settings;
mod state;
mod validation;
mod waiting;
pub(crate) mod wire;

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;

pub use backlog::Depth;
pub use error::SqsError;
pub use handle::Queues;
pub use message::{Entry, Flight, Message, MessageAttribute, Standing};
pub use operation::{Operation, Outcome};
pub use queue::{Queue, Received, Sent};
pub use selection::{SCAN_LIMIT, Take};
pub use settings::{Fifo, Redrive, Settings};
pub use state::State;

pub(crate) use handle::Address;
