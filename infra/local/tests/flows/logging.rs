//! `docs/LOGGING.md` lists every line and every metric that the functions write, and none that they don't.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use platform::telemetry::{MOST_VENDORS, Metric, Unit, combinations};

const DOCUMENT: &str = include_str!("../../../../docs/LOGGING.md");

/// What the lines with one level and one message have.
#[derive(Default)]
struct Told {
    fields: BTreeSet<String>,
    crates: BTreeSet<String>,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The arguments of a macro's call, from behind its opening parenthesis.
fn arguments(text: &str) -> Vec<String> {
    let (mut arguments, mut argument) = (Vec::new(), String::new());
    let (mut depth, mut in_text, mut is_escaped) = (0, false, false);
    for it in text.chars() {
        if in_text {
            in_text = is_escaped || it != '"';
            is_escaped = !is_escaped && it == '\\';
        } else {
            match it {
                '"' => in_text = true,
                '(' | '[' | '{' => depth += 1,
                ')' if depth == 0 => break,
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => {
                    arguments.push(std::mem::take(&mut argument).trim().to_owned());
                    continue;
                }
                _ => {}
            }
        }
        argument.push(it);
    }
    arguments.push(argument.trim().to_owned());
    arguments
}

/// Every line that the functions can log, by level and message.
fn lines() -> BTreeMap<(usize, String), Told> {
    const LEVELS: [&str; 4] = ["error", "warn", "info", "debug"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut files, mut lines) = (Vec::new(), BTreeMap::<_, Told>::new());
    sources(&root.join("functions"), &mut files);
    sources(&root.join("shared"), &mut files);
    for file in files {
        let path = file.strip_prefix(&root).expect("a source");
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        if parts[2] != "src" || parts.iter().any(|part| part.starts_with("telemetry")) {
            continue;
        }
        let source = std::fs::read_to_string(&file).expect("a text");
        for (rank, level) in LEVELS.into_iter().enumerate() {
            for call in source.split(&format!("tracing::{level}!(")).skip(1) {
                let arguments = arguments(call);
                let message = arguments.iter().find(|it| it.starts_with('"'));
                let message = message.expect("a message").trim_matches('"').to_owned();
                let told = lines.entry((rank, message)).or_default();
                told.crates.insert(parts[1].to_string());
                let fields = arguments.iter().filter(|it| !it.starts_with('"'));
                let name = |it: &String| {
                    let name = it.split('=').next().unwrap_or_default();
                    name.trim().trim_start_matches(['%', '?']).to_owned()
                };
                let names = fields
                    .map(name)
                    .filter(|it| !it.is_empty() && it != "success");
                told.fields.extend(names);
            }
        }
    }
    lines
}

fn quoted(words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let quote = |word: &str| format!("`{word}`");
    let words: Vec<_> = words.into_iter().map(|it| quote(it.as_ref())).collect();
    words.join(" ")
}

/// The rows of a table of the document.
fn rows(heading: &str) -> Vec<&'static str> {
    let (_, section) = DOCUMENT
        .split_once(&format!("\n## {heading}\n"))
        .expect("a section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.skip(1).collect()
}

#[test]
fn every_line_is_in_the_document_and_every_line_of_the_document_is_written() {
    let levels = ["error", "warn", "info", "debug"];
    let row = |((rank, message), told): (&(usize, String), &Told)| {
        let crates: Vec<_> = told.crates.iter().map(String::as_str).collect();
        let (fields, crates) = (quoted(&told.fields), crates.join(", "));
        format!("| {} | `{message}` | {fields} | {crates} |", levels[*rank])
    };
    let written: Vec<String> = lines().iter().map(row).collect();
    let documented = rows("Lines");
    for row in &written {
        assert!(
            documented.contains(&row.as_str()),
            "docs/LOGGING.md lacks this row:\n{row}"
        );
    }
    for row in &documented {
        assert!(written.iter().any(|it| it == row), "nobody writes:\n{row}");
    }
}

#[test]
fn every_field_is_explained() {
    let explained = rows("Fields").join("\n") + &rows("Log lines").join("\n");
    for ((_, message), told) in lines() {
        for field in told.fields {
            assert!(
                explained.contains(&format!("`{field}`")),
                "{field} of {message:?}"
            );
        }
    }
}

#[test]
fn every_metric_is_in_the_document_with_its_unit_and_its_reasons() {
    let documented = rows("Metrics");
    assert_eq!(documented.len(), Metric::ALL.len());
    for (row, metric) in documented.iter().zip(Metric::ALL) {
        let spec = metric.spec();
        let unit = match spec.unit {
            Unit::Count => "number",
            Unit::Milliseconds => "ms",
        };
        let begins = format!(
            "| `{}` | {unit} | {} | ",
            metric.name(),
            quoted(spec.reasons)
        );
        assert!(
            row.starts_with(&begins),
            "{row}\ndoes not begin with\n{begins}"
        );
    }
    let (plain, of_vendors) = (
        combinations(0),
        combinations(MOST_VENDORS) - combinations(0),
    );
    let bound = format!(
        "{plain} custom metrics at most, and {of_vendors} more with {MOST_VENDORS} vendors"
    );
    assert!(
        DOCUMENT.contains(&bound),
        "docs/LOGGING.md does not say: {bound}"
    );
}
