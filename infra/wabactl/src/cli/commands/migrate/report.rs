//! How a run ended, for a person and for a machine. No secret and no number is in it.

use serde_json::{Value, json};
use wabactl::ClientError;
use wabactl::batch::{BatchReport, Done, ReportRow, Undone, UndoneRow};

use super::{Exit, exit};
use crate::cli::table::Table;

/// What is to be told of a run.
pub(crate) struct Told {
    pub(crate) json: Value,
    pub(crate) table: Table,
    /// What the rows amount to, and what to do next.
    closing: String,
    pub(crate) exit: Exit,
}

impl Told {
    pub(crate) fn text(&self, table: &str) -> String {
        format!("{table}\n{}\n", self.closing)
    }
}

pub(crate) fn of_batch(run: &str, ended: &BatchReport) -> Told {
    let created = ended.count(|done| *done == Done::Created);
    let updated = ended.count(|done| *done == Done::Updated);
    let before = ended.count(|done| *done == Done::Before);
    let failed = ended.count(|done| matches!(done, Done::Failed(_)));
    let not_tried = ended.count(|done| *done == Done::NotTried);
    let mismatches = ended.mismatches();
    let further = [
        (before, "done before"),
        (not_tried, "not tried"),
        (mismatches, "with a key of another number"),
    ];
    let further = further.into_iter().filter(|(count, _)| *count > 0);
    let further: String = further
        .map(|(count, what)| [", ", &count.to_string(), " ", what].concat())
        .collect();
    let mut closing =
        format!("{created} created, {updated} updated, {failed} failed{further}; run {run}");
    if failed + not_tried > 0 {
        closing.push_str("\nrun the same again to do the rest");
    }
    let errors = ended.rows.iter().filter_map(|row| match &row.done {
        Done::Failed(error) => Some(error),
        _ => None,
    });
    let rows = ended.rows.iter();
    Told {
        json: json!({
            "run": run, "created": created, "updated": updated, "doneBefore": before, "failed": failed,
            "notTried": not_tried, "mismatches": mismatches, "rows": rows.clone().map(row_json).collect::<Vec<_>>(),
        }),
        table: Table::new(
            &["VENDOR", "OUTCOME", "NUMBER", "DETAIL"],
            rows.map(row_cells),
        ),
        closing,
        exit: exit(
            created + updated + before - mismatches,
            failed + mismatches,
            not_tried,
            errors,
        ),
    }
}

fn row_json(row: &ReportRow) -> Value {
    let mut line = json!({"line": row.line, "vendorId": row.vendor_id.as_str(), "outcome": row.done.word(), "identity": row.identity});
    if let Done::Failed(error) = &row.done {
        tell(&mut line, error);
    }
    line
}

fn row_cells(row: &ReportRow) -> Vec<String> {
    let detail = match &row.done {
        Done::Failed(error) => error.to_string(),
        _ => String::new(),
    };
    vec![
        row.vendor_id.to_string(),
        row.done.word().to_owned(),
        row.identity.clone().unwrap_or_default(),
        detail,
    ]
}

fn tell(line: &mut Value, error: &ClientError) {
    line["code"] = error.code().into();
    line["detail"] = error.to_string().into();
}

/// What a person must know of a vendor that is restored.
const SECRETS: &str = "restored vendors keep the sheet's secrets and keys, for nothing tells the former ones: a former webhook secret stays good \
for 24 hours after it was replaced; to keep it, register it again before";

pub(crate) fn of_undo(run: &str, rows: &[UndoneRow]) -> Told {
    let count = |is_meant: fn(&Undone) -> bool| {
        let meant = rows.iter().filter(|row| is_meant(&row.undone));
        meant.count()
    };
    let deleted = count(|undone| *undone == Undone::Deleted);
    let restored = count(|undone| *undone == Undone::Restored);
    let good = count(Undone::is_good);
    let not_tried = count(|undone| *undone == Undone::NotTried);
    let left = rows.len() - good - not_tried;
    let mut closing = format!(
        "{deleted} deleted, {restored} restored, {} as before, {left} left as they are; run {run} undone",
        good - deleted - restored
    );
    if restored > 0 {
        closing.push('\n');
        closing.push_str(SECRETS);
    }
    if left + not_tried > 0 {
        closing.push_str(
            "\nrun the same again to do the rest; --force also undoes what was changed since",
        );
    }
    let errors = rows.iter().filter_map(|row| match &row.undone {
        Undone::Failed(error) => Some(error),
        _ => None,
    });
    Told {
        json: json!({
            "run": run, "deleted": deleted, "restored": restored, "left": left, "notTried": not_tried,
            "secretsRestored": false, "rows": rows.iter().map(undone_json).collect::<Vec<_>>(),
        }),
        table: Table::new(
            &["VENDOR", "OUTCOME", "DETAIL"],
            rows.iter().map(undone_cells),
        ),
        closing,
        exit: exit(good, left, not_tried, errors),
    }
}

fn undone_json(row: &UndoneRow) -> Value {
    let mut line = json!({"vendorId": row.vendor_id.as_str(), "outcome": row.undone.word()});
    if let Undone::Failed(error) = &row.undone {
        tell(&mut line, error);
    }
    line
}

fn undone_cells(row: &UndoneRow) -> Vec<String> {
    let detail = match &row.undone {
        Undone::Failed(error) => error.to_string(),
        Undone::ChangedSince => {
            "somebody changed it since; --force undoes it all the same".to_owned()
        }
        Undone::Gone => {
            "it was deleted since; without its secrets it can't be made again".to_owned()
        }
        _ => String::new(),
    };
    vec![
        row.vendor_id.to_string(),
        row.undone.word().to_owned(),
        detail,
    ]
}
