//! The binary itself: what it prints, how it ends, and what is left after `kill -9`.

mod binary;
mod idle;
mod killed;
mod local;
mod migration;
mod ports;
mod survival;
mod terminal;
