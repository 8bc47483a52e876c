//! The simulator from outside: over HTTP, against a gateway that only listens.

mod accounts;
mod faults;
mod lookups;
mod media;
mod received;
mod restart;
mod sending;
mod webhooks;
mod world;
