use serde_json::Value;

/// Characters of a customer's text that a list shows.
const TEXT_SHOWN: usize = 60;

/// Lines of aligned columns under their heads, each ended by a line break.
pub(crate) fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let heads = heads.iter().map(|head| (*head).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(heads).chain(rows).collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| printable(cell)).collect())
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A list of vendors.
pub(crate) fn vendors(vendors: &[Value]) -> String {
    let row = |vendor: &Value| {
        let cell = |name: &str| scalar(&vendor[name]);
        let state = if vendor["active"] == false {
            "paused"
        } else {
            "active"
        };
        vec![
            cell("vendorId"),
            cell("businessName"),
            cell("phoneNumber"),
            cell("wasenderInstanceId"),
            cell("status"),
            state.to_owned(),
        ]
    };
    let heads = [
        "VENDOR", "BUSINESS", "NUMBER", "INSTANCE", "SESSION", "STATE",
    ];
    table(&heads, vendors.iter().map(row))
}

/// A list of messages.
pub(crate) fn messages(messages: &[Value]) -> String {
    let row = |message: &Value| {
        let cell = |name: &str| scalar(&message[name]);
        vec![
            cell("occurredAt"),
            cell("direction"),
            cell("status"),
            cell("kind"),
            contact(&message["contact"]),
            shortened(&cell("text")),
            cell("id"),
        ]
    };
    let heads = [
        "TIME",
        "DIRECTION",
        "STATUS",
        "KIND",
        "CONTACT",
        "TEXT",
        "ID",
    ];
    table(&heads, messages.iter().map(row))
}

/// A JSON document as a line for each of its values.
pub(crate) fn document(value: &Value) -> String {
    let mut rows = Vec::new();
    flatten(String::new(), value, &mut rows);
    table(&["FIELD", "VALUE"], rows)
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

fn contact(contact: &Value) -> String {
    let known = ["phone", "lid"].map(|name| scalar(&contact[name]));
    let id = known.into_iter().find(|id| !id.is_empty());
    let parts = [id.unwrap_or_default(), scalar(&contact["name"])];
    parts.join(" ").trim().to_owned()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// One line without control and direction characters: a customer's text must not steer the operator's terminal.
fn printable(text: &str) -> String {
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
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["é", "b"], ["long", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&["A", "B"], rows), "A     B\né     b\nlong\n");
    }

    #[test]
    fn a_customers_text_stays_on_its_line_and_steers_no_terminal() {
        let message = json!({"text": format!("a\n\u{1b}[2J\u{202e}{}", "x".repeat(80))});
        let listed = messages(&[message]);
        assert_eq!(listed.lines().count(), 2);
        assert!(!listed.contains(['\u{1b}', '\u{202e}']), "{listed}");
        assert!(listed.contains("xxx…"), "{listed}");
    }

    #[test]
    fn a_contact_without_a_number_is_shown_by_its_lid() {
        let by_lid = json!({"phone": null, "lid": "123456", "name": "Awa"});
        assert_eq!(contact(&by_lid), "123456 Awa");
        let by_phone = json!({"phone": "+221700000001", "lid": "123456", "name": null});
        assert_eq!(contact(&by_phone), "+221700000001");
    }

    #[test]
    fn a_document_is_shown_by_the_paths_of_its_values() {
        let shown = document(&json!({"id": "v", "numbers": [{"status": null, "n": 1}]}));
        assert_eq!(
            shown,
            "FIELD              VALUE\nid                 v\nnumbers[0].n       1\nnumbers[0].status\n"
        );
    }
}
