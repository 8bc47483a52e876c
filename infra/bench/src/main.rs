//! Measures what functions cost: `cargo run -p bench --release -- all`, see docs/PERFORMANCE.md.

mod aws;
mod events;
mod figures;
mod http;
mod measure;
mod peers;
mod profile;
mod program;
mod quota;
mod runtime_api;
mod table;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};

use peers::Programs;
use table::{Bounds, Figure};

#[derive(Parser)]
#[command(about = "Measures what the webhook function costs")]
struct Arguments {
    /// The function, if it is built already
    #[arg(long, global = true)]
    messages: Option<PathBuf>,
    /// The program that makes AWS calls, if it is built already
    #[arg(long, global = true)]
    aws_call: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Copy, Subcommand)]
enum What {
    /// Everything, beside the peers
    All,
    /// What is counted (instructions, calls, bytes, memory), against its bounds
    Check {
        /// Write what was counted as the bounds
        #[arg(long)]
        write: bool,
    },
    /// How long starts take, beside the peers
    Start,
    /// Peak memory
    Memory,
    /// Which crates and functions instructions go to; of programs with symbols, which it builds in a folder of their own
    Profile,
    /// How long warm events take with a share of a processor
    Quota,
}

const BOUNDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/function_bounds.tsv");

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let messages = || peers::messages(arguments.messages.clone());
    let programs = || peers::programs(messages()?, arguments.aws_call.clone());
    match arguments.what {
        What::All => all(&programs()?),
        What::Check { write } => check(&programs()?, write),
        What::Start => show(&figures::starts(&messages()?, &peers::others()?)?),
        What::Memory => show(&figures::memory(&messages()?)?),
        What::Quota => show(&figures::with_a_share(&messages()?)?),
        What::Profile => say(&profile::tables(&peers::with_symbols()?)?),
    }
}

fn all(programs: &Programs) -> Result<()> {
    let peers = peers::others()?;
    let mut figures = figures::counted(programs)?;
    figures.extend(figures::counted_of(&peers)?);
    figures.extend(figures::memory(&programs.messages)?);
    figures.extend(figures::with_a_share(&programs.messages)?);
    figures.extend(figures::starts(&programs.messages, &peers)?);
    show(&figures)?;
    ensure!(table::holds(&figures), "not all that must hold does");
    Ok(())
}

fn check(programs: &Programs, write: bool) -> Result<()> {
    let mut figures = figures::counted(programs)?;
    figures.extend(figures::memory(&programs.messages)?);
    show(&figures)?;
    let bounds = Bounds::parse(&std::fs::read_to_string(BOUNDS).unwrap_or_default())?;
    if write {
        std::fs::write(BOUNDS, bounds.renewed(&figures)?)?;
        return Ok(());
    }
    let exceeded = bounds.exceeded(&figures)?;
    ensure!(exceeded.is_empty(), "more than before: {exceeded:#?}");
    ensure!(table::holds(&figures), "not all that must hold does");
    Ok(())
}

fn show(figures: &[Figure]) -> Result<()> {
    say(&table::markdown(figures))
}

fn say(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// The folder of the project.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
