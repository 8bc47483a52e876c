//! What an engine reached over HTTP is asked and may answer, version 1: bodies, signature, and what comes of its reply.
//!
//! The format is ours and no provider's, and it shares the messages to send with the admin API ([`crate::compose`]).

mod answer;
mod reply;
mod request;
mod signing;

pub use answer::{NAME, REPLY_KINDS, is_name, read as answer};
pub use reply::{NoReply, Reply};
pub use request::{Request, VERSION, request, signed};
pub use signing::{InvalidSigningSecret, SigningSecret, SigningSecrets};
