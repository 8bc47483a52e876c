//! The client, the migration and the binary against a stand-in for the admin API.

mod binary;
mod client;
mod frame;
mod gateway;
mod migration;
