use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde_json::{Value, json};
use wabactl::batch::{Change, PlannedRow, Registry, Runs, plan, run, verify};
use wabactl::{AdminClient, SheetRow, read_sheet};

use super::{Context, Failure, Outcome, pace, report, stop_on_interrupt, undo};
use crate::cli::table::{Table, scalar};

/// The largest sheet, in bytes: some 100,000 vendors.
const SHEET_BYTES: u64 = 16 * 1024 * 1024;

/// Registers every vendor of a CSV file
///
/// The whole file is checked first, by itself and against the gateway's vendors. Running it again does what is not done yet.
#[derive(Args)]
pub(crate) struct Batch {
    #[arg(required_unless_present = "undo", conflicts_with = "undo")]
    file: Option<PathBuf>,
    /// Shows what would become of each vendor, and changes nothing
    #[arg(long, conflicts_with_all = ["undo", "report"])]
    dry_run: bool,
    /// Brings back what a run changed: vendors that it created are deleted, others have their former fields again
    #[arg(long, value_name = "RUN")]
    undo: Option<String>,
    /// With --undo: also what somebody changed since, and vendors whose messages are under way
    #[arg(long, requires = "undo")]
    force: bool,
    /// Rows that are under way at the same time, 1 to 32
    #[arg(long, value_name = "N", default_value = "4", value_parser = RangedU64ValueParser::<usize>::new().range(1..=32))]
    concurrency: usize,
    /// How long to wait for the gateway to see whether each key is the registered number's
    #[arg(long, value_name = "SECONDS", default_value = "20")]
    wait: u64,
    /// Writes what became of each row, without secrets: JSON if the name ends in .json, else a table
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
}

impl Batch {
    pub(crate) async fn run(&self, runs: &Runs, context: &Context) -> Result<Outcome, Failure> {
        if let Some(name) = &self.undo {
            let told = undo::run(context, (runs, name), self.force, self.concurrency).await?;
            return self.told(&told, context);
        }
        let (text, rows) = sheet(self.file.as_deref().unwrap_or_else(|| Path::new("")))?;
        let client = context.client()?;
        let registry = Registry::read(&client).await?;
        let planned = plan(&rows, &registry).map_err(Failure::Sheet)?;
        if self.dry_run {
            return Ok(would(&planned, context));
        }
        let name = Runs::name(&text, &client.address());
        let told = self
            .write(&client, (&rows, &planned), (runs, &name), context)
            .await?;
        self.told(&told, context)
    }

    async fn write(
        &self,
        client: &AdminClient,
        (rows, planned): (&[SheetRow], &[PlannedRow]),
        (runs, name): (&Runs, &str),
        context: &Context,
    ) -> Result<report::Told, Failure> {
        let mut journal = runs.begin(name, &client.address())?;
        let stop = stop_on_interrupt();
        let bar = context.output.progress(rows.len(), "vendors");
        let ticks = || bar.inc(1);
        let pace = pace(self.concurrency, &stop, &ticks);
        let mut ended = run(client, (rows, planned), &mut journal, pace).await?;
        bar.set_message("numbers");
        // What is registered stays so, whether it can be looked at or not.
        let patience = Duration::from_secs(self.wait);
        if ended.count(wabactl::batch::Done::is_good) > 0 {
            let _ = verify(client, rows, &mut ended, patience, &stop).await;
        }
        bar.finish_and_clear();
        Ok(report::of_batch(name, &ended))
    }

    /// Shows how it ended, and writes the reports that are wanted.
    fn told(&self, told: &report::Told, context: &Context) -> Result<Outcome, Failure> {
        for file in &self.report {
            let is_json = file.extension().is_some_and(|end| end == "json");
            let text = if is_json {
                format!("{:#}\n", told.json)
            } else {
                told.text(&told.table.text(false))
            };
            fs::write(file, text).map_err(|error| {
                Failure::Usage(format!("cannot write {}: {error}", file.display()))
            })?;
        }
        let output = context.output;
        let text = || told.text(&output.table(&told.table));
        Ok(output.done(|| told.json.clone(), text).ending(told.exit))
    }
}

/// A sheet as it is in its file, and its rows.
pub(crate) fn sheet(file: &Path) -> Result<(Vec<u8>, Vec<SheetRow>), Failure> {
    let cannot = |error| Failure::Usage(format!("cannot read {}: {error}", file.display()));
    let size = fs::metadata(file).map_err(cannot)?.len();
    if size > SHEET_BYTES {
        let told = format!("{} has more than {SHEET_BYTES} bytes", file.display());
        return Err(Failure::Usage(told));
    }
    let text = fs::read(file).map_err(cannot)?;
    let rows = read_sheet(&text).map_err(Failure::Sheet)?;
    Ok((text, rows))
}

/// What a run would do.
fn would(planned: &[PlannedRow], context: &Context) -> Outcome {
    let count = |is_meant: fn(&Change) -> bool| {
        let meant = planned.iter().filter(|row| is_meant(&row.change));
        meant.count()
    };
    let created = count(|change| *change == Change::Create);
    let unchanged = count(|change| *change == Change::Unchanged);
    let updated = planned.len() - created - unchanged;
    let output = context.output;
    output.done(
        || {
            let rows: Vec<_> = planned.iter().map(row_json).collect();
            json!({"dryRun": true, "create": created, "change": updated, "unchanged": unchanged, "rows": rows})
        },
        || {
            let heads = ["LINE", "VENDOR", "CHANGE", "FIELD", "OLD", "NEW"];
            let table = output.table(&Table::new(&heads, planned.iter().flat_map(row_cells)));
            format!(
                "{table}\n{created} to create, {updated} to change, {unchanged} unchanged; nothing was changed. Secrets are not compared: the gateway does not tell them\n"
            )
        },
    )
}

const fn word(change: &Change) -> &'static str {
    match change {
        Change::Create => "create",
        Change::Update(_) => "change",
        Change::Unchanged => "unchanged",
    }
}

fn row_json(row: &PlannedRow) -> Value {
    let fields: Vec<_> = match &row.change {
        Change::Update(fields) => fields
            .iter()
            .map(|field| json!({"field": field.field, "old": field.old, "new": field.new}))
            .collect(),
        Change::Create | Change::Unchanged => Vec::new(),
    };
    json!({"line": row.line, "vendorId": row.vendor_id.as_str(), "change": word(&row.change), "fields": fields})
}

fn row_cells(row: &PlannedRow) -> Vec<Vec<String>> {
    let line = |cells: [String; 3]| {
        let first = [
            row.line.to_string(),
            row.vendor_id.to_string(),
            word(&row.change).to_owned(),
        ];
        first.into_iter().chain(cells).collect()
    };
    match &row.change {
        Change::Update(fields) => fields
            .iter()
            .map(|field| line([field.field.clone(), scalar(&field.old), scalar(&field.new)]))
            .collect(),
        Change::Create | Change::Unchanged => vec![line(Default::default())],
    }
}
