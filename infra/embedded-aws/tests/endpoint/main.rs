//! The endpoint as the functions see it: through the AWS SDK.

#![expect(clippy::unwrap_used, reason = "a step that fails fails its test")]

mod dynamodb;
mod faults;
mod limits;
mod mapping;
mod objects;
mod release;
mod restart;
mod secrets;
mod sqs;
mod stack;
