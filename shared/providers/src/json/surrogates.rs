/// The text with every lone half of a surrogate pair (`\ud83d` without its `\ude00`) turned into `\ufffd`; `None` if it has none.
pub(super) fn replaced(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let (mut position, mut changed) = (0, false);
    while position < bytes.len() {
        if bytes[position] != b'\\' {
            position += 1;
            continue;
        }
        match (unit(&bytes, position), unit(&bytes, position + 6)) {
            (None, _) => position += 2,
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => position += 12,
            (Some(0xd800..=0xdfff), _) => {
                bytes[position + 2..position + 6].copy_from_slice(b"fffd");
                changed = true;
                position += 6;
            }
            (Some(_), _) => position += 6,
        }
    }
    changed.then(|| String::from_utf8(bytes).ok()).flatten()
}

/// The UTF-16 unit of the escape `\uXXXX` that begins here.
fn unit(bytes: &[u8], position: usize) -> Option<u16> {
    let digits = bytes.get(position..position + 6)?.strip_prefix(b"\\u")?;
    let hex = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| hex)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_halves_are_replaced() {
        let sound = r#""\ud83d\ude00 \\ud83d é \n \u00e9""#;
        assert_eq!(replaced(sound), None);
        assert_eq!(replaced(r#""\ud83d""#).unwrap(), r#""\ufffd""#);
        assert_eq!(
            replaced(r#""\ude00\ud83d\ud83d\ude00""#).unwrap(),
            r#""\ufffd\ufffd\ud83d\ude00""#
        );
        assert_eq!(replaced(r#""\ud83"#), None);
    }
}
