use proptest::collection::vec;
use proptest::prelude::*;

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
    let rows = read_csv(include_bytes!("../../../../events/local/vendors.csv")).unwrap();
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
fn the_example_for_a_migration_is_read() {
    let example = include_bytes!("../../examples/waba-migration-example.csv");
    assert_eq!(read_csv(example).unwrap().len(), 2);
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
        rows.iter()
            .map(|row| row.more.get("accountProtection").and_then(Value::as_bool))
            .collect()
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
        let sheet = format!("{HEADER},accountProtection\nv_1,A,+221770000001,i_1,secret_1,{cells}");
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
    let twice = format!("{HEADER},plan,plan");
    let strange = format!("{HEADER},colour");
    let swapped = HEADER.replace("vendorId,businessName", "businessName,vendorId");
    for (text, reason) in [
        ("", Reason::Header),
        ("v_1,A,+221770000001,i_1,secret_1,api_key_1", Reason::Header),
        (&swapped, Reason::Header),
        (&twice, Reason::UnknownColumn(8)),
        (&strange, Reason::UnknownColumn(7)),
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

#[test]
fn a_sheet_may_have_semicolons() {
    let header = HEADER.replace(',', ";");
    let text =
        format!("{header};plan\r\nv_1;Chez Awa, Dakar;+221770000001;i_1;secret_1;;trial\r\n");
    let rows = read_sheet(text.as_bytes()).unwrap();
    assert_eq!(rows[0].registration.business_name, "Chez Awa, Dakar");
    assert_eq!(rows[0].registration.more["plan"], "trial");
    assert_eq!(rows[0].line, 2);
}

#[test]
fn what_optional_columns_tell_is_checked_and_told_as_the_gateway_takes_it() {
    let header = format!(
        "{HEADER},dailyCap,provider,jitter,answerGroups,typedPauseMinutes,plan,language,autoReply"
    );
    let row = |cells: &str| {
        let text = format!("{header}\nv_1,A,+221770000001,i_1,secret_1,,{cells}\n");
        read_sheet(text.as_bytes()).map(|rows| Value::from(rows[0].registration.more.clone()))
    };
    let told = row("200,Wasender,true,FALSE,0,paid,EN,false").unwrap();
    let expected = serde_json::json!({"dailyCap": 200, "provider": "wasender", "jitter": true,
        "answerGroups": false, "typedPauseMinutes": 0, "plan": "paid", "language": "en", "autoReply": false});
    assert_eq!(told, expected);
    assert_eq!(row("none,,,,,,,").unwrap()["dailyCap"], Value::Null);
    let problems = row("0,meta,oui,non,10081,gratis,français,peut-être").unwrap_err();
    let columns: Vec<_> = problems.0.iter().map(|problem| problem.column).collect();
    let wrong = [
        "dailyCap",
        "provider",
        "jitter",
        "answerGroups",
        "typedPauseMinutes",
        "plan",
        "language",
        "autoReply",
    ];
    assert_eq!(
        columns
            .iter()
            .flatten()
            .map(|column| column.name())
            .collect::<Vec<_>>(),
        wrong
    );
}

#[test]
fn a_secret_or_a_key_of_two_vendors_is_told() {
    let first = "v_1,A,+221770000001,i_1,secret_1,api_key_1\n";
    for (second, column) in [
        ("v_2,B,+221770000002,i_2,secret_1,", "wasenderWebhookSecret"),
        (
            "v_2,B,+221770000002,i_2,secret_2,api_key_1",
            "wasenderApiKey",
        ),
    ] {
        check(
            &format!("{first}{second}"),
            &format!("line 3, column {column}: line 2 has the same"),
        );
    }
}

/// How a spreadsheet may have written a sheet.
#[derive(Clone, Copy, Debug)]
struct Writing {
    separator: char,
    line_end: &'static str,
    has_mark: bool,
    quotes_all: bool,
    ends_last_line: bool,
}

fn writing() -> impl Strategy<Value = Writing> {
    let ends = prop_oneof![Just("\n"), Just("\r\n")];
    let separators = prop_oneof![Just(','), Just(';')];
    (separators, ends, any::<[bool; 3]>()).prop_map(|(separator, line_end, bits)| Writing {
        separator,
        line_end,
        has_mark: bits[0],
        quotes_all: bits[1],
        ends_last_line: bits[2],
    })
}

impl Writing {
    fn written(self, names: &[String], blank_after: usize) -> String {
        let cell = |text: &str| {
            if self.quotes_all || text.contains(['"', ',', ';']) {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text.to_owned()
            }
        };
        let separator = self.separator.to_string();
        let mut lines = vec![HEADER.replace(',', &separator)];
        for (n, name) in names.iter().enumerate() {
            let cells = [
                format!("v_{n}"),
                name.clone(),
                format!("+2217700000{n:02}"),
                format!("i_{n}"),
                format!("secret_{n}"),
                String::new(),
            ];
            lines.push(cells.map(|text| cell(&text)).join(&separator));
            if n == blank_after {
                lines.push(String::new());
            }
        }
        let mark = if self.has_mark { "\u{feff}" } else { "" };
        let end = if self.ends_last_line {
            self.line_end
        } else {
            ""
        };
        format!("{mark}{}{end}", lines.join(self.line_end))
    }
}

proptest! {
    #[test]
    fn what_a_spreadsheet_wrote_is_read_as_it_was_meant(
        names in vec("[A-Za-zé\",;' ]{0,12}[A-Za-z]", 1..20),
        writing in writing(),
        blank_after in 0_usize..20,
    ) {
        let rows = read_sheet(writing.written(&names, blank_after).as_bytes()).unwrap();
        let read: Vec<_> = rows.iter().map(|row| row.registration.business_name.clone()).collect();
        let meant: Vec<_> = names.iter().map(|name| name.trim().to_owned()).collect();
        prop_assert_eq!(read, meant);
        for (n, row) in rows.iter().enumerate() {
            let blank = u64::from(n > blank_after);
            prop_assert_eq!(row.line, 2 + n as u64 + blank);
        }
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in vec(any::<u8>(), 0..200), tail in "[v_1,;\"\r\n+2]{0,80}") {
        let _ = read_sheet(&bytes);
        let _ = read_sheet(format!("{HEADER}\n{tail}").as_bytes());
    }
}
