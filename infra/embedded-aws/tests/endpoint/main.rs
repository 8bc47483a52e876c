//! The endpoint as the functions see it: through the AWS SDK.

mod dynamodb;
mod faults;
mod limits;
mod mapping;
mod restart;
mod secrets;
mod sqs;
mod stack;
