use std::fs;
use std::path::Path;

use domain::VendorId;
use serde_json::{Value, json};
use uuid::Uuid;
use wabactl::{
    AdminClient, ClientError, Direction, Page, Registered, Registration, Report, RowOutcome,
    migrate, read_csv,
};

use super::arguments::{Arguments, Command, Vendors};
use super::target::client;
use super::text;
use super::{Failure, Outcome};

/// Messages that are asked for at once, the most that the gateway gives.
const PAGE: usize = 100;

/// Does what was asked, and answers what there is to show.
pub(crate) async fn run(arguments: Arguments) -> Result<Outcome, Failure> {
    let json = arguments.json;
    match &arguments.command {
        Command::Migrate { file, dry_run } => {
            let rows = sheet(file)?;
            if *dry_run {
                return Ok(checked(&rows, json));
            }
            Ok(migrated(&migrate(&client(&arguments)?, &rows).await, json))
        }
        Command::Vendors { command } => {
            let client = client(&arguments)?;
            match command {
                Vendors::List => list_vendors(&client, json).await,
                Vendors::Show { id } => show_vendor(&client, id, json).await,
            }
        }
        Command::Messages {
            id,
            direction,
            limit,
        } => {
            let direction = direction.map(Direction::from);
            let messages = messages(&client(&arguments)?, id, direction, limit.get()).await?;
            Ok(Outcome::complete(if json {
                pretty(&json!({ "messages": messages }))
            } else {
                text::messages(&messages)
            }))
        }
        Command::Send {
            id,
            to,
            text,
            idempotency_key,
        } => {
            let key = idempotency_key.clone();
            let key = key.unwrap_or_else(|| Uuid::now_v7().to_string());
            let sent = client(&arguments)?.send(id, to, text, Some(&key)).await;
            sent_outcome(sent, key, json)
        }
    }
}

fn sheet(file: &Path) -> Result<Vec<Registration>, Failure> {
    let text = fs::read(file)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))?;
    read_csv(&text).map_err(Failure::Sheet)
}

fn checked(rows: &[Registration], json: bool) -> Outcome {
    Outcome::complete(if json {
        let ids: Vec<_> = rows.iter().map(|row| row.vendor_id.as_str()).collect();
        pretty(&json!({"dryRun": true, "vendorIds": ids}))
    } else {
        format!("{} rows are good; nothing was sent\n", rows.len())
    })
}

fn migrated(report: &Report, json: bool) -> Outcome {
    let (created, updated, failed) = (report.created(), report.updated(), report.failed());
    let output = if json {
        let rows: Vec<_> = report.rows.iter().map(row_json).collect();
        pretty(&json!({"created": created, "updated": updated, "failed": failed, "rows": rows}))
    } else {
        let rows = report.rows.iter().map(row_cells);
        let table = text::table(&["VENDOR", "OUTCOME", "DETAIL"], rows);
        format!("{table}\n{created} created, {updated} updated, {failed} failed\n")
    };
    Outcome {
        output,
        complete: failed == 0,
    }
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

async fn list_vendors(client: &AdminClient, json: bool) -> Result<Outcome, Failure> {
    let mut vendors = Vec::new();
    let mut cursor = None;
    loop {
        let page = client.vendors(cursor.as_deref()).await?;
        vendors.extend(page.items);
        if page.next_cursor.is_none() || page.next_cursor == cursor {
            break;
        }
        cursor = page.next_cursor;
    }
    Ok(Outcome::complete(if json {
        pretty(&json!({ "vendors": vendors }))
    } else {
        text::vendors(&vendors)
    }))
}

async fn show_vendor(client: &AdminClient, id: &VendorId, json: bool) -> Result<Outcome, Failure> {
    let vendor = client.vendor(id).await?;
    Ok(Outcome::complete(if json {
        pretty(&vendor)
    } else {
        text::document(&vendor)
    }))
}

async fn messages(
    client: &AdminClient,
    id: &VendorId,
    direction: Option<Direction>,
    limit: usize,
) -> Result<Vec<Value>, Failure> {
    let mut messages = Vec::new();
    let mut cursor = None;
    while messages.len() < limit {
        let wanted = (limit - messages.len()).min(PAGE);
        let Page { items, next_cursor } = client
            .messages(id, direction, Some(wanted), cursor.as_deref())
            .await?;
        messages.extend(items);
        if next_cursor.is_none() || next_cursor == cursor {
            break;
        }
        cursor = next_cursor;
    }
    messages.truncate(limit);
    Ok(messages)
}

fn sent_outcome(
    sent: Result<String, ClientError>,
    key: String,
    json: bool,
) -> Result<Outcome, Failure> {
    match sent {
        Ok(id) if json => {
            let answer = json!({"messageId": id, "status": "queued", "idempotencyKey": key});
            Ok(Outcome::complete(pretty(&answer)))
        }
        Ok(id) => Ok(Outcome::complete(format!("{id} queued\n"))),
        Err(error) if error.is_in_doubt() => Err(Failure::SendInDoubt { error, key }),
        Err(error) => Err(error.into()),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
