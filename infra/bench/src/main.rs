//! Measures what functions cost: `cargo run -p bench --release -- all`, see docs/PERFORMANCE.md.

mod aws;
mod events;
mod http;
mod measure;
mod peers;
mod program;
mod quota;
mod runtime_api;
mod table;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Parser, Subcommand};

use peers::Peers;
use program::Program;
use table::{Bounds, Figure};

#[derive(Parser)]
#[command(about = "Measures what the webhook function costs")]
struct Arguments {
    /// The function, if it is built already
    #[arg(long, global = true)]
    messages: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Copy, Subcommand)]
enum What {
    /// Everything, beside the peers
    All,
    /// What is counted (instructions, calls, bytes), against its bounds
    Check {
        /// Write what was counted as the bounds
        #[arg(long)]
        write: bool,
    },
    /// How long starts take, beside the peers
    Start,
    /// Peak memory
    Memory,
    /// How long warm events take with a share of a processor
    Quota,
}

const BOUNDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/function_bounds.tsv");
const LOCK: &str = include_str!("../../../Cargo.lock");

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let built = peers::build(arguments.messages)?;
    match arguments.what {
        What::All => {
            let mut figures = counted(&built)?;
            figures.extend(memory(&built.messages)?);
            figures.extend(quota(&built.messages)?);
            figures.extend(starts(&built.with_others()?)?);
            say(&table::markdown(&figures)?)?;
            ensure!(table::holds(&figures), "not all that must hold does");
            Ok(())
        }
        What::Check { write } => check(&built, write),
        What::Start => say(&table::markdown(&starts(&built.with_others()?)?)?),
        What::Memory => say(&table::markdown(&memory(&built.messages)?)?),
        What::Quota => say(&table::markdown(&quota(&built.messages)?)?),
    }
}

fn check(built: &Peers, write: bool) -> Result<()> {
    let figures = counted(built)?;
    say(&table::markdown(&figures)?)?;
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

/// What is the same at every time and on every machine of one architecture, or nearly.
fn counted(built: &Peers) -> Result<Vec<Figure>> {
    let messages = &built.messages;
    let start = measure::instructions(messages, &[])?;
    let warm = measure::warm_instructions(messages)?;
    let call = measure::call_instructions(&built.aws_call)?;
    let calls = measure::calls(messages)?;
    let (bytes, zipped) = measure::bytes(&messages.path)?;
    let jitter = LOCK.contains("aws-lc");
    let count =
        |name, count: usize, must: f64| Figure::new(name, exact(count as u64)).within(must, must);
    Ok(vec![
        Figure::new("instructions of a start", exact(start)).within(3.5e6, 2.0e6),
        Figure::new(
            "instructions of a start, hello",
            exact(measure::instructions(&built.hello, &[])?),
        ),
        Figure::new("instructions of a warm message", exact(warm)),
        Figure::new("instructions of an AWS call", exact(call)),
        Figure::new(
            "instructions of a warm message without its call",
            exact(warm.saturating_sub(call)),
        )
        .within(500e3, 350e3),
        Figure::new(
            "instructions of a warm event, hello",
            exact(measure::warm_instructions(&built.hello)?),
        ),
        count("AWS calls of a warm message", calls.warm, 1.0),
        count("AWS calls of a vendor's first message", calls.cold, 2.0),
        count("AWS calls of a duplicate", calls.duplicate, 1.0),
        count("AWS calls of a repeated forgery", calls.forged, 0.0),
        Figure::new("bytes of bootstrap", exact(bytes)).within(4.0e6, 3.0e6),
        Figure::new("bytes of the zip", exact(zipped)).within(1.8e6, 1.4e6),
        count("crates with jitter entropy", usize::from(jitter), 0.0),
    ])
}

const VENDORS: usize = 10_000;

fn memory(messages: &Program) -> Result<Vec<Figure>> {
    let (empty, full) = measure::memory(messages, VENDORS)?;
    let mib = |kib: u64| exact(kib) / 1_024.0;
    Ok(vec![
        Figure::new("peak RSS after the start, MB", mib(empty)).within(9.0, 6.0),
        Figure::new("peak RSS with 10,000 vendors, MB", mib(full)).within(14.0, 10.0),
    ])
}

fn quota(messages: &Program) -> Result<Vec<Figure>> {
    let Some(quota) = quota::Quota::new() else {
        say(
            "LEFT OUT: warm events with 7.2 % of a processor: no control group can be made here\n",
        )?;
        return Ok(Vec::new());
    };
    let words = quota.words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let took = measure::warm(messages, (&words, 300), Duration::from_millis(5))?;
    Ok(vec![
        Figure::new(
            "warm message with 7.2 % of a processor, p50, ms",
            millis(took[took.len() / 2]),
        ),
        Figure::new(
            "warm message with 7.2 % of a processor, p99, ms",
            millis(took[took.len() * 99 / 100]),
        )
        .within(25.0, 15.0),
    ])
}

/// Starts of all programs, one after the other in each round, so that what else the machine does hits all of them.
fn starts(peers: &Peers) -> Result<Vec<Figure>> {
    const ROUNDS: usize = 25;
    let programs = peers.all();
    let mut took = vec![Vec::new(); programs.len()];
    for _ in 0..ROUNDS {
        for (took, program) in took.iter_mut().zip(&programs) {
            took.push(measure::start(program)?);
        }
    }
    let mut medians = Vec::new();
    let mut text = String::new();
    for (took, program) in took.iter_mut().zip(&programs) {
        took.sort_unstable();
        let at = |at: usize| millis(took[at]);
        medians.push(at(ROUNDS / 2));
        writeln!(
            text,
            "start of {}: median {:.2} ms ({:.2} to {:.2})",
            program.name,
            at(ROUNDS / 2),
            at(0),
            at(ROUNDS - 1)
        )?;
    }
    say(&text)?;
    let ratio = |other: usize| medians[0] / medians[other];
    let mut figures = vec![Figure::new("start, ratio to hello", ratio(1)).within(2.0, 1.3)];
    for (at, program) in programs.iter().enumerate().skip(2) {
        let figure = match program.name {
            "node" => {
                Figure::new("start, ratio to Node", ratio(at)).within(1.0 / 50.0, 1.0 / 100.0)
            }
            _ => Figure::new("start, ratio to the SDK's defaults", ratio(at)),
        };
        figures.push(figure);
    }
    Ok(figures)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
fn exact(count: u64) -> f64 {
    count as f64
}

fn say(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// The folder of the project.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
