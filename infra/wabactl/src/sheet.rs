mod problem;

use std::collections::HashMap;
use std::fmt;

use csv::{ReaderBuilder, StringRecord, Trim};
use domain::{ApiKey, InvalidPhone, PhoneNumber, VendorId, WebhookSecret};

use self::problem::header;
use crate::registration::Registration;

pub use self::problem::{Column, CsvProblem, CsvProblems, Reason};

/// Reads a sheet of vendors whole, or tells everything that is wrong with it. The byte-order mark that spreadsheets write, both kinds of
/// line end, and blank rows are tolerated; spaces around a cell are not part of it.
pub fn read_csv(text: &[u8]) -> Result<Vec<Registration>, CsvProblems> {
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
        .trim(Trim::All)
        .from_reader(text.as_bytes())
        .into_records()
        // The text is UTF-8 and any number of cells is taken, so that no other error is left.
        .filter_map(Result::ok);
    let columns = columns(records.next().as_ref()).map_err(|reason| whole(1, reason))?;
    let mut reading = Reading {
        columns,
        ..Reading::default()
    };
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

/// How many columns the sheet has by its header.
fn columns(record: Option<&StringRecord>) -> Result<usize, Reason> {
    let record = record.ok_or(Reason::Header)?;
    for columns in [Column::NEEDED, Column::ALL.len()] {
        if record
            .iter()
            .eq(Column::ALL[..columns].iter().map(|column| column.name()))
        {
            return Ok(columns);
        }
        if record.len() == 1 && record[0].replace(';', ",") == header(columns) {
            return Err(Reason::Semicolons);
        }
    }
    Err(Reason::Header)
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

#[derive(Default)]
struct Reading {
    columns: usize,
    rows: Vec<Registration>,
    problems: Vec<CsvProblem>,
    /// Where a value that must be unique stood first.
    seen: HashMap<(Column, String), u64>,
}

impl Reading {
    fn row(&mut self, line: u64, record: &StringRecord) {
        if record.iter().all(str::is_empty) {
            return;
        }
        let (found, columns) = (record.len(), self.columns);
        if found != columns {
            return self.problem(line, None, Reason::Cells { found, columns });
        }
        let vendor_id = self.cell(line, Column::VendorId, record, VendorId::parse);
        self.unique(
            line,
            Column::VendorId,
            vendor_id.as_ref().map(VendorId::as_str),
        );
        let name = self.cell(line, Column::BusinessName, record, business_name);
        let phone = self.cell(line, Column::PhoneNumber, record, international);
        self.unique(
            line,
            Column::PhoneNumber,
            phone.as_ref().map(PhoneNumber::expose),
        );
        let instance = self.cell(line, Column::WasenderInstanceId, record, instance_id);
        self.unique(line, Column::WasenderInstanceId, instance.as_deref());
        let secret = self.cell(
            line,
            Column::WasenderWebhookSecret,
            record,
            WebhookSecret::parse,
        );
        let key = self.optional_cell(line, Column::WasenderApiKey, record, ApiKey::parse);
        let protected = self.optional_cell(line, Column::AccountProtection, record, yes_or_no);
        if let (Some(vendor_id), Some(business_name), Some(phone_number)) = (vendor_id, name, phone)
            && let (Some(wasender_instance_id), Some(wasender_webhook_secret)) = (instance, secret)
        {
            self.rows.push(Registration {
                vendor_id,
                business_name,
                phone_number,
                wasender_instance_id,
                wasender_webhook_secret,
                wasender_api_key: key,
                account_protection: protected,
            });
        }
    }

    fn cell<T, E: fmt::Display>(
        &mut self,
        line: u64,
        column: Column,
        record: &StringRecord,
        parse: fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        if record[column as usize].is_empty() {
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
        let text = record
            .get(column as usize)
            .filter(|text| !text.is_empty())?;
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

/// A number with its country code; spreadsheets like to drop the `+`. National numbers are refused, for the sheet does not say their country.
fn international(typed: &str) -> Result<PhoneNumber, InvalidPhone> {
    let marked = typed.starts_with(['+', '\u{202a}']) || typed.starts_with("00");
    if marked {
        PhoneNumber::parse(typed, "SN")
    } else {
        PhoneNumber::parse(&format!("+{typed}"), "SN")
    }
}

fn business_name(text: &str) -> Result<String, &'static str> {
    if text.chars().count() <= 120 && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("a business name has at most 120 characters and no line break")
    }
}

fn instance_id(text: &str) -> Result<String, &'static str> {
    if text.len() <= 128 && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("an instance id has at most 128 visible ASCII characters and no space")
    }
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("account protection is true or false"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "vendorId,businessName,phoneNumber,wasenderInstanceId,wasenderWebhookSecret,wasenderApiKey";

    /// The ids that a sheet with these rows gives, or the problems as an operator reads them.
    fn read(rows: &str) -> Result<Vec<String>, String> {
        read_csv(format!("{HEADER}\n{rows}").as_bytes())
            .map(|rows| rows.iter().map(|row| row.vendor_id.to_string()).collect())
            .map_err(|problems| problems.to_string())
    }

    #[track_caller]
    fn check(rows: &str, problem: &str) {
        let found = read(rows).expect_err("the sheet has a problem");
        assert_eq!(found.lines().count(), 1, "{found}");
        assert!(found.starts_with(problem), "{found}");
    }

    #[test]
    fn the_demo_sheet_is_read_whole() {
        let rows = read_csv(include_bytes!("../../../events/local/vendors.csv")).unwrap();
        let first = &rows[0];
        assert_eq!(rows.len(), 2);
        assert_eq!(first.vendor_id.as_str(), "vendor_001");
        assert_eq!(first.business_name, "My Shop A");
        assert_eq!(first.phone_number.expose(), "+221701111111");
        assert_eq!(first.wasender_instance_id, "instance_abc123");
        assert_eq!(first.wasender_webhook_secret.expose(), "secret_123");
        let key = first.wasender_api_key.as_ref().map(ApiKey::expose);
        assert_eq!(key, Some("api_key_abc"));
    }

    #[test]
    fn what_spreadsheets_do_to_a_sheet_is_tolerated() {
        let text = format!(
            "\u{feff}{HEADER}\r\n v_1 ,\"Chez Awa, Dakar\",221770000001,i_1,secret_1,\r\n\r\n,,,,,\r\nv_2,B,00221 77 000 00 02,i_2,secret_2,api_key_2"
        );
        let rows = read_csv(text.as_bytes()).unwrap();
        assert_eq!(rows[0].vendor_id.as_str(), "v_1");
        assert_eq!(rows[0].business_name, "Chez Awa, Dakar");
        assert_eq!(rows[0].phone_number.expose(), "+221770000001");
        assert!(rows[0].wasender_api_key.is_none());
        assert_eq!(rows[1].phone_number.expose(), "+221770000002");
    }

    #[test]
    fn account_protection_is_a_column_that_may_be_absent_or_empty() {
        let sheet = format!(
            "{HEADER},accountProtection\nv_1,A,+221770000001,i_1,secret_1,,TRUE\nv_2,B,+221770000002,i_2,secret_2,,false\nv_3,C,+221770000003,i_3,secret_3,,"
        );
        let told = |rows: Vec<Registration>| -> Vec<_> {
            rows.iter().map(|row| row.account_protection).collect()
        };
        let rows = read_csv(sheet.as_bytes()).unwrap();
        assert_eq!(told(rows), [Some(true), Some(false), None]);
        let short = format!("{HEADER}\nv_1,A,+221770000001,i_1,secret_1,");
        assert_eq!(told(read_csv(short.as_bytes()).unwrap()), [None]);
        for (cells, problem) in [
            (
                ",oui",
                "line 2, column accountProtection: account protection is",
            ),
            ("", "line 2: the row has 6 cells and not 7"),
        ] {
            let sheet =
                format!("{HEADER},accountProtection\nv_1,A,+221770000001,i_1,secret_1,{cells}");
            let problems = read_csv(sheet.as_bytes()).unwrap_err().to_string();
            assert!(problems.starts_with(problem), "{problems}");
        }
    }

    #[test]
    fn every_wrong_cell_is_named_by_line_and_column() {
        for (row, problem) in [
            (
                ",A,+221770000001,i_1,secret_1,",
                "line 2, column vendorId: the cell is empty",
            ),
            (
                "v 1,A,+221770000001,i_1,secret_1,",
                "line 2, column vendorId: an id has",
            ),
            (
                "v_1,,+221770000001,i_1,secret_1,",
                "line 2, column businessName: the cell",
            ),
            (
                "v_1,\"A\nB\",+221770000001,i_1,secret_1,",
                "line 2, column businessName: a business",
            ),
            (
                "v_1,A,770000001,i_1,secret_1,",
                "line 2, column phoneNumber: the number does not",
            ),
            (
                "v_1,A,dix,i_1,secret_1,",
                "line 2, column phoneNumber: a phone number has digits",
            ),
            (
                "v_1,A,+221770000001,i 1,secret_1,",
                "line 2, column wasenderInstanceId: an instance",
            ),
            (
                "v_1,A,+221770000001,i_1,,",
                "line 2, column wasenderWebhookSecret: the cell is",
            ),
            (
                "v_1,A,+221770000001,i_1,x,",
                "line 2, column wasenderWebhookSecret: a secret has",
            ),
            (
                "v_1,A,+221770000001,i_1,secret_1,k",
                "line 2, column wasenderApiKey: an API key has",
            ),
            (
                "v_1,A,B,+221770000001,i_1,secret_1,",
                "line 2: the row has 7 cells and not 6",
            ),
            (
                "v_1,A,+221770000001",
                "line 2: the row has 3 cells and not 6",
            ),
        ] {
            check(row, problem);
        }
    }

    #[test]
    fn a_value_that_must_be_unique_stands_in_one_row_only() {
        let first = "v_1,A,+221770000001,i_1,secret_1,\n";
        for (second, problem) in [
            (
                "v_1,B,+221770000002,i_2,secret_2,",
                "line 3, column vendorId: line 2 has the same",
            ),
            (
                "v_2,B,00221770000001,i_2,secret_2,",
                "line 3, column phoneNumber: line 2 has",
            ),
            (
                "v_2,B,+221770000002,i_1,secret_2,",
                "line 3, column wasenderInstanceId: line 2",
            ),
        ] {
            check(&format!("{first}{second}"), problem);
        }
    }

    #[test]
    fn all_problems_are_told_at_once_and_with_the_line_an_editor_shows() {
        for end in ["\n", "\r\n"] {
            let rows = [
                HEADER,
                "v_1,\"A, B\",+221770000001,i_1,secret_1,",
                "",
                "v 2,,+221770000002,i_2,secret_2,",
                "\"\nv_3\",C,+221770000003,i_3,secret_3,",
                "v_4,D,+221770000004,i_4,x,",
            ];
            let problems = read_csv(rows.join(end).as_bytes()).unwrap_err();
            let places: Vec<_> = problems.0.iter().map(|p| (p.line, p.column)).collect();
            assert_eq!(
                places,
                [
                    (4, Some(Column::VendorId)),
                    (4, Some(Column::BusinessName)),
                    (7, Some(Column::WasenderWebhookSecret)),
                ],
                "{end:?}"
            );
        }
    }

    #[test]
    fn a_sheet_with_another_first_line_is_refused() {
        let semicolons = HEADER.replace(',', ";");
        let swapped = HEADER.replace("vendorId,businessName", "businessName,vendorId");
        for (text, reason) in [
            ("", Reason::Header),
            ("v_1,A,+221770000001,i_1,secret_1,api_key_1", Reason::Header),
            (&swapped, Reason::Header),
            (&semicolons, Reason::Semicolons),
        ] {
            let problems = read_csv(text.as_bytes()).unwrap_err();
            assert_eq!(
                (problems.0[0].line, &problems.0[0].reason),
                (1, &reason),
                "{text}"
            );
        }
        assert_eq!(read(""), Ok(vec![]));
    }

    #[test]
    fn a_sheet_in_another_encoding_is_refused_where_it_shows() {
        let mut text = format!("{HEADER}\nv_1,Caf").into_bytes();
        text.extend(b"\xe9,+221770000001,i_1,secret_1,");
        let problems = read_csv(&text).unwrap_err();
        assert_eq!(
            (problems.0[0].line, &problems.0[0].reason),
            (2, &Reason::Encoding)
        );
    }

    #[test]
    fn no_problem_tells_a_secret_or_a_number() {
        let row = "v_1,A,+221770000001,i_1,hush hush,a key with spaces\n";
        let problems = read(&format!("{row}{row}v_2,A,+22177,i_2,another hush,k")).unwrap_err();
        for hidden in ["hush", "spaces", "22177", "another"] {
            assert!(!problems.contains(hidden), "{problems}");
        }
    }
}
