//! What each golden event becomes, a row a file. `described` says how an element is written.

mod damage;
mod described;
mod messages;
mod others;
mod polls;
mod rules;

/// A golden event, and what each of its elements becomes.
type Row = (&'static str, &'static [&'static str]);

#[test]
fn every_golden_event_becomes_what_its_row_says() {
    let names: Vec<_> = testkit::events()
        .into_iter()
        .map(|event| event.name)
        .collect();
    let mut rows = [messages::ROWS, others::ROWS].concat();
    rows.sort_unstable();
    let rowed: Vec<_> = rows.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names, rowed, "each file has a row, and each row a file");
    for (name, expected) in rows {
        assert_eq!(described::becomes(name), *expected, "{name}");
    }
}
