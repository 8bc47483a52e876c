//! The simulator alone: `cargo run -p simulator -- --port 9004 --gateway http://127.0.0.1:9002`.

use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use platform::Clock;
use simulator::{
    DEFAULT_PERSONAL_ACCESS_TOKEN, Options, Plan, ResetHeader, SessionSpec, Simulator,
};
use tokio::net::TcpListener;

/// A stateful stand-in for Wasender.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Arguments {
    /// Where to listen on 127.0.0.1
    #[arg(long, default_value_t = 9004)]
    port: u16,
    /// Where webhooks go: a gateway on this machine, or a deployed one by https
    #[arg(long, default_value = "http://127.0.0.1:9002")]
    gateway: String,
    /// Registers the sessions of these vendors: a CSV with the columns of events/local/vendors.csv
    #[arg(long)]
    vendors: Option<PathBuf>,
    /// Keeps sessions, messages and waiting webhooks in this directory
    #[arg(long)]
    data: Option<PathBuf>,
    /// Opens the account's endpoints
    #[arg(long, default_value = DEFAULT_PERSONAL_ACCESS_TOKEN)]
    personal_access_token: String,
    /// The account's subscription, which decides the limits
    #[arg(long, value_enum, default_value_t = Subscription::Paid)]
    plan: Subscription,
    /// How many requests of one session may be under way at once
    #[arg(long, default_value_t = 5)]
    concurrency: u32,
    /// How many sessions the account may have
    #[arg(long)]
    session_limit: Option<usize>,
    /// Writes X-RateLimit-Reset as Unix time, not as seconds left
    #[arg(long)]
    reset_unix_time: bool,
    /// Leaves the X-RateLimit-* headers out
    #[arg(long)]
    no_rate_limit_headers: bool,
    /// Leaves Wasender's msgId out of the events of a send
    #[arg(long)]
    no_msg_id_in_events: bool,
    /// Echoes every send as messages.upsert
    #[arg(long)]
    echo: bool,
    /// Keeps a session's webhook secret when its webhooks are switched on; otherwise another one is made then.
    #[arg(long)]
    keep_webhook_secrets: bool,
    /// Takes a LID as recipient
    #[arg(long)]
    allow_lid_recipients: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Subscription {
    Paid,
    Trial,
    Ended,
}

impl Arguments {
    fn options(&self) -> Options {
        Options {
            data_dir: self.data.clone(),
            personal_access_token: self.personal_access_token.clone(),
            plan: match self.plan {
                Subscription::Paid => Plan::Paid,
                Subscription::Trial => Plan::Trial,
                Subscription::Ended => Plan::Ended,
            },
            reset_header: if self.reset_unix_time {
                ResetHeader::UnixTime
            } else {
                ResetHeader::SecondsLeft
            },
            rate_limit_headers: !self.no_rate_limit_headers,
            concurrency: self.concurrency,
            session_limit: self.session_limit,
            msg_id_in_events: !self.no_msg_id_in_events,
            echo: self.echo,
            allow_lid_recipients: self.allow_lid_recipients,
            secret_when_switched_on: !self.keep_webhook_secrets,
            ..Options::new(Clock::system(), self.gateway.clone())
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let sessions = match &arguments.vendors {
        Some(file) => sessions(file)?,
        None => Vec::new(),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port))
        .await
        .with_context(|| format!("port {} is not free", arguments.port))?;
    let simulator = Simulator::start(listener, arguments.options())?;
    let mut out = std::io::stdout();
    for session in sessions {
        writeln!(
            out,
            "session {} of {}",
            session.instance_id, session.vendor_id
        )?;
        simulator.add_session(session)?;
    }
    writeln!(out, "simulator ready on {}", simulator.url())?;
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for Ctrl-C")?;
    simulator.shutdown().await;
    Ok(())
}

/// The sessions of a vendors' sheet. A vendor without an API key gets one made up.
fn sessions(file: &Path) -> Result<Vec<SessionSpec>> {
    let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let vendors = wabactl::read_csv(&text)
        .with_context(|| format!("{} is not a vendors' sheet", file.display()))?;
    let session = |vendor: wabactl::Registration| SessionSpec {
        vendor_id: vendor.vendor_id.as_str().to_owned(),
        instance_id: vendor.wasender_instance_id,
        phone: vendor.phone_number.expose().to_owned(),
        api_key: vendor
            .wasender_api_key
            .map(|key| key.expose().to_owned())
            .unwrap_or_default(),
        webhook_secret: vendor.wasender_webhook_secret.expose().to_owned(),
    };
    Ok(vendors.into_iter().map(session).collect())
}
