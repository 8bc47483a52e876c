//! Measures the whole chain, from a webhook to the provider's taking of the answer, on local stacks in this process:
//! `cargo run -p bench --profile load --example chain -- all`. What is measured and why is in docs/PERFORMANCE.md.

#![recursion_limit = "256"]

mod backlog;
mod figures;
mod flood;
mod growth;
mod load;
mod measured;
mod vendors;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, ValueEnum};

#[derive(Parser)]
#[command(about = "Measures messages from webhook to provider on local stacks")]
struct Arguments {
    #[arg(default_value = "all")]
    what: What,
    /// How often each thing is measured
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Messages a second where they come at fixed times
    #[arg(long, default_value_t = 20)]
    rate: u32,
    /// Vendors of the largest stack
    #[arg(long, default_value_t = 10_000)]
    most: usize,
    /// Where the curves are drawn
    #[arg(long)]
    plots: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    All,
    /// How dwell, cost and throughput grow with the number of vendors
    Vendors,
    /// Whether a vendor's flood slows others
    Flood,
    /// How dwell grows with what waits for one vendor
    Backlog,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let asked = |what| arguments.what == What::All || arguments.what == what;
    if asked(What::Vendors) {
        growth::with_vendors(&arguments).await?;
    }
    if asked(What::Flood) {
        flood::beside_a_flood(&arguments).await?;
    }
    if asked(What::Backlog) {
        backlog::behind_a_backlog(&arguments).await?;
    }
    Ok(())
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
