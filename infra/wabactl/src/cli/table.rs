use serde_json::Value;
use unicode_width::UnicodeWidthStr;

/// Rows under their heads. What is in a cell may come from anywhere.
#[derive(Debug)]
pub(crate) struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let line = |row: Vec<String>| row.iter().map(|cell| printable(cell)).collect();
        Self {
            heads: heads.iter().map(|head| (*head).to_owned()).collect(),
            rows: rows.into_iter().map(line).collect(),
        }
    }

    /// A JSON document as a line for each of its values.
    pub(crate) fn of_document(value: &Value) -> Self {
        let mut rows = Vec::new();
        flatten(String::new(), value, &mut rows);
        Self::new(&["FIELD", "VALUE"], rows)
    }

    /// Lines of aligned columns, each ended by a line break.
    pub(crate) fn text(&self, has_colours: bool) -> String {
        let lines = || std::iter::once(&self.heads).chain(&self.rows);
        let width = |column: usize| {
            let cells = lines().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.heads.len()).map(width).collect();
        let mut text = String::new();
        for (number, row) in lines().enumerate() {
            let last = row.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate().take(last + 1) {
                let style = match number {
                    _ if !has_colours => None,
                    0 => Some(BOLD),
                    _ => style_of(cell),
                };
                match style {
                    Some(style) => text.extend([style, cell, PLAIN]),
                    None => text.push_str(cell),
                }
                if column < last {
                    text.push_str(&" ".repeat(width - cell.width() + 2));
                }
            }
            text.push('\n');
        }
        text
    }
}

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

/// The colour of a word that says how something is.
fn style_of(cell: &str) -> Option<&'static str> {
    match cell {
        "created" | "updated" | "restored" | "deleted" | "active" | "connected" | "open" | "ok"
        | "delivered" | "read" => Some(GREEN),
        "failed" | "refused" | "disconnected" | "logged_out" | "expired" | "error" => Some(RED),
        "paused" | "pending" | "parked" | "unknown" | "held" | "need_scan" | "warning"
        | "changed" => Some(YELLOW),
        _ => None,
    }
}

fn flatten(path: String, value: &Value, rows: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let separator = if path.is_empty() { "" } else { "." };
                flatten(format!("{path}{separator}{name}"), value, rows);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                flatten(format!("{path}[{index}]"), value, rows);
            }
        }
        value => rows.push(vec![path, scalar(value)]),
    }
}

/// A value in one cell.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// One line without control and direction characters: a customer's text must not steer the operator's terminal.
pub(crate) fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    text.chars()
        .map(|c| if steers(c) { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(rows: &[[&str; 2]]) -> Table {
        let cells = |row: &[&str; 2]| row.map(str::to_owned).to_vec();
        Table::new(&["A", "B"], rows.iter().map(cells))
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let table = rows(&[["é", "b"], ["long", ""], ["日", "c"]]);
        assert_eq!(table.text(false), "A     B\né     b\nlong\n日    c\n");
    }

    #[test]
    fn colours_change_no_width_and_are_there_only_if_wanted() {
        let table = rows(&[["failed", "x"], ["v", "y"]]);
        assert!(!table.text(false).contains('\u{1b}'));
        assert_eq!(
            table.text(true),
            "\u{1b}[1mA\u{1b}[0m       \u{1b}[1mB\u{1b}[0m\n\u{1b}[31mfailed\u{1b}[0m  x\nv       y\n"
        );
    }

    #[test]
    fn what_is_in_a_cell_stays_on_its_line_and_steers_no_terminal() {
        let text = rows(&[["a\n\u{1b}[2J\u{202e}b", ""]]).text(false);
        assert_eq!(text.lines().count(), 2);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }

    #[test]
    fn a_document_is_shown_by_the_paths_of_its_values() {
        let table = Table::of_document(&json!({"id": "v", "numbers": [{"status": null, "n": 1}]}));
        assert_eq!(
            table.text(false),
            "FIELD              VALUE\nid                 v\nnumbers[0].n       1\nnumbers[0].status\n"
        );
    }
}
