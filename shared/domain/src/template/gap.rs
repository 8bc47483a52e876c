/// Stands where a value is missing; no text has it otherwise.
pub(super) const GAP: char = '\0';

/// Marks that end nothing by themselves: they go with what they were to introduce.
const INTRODUCING: [char; 7] = [',', ';', ':', '-', '–', '—', '•'];
/// Marks that follow a word.
const FOLLOWING: [char; 7] = ['.', ',', ';', ':', '!', '?', '…'];
/// What stands around something, with blanks inside or without.
const AROUND: [(char, char); 3] = [('(', ')'), ('[', ']'), ('«', '»')];
/// What stands close around something, and begins as it ends.
const CLOSE_AROUND: [char; 5] = ['*', '_', '~', '"', '`'];

/// A line as if nothing had been missing; `None` if nothing but marks is left of one with gaps.
pub(super) fn mended(line: &str) -> Option<String> {
    let (mut said, mut rest) = (String::with_capacity(line.len()), line);
    while let Some((before, after)) = rest.split_once(GAP) {
        said.push_str(before);
        rest = closed(&mut said, after);
    }
    said.push_str(rest);
    let is_mark = |c: char| is_blank(c) || INTRODUCING.contains(&c) || FOLLOWING.contains(&c);
    let is_empty = line.contains(GAP) && said.chars().all(is_mark);
    (!is_empty).then_some(said)
}

/// Takes away what a gap leaves at the end of what was said and at the beginning of what comes; answers with the rest of that.
fn closed<'a>(said: &mut String, after: &'a str) -> &'a str {
    let ends_as = said.chars().next_back();
    if let Some(mark) = ends_as.filter(|mark| CLOSE_AROUND.contains(mark))
        && let Some(inner) = after.strip_prefix(mark)
    {
        said.pop();
        return closed(said, inner);
    }
    let next = after.trim_start_matches(|c| is_blank(c) || c == GAP);
    said.truncate(said.trim_end_matches(is_blank).len());
    let around = AROUND.iter().find(|(open, _)| said.ends_with(*open));
    if let Some((_, close)) = around {
        let Some(inner) = next.strip_prefix(*close) else {
            return next;
        };
        said.pop();
        return closed(said, inner);
    }
    if next.is_empty() || next.starts_with(FOLLOWING) {
        let introduces = |c: char| is_blank(c) || INTRODUCING.contains(&c);
        said.truncate(said.trim_end_matches(introduces).len());
    }
    if said.is_empty() {
        return begun(said, next);
    }
    let skipped = &after[..after.len() - next.len()];
    match skipped.chars().next_back().filter(|c| is_blank(*c)) {
        Some(blank) if !next.is_empty() => &after[skipped.len() - blank.len_utf8()..],
        _ => {
            let parted = ends_as.is_some_and(is_blank);
            if parted && !next.is_empty() && !next.starts_with(FOLLOWING) {
                said.push(' ');
            }
            next
        }
    }
}

/// A line that begins after its first word went: with a capital.
fn begun<'a>(said: &mut String, next: &'a str) -> &'a str {
    let next = next.trim_start_matches(|c| is_blank(c) || c == GAP || FOLLOWING.contains(&c));
    let mut rest = next.chars();
    if let Some(first) = rest.next() {
        said.extend(first.to_uppercase());
    }
    rest.as_str()
}

/// A blank within a line.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}' | '\u{202f}')
}
