//! How dwell, cost and throughput grow with the number of vendors.

use std::time::{Duration, Instant};

use anyhow::Result;
use local::Stack;

use crate::figures::{Figure, as_f64, millis, table};
use crate::load::{Arrival, Cost, evenly, run};
use crate::measured::{Curve, DWELL, Measured, SECONDS, draw, up_to};
use crate::vendors::{self, at_rest};
use crate::{Arguments, say};

const THROUGHPUT: Curve = ("messages/s", "#2ca02c", |it| &it.rate);

/// Messages before the first run.
const WARM_UP: u32 = 100;

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
        let begun = Instant::now();
        let stack = vendors::stack_with(size).await?;
        let each = millis(begun.elapsed()) / as_f64(size);
        say(&format!("{size} vendors are registered, {each:.1} ms each"))?;
        run(&stack, &evenly(0..size, (rate, WARM_UP), true)).await?;
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
        // What follows the answers is not to be the next stack's to bear.
        at_rest(stack).await?;
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
pub(crate) async fn with_vendors(arguments: &Arguments) -> Result<()> {
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
    let measured: Vec<&Measured> = stands.iter().map(|stand| &stand.measured).collect();
    let steps = (sizes.as_slice(), measured.as_slice());
    let title = "From webhook to provider, ms, by vendors";
    draw(arguments, ("vendors", title), steps, &DWELL)?;
    let title = "Messages a second in a burst, by vendors";
    draw(arguments, ("throughput", title), steps, &[THROUGHPUT])?;
    for stand in stands {
        stand.stack.shutdown().await;
    }
    Ok(())
}

/// All vendors in turn, from one on: of many most write for the first time, and of few none.
fn in_turn(vendors: usize, first: usize) -> impl Iterator<Item = usize> + Clone {
    (0..vendors).map(move |number| (first + number) % vendors)
}

/// As many messages as lanes let through in five seconds, at most five hundred, all at once.
fn burst(vendors: usize, first: usize) -> Vec<Arrival> {
    let arrival = |vendor| Arrival {
        at: Duration::ZERO,
        vendor,
        is_measured: true,
    };
    let messages = (vendors * 20).min(500);
    let turns = in_turn(vendors, first).cycle();
    turns.take(messages).map(arrival).collect()
}
