use serde_json::json;
use wabactl::batch::Runs;

use super::{Context, Failure, Outcome};
use crate::cli::table::Table;

/// The runs that journals are kept of, with the gateway that each is about and how many vendors it changed.
pub(crate) fn list(runs: &Runs, context: &Context) -> Result<Outcome, Failure> {
    let names = runs
        .names()
        .map_err(|error| Failure::Usage(format!("cannot list the runs: {error}")))?;
    let mut lines = Vec::new();
    for name in names {
        let journal = runs.find(&name)?;
        let gateway = journal.gateway().to_owned();
        lines.push((name, gateway, journal.standing()));
    }
    let output = context.output;
    Ok(output.done(
        || {
            let lines = lines.iter().map(
                |(run, gateway, standing)| json!({"run": run, "gateway": gateway, "vendors": standing}),
            );
            json!({"runs": lines.collect::<Vec<_>>()})
        },
        || {
            let lines = lines.iter();
            let lines = lines.map(|(run, gateway, n)| vec![run.clone(), gateway.clone(), n.to_string()]);
            output.table(&Table::new(&["RUN", "GATEWAY", "VENDORS"], lines))
        },
    ))
}
