//! What was set aside: webhooks that were not understood, and queue entries that were given up.

use clap::{Args, Subcommand, ValueEnum};
use domain::VendorId;
use serde_json::{Value, json};
use wabactl::Ask;

use super::{Context, Exit, Failure, Outcome};
use crate::cli::answers::{self, Columns};
use crate::cli::table::scalar;

const QUARANTINED: &Columns = &[
    ("VENDOR", "/vendorId"),
    ("NUMBER", "/wabaId"),
    ("EVENT", "/event"),
    ("REASON", "/reason"),
    ("RECEIVED", "/receivedAt"),
    ("BYTES", "/sizeBytes"),
    ("ID", "/id"),
];
const DEAD: &Columns = &[
    ("KIND", "/kind"),
    ("VENDOR", "/vendorId"),
    ("MESSAGE", "/messageId"),
    ("RECEIVED", "/receivedAt"),
    ("LEDGER", "/ledger/status"),
    ("TRIES", "/receiveCount"),
    ("ID", "/id"),
];
const PROGRESS: &Columns = &[("ID", "/id"), ("OUTCOME", "/outcome"), ("WHY", "/reason")];
/// How often the gateway is asked to go on before this is left to a further run: it does 100 entries at once.
const ROUNDS: usize = 100;

#[derive(Subcommand)]
pub(crate) enum Quarantine {
    /// Lists some of the webhooks that were genuine and not understood
    List {
        #[command(flatten)]
        some: Sample,
        /// Shows the webhooks themselves, with what customers wrote; for --json
        #[arg(long)]
        payload: bool,
    },
    /// Gives webhooks to the parser again
    Replay {
        #[command(flatten)]
        chosen: Chosen,
    },
}

#[derive(Subcommand)]
pub(crate) enum DeadLetters {
    /// Lists some of a queue's entries that were given up
    List {
        queue: Queue,
        #[command(flatten)]
        some: Sample,
    },
    /// Gives entries back to their queue
    Redrive {
        queue: Queue,
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Removes entries for good; a message that was to be sent is cancelled
    Discard {
        queue: Queue,
        #[command(flatten)]
        chosen: Chosen,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Queue {
    Inbound,
    Outbound,
    Later,
}

impl Queue {
    const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Later => "later",
        }
    }
}

/// How many are shown, and whose.
#[derive(Args)]
pub(crate) struct Sample {
    /// Those of this vendor alone
    #[arg(long, value_parser = VendorId::parse)]
    vendor: Option<VendorId>,
    /// How many at most, up to 100
    #[arg(long, value_name = "N", default_value = "20")]
    limit: u8,
}

impl Sample {
    fn of(&self, ask: Ask) -> Ask {
        ask.query("vendorId", self.vendor.as_ref().map(VendorId::as_str))
            .query("limit", Some(self.limit))
    }
}

/// Which entries are meant.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Chosen {
    /// These, as a list showed them
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// All of this vendor
    #[arg(long, value_parser = VendorId::parse)]
    vendor: Option<VendorId>,
    /// All
    #[arg(long)]
    all: bool,
}

impl Chosen {
    fn body(&self) -> Value {
        match (&self.vendor, self.all) {
            (Some(vendor), _) => json!({"vendorId": vendor.as_str()}),
            (None, true) => json!({"all": true}),
            (None, false) => json!({"ids": self.ids}),
        }
    }
}

impl Quarantine {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match self {
            Self::List { some, payload } => {
                let ask = some.of(Ask::get(&["quarantine"]));
                let ask = ask.query("payload", payload.then_some(true));
                list(&ask, "quarantine", QUARANTINED, context).await
            }
            Self::Replay { chosen } => {
                until_done(&["quarantine", "replay"], &chosen.body(), context).await
            }
        }
    }
}

impl DeadLetters {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let (queue, chosen, discard) = match self {
            Self::List { queue, some } => {
                let ask = Ask::get(&["dead-letters"]).query("queue", Some(queue.name()));
                return list(&some.of(ask), "deadLetters", DEAD, context).await;
            }
            Self::Redrive { queue, chosen } => (queue, chosen, false),
            Self::Discard { queue, chosen } => (queue, chosen, true),
        };
        let mut body = chosen.body();
        body["queue"] = queue.name().into();
        body["discard"] = discard.into();
        until_done(&["dead-letters", "redrive"], &body, context).await
    }
}

async fn list(
    ask: &Ask,
    name: &str,
    columns: &Columns,
    context: &Context,
) -> Result<Outcome, Failure> {
    let answer = context.client()?.call(ask).await?.body;
    let items = answer[name].as_array().cloned().unwrap_or_default();
    let total = scalar(&answer["approximateTotal"]);
    let table = answers::table(&items, columns);
    let output = context.output;
    let text = || format!("{}{} of about {total}\n", output.table(&table), items.len());
    Ok(output.done(|| answer, text))
}

/// Asks again until the gateway says that there is no more, or gets nothing done.
async fn until_done(path: &[&str], body: &Value, context: &Context) -> Result<Outcome, Failure> {
    let client = context.client()?;
    let ask = Ask::post(path).json(body).repeatable();
    let (mut done, mut rest) = (Vec::new(), Value::Null);
    for _ in 0..ROUNDS {
        let mut answer = match client.call(&ask).await {
            Ok(answer) => answer.body,
            Err(error) if done.is_empty() => return Err(error.into()),
            Err(error) => {
                context
                    .output
                    .tell_aside(&format!("{error}; run this again for the others"));
                rest["more"] = true.into();
                break;
            }
        };
        let Value::Array(now) = answer["done"].take() else {
            break;
        };
        let is_stuck = now.is_empty();
        done.extend(now);
        rest = answer;
        if is_stuck || rest["more"] != true || !body["ids"].is_null() {
            break;
        }
    }
    let list = |name: &str| rest[name].as_array().cloned().unwrap_or_default();
    let (stayed, missing) = (list("stayed"), list("missing"));
    let more = rest["more"] == true;
    let exit = match (
        done.is_empty(),
        stayed.is_empty() && missing.is_empty() && !more,
    ) {
        (_, true) => Exit::Done,
        (false, false) => Exit::Partly,
        (true, false) => Exit::Failed,
    };
    let missed = missing
        .iter()
        .map(|id| json!({"id": id, "reason": "missing"}));
    let rows: Vec<_> = done.iter().chain(&stayed).cloned().chain(missed).collect();
    let table = answers::table(&rows, PROGRESS);
    let output = context.output;
    let document = || json!({"done": done, "stayed": stayed, "missing": missing, "more": more});
    Ok(output.done(document, || output.table(&table)).ending(exit))
}
