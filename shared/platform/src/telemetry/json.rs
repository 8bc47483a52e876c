//! JSON as a log line needs it, written straight into the line.

use std::fmt::Write as _;

/// Writes `"name":"text",`.
pub(super) fn member(line: &mut String, name: &str, text: &str) {
    let _ = write!(line, r#""{name}":"#);
    string(line, text);
    line.push(',');
}

/// Writes a text between quotes.
pub(super) fn string(line: &mut String, text: &str) {
    line.push('"');
    for it in text.chars() {
        match it {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            it if it.is_control() => {
                let _ = write!(line, "\\u{:04x}", u32::from(it));
            }
            it => line.push(it),
        }
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_back(text in any::<String>()) {
            let mut line = String::new();
            string(&mut line, &text);
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
