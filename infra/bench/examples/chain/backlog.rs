//! How dwell grows with what waits for one vendor.

use anyhow::{Context as _, Result};

use crate::figures::{millis, table};
use crate::load::{evenly, run};
use crate::measured::{DWELL, Measured, QUIET, QUIET_RATE, SECONDS, draw, up_to};
use crate::vendors;
use crate::{Arguments, say};

/// One vendor's lane grows; what the others' messages take is measured at each length, and while conversations of the one are worked off.
pub(crate) async fn behind_a_backlog(arguments: &Arguments) -> Result<()> {
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
    let measured: Vec<&Measured> = measured.iter().collect();
    let title = "From webhook to provider, ms, by what waits for another vendor";
    draw(arguments, ("backlog", title), (&sizes, &measured), &DWELL)?;
    stack.shutdown().await;
    Ok(())
}
