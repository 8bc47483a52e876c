//! Where instructions go: by crate and by function, of a start, of a warm message and of its AWS call.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};

use crate::events::Message;
use crate::measure::{self, FEW};
use crate::peers::Programs;

/// How many rows each table has; what is in none of them is summed up in a last one.
const ROWS: usize = 24;

/// Instructions by function.
type Costs = BTreeMap<String, i64>;

/// The tables, in Markdown.
pub(crate) fn tables(programs: &Programs) -> Result<String> {
    let message = Message::reference()?;
    let fed = |events: u32| {
        let events = message.many(events)?;
        costs(&measure::profile(&programs.messages, &events)?)
    };
    let called = |times: u32| costs(&measure::profile_of_calls(&programs.aws_call, times)?);
    let columns = [
        fed(0)?,
        each(&fed(FEW)?, &fed(2 * FEW)?),
        each(&called(FEW)?, &called(2 * FEW)?),
    ];
    let crates = columns.each_ref().map(by_crate);
    let (crates, functions) = (table("crate", &crates), table("function", &columns));
    Ok(format!("{crates}\n{functions}"))
}

/// What one costs, by what more of them cost.
fn each(few: &Costs, many: &Costs) -> Costs {
    let one = |(name, count): (&String, &i64)| {
        let before = few.get(name).copied().unwrap_or_default();
        (name.clone(), (count - before) / i64::from(FEW))
    };
    many.iter().map(one).collect()
}

/// Reads what callgrind wrote (<https://valgrind.org/docs/manual/cl-format.html>): what each function did itself.
fn costs(written: &str) -> Result<Costs> {
    let mut names = BTreeMap::new();
    let (mut costs, mut current) = (Costs::new(), "");
    let mut object = "";
    let mut is_of_callee = false;
    for line in written.lines() {
        let Some((key, value)) = line.split_once('=') else {
            if let Some(count) = cost(line)
                && !std::mem::take(&mut is_of_callee)
            {
                *costs.entry(named(current, object)).or_default() += count;
            }
            continue;
        };
        match key {
            "fn" => current = name(&mut names, ("fn", value)).context("a function's name")?,
            "cfn" => {
                name(&mut names, ("fn", value));
            }
            "ob" => object = name(&mut names, ("ob", value)).context("an object's name")?,
            "cob" => {
                name(&mut names, ("ob", value));
            }
            "calls" => is_of_callee = true,
            _ => {}
        }
    }
    Ok(costs)
}

/// What a line of a place in the program and a count tells: `16 400`, `+2 400`, `* 400`.
fn cost(line: &str) -> Option<i64> {
    let (place, count) = line.split_once(' ')?;
    let is_place = place.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c));
    count.parse().ok().filter(|_| is_place)
}

/// The name that stands for a number from where it is first told: `(1) name`, and `(1)` from then on.
fn name<'a>(
    names: &mut BTreeMap<(&'static str, &'a str), &'a str>,
    (kind, value): (&'static str, &'a str),
) -> Option<&'a str> {
    let (number, name) = value.split_once(' ').unwrap_or((value, ""));
    if name.is_empty() {
        names.get(&(kind, number)).copied()
    } else {
        names.insert((kind, number), name);
        Some(name)
    }
}

/// A function of Rust has its path; another one is told by the file that it is in.
fn named(function: &str, object: &str) -> String {
    if function.contains("::") || function.starts_with("__rust") {
        return function.to_owned();
    }
    let file = object.rsplit('/').next().unwrap_or_default();
    format!("{file}: {function}")
}

fn by_crate(functions: &Costs) -> Costs {
    let mut crates = Costs::new();
    for (function, count) in functions {
        *crates.entry(crate_of(function).to_owned()).or_default() += count;
    }
    crates
}

/// The crate that a function's name begins with; of `<T as some::Trait>` the trait's.
fn crate_of(function: &str) -> &str {
    if let Some((file, _)) = function.split_once(": ")
        && !file.contains(':')
    {
        return file;
    }
    let starts = |text: &'_ str| text.find(|c: char| c.is_ascii_lowercase() || c == '_');
    let trimmed = function.trim_start_matches(['<', '&', '[', '(', '*']);
    let trimmed = ["mut ", "dyn ", "impl "]
        .iter()
        .fold(trimmed, |text, word| text.trim_start_matches(word));
    let is_generic = trimmed.starts_with(|c: char| c.is_ascii_uppercase());
    let path = match trimmed.split_once(" as ") {
        Some((_, of_trait)) if is_generic => of_trait,
        _ => trimmed,
    };
    let path = &path[starts(path).unwrap_or_default()..];
    let end = path.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &path[..end.unwrap_or(path.len())]
}

/// Rows in the order of what the columns have together.
fn table(what: &str, columns: &[Costs; 3]) -> String {
    let count = |costs: &Costs, name: &str| costs.get(name).copied().unwrap_or_default();
    let of = |name: &str| columns.each_ref().map(|costs| count(costs, name));
    let names: BTreeSet<&String> = columns.iter().flat_map(Costs::keys).collect();
    let mut names: Vec<&String> = names.into_iter().collect();
    names.sort_by_key(|name| Reverse(of(name).iter().sum::<i64>()));
    let row = |name: &str, counts: [i64; 3]| {
        let cells = counts.map(|count| count.to_string()).join(" | ");
        format!("| {name} | {cells} |\n")
    };
    let (shown, rest) = names.split_at(names.len().min(ROWS));
    let shown: String = shown
        .iter()
        .map(|name| row(&format!("`{name}`"), of(name)))
        .collect();
    let sum = |names: &[&String]| {
        let counts = names.iter().map(|name| of(name));
        counts.fold([0; 3], |sum, counts| {
            [0, 1, 2].map(|at| sum[at] + counts[at])
        })
    };
    let head = format!(
        "| {what} | of a start | of a warm message | of an AWS call |\n|---|---|---|---|\n"
    );
    let (rest, all) = (row("others", sum(rest)), row("all", sum(&names)));
    format!("{head}{shown}{rest}{all}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_function_did_itself_is_told_apart_from_what_it_called() {
        let written = "positions: line\nevents: Ir\nob=(1) /lib/libc.so.6\nfn=(1) malloc\n1 5\ncfn=(2) free\ncalls=3 7\n1 100\n+2 4\n\n\
            ob=(2) /bin/it\nfn=(3) serde_json::de::from_str\n9 50\ncob=(1)\ncfn=(1)\ncalls=1 1\n* 9\nfn=(1)\n2 1\ntotals: 160\n";
        let expected = [
            ("it: malloc".to_owned(), 1),
            ("libc.so.6: malloc".to_owned(), 9),
            ("serde_json::de::from_str".to_owned(), 50),
        ];
        assert_eq!(costs(written).unwrap(), expected.into());
    }

    #[test]
    fn a_function_is_of_the_crate_that_its_name_begins_with() {
        for (function, expected) in [
            ("serde_json::de::from_str", "serde_json"),
            (
                "<alloc::vec::Vec<T,A> as core::ops::drop::Drop>::drop",
                "alloc",
            ),
            ("<D as digest::digest::Digest>::digest", "digest"),
            ("<&mut hyper::proto::Io as core::fmt::Write>::x", "hyper"),
            ("libc.so.6: malloc", "libc.so.6"),
            ("__rustc::__rust_alloc", "__rustc"),
        ] {
            assert_eq!(crate_of(function), expected, "{function}");
        }
    }
}
