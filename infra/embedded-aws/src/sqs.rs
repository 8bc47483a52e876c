//! SQS: a pure state machine ([`State`]), shared and journalled behind [`Queues`], and the protocol around it.

mod dedup;
mod digest;
mod error;
mod handle;
mod message;
mod queue;
mod settings;
mod state;
mod validation;
pub(crate) mod wire;

pub use error::SqsError;
pub use handle::Queues;
pub use message::{Entry, Flight, Message, MessageAttribute, Standing};
pub use queue::{Depth, Queue, Received, SCAN_LIMIT, Sent, Take};
pub use settings::{Fifo, Redrive, Settings};
pub use state::{Operation, Outcome, State};

pub(crate) use handle::Address;
