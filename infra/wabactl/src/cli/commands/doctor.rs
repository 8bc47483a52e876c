mod canary;
mod checks;
mod deployment;
mod numbers;
mod restore;
mod smoke;

use clap::Args;
use domain::{VendorId, WebhookSecret};
use serde_json::{Value, json};

use self::checks::Examined;
use super::replay::Secret;
use super::{Context, Exit, Failure, Outcome};
use crate::cli::table::Table;
pub(crate) use smoke::Smoke;

/// Examines a deployment end to end, and says what to do about what it finds
#[derive(Args)]
pub(crate) struct Doctor {
    /// Also posts a signed message to this vendor, and waits for its reply; needs its webhook secret
    #[arg(long, value_name = "VENDOR", value_parser = VendorId::parse, requires = "canary_from")]
    canary: Option<VendorId>,
    /// From whom that message is: the reply really goes there, so give a number of your own
    #[arg(long, value_name = "PHONE", requires = "canary")]
    canary_from: Option<String>,
    #[command(flatten)]
    secret: Secret,
}

/// How something was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Ok,
    Warn,
    Fail,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warning",
            Self::Fail => "failed",
        }
    }

    const fn exit(self) -> Exit {
        match self {
            Self::Ok => Exit::Done,
            Self::Warn => Exit::Partly,
            Self::Fail => Exit::Failed,
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq)]
struct Check {
    level: Level,
    what: String,
    found: String,
    /// What to do about it; empty if it is well.
    fix: String,
}

impl Check {
    fn ok(what: &str, found: impl Into<String>) -> Self {
        Self::new(Level::Ok, what, found, "")
    }

    fn warn(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Level::Warn, what, found, fix)
    }

    fn fail(what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Level::Fail, what, found, fix)
    }

    fn new(level: Level, what: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            level,
            what: what.to_owned(),
            found: found.into(),
            fix: fix.into(),
        }
    }

    fn json(&self) -> Value {
        let fix = Some(&self.fix).filter(|fix| !fix.is_empty());
        json!({"level": self.level.name(), "what": self.what, "found": self.found, "fix": fix})
    }
}

impl Doctor {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let canary = match (&self.canary, &self.canary_from) {
            (Some(vendor), Some(from)) => Some((vendor, from.as_str(), self.secret.of(vendor)?)),
            _ => None,
        };
        examined(context, canary).await
    }
}

/// Examines a deployment, with a canary if there is one, and shows what was found.
async fn examined(
    context: &Context,
    canary: Option<(&VendorId, &str, WebhookSecret)>,
) -> Result<Outcome, Failure> {
    let client = context.client()?;
    let Examined {
        mut checks,
        is_open,
    } = checks::examine(&client).await;
    if let Some((vendor, from, secret)) = canary
        && is_open
    {
        checks.push(canary::check(&client, vendor, from, &secret).await);
    }
    let worst = checks.iter().map(|check| check.level).max();
    let row = |check: &Check| {
        let level = check.level.name().to_owned();
        let cells = [
            level,
            check.what.clone(),
            check.found.clone(),
            check.fix.clone(),
        ];
        cells.to_vec()
    };
    let table = Table::new(&["", "WHAT", "FOUND", "FIX"], checks.iter().map(row));
    let output = context.output;
    let document = || json!({"checks": checks.iter().map(Check::json).collect::<Vec<_>>()});
    let told = output.done(document, || output.table(&table));
    Ok(told.ending(worst.map_or(Exit::Failed, Level::exit)))
}
