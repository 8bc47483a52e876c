//! Whether a vendor's flood slows others.

use anyhow::Result;

use crate::figures::{Figure, table};
use crate::load::{Arrival, evenly, run};
use crate::measured::{Measured, QUIET, QUIET_RATE, SECONDS};
use crate::vendors::{self, at_rest};
use crate::{Arguments, say};

/// Messages a second to the vendor that is flooded, and in all to as many others as there are quiet ones.
const FLOOD_RATE: u32 = 20;

pub(crate) async fn beside_a_flood(arguments: &Arguments) -> Result<()> {
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
