//! The providers' wire formats, as pure functions: bytes in, [`domain`] values out, and requests and replies as values.
//!
//! Nothing here opens a socket, reads a clock or waits. `platform` carries out a [`ProviderRequest`] and brings back the
//! status, headers and body that the provider's module then reads.

#![warn(clippy::wildcard_enum_match_arm)]

mod json;
mod moment;
mod quarantine;
mod request;
mod text;
pub mod wasender;

pub use quarantine::quarantined;
pub use request::{NotSendable, ProviderRequest, Recipient};
