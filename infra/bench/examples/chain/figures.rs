//! Medians, tables and curves.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

/// What was measured of one thing, several times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figure(Vec<f64>);

impl Figure {
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    pub(crate) fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn most(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::NAN)
    }

    fn least(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    /// The median, and the range if there is one.
    pub(crate) fn shown(&self) -> String {
        let (Some(least), Some(most)) = (self.0.first(), self.0.last()) else {
            return "-".to_owned();
        };
        let digits = if *most < 10.0 { 2 } else { 0 };
        let median = self.median();
        if self.0.len() == 1 {
            return format!("{median:.digits$}");
        }
        format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
    }
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// A table in Markdown.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    let rule = vec!["---".to_owned(); head.len()];
    let body: String = rows.iter().map(|row| line(row)).collect();
    line(&head) + &line(&rule) + &body
}

/// A line of a plot: its name, its colour, and what it goes through.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) colour: &'a str,
    pub(crate) figures: Vec<&'a Figure>,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 310.0;
const TOP: f64 = 50.0;
const RIGHT: f64 = 600.0;

/// Medians over steps that lie equally far apart, from zero up, each with its range.
pub(crate) fn plot(file: &Path, title: &str, steps: &[String], lines: &[Line<'_>]) -> Result<()> {
    let all = lines.iter().flat_map(|line| &line.figures);
    let top = round_up(all.map(|figure| figure.most()).fold(1.0, f64::max));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n<text x=\"{LEFT}\" y=\"22\" font-size=\"14\">{title}</text>\n"
    );
    for quarter in 0..=4 {
        let value = top * as_f64(quarter) / 4.0;
        let y = height(value, top);
        let beside = y + 4.0;
        writeln!(
            svg,
            "<path d=\"M{LEFT} {y}H{RIGHT}\" stroke=\"#ddd\"/><text x=\"52\" y=\"{beside}\" text-anchor=\"end\">{value}</text>"
        )?;
    }
    for (at, step) in steps.iter().enumerate() {
        let x = across(at, steps.len());
        writeln!(
            svg,
            "<text x=\"{x:.0}\" y=\"330\" text-anchor=\"middle\">{step}</text>"
        )?;
    }
    for (at, line) in lines.iter().enumerate() {
        svg += &curve(line, top)?;
        let (x, colour, name) = (LEFT + 90.0 * as_f64(at), line.colour, line.name);
        writeln!(
            svg,
            "<text x=\"{x}\" y=\"40\" fill=\"{colour}\">{name}</text>"
        )?;
    }
    svg += "</svg>\n";
    Ok(std::fs::write(file, svg)?)
}

fn across(at: usize, steps: usize) -> f64 {
    LEFT + (RIGHT - LEFT) * as_f64(at) / as_f64(steps.saturating_sub(1).max(1))
}

fn height(value: f64, top: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * value / top
}

/// The medians as a line, and the ranges across it.
fn curve(line: &Line<'_>, top: f64) -> Result<String> {
    let colour = line.colour;
    let (mut points, mut ranges) = (String::new(), String::new());
    for (at, figure) in line.figures.iter().enumerate() {
        let x = across(at, line.figures.len());
        let y = |value: f64| height(value, top);
        write!(points, "{x:.0},{:.1} ", y(figure.median()))?;
        write!(
            ranges,
            "M{x:.0} {:.1}V{:.1}",
            y(figure.least()),
            y(figure.most())
        )?;
    }
    let points = points.trim_end();
    Ok(format!(
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n<path d=\"{ranges}\" stroke=\"{colour}\"/>\n"
    ))
}

/// The next of 1, 2, 4, 10, 20, 40, …
fn round_up(value: f64) -> f64 {
    let decade = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 4.0, 10.0]
        .into_iter()
        .map(|step| step * decade)
        .find(|round| *round >= value)
        .unwrap_or(value)
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub(crate) fn as_f64(count: usize) -> f64 {
    count as f64
}
