//! The client, the migration and the binary against a stand-in for the admin API.

mod batch;
mod binary;
mod client;
mod fleet;
mod frame;
mod gateway;
mod interactive;
mod machine;
mod migration;
mod undo;
