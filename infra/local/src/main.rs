//! `cargo run -p local`: the whole gateway on a laptop, with one command and no account.

#![recursion_limit = "256"]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use local::{Options, Stack};
use tokio::signal::unix::{SignalKind, signal};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Runs the gateway, an AWS endpoint and a provider simulator on 127.0.0.1.
#[derive(Debug, Parser)]
struct Arguments {
    /// The gateway's port; the AWS endpoint and the simulator take the two after it.
    #[arg(long, default_value_t = 9002)]
    port_base: u16,
    /// Keep tables, queues, secrets and the simulator here; without it they live in memory.
    #[arg(long)]
    data: Option<PathBuf>,
    /// An engine that answers for every vendor that names none, by its URL.
    #[arg(long)]
    engine: Option<String>,
    /// Leave queues and timer to functions that run elsewhere, such as those of `sam local`.
    #[arg(long)]
    idle: bool,
    /// The least important log lines to show: error, warn, info or debug.
    #[arg(long, default_value = "warn")]
    log: Level,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let ours = platform::telemetry::OURS.into_iter().chain(["local"]);
    let filter = Targets::new()
        .with_default(Level::ERROR)
        .with_targets(ours.map(|target| (target, arguments.log)));
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .init();
    let options = Options {
        port_base: Some(arguments.port_base),
        data_dir: arguments.data,
        engine_url: arguments.engine,
        sweeps: !arguments.idle,
        ..Options::default()
    };
    let engine = options.engine_url.clone();
    let dir = options.data_dir.clone();
    let dir = dir.unwrap_or_else(|| PathBuf::from(".local"));
    let (key_file, secret_file) = (dir.join("admin-key"), dir.join("engine-secret"));
    let mut stack = Stack::start(options).await?;
    local::write_secret(&key_file, stack.admin_key())?;
    local::write_secret(&secret_file, stack.engine_secret())?;
    let vendors = stack.import_demo_vendors().await?;
    if arguments.idle {
        stack.leave_queues();
    }
    // Before anybody is told that Ctrl-C works.
    let mut interrupt = signal(SignalKind::interrupt())?;
    if let Some(url) = engine {
        let secret = stack.engine_secret();
        let file = secret_file.display();
        writeln!(
            std::io::stdout(),
            "engine     {url}, called with {secret} (also in {file})"
        )?;
    }
    greet(&stack, &vendors, &key_file)?;
    interrupt.recv().await;
    writeln!(std::io::stdout(), "\nstopping")?;
    stack.shutdown().await;
    Ok(())
}

fn greet(stack: &Stack, vendors: &[wabactl::Registration], key_file: &Path) -> Result<()> {
    let (gateway, simulator) = (stack.gateway_url(), stack.simulator().url());
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "gateway    {gateway}\naws        {}\nsimulator  {simulator}",
        stack.aws().url()
    )?;
    writeln!(
        out,
        "admin key  {} (also in {})\n\ndemo vendors:",
        stack.admin_key(),
        key_file.display()
    )?;
    for vendor in vendors {
        writeln!(
            out,
            "  {}  {}  session {}",
            vendor.vendor_id, vendor.business_name, vendor.wasender_instance_id
        )?;
    }
    let body = r#"{"event":"messages.received","data":{"messages":{"key":{"id":"DEMO1","fromMe":false,"remoteJid":"221700000001@s.whatsapp.net","cleanedSenderPn":"221700000001"},"messageBody":"Bonjour","message":{"conversation":"Bonjour"},"pushName":"Awa"}}}"#;
    writeln!(out, "\na customer writes, as the provider posts it:")?;
    writeln!(
        out,
        "  curl -sS {gateway}/api/webhooks/wasender/vendor_001 -H 'Content-Type: application/json' -H 'X-Webhook-Signature: secret_123' -d '{body}'"
    )?;
    writeln!(out, "the same through the simulator:")?;
    writeln!(
        out,
        "  curl -sS {simulator}/_sim/inbound -H 'Content-Type: application/json' -d '{{\"vendorId\":\"vendor_001\",\"from\":\"+221700000002\",\"text\":\"Bonjour\"}}'"
    )?;
    writeln!(out, "what was sent from the vendors' numbers:")?;
    writeln!(out, "  curl -sS {simulator}/_sim/sends")?;
    writeln!(out, "the vendor's messages, newest first:")?;
    writeln!(
        out,
        "  curl -sS {gateway}/api/admin/vendors/vendor_001/messages -H \"Authorization: Bearer $(cat {})\"",
        quoted(key_file)
    )?;
    writeln!(out, "\nready; Ctrl-C ends it")?;
    out.flush()?;
    Ok(())
}

/// A path as one word of a shell's line.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
