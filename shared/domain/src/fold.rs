/// The text in lower case, without accents and punctuation, its words between single spaces, with a space at both ends.
/// It is cut after 1,000 characters.
pub(crate) fn fold(text: &str) -> String {
    fold_keeping(text, |_| false)
}

/// As `fold`, but the symbols that are kept become words of their own.
pub(crate) fn fold_keeping(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut folded = String::with_capacity(text.len().min(4_000) + 2);
    folded.push(' ');
    for c in text.chars().take(1_000).flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => folded.push(c),
            'à' | 'á' | 'â' | 'ä' | 'ã' => folded.push('a'),
            'ç' => folded.push('c'),
            'è' | 'é' | 'ê' | 'ë' => folded.push('e'),
            'ì' | 'í' | 'î' | 'ï' => folded.push('i'),
            'ñ' | 'ŋ' => folded.push('n'),
            'ò' | 'ó' | 'ô' | 'ö' => folded.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => folded.push('u'),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            // Accents that are written as characters of their own.
            '\u{300}'..='\u{36f}' => {}
            c if c.is_alphanumeric() => folded.push(c),
            c if keep(c) => {
                end_word(&mut folded);
                folded.push(c);
                folded.push(' ');
            }
            _ => end_word(&mut folded),
        }
    }
    end_word(&mut folded);
    folded
}

fn end_word(folded: &mut String) {
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, folded: &str) {
        assert_eq!(fold(text), folded, "{text}");
    }

    #[test]
    fn case_accents_and_punctuation_are_gone_however_the_accents_are_written() {
        check("Déjà ÉTÉ, à Thiès!", " deja ete a thies ");
        check("De\u{301}ja\u{300} vu", " deja vu ");
        check("Jërëjëf, ñaata ?", " jerejef naata ");
        check("ma sœur", " ma soeur ");
        check(" … 👋 ", " ");
        check("", " ");
    }

    #[test]
    fn a_kept_symbol_is_a_word() {
        assert_eq!(fold_keeping("ok👍🏾merci", |c| c == '👍'), " ok 👍 merci ");
    }
}
