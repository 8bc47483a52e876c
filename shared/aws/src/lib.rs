//! A lean client of the AWS services that speak JSON: DynamoDB, SQS and Secrets Manager, with the operations that the gateway uses.
//!
//! The AWS SDK was most of a function's start, size and work, see docs/decisions/0036-own-aws-client.md. Here the names of operations and members
//! are the services' own, so that their documentation is this crate's; the SDK is what the tests compare it with.

#[macro_use]
mod request;
mod client;
pub mod dynamodb;
mod error;
mod quota;
mod roots;
pub mod secrets_manager;
pub mod sign;
pub mod sqs;
mod transport;

pub use client::Settings;
pub use error::{Error, Refusal};
pub use request::{Done, Maybe};
pub use roots::Roots;
pub use sign::Credentials;
pub use transport::Transport;
