//! The figures, beside what they must and should be; and the bounds that CI holds the counted ones to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};

/// One line of the table.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) must: Option<f64>,
    pub(crate) stretch: Option<f64>,
    /// Lower is better, unless it says otherwise.
    pub(crate) at_least: bool,
}

impl Figure {
    pub(crate) fn new(name: &'static str, value: f64) -> Self {
        Self {
            name,
            value,
            must: None,
            stretch: None,
            at_least: false,
        }
    }

    pub(crate) fn within(self, must: f64, stretch: f64) -> Self {
        let (must, stretch) = (Some(must), Some(stretch));
        Self {
            must,
            stretch,
            ..self
        }
    }

    fn is(&self, bound: Option<f64>) -> &'static str {
        match bound {
            None => "",
            Some(bound) if self.at_least && self.value >= bound => "yes",
            Some(bound) if !self.at_least && self.value <= bound => "yes",
            Some(_) => "NO",
        }
    }
}

/// Whether all that must hold does.
pub(crate) fn holds(figures: &[Figure]) -> bool {
    figures.iter().all(|figure| figure.is(figure.must) != "NO")
}

/// The table, in Markdown.
pub(crate) fn markdown(figures: &[Figure]) -> Result<String> {
    let mut table =
        String::from("| figure | measured | must | | stretch | |\n|---|---|---|---|---|---|\n");
    let bound = |bound: Option<f64>| bound.map_or_else(String::new, number);
    for figure in figures {
        writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} |",
            figure.name,
            number(figure.value),
            bound(figure.must),
            figure.is(figure.must),
            bound(figure.stretch),
            figure.is(figure.stretch),
        )?;
    }
    Ok(table)
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else if value < 0.1 {
        format!("{value:.4}")
    } else {
        format!("{value:.2}")
    }
}

/// What a count may be: the value that was written down, and a little more.
pub(crate) struct Bounds(BTreeMap<String, (f64, f64)>);

impl Bounds {
    /// Lines of a figure, its value and how much more it may be, in percent.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let line = |line: &str| {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().context("three cells a line");
            let (name, value, more) = (cell()?.to_owned(), cell()?, cell()?);
            Ok((name, (value.parse()?, more.parse()?)))
        };
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(line).collect::<Result<_>>().map(Self)
    }

    /// Which figures are more than they may be, in words.
    pub(crate) fn exceeded(&self, figures: &[Figure]) -> Result<Vec<String>> {
        let mut exceeded = Vec::new();
        for figure in figures {
            let (value, more) = self.0.get(figure.name).context("a bound for each figure")?;
            let most = value * (1.0 + more / 100.0);
            if figure.value > most {
                let (name, value) = (figure.name, number(figure.value));
                exceeded.push(format!("{name}: {value}, allowed {}", number(most)));
            }
        }
        Ok(exceeded)
    }

    /// The bounds as they would be after these figures.
    pub(crate) fn renewed(&self, figures: &[Figure]) -> Result<String> {
        let mut text = String::from("# figure\tvalue\tmore that it may be, in percent\n");
        for figure in figures {
            let more = self.0.get(figure.name).map_or(5.0, |(_, more)| *more);
            writeln!(text, "{}\t{}\t{more}", figure.name, figure.value)?;
        }
        Ok(text)
    }
}
