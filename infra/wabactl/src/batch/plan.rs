use std::collections::BTreeMap;

use domain::VendorId;
use serde_json::Value;

use super::registry::Registry;
use super::view::View;
use crate::sheet::{Column, CsvProblem, CsvProblems, Reason, SheetRow};

/// What a row of a sheet would do to the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRow {
    pub line: u64,
    pub vendor_id: VendorId,
    pub change: Change,
    /// How the vendor is; `None` if there is none.
    pub(super) before: Option<View>,
    pub(super) wanted: View,
}

/// What would become of a vendor. Secrets are not compared: the gateway does not tell them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Create,
    Update(Vec<FieldChange>),
    Unchanged,
}

/// A field that would have another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    pub field: String,
    pub old: Value,
    pub new: Value,
}

/// Holds a sheet against a gateway: what each row would do, or every number and label that another vendor has.
pub fn plan(rows: &[SheetRow], registry: &Registry) -> Result<Vec<PlannedRow>, CsvProblems> {
    let problems = taken(rows, registry);
    if !problems.is_empty() {
        return Err(CsvProblems(problems));
    }
    Ok(rows.iter().map(|row| planned(row, registry)).collect())
}

fn planned(row: &SheetRow, registry: &Registry) -> PlannedRow {
    let vendor_id = row.registration.vendor_id.clone();
    let before = registry.view(&vendor_id);
    let wanted = View::wanted(&row.registration);
    PlannedRow {
        line: row.line,
        change: change(before.as_ref(), &wanted),
        vendor_id,
        before,
        wanted,
    }
}

fn change(before: Option<&View>, wanted: &View) -> Change {
    let Some(before) = before else {
        return Change::Create;
    };
    let changes: Vec<_> = wanted
        .iter()
        .filter(|(field, new)| before.get(field) != Some(new))
        .map(|(field, new)| FieldChange {
            field: field.to_owned(),
            old: before.get(field).cloned().unwrap_or_default(),
            new: new.clone(),
        })
        .collect();
    if changes.is_empty() {
        Change::Unchanged
    } else {
        Change::Update(changes)
    }
}

/// What rows claim that a vendor of the gateway has and, by this sheet, keeps.
fn taken(rows: &[SheetRow], registry: &Registry) -> Vec<CsvProblem> {
    let claims = |row: &SheetRow, column: Column| -> String {
        match column {
            Column::PhoneNumber => row.registration.phone_number.expose().to_owned(),
            _ => row.registration.wasender_instance_id.clone(),
        }
    };
    let mut problems = Vec::new();
    for column in [Column::PhoneNumber, Column::WasenderInstanceId] {
        let owners = registry.owners(column.name());
        let claimed: BTreeMap<_, _> = rows
            .iter()
            .map(|row| (row.registration.vendor_id.as_str(), claims(row, column)))
            .collect();
        for row in rows {
            let value = claims(row, column);
            let owner = owners.get(&value).map(String::as_str);
            let is_taken = owner.is_some_and(|owner| {
                let gives_it_up = claimed.get(owner).is_some_and(|other| *other != value);
                owner != row.registration.vendor_id.as_str() && !gives_it_up
            });
            if is_taken {
                problems.push(CsvProblem {
                    line: row.line,
                    column: Some(column),
                    reason: Reason::Taken,
                });
            }
        }
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sheet::read_sheet;

    const HEADER: &str =
        "vendorId,businessName,phoneNumber,wasenderInstanceId,wasenderWebhookSecret,wasenderApiKey";

    fn sheet(rows: &str) -> Vec<SheetRow> {
        read_sheet(format!("{HEADER}\n{rows}").as_bytes()).unwrap()
    }

    fn vendor(id: &str, name: &str, phone: &str, label: &str) -> Value {
        json!({"vendorId": id, "businessName": name,
            "wabaInstances": [{"wabaId": format!("waba_{id}"), "phoneNumber": phone, "provider": "wasender", "wasenderInstanceId": label}]})
    }

    #[test]
    fn a_row_creates_changes_or_leaves_a_vendor() {
        let rows = sheet(
            "v_1,A,+221770000001,i_1,secret_1,\nv_2,B,+221770000002,i_2,secret_2,\nv_3,C,+221770000003,i_3,secret_3,",
        );
        let registry = Registry::of([
            vendor("v_2", "Old", "+221770000002", "i_2"),
            vendor("v_3", "C", "+221770000003", "i_3"),
        ]);
        let changes: Vec<_> = plan(&rows, &registry)
            .unwrap()
            .into_iter()
            .map(|row| row.change)
            .collect();
        let renamed = FieldChange {
            field: "businessName".to_owned(),
            old: "Old".into(),
            new: "B".into(),
        };
        assert_eq!(
            changes,
            [
                Change::Create,
                Change::Update(vec![renamed]),
                Change::Unchanged
            ]
        );
    }

    #[test]
    fn what_another_vendor_has_is_told_by_line_and_column() {
        let rows = sheet("v_1,A,+221770000009,i_1,secret_1,\nv_2,B,+221770000002,i_9,secret_2,");
        let registry = Registry::of([vendor("v_9", "N", "+221770000009", "i_9")]);
        let told = plan(&rows, &registry).unwrap_err().to_string();
        assert_eq!(
            told,
            "line 2, column phoneNumber: another vendor of the gateway has it\nline 3, column wasenderInstanceId: another vendor of the gateway has it"
        );
    }

    #[test]
    fn a_number_that_its_vendor_gives_up_in_the_same_sheet_may_go_to_another() {
        let rows = sheet("v_1,A,+221770000002,i_1,secret_1,\nv_2,B,+221770000003,i_2,secret_2,");
        let registry = Registry::of([vendor("v_2", "B", "+221770000002", "i_2")]);
        assert!(plan(&rows, &registry).is_ok());
    }
}
