//! What is measured at each step of a curve, and how it is drawn.

use anyhow::Result;

use crate::Arguments;
use crate::figures::{Figure, Line, millis, plot};
use crate::load::Run;

/// How long each run is.
pub(crate) const SECONDS: u32 = 10;

/// Vendors whose customers write now and then, and how often in all.
pub(crate) const QUIET: usize = 20;
pub(crate) const QUIET_RATE: u32 = 10;

/// What was measured with one number of vendors, or behind one backlog.
#[derive(Default)]
pub(crate) struct Measured {
    pub(crate) median: Figure,
    pub(crate) slowest: Figure,
    pub(crate) processor: Figure,
    pub(crate) calls: Figure,
    pub(crate) rate: Figure,
}

impl Measured {
    pub(crate) fn add(&mut self, run: &Run) {
        self.median.add(millis(run.percentile(50)));
        self.slowest.add(millis(run.percentile(99)));
    }
}

/// The steps up to the largest that is asked for.
pub(crate) fn up_to(sizes: &[usize], most: usize) -> Vec<usize> {
    let sizes = sizes.iter().copied();
    sizes.filter(|size| *size <= most).collect()
}

/// A curve's name, its colour, and what it shows of each step.
pub(crate) type Curve = (&'static str, &'static str, fn(&Measured) -> &Figure);

/// From webhook to provider.
pub(crate) const DWELL: [Curve; 2] = [
    ("p50", "#1f77b4", |it| &it.median),
    ("p99", "#d62728", |it| &it.slowest),
];

/// Draws curves over steps into a file, if plots are asked for.
pub(crate) fn draw(
    arguments: &Arguments,
    (name, title): (&str, &str),
    (steps, measured): (&[usize], &[&Measured]),
    curves: &[Curve],
) -> Result<()> {
    let Some(folder) = &arguments.plots else {
        return Ok(());
    };
    let line = |(name, colour, figure): &Curve| Line {
        name,
        colour,
        figures: measured.iter().map(|it| figure(it)).collect(),
    };
    let lines: Vec<_> = curves.iter().map(line).collect();
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    std::fs::create_dir_all(folder)?;
    plot(
        &folder.join(format!("chain-{name}.svg")),
        title,
        &steps,
        &lines,
    )
}
