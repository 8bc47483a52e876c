//! The simulator from outside: over HTTP, against a gateway that only listens.

mod accounts;
mod acts;
mod alone;
mod amending;
mod contacts;
mod documented;
mod faults;
mod linking;
mod lookups;
mod media;
mod received;
mod refusals;
mod restart;
mod sending;
mod webhooks;
mod world;
