//! What the tests of several crates share: the golden events, bodies of the providers' real shapes, and signatures.

mod events;
mod signature;
pub mod wasender;

pub use events::{GoldenEvent, event, events};
pub use signature::hmac_signature;
