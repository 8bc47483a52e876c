//! The figures, beside what they must and should be; and the bounds that CI holds the counted ones to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};

/// One line of the table. Lower is better.
pub(crate) struct Figure {
    name: String,
    value: f64,
    range: Option<(f64, f64)>,
    must: Option<f64>,
    stretch: Option<f64>,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: f64) -> Self {
        Self {
            name: name.into(),
            value,
            range: None,
            must: None,
            stretch: None,
        }
    }

    /// Of something that is counted.
    pub(crate) fn of(name: &str, count: u64) -> Self {
        Self::new(name, exact(count))
    }

    pub(crate) fn within(self, must: f64, stretch: f64) -> Self {
        let (must, stretch) = (Some(must), Some(stretch));
        Self {
            must,
            stretch,
            ..self
        }
    }

    /// The least and the most that was measured.
    pub(crate) fn ranging(self, least: f64, most: f64) -> Self {
        let range = Some((least, most));
        Self { range, ..self }
    }

    fn row(&self) -> String {
        let range = self.range.map_or_else(String::new, |(least, most)| {
            format!(" ({} to {})", number(least), number(most))
        });
        format!(
            "| {} | {}{range} | {} | {} |\n",
            self.name,
            number(self.value),
            self.beside(self.must),
            self.beside(self.stretch)
        )
    }

    /// A bound, and whether it is held.
    fn beside(&self, bound: Option<f64>) -> String {
        let Some(bound) = bound else {
            return String::new();
        };
        let held = if self.value <= bound {
            "held"
        } else {
            "missed"
        };
        format!("{}: {held}", number(bound))
    }
}

/// Whether all that must hold does.
pub(crate) fn holds(figures: &[Figure]) -> bool {
    figures
        .iter()
        .all(|figure| figure.must.is_none_or(|must| figure.value <= must))
}

/// The table, in Markdown.
pub(crate) fn markdown(figures: &[Figure]) -> String {
    let head = "| figure | measured | must | stretch |\n|---|---|---|---|\n";
    let rows: String = figures.iter().map(Figure::row).collect();
    format!("{head}{rows}")
}

fn number(value: f64) -> String {
    match value {
        _ if value >= 1e6 => format!("{:.2} M", value / 1e6),
        _ if value >= 1e3 => format!("{:.1} k", value / 1e3),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        _ if value < 0.1 => format!("1/{:.0}", 1.0 / value),
        _ if value < 10.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub(crate) fn exact(count: u64) -> f64 {
    count as f64
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
            let (value, more) = self
                .0
                .get(&figure.name)
                .context("a bound for each figure")?;
            let most = value * (1.0 + more / 100.0);
            if figure.value > most {
                let (name, value) = (&figure.name, number(figure.value));
                exceeded.push(format!("{name}: {value}, allowed {}", number(most)));
            }
        }
        Ok(exceeded)
    }

    /// The bounds as they would be after these figures.
    pub(crate) fn renewed(&self, figures: &[Figure]) -> Result<String> {
        let mut text = String::from("# figure\tvalue\tmore that it may be, in percent\n");
        for figure in figures {
            let more = self.0.get(&figure.name).map_or(5.0, |(_, more)| *more);
            let value = (figure.value * 100.0).round() / 100.0;
            writeln!(text, "{}\t{value}\t{more}", figure.name)?;
        }
        Ok(text)
    }
}
