//! The operator's tool for a gateway: `wabactl --help`.

mod cli;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

/// Exit code of a run in which a row or a request failed.
const FAILED: u8 = 1;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse()).await {
        Ok(outcome) => match io::stdout().lock().write_all(outcome.output.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(FAILED),
            _ if outcome.complete => ExitCode::SUCCESS,
            _ => ExitCode::from(FAILED),
        },
        Err(failure) => {
            // Nobody is left to tell if this fails too.
            let _ = writeln!(io::stderr().lock(), "{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
