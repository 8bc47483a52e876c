/// The text in lower case, without accents and punctuation, its words between single spaces, with a space at both ends.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::from(" ");
    for c in text.chars().take(1_000).flat_map(char::to_lowercase) {
        let plain = match c {
            'à' | 'á' | 'â' | 'ä' | 'ã' => 'a',
            'ç' => 'c',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ñ' | 'ŋ' => 'n',
            'ò' | 'ó' | 'ô' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            c if c.is_alphanumeric() => c,
            _ => ' ',
        };
        if plain != ' ' || !folded.ends_with(' ') {
            folded.push(plain);
        }
    }
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
    folded
}
