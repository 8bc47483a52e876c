use std::io::{self, ErrorKind, IsTerminal, Write};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use super::environment::variable;
use super::table::Table;
use super::{Exit, Failure};

/// Whether colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    Always,
    Never,
}

/// How a run tells what it did: to a person or to a machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) is_json: bool,
    has_colours: bool,
}

/// What a command has to show, and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    shown: String,
    pub(crate) exit: Exit,
}

impl Outcome {
    /// What was asked for is done, and was shown meanwhile.
    pub(crate) const fn shown_already() -> Self {
        Self {
            shown: String::new(),
            exit: Exit::Done,
        }
    }

    /// The same with another end.
    #[must_use]
    pub(crate) fn ending(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// Shows it, and answers how the run ends.
    pub(crate) fn tell(&self) -> Exit {
        match io::stdout().lock().write_all(self.shown.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Exit::Failed,
            _ => self.exit,
        }
    }
}

impl Output {
    pub(crate) fn new(is_json: bool, color: Color) -> Self {
        let is_wanted = || {
            let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
            io::stdout().is_terminal() && variable("NO_COLOR").is_none() && !is_dumb
        };
        let has_colours = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_wanted(),
        };
        Self {
            is_json,
            has_colours: has_colours && !is_json,
        }
    }

    /// What was asked for is done, and is shown as text, or as JSON where that is wanted.
    pub(crate) fn done(
        self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Outcome {
        let shown = if self.is_json {
            format!("{:#}\n", json())
        } else {
            text()
        };
        Outcome {
            shown,
            exit: Exit::Done,
        }
    }

    /// A table as text; its words have colours where those are wanted.
    pub(crate) fn table(self, table: &Table) -> String {
        table.text(self.has_colours)
    }

    /// A bar on stderr that counts to `total`; it is not drawn where nobody would see it.
    pub(crate) fn progress(self, total: usize, of_what: &'static str) -> ProgressBar {
        let target = if self.is_json {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
        bar.with_style(style.expect("the template is right"))
            .with_message(of_what)
    }

    /// A line on stderr, for a person alone.
    pub(crate) fn tell_aside(self, text: &str) {
        if !self.is_json {
            // Who can't be told is not told.
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    pub(crate) fn tell_failure(self, failure: &Failure) -> Exit {
        let told = if self.is_json {
            format!("{:#}", failure.json())
        } else {
            format!("error: {failure}")
        };
        // Nobody is left to tell if this fails too.
        let _ = writeln!(io::stderr().lock(), "{told}");
        failure.exit()
    }
}

/// A line on stdout while a command goes on.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    written.map_err(|_| Failure::Unheard)
}
