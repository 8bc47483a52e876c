use wabactl::batch::{Runs, undo};

use super::{Context, Failure, pace, report, stop_on_interrupt};

/// Undoes a run, at the gateway that it was about.
pub(crate) async fn run(
    context: &Context,
    (runs, name): (&Runs, &str),
    force: bool,
    at_once: usize,
) -> Result<report::Told, Failure> {
    let mut journal = runs.find(name)?;
    let client = context.client()?;
    if client.address() != journal.gateway() {
        let told = format!("run {name} is about {}: give its --url", journal.gateway());
        return Err(Failure::Usage(told));
    }
    let stop = stop_on_interrupt();
    let bar = context.output.progress(journal.standing(), "vendors");
    let ticks = || bar.inc(1);
    let rows = undo(&client, &mut journal, force, pace(at_once, &stop, &ticks)).await?;
    bar.finish_and_clear();
    Ok(report::of_undo(name, &rows))
}
