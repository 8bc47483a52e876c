mod batch;
mod interactive;
mod report;
mod runs;
mod texts;
mod undo;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use etcetera::BaseStrategy;
use serde_json::json;
use wabactl::batch::{Pace, Runs, Stop};

use self::interactive::Interactive;
use self::texts::Lang;
use super::{Context, Exit, Failure, Outcome};
use crate::cli::environment;

/// Registers vendors that were elsewhere before: asks for one after the other, or takes them from a file
#[derive(Args)]
pub(crate) struct Migrate {
    #[command(subcommand)]
    how: Option<How>,
    /// The language of the questions; else that of `LANG`
    #[arg(long)]
    lang: Option<Lang>,
    /// The country that numbers without a country code are of
    #[arg(long, value_name = "ISO", default_value = "SN")]
    country: String,
    /// How long to wait for the gateway to see whether a key is the registered number's
    #[arg(long, value_name = "SECONDS", default_value = "20")]
    wait: u64,
    /// Where journals of runs are kept; else the directory for programs' state
    #[arg(long, global = true, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum How {
    Batch(batch::Batch),
    /// Checks a CSV file by itself; needs no key and no gateway
    Check {
        file: PathBuf,
    },
    /// Lists the runs that journals are kept of
    Runs,
}

impl Migrate {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match &self.how {
            None => self.ask(context).await,
            Some(How::Batch(batch)) => batch.run(&self.runs()?, context).await,
            Some(How::Check { file }) => check(file, context),
            Some(How::Runs) => runs::list(&self.runs()?, context),
        }
    }

    async fn ask(&self, context: &Context) -> Result<Outcome, Failure> {
        let lang = self.lang;
        let lang = lang.unwrap_or_else(|| Lang::of_session(environment::variable));
        let interactive = Interactive {
            client: context.client()?,
            texts: lang.texts(),
            country: &self.country,
            wait: Duration::from_secs(self.wait),
        };
        interactive.run(context).await
    }

    fn runs(&self) -> Result<Runs, Failure> {
        if let Some(dir) = &self.state_dir {
            return Ok(Runs::at(dir.clone()));
        }
        let base = etcetera::choose_base_strategy();
        let base = base.map_err(|_| {
            let told = "there is no home directory for journals: give --state-dir DIR";
            Failure::Usage(told.to_owned())
        })?;
        let dir = base.state_dir().unwrap_or_else(|| base.data_dir());
        Ok(Runs::at(dir.join("wabactl").join("runs")))
    }
}

fn check(file: &Path, context: &Context) -> Result<Outcome, Failure> {
    let (_, rows) = batch::sheet(file)?;
    let ids: Vec<_> = rows
        .iter()
        .map(|row| row.registration.vendor_id.as_str())
        .collect();
    Ok(context.output.done(
        || json!({ "vendorIds": ids }),
        || format!("{} rows are good; nothing was sent\n", rows.len()),
    ))
}

/// Ends what is under way and no more on Ctrl-C; on a second one, all at once.
fn stop_on_interrupt() -> Stop {
    let stop = Stop::default();
    let wanted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            wanted.now();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(Exit::Interrupted.code().into());
        }
    });
    stop
}

/// How a command ends that did so many rows well, and whose other rows ended with these errors or were not tried.
fn exit<'a>(
    good: usize,
    bad: usize,
    not_tried: usize,
    errors: impl IntoIterator<Item = &'a wabactl::ClientError>,
) -> Exit {
    let first = errors.into_iter().next();
    match (good, bad, not_tried) {
        (_, 0, 0) => Exit::Done,
        (_, 0, _) => Exit::Interrupted,
        (0, ..) => first.map_or(Exit::Failed, Exit::of),
        _ => Exit::Partly,
    }
}

fn pace<'a>(at_once: usize, stop: &'a Stop, ticks: &'a dyn Fn()) -> Pace<'a> {
    Pace {
        at_once,
        stop,
        ticks,
    }
}
