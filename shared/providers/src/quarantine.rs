use std::borrow::Cow;

/// How long a quarantined body may be once it stands, escaped, in a JSON text.
const LIMIT_BYTES: usize = 200 * 1024;

const REMOVED: &str = "\"[removed]\"";

/// The body as it may be kept for a person to look at: what stands under a name such as `sessionId` (Wasender puts the API key
/// there), `apiKey`, `token`, `qr` or `code` is removed at any depth, thumbnails too for their size, bytes that are no UTF-8 are replaced, and it is
/// cut to 200 KB, counted as it will be escaped in a JSON text. It need not be JSON, nor whole; if it was JSON and not
/// cut, it still is.
pub fn quarantined(body: &[u8]) -> String {
    // A cut body can only lose from its end, so what lies far beyond the limit needs no look.
    let text = String::from_utf8_lossy(&body[..body.len().min(8 * LIMIT_BYTES)]);
    let mut kept = Kept::default();
    let mut rest: &str = &text;
    while let Some(quote) = rest.find('"') {
        let (before, from_quote) = rest.split_at(quote);
        let (literal, after) = from_quote.split_at(literal_end(from_quote));
        if !(kept.push(before) && kept.push(literal)) {
            return kept.text;
        }
        rest = after;
        let value = after.trim_start().strip_prefix(':').map(str::trim_start);
        if let Some(value) = value.filter(|_| is_secret(literal)) {
            kept.push(&after[..after.len() - value.len()]);
            kept.push(REMOVED);
            rest = &value[value_end(value)..];
        }
    }
    kept.push(rest);
    kept.text
}

#[derive(Default)]
struct Kept {
    text: String,
    escaped_bytes: usize,
}

impl Kept {
    /// Keeps the text as far as there is room, and tells whether there was room for all of it.
    fn push(&mut self, text: &str) -> bool {
        for (position, c) in text.char_indices() {
            let cost = match c {
                '"' | '\\' => 2,
                c if c.is_control() => 6,
                c => c.len_utf8(),
            };
            if self.escaped_bytes + cost > LIMIT_BYTES {
                self.text.push_str(&text[..position]);
                self.escaped_bytes = LIMIT_BYTES;
                return false;
            }
            self.escaped_bytes += cost;
        }
        self.text.push_str(text);
        true
    }
}

fn is_secret(literal: &str) -> bool {
    let name: Cow<'_, str> = if literal.contains('\\') {
        serde_json::from_str(literal).map_or(Cow::Borrowed(literal), Cow::Owned)
    } else {
        Cow::Borrowed(literal)
    };
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let exact = [
        "sessionid",
        "authorization",
        "passkey",
        "qr",
        "qrcode",
        "code",
        "jpegthumbnail",
    ];
    let endings = ["token", "secret", "apikey", "password"];
    exact.contains(&name.as_str()) || endings.iter().any(|ending| name.ends_with(ending))
}

/// Where the string that begins here ends, its closing quote included.
fn literal_end(text: &str) -> usize {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return position + 1,
            _ => {}
        }
    }
    text.len()
}

/// Where the value that begins here ends: a string, a whole array or object, or a word.
fn value_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut position, mut depth) = (0, 0_usize);
    while position < bytes.len() {
        match bytes[position] {
            b'"' => position += literal_end(&text[position..]),
            b'[' | b'{' => {
                depth += 1;
                position += 1;
            }
            b']' | b'}' if depth > 0 => {
                depth -= 1;
                position += 1;
            }
            b',' | b']' | b'}' if depth == 0 => return position,
            _ => {
                position += 1;
                continue;
            }
        }
        if depth == 0 {
            return position;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(quarantined(body.as_bytes()), expected);
    }

    #[test]
    fn secrets_are_removed_at_any_depth_and_the_rest_is_kept() {
        check(
            r#"{"event":"x","sessionId":"api_key_abc","data":[{"api_key" : 12, "a":"b"}]}"#,
            r#"{"event":"x","sessionId":"[removed]","data":[{"api_key" : "[removed]", "a":"b"}]}"#,
        );
        check(
            r#"{"qr":["2@x",{"y":"}"}],"k":1}"#,
            r#"{"qr":"[removed]","k":1}"#,
        );
        check(r#"{"session_id":null}"#, r#"{"session_id":"[removed]"}"#);
        check(
            r#"{"session\u0049d":"api"}"#,
            r#"{"session\u0049d":"[removed]"}"#,
        );
        check(
            r#"{"jpegThumbnail":"AAAA","webhook_secret":"s\"x"}"#,
            r#"{"jpegThumbnail":"[removed]","webhook_secret":"[removed]"}"#,
        );
        check(r#"["token","code"]"#, r#"["token","code"]"#);
    }

    #[test]
    fn what_is_no_json_is_kept_without_its_secrets_too() {
        check(r#"{"sessionId":"api_key_a"#, r#"{"sessionId":"[removed]""#);
        check(
            r#"sessionId "sessionId": api"#,
            r#"sessionId "sessionId": "[removed]""#,
        );
        check("", "");
        check("\"", "\"");
        assert_eq!(quarantined(b"a\xffb"), "a\u{fffd}b");
    }

    #[test]
    fn a_long_body_is_cut_by_its_escaped_length() {
        for filler in ["x", "é", "\"", "\u{1}", "\u{1f600}"] {
            let kept = quarantined(filler.repeat(5_000_000 / filler.len()).as_bytes());
            let escaped = serde_json::to_string(&kept).unwrap().len();
            assert!(
                (LIMIT_BYTES - 8..=LIMIT_BYTES + 2).contains(&escaped),
                "{filler:?}: {escaped}"
            );
        }
    }
}
