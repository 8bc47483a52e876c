//! Measures the whole chain, from a webhook to the provider's taking of the answer, on local stacks in this process:
//! `cargo run -p bench --profile load --example chain -- all`. What is measured and why is in docs/PERFORMANCE.md.

#![recursion_limit = "256"]

mod figures;
mod load;
mod vendors;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use local::Stack;

use figures::{Figure, Line, as_f64, millis, plot, table};
use load::{Arrival, Cost, Run, evenly, run};
use vendors::at_rest;

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

/// How long each run is.
const SECONDS: u32 = 10;

/// Messages before the first run.
const WARM_UP: u32 = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let asked = |what| arguments.what == What::All || arguments.what == what;
    if asked(What::Vendors) {
        with_vendors(&arguments).await?;
    }
    if asked(What::Flood) {
        beside_a_flood(&arguments).await?;
    }
    if asked(What::Backlog) {
        behind_a_backlog(&arguments).await?;
    }
    Ok(())
}

fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// What was measured with one number of vendors, or behind one backlog.
#[derive(Default)]
struct Measured {
    median: Figure,
    slowest: Figure,
    processor: Figure,
    calls: Figure,
    rate: Figure,
}

impl Measured {
    fn add(&mut self, run: &Run) {
        self.median.add(millis(run.percentile(50)));
        self.slowest.add(millis(run.percentile(99)));
    }
}

/// A stack with so many vendors, and what was measured of it.
struct Stand {
    size: usize,
    stack: Stack,
    /// Whose turn it is.
    next: usize,
    measured: Measured,
}

impl Stand {
    async fn new(size: usize, rate: u32) -> Result<Self> {
        let stack = vendors::stack_with(size).await?;
        run(&stack, &evenly(0..size, (rate, WARM_UP), true)).await?;
        say(&format!("{size} vendors are registered"))?;
        Ok(Self {
            size,
            stack,
            next: usize::try_from(WARM_UP)?,
            measured: Measured::default(),
        })
    }

    /// Once at fixed times, and once as fast as it goes.
    async fn measure(&mut self, rate: u32) -> Result<()> {
        let (stack, measured) = (&self.stack, &mut self.measured);
        let turns = in_turn(self.size, self.next);
        let steady = evenly(turns, (rate, rate * SECONDS), true);
        let burst = burst(self.size, self.next + steady.len());
        self.next += steady.len() + burst.len();
        at_rest(stack).await?;
        let cost = Cost::begin(stack)?;
        measured.add(&run(stack, &steady).await?);
        at_rest(stack).await?;
        let (processor, calls) = cost.end(stack)?;
        let each = as_f64(steady.len());
        measured.processor.add(millis(processor) / each);
        measured.calls.add(as_f64(calls) / each);
        let run = run(stack, &burst).await?;
        measured
            .rate
            .add(as_f64(burst.len()) / run.took.as_secs_f64());
        Ok(())
    }

    fn row(&self) -> Vec<String> {
        let it = &self.measured;
        let figures = [&it.median, &it.slowest, &it.processor, &it.calls, &it.rate];
        let mut row = vec![self.size.to_string()];
        row.extend(figures.map(Figure::shown));
        row
    }
}

/// All stacks are there at once and take turns, so that what else the machine does hits all of them.
async fn with_vendors(arguments: &Arguments) -> Result<()> {
    let sizes = up_to(&[10, 100, 1_000, 10_000], arguments.most);
    let mut stands = Vec::new();
    for size in &sizes {
        stands.push(Stand::new(*size, arguments.rate).await?);
    }
    for _ in 0..arguments.rounds {
        for stand in &mut stands {
            stand.measure(arguments.rate).await?;
        }
    }
    let rows: Vec<_> = stands.iter().map(Stand::row).collect();
    let head = [
        "vendors",
        "p50, ms",
        "p99, ms",
        "processor time a message, ms",
        "AWS calls a message",
        "messages/s in a burst",
    ];
    say(&table(&head, &rows))?;
    let steps: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    let measured: Vec<&Measured> = stands.iter().map(|stand| &stand.measured).collect();
    let title = "From webhook to provider, ms, by vendors";
    draw(arguments, "vendors", title, (&steps, &measured))?;
    for stand in stands {
        stand.stack.shutdown().await;
    }
    Ok(())
}

fn up_to(sizes: &[usize], most: usize) -> Vec<usize> {
    let sizes = sizes.iter().copied();
    sizes.filter(|size| *size <= most).collect()
}

/// All vendors in turn, from one on: of many most write for the first time, and of few none.
fn in_turn(vendors: usize, first: usize) -> impl Iterator<Item = usize> + Clone {
    (0..vendors).map(move |number| (first + number) % vendors)
}

/// As many messages as lanes let through in five seconds, at most a thousand, all at once.
fn burst(vendors: usize, first: usize) -> Vec<Arrival> {
    let arrival = |vendor| Arrival {
        at: Duration::ZERO,
        vendor,
        is_measured: true,
    };
    let messages = (vendors * 20).min(1_000);
    let turns = in_turn(vendors, first).cycle();
    turns.take(messages).map(arrival).collect()
}

/// Vendors whose customers write now and then; the next one is flooded, and as many again share the same number of messages.
const QUIET: usize = 20;
const QUIET_RATE: u32 = 10;
const FLOOD_RATE: u32 = 20;

async fn beside_a_flood(arguments: &Arguments) -> Result<()> {
    let kinds = ["alone", "beside 20 others", "beside one flood"];
    let mut measured: [Measured; 3] = Default::default();
    for _ in 0..arguments.rounds {
        let stack = vendors::stack_with(2 * QUIET + 1).await?;
        let quiet = evenly(0..QUIET, (QUIET_RATE, QUIET_RATE * SECONDS), true);
        run(&stack, &quiet).await?;
        let load = (FLOOD_RATE, FLOOD_RATE * SECONDS);
        let others = evenly(QUIET + 1..=2 * QUIET, load, false);
        let flood = evenly(QUIET..=QUIET, load, false);
        for (at, beside) in [Vec::new(), others, flood].into_iter().enumerate() {
            let all = merged(quiet.clone(), beside);
            at_rest(&stack).await?;
            measured[at].add(&run(&stack, &all).await?);
        }
        stack.shutdown().await;
    }
    let alone = (measured[0].median.median(), measured[0].slowest.median());
    let row = |(kind, it): (&&str, &Measured)| {
        let ratio = |figure: &Figure, alone: f64| format!("{:.2}", figure.median() / alone);
        let (median, slowest) = (ratio(&it.median, alone.0), ratio(&it.slowest, alone.1));
        vec![
            kind.to_string(),
            it.median.shown(),
            median,
            it.slowest.shown(),
            slowest,
        ]
    };
    let rows: Vec<_> = kinds.iter().zip(&measured).map(row).collect();
    let head = ["quiet vendors", "p50, ms", "ratio", "p99, ms", "ratio"];
    say(&table(&head, &rows))
}

fn merged(mut some: Vec<Arrival>, others: Vec<Arrival>) -> Vec<Arrival> {
    some.extend(others);
    some.sort_by_key(|arrival| arrival.at);
    some
}

/// One vendor's lane grows; what the others' messages take is measured at each length, and while conversations of the one are worked off.
async fn behind_a_backlog(arguments: &Arguments) -> Result<()> {
    let sizes = up_to(&[0, 1_000, 10_000], arguments.most);
    let stack = vendors::stack_with(QUIET + 1).await?;
    let quiet = evenly(0..QUIET, (QUIET_RATE, QUIET_RATE * SECONDS), true);
    run(&stack, &quiet).await?;
    let conversation = stack.mappings().first().context("no mapping")?;
    let mut measured = Vec::new();
    let mut rows = Vec::new();
    let mut there = 0;
    for size in &sizes {
        conversation.pause();
        let more = evenly(QUIET..=QUIET, (1_000, u32::try_from(size - there)?), false);
        run(&stack, &more).await?;
        conversation.resume();
        let meanwhile = run(&stack, &quiet).await?;
        conversation.idle().await;
        let waiting = stack.aws().queues().depth("local-outbound.fifo")?;
        let mut it = Measured::default();
        for _ in 0..arguments.rounds {
            it.add(&run(&stack, &quiet).await?);
        }
        rows.push(vec![
            (waiting.visible + waiting.in_flight).to_string(),
            it.median.shown(),
            it.slowest.shown(),
            (size - there).to_string(),
            format!("{:.0}", millis(meanwhile.percentile(50))),
            format!("{:.0}", millis(meanwhile.percentile(99))),
        ]);
        measured.push(it);
        there = *size;
    }
    let head = [
        "in one lane",
        "p50 of others, ms",
        "p99 of others, ms",
        "conversations that came before",
        "p50 of others meanwhile, ms",
        "p99, ms",
    ];
    say(&table(&head, &rows))?;
    let steps: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    let measured: Vec<&Measured> = measured.iter().collect();
    draw(
        arguments,
        "backlog",
        "From webhook to provider, ms, of others than the one with a backlog",
        (&steps, &measured),
    )?;
    stack.shutdown().await;
    Ok(())
}

fn draw(
    arguments: &Arguments,
    name: &str,
    title: &str,
    (steps, measured): (&[String], &[&Measured]),
) -> Result<()> {
    let Some(folder) = &arguments.plots else {
        return Ok(());
    };
    let line = |name, colour, figure: fn(&Measured) -> &Figure| Line {
        name,
        colour,
        values: measured.iter().map(|it| figure(it).median()).collect(),
    };
    let lines = [
        line("p50", "#1f77b4", |it| &it.median),
        line("p99", "#d62728", |it| &it.slowest),
    ];
    std::fs::create_dir_all(folder)?;
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    plot(
        &folder.join(format!("chain-{name}.svg")),
        title,
        &steps,
        &lines,
    )
}
