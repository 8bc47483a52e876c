mod cells;
mod columns;
mod problem;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

use csv::{ReaderBuilder, StringRecord, Trim};
use domain::{ApiKey, PhoneNumber, VendorId, WebhookSecret};
use serde_json::{Map, Value};

use self::columns::Columns;
use crate::registration::Registration;

pub use self::columns::Column;
pub use self::problem::{CsvProblem, CsvProblems, Reason};

/// A vendor of a sheet, and the line that it begins on.
#[derive(Clone, Debug)]
pub struct SheetRow {
    pub line: u64,
    pub registration: Registration,
}

/// The vendors of a sheet; see [`read_sheet`].
pub fn read_csv(text: &[u8]) -> Result<Vec<Registration>, CsvProblems> {
    let rows = read_sheet(text)?.into_iter();
    Ok(rows.map(|row| row.registration).collect())
}

/// Reads a sheet of vendors whole, or tells everything that is wrong with it. Commas or semicolons, the byte-order mark that spreadsheets
/// write, both kinds of line end, and blank rows are tolerated; spaces around a cell are not part of it.
pub fn read_sheet(text: &[u8]) -> Result<Vec<SheetRow>, CsvProblems> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let whole = |line, reason| {
        CsvProblems(vec![CsvProblem {
            line,
            column: None,
            reason,
        }])
    };
    let text = std::str::from_utf8(text).map_err(|error| {
        let before = &text[..error.valid_up_to()];
        whole(1 + line_breaks(before), Reason::Encoding)
    })?;
    let mut records = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(text))
        .trim(Trim::All)
        .from_reader(text.as_bytes())
        .into_records()
        // The text is UTF-8 and any number of cells is taken, so that no other error is left.
        .filter_map(Result::ok);
    let columns = Columns::read(records.next().as_ref()).map_err(|reason| whole(1, reason))?;
    let mut reading = Reading::of(columns);
    let mut lines = Lines::of(text);
    for record in records {
        let line = lines.line_of(&record);
        reading.row(line, &record);
    }
    if reading.problems.is_empty() {
        Ok(reading.rows)
    } else {
        Err(CsvProblems(reading.problems))
    }
}

/// What the header puts between its names: spreadsheets write semicolons where the comma is the decimal point.
fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let is_semicolons = header.contains(';') && !header.contains(',');
    if is_semicolons { b';' } else { b',' }
}

fn line_breaks(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// Counts lines as an editor does; the reader itself begins a record before the line feed of the last one.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    fn line_of(&mut self, record: &StringRecord) -> u64 {
        let start = record.position().map_or(0, csv::Position::byte);
        let start = usize::try_from(start).map_or(self.text.len(), |at| at.min(self.text.len()));
        let blank = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let start = start + self.text[start..].iter().take_while(blank).count();
        self.line += line_breaks(&self.text[self.at.min(start)..start]);
        self.at = start;
        self.line
    }
}

struct Reading {
    columns: Columns,
    rows: Vec<SheetRow>,
    problems: Vec<CsvProblem>,
    /// Where a value that must be unique stood first.
    seen: HashMap<(Column, String), u64>,
}

impl Reading {
    fn of(columns: Columns) -> Self {
        Self {
            columns,
            rows: Vec::new(),
            problems: Vec::new(),
            seen: HashMap::new(),
        }
    }

    fn row(&mut self, line: u64, record: &StringRecord) {
        if record.iter().all(str::is_empty) {
            return;
        }
        let (found, columns) = (record.len(), self.columns.count());
        if found != columns {
            return self.problem(line, None, Reason::Cells { found, columns });
        }
        let vendor_id = self.cell(line, Column::VendorId, record, VendorId::parse);
        let name = self.cell(line, Column::BusinessName, record, cells::business_name);
        let phone = self.cell(line, Column::PhoneNumber, record, cells::international);
        let instance = self.cell(line, Column::WasenderInstanceId, record, cells::instance_id);
        let secret = self.cell(
            line,
            Column::WasenderWebhookSecret,
            record,
            WebhookSecret::parse,
        );
        let key = self.optional_cell(line, Column::WasenderApiKey, record, ApiKey::parse);
        for (column, value) in [
            (Column::VendorId, vendor_id.as_ref().map(VendorId::as_str)),
            (Column::PhoneNumber, phone.as_ref().map(PhoneNumber::expose)),
            (Column::WasenderInstanceId, instance.as_deref()),
            (
                Column::WasenderWebhookSecret,
                secret.as_ref().map(WebhookSecret::expose),
            ),
            (Column::WasenderApiKey, key.as_ref().map(ApiKey::expose)),
        ] {
            self.unique(line, column, value);
        }
        let more = self.more(line, record);
        if let (Some(vendor_id), Some(business_name), Some(phone_number)) = (vendor_id, name, phone)
            && let (Some(wasender_instance_id), Some(wasender_webhook_secret)) = (instance, secret)
        {
            let registration = Registration {
                vendor_id,
                business_name,
                phone_number,
                wasender_instance_id,
                wasender_webhook_secret,
                wasender_api_key: key,
                more,
            };
            self.rows.push(SheetRow { line, registration });
        }
    }

    /// What the optional columns tell.
    fn more(&mut self, line: u64, record: &StringRecord) -> Map<String, Value> {
        let mut more = Map::new();
        for column in self.columns.optional() {
            let text = self.columns.text(column, record);
            match (!text.is_empty()).then(|| cells::optional(column, text)) {
                Some(Ok(value)) => {
                    more.insert(column.name().to_owned(), value);
                }
                Some(Err(reason)) => self.problem(line, Some(column), Reason::Invalid(reason)),
                None => {}
            }
        }
        more
    }

    fn cell<T, E: fmt::Display>(
        &mut self,
        line: u64,
        column: Column,
        record: &StringRecord,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.columns.text(column, record).is_empty() {
            self.problem(line, Some(column), Reason::Empty);
        }
        self.optional_cell(line, column, record, parse)
    }

    fn optional_cell<T, E: fmt::Display>(
        &mut self,
        line: u64,
        column: Column,
        record: &StringRecord,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.columns.text(column, record);
        if text.is_empty() {
            return None;
        }
        parse(text)
            .map_err(|error| self.problem(line, Some(column), Reason::Invalid(error.to_string())))
            .ok()
    }

    fn unique(&mut self, line: u64, column: Column, value: Option<&str>) {
        let Some(value) = value else { return };
        let first = *self.seen.entry((column, value.to_owned())).or_insert(line);
        if first != line {
            self.problem(line, Some(column), Reason::Duplicate(first));
        }
    }

    fn problem(&mut self, line: u64, column: Option<Column>, reason: Reason) {
        self.problems.push(CsvProblem {
            line,
            column,
            reason,
        });
    }
}
