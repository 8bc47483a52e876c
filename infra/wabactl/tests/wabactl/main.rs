//! The client, the migration and the binary against a stand-in for the admin API.

mod batch;
mod binary;
mod client;
mod daily;
mod doctor;
mod fleet;
mod frame;
mod gateway;
mod interactive;
mod keys;
mod machine;
mod migration;
mod replay;
mod sessions;
mod set_aside;
mod tail;
mod undo;
