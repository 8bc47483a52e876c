//! Whole flows through the front door: a webhook in, a message out, with faults between.

#![recursion_limit = "256"]
#![expect(
    clippy::print_stderr,
    reason = "what a failed test saw is worth printing"
)]

mod admin_keys;
mod admin_messages;
mod admin_vendors;
mod answers;
mod conservation;
mod costs;
mod crashes;
mod durability;
mod front_door;
mod hearing;
mod identity;
mod kinds;
mod lanes;
mod main_job;
mod menus;
mod pacing;
mod privileges;
mod proof;
mod quotes;
mod world;
