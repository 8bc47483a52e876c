//! Whole flows through the front door: a webhook in, a message out, with faults between.

#![recursion_limit = "256"]
#![expect(
    clippy::print_stderr,
    reason = "what a failed test saw is worth printing"
)]

mod main_job;
mod world;
