use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wabactl::{Registered, Registration, Report, RowOutcome, migrate, read_csv};

use super::{Context, Exit, Failure, Outcome};
use crate::cli::table::Table;

/// Registers vendors that were elsewhere before
#[derive(Args)]
pub(crate) struct Migrate {
    #[command(subcommand)]
    how: How,
}

#[derive(Subcommand)]
enum How {
    /// Registers every vendor of a CSV file; it may be run again
    Batch {
        file: PathBuf,
        /// Checks the file and changes nothing; needs no key
        #[arg(long)]
        dry_run: bool,
    },
}

impl Migrate {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let How::Batch { file, dry_run } = &self.how;
        let rows = sheet(file)?;
        if *dry_run {
            return Ok(checked(&rows, context));
        }
        let report = migrate(&context.client()?, &rows).await;
        Ok(migrated(&report, context))
    }
}

fn sheet(file: &Path) -> Result<Vec<Registration>, Failure> {
    let text = fs::read(file)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))?;
    read_csv(&text).map_err(Failure::Sheet)
}

fn checked(rows: &[Registration], context: &Context) -> Outcome {
    let ids: Vec<_> = rows.iter().map(|row| row.vendor_id.as_str()).collect();
    context.output.done(
        || json!({"dryRun": true, "vendorIds": ids}),
        || format!("{} rows are good; nothing was sent\n", rows.len()),
    )
}

fn migrated(report: &Report, context: &Context) -> Outcome {
    let (created, updated, failed) = (report.created(), report.updated(), report.failed());
    let output = context.output;
    let outcome = output.done(
        || {
            let rows: Vec<_> = report.rows.iter().map(row_json).collect();
            json!({"created": created, "updated": updated, "failed": failed, "rows": rows})
        },
        || {
            let rows = report.rows.iter().map(row_cells);
            let table = Table::new(&["VENDOR", "OUTCOME", "DETAIL"], rows);
            let table = output.table(&table);
            format!("{table}\n{created} created, {updated} updated, {failed} failed\n")
        },
    );
    outcome.ending(match (created + updated, failed) {
        (_, 0) => Exit::Done,
        (0, _) => {
            let first = report
                .rows
                .iter()
                .find_map(|row| row.outcome.as_ref().err());
            first.map_or(Exit::Failed, Exit::of)
        }
        _ => Exit::Partly,
    })
}

fn row_json(row: &RowOutcome) -> Value {
    let mut line = json!({"vendorId": row.vendor_id.as_str(), "outcome": outcome_word(row)});
    if let Err(error) = &row.outcome {
        line["code"] = error.code().into();
        line["detail"] = error.to_string().into();
    }
    line
}

fn row_cells(row: &RowOutcome) -> Vec<String> {
    let detail = row.outcome.as_ref().err().map(ToString::to_string);
    vec![
        row.vendor_id.to_string(),
        outcome_word(row).to_owned(),
        detail.unwrap_or_default(),
    ]
}

const fn outcome_word(row: &RowOutcome) -> &'static str {
    match row.outcome {
        Ok(Registered::Created) => "created",
        Ok(Registered::Updated) => "updated",
        Err(_) => "failed",
    }
}
