/// The most bytes that are kept of a message's text.
pub(crate) const TEXT_BYTES: usize = 64 * 1024;

/// The most characters that are kept of a person's or a place's name.
pub(crate) const NAME_CHARS: usize = 120;

/// The beginning of a text, at most so many bytes of it and never half a character.
pub(crate) fn cut_bytes(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The first characters of a text.
pub(crate) fn cut_chars(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map(|(position, _)| position);
    &text[..end.unwrap_or(text.len())]
}

/// A message's text as it is kept.
pub(crate) fn message(text: &str) -> String {
    cut_bytes(text, TEXT_BYTES).to_owned()
}

/// A name as it is kept: one line, without blanks around it.
pub(crate) fn name(text: &str) -> String {
    let line: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    cut_chars(&line, NAME_CHARS).to_owned()
}

/// A provider's reason as it is kept: each run of digits becomes `#`, for it may be a phone number; 200 characters of it.
pub(crate) fn reason(text: &str) -> String {
    let mut kept = String::new();
    for c in text.trim().chars() {
        if c.is_numeric() {
            if !kept.ends_with('#') {
                kept.push('#');
            }
        } else {
            kept.push(if c.is_control() { ' ' } else { c });
        }
    }
    cut_chars(&kept, 200).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut_bytes("aé", 2), "a");
        assert_eq!(cut_bytes("aé", 3), "aé");
        assert_eq!(cut_chars("éàü", 2), "éà");
        assert_eq!(cut_chars("éàü", 5), "éàü");
        assert_eq!(message(&"é".repeat(TEXT_BYTES)).len(), TEXT_BYTES);
    }

    #[test]
    fn a_reason_holds_no_digits() {
        assert_eq!(reason("no +221 70 000 00 01,\nor ٣"), "no +# # # # #, or #");
        assert_eq!(reason(&"x".repeat(500)).len(), 200);
    }
}
