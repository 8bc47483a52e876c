//! The simulator alone: `cargo run -p simulator -- --port 9004 --gateway http://127.0.0.1:9002`.

use std::io::Write;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use platform::Clock;
use simulator::{DEFAULT_PERSONAL_ACCESS_TOKEN, Options, Plan, Simulator};
use tokio::net::TcpListener;

/// A stateful stand-in for Wasender.
#[derive(Parser)]
struct Arguments {
    /// Where to listen on 127.0.0.1
    #[arg(long, default_value_t = 9004)]
    port: u16,
    /// Where webhooks go
    #[arg(long, default_value = "http://127.0.0.1:9002")]
    gateway: String,
    /// Keeps sessions, messages and waiting webhooks in this directory
    #[arg(long)]
    data: Option<PathBuf>,
    /// Opens the account's endpoints
    #[arg(long, default_value = DEFAULT_PERSONAL_ACCESS_TOKEN)]
    personal_access_token: String,
    /// Applies the limits of a trial: one send a minute, 50 a day
    #[arg(long)]
    trial: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let address = (Ipv4Addr::LOCALHOST, arguments.port);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("port {} is not free", arguments.port))?;
    let options = Options {
        data_dir: arguments.data,
        personal_access_token: arguments.personal_access_token,
        plan: if arguments.trial {
            Plan::Trial
        } else {
            Plan::Paid
        },
        ..Options::new(Clock::system(), arguments.gateway)
    };
    let simulator = Simulator::start(listener, options)?;
    writeln!(std::io::stdout(), "simulator ready on {}", simulator.url())?;
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for Ctrl-C")?;
    simulator.shutdown().await;
    Ok(())
}
