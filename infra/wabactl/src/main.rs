//! The operator's tool for a gateway: `wabactl --help`.

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    cli::main(cli::Arguments::parse()).await
}
