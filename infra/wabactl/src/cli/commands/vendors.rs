mod config;

use clap::{Args, Subcommand};
use domain::VendorId;
use serde_json::{Value, json};
use wabactl::{AdminClient, Ask};

use super::{Context, Failure, Outcome};
use crate::cli::input;
use crate::cli::table::{Table, scalar};

#[derive(Subcommand)]
pub(crate) enum Vendors {
    /// Lists all vendors
    List,
    /// Shows one vendor and its numbers
    Show {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
    },
    /// Deletes a vendor and has all that is kept of it erased, everywhere
    Delete {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
        #[command(flatten)]
        certain: Certain,
    },
    /// Pauses a vendor: messages are kept and not answered
    Pause {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
    },
    /// Has a paused vendor go on
    Resume {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
    },
    /// Shows how far the erasure of a deleted vendor got
    Erasure {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
    },
    /// How a vendor answers
    #[command(subcommand)]
    Config(config::Config),
}

/// How certain an operator is of a deletion.
#[derive(Args)]
pub(crate) struct Certain {
    /// Deletes it although messages are not settled; those that did not leave are cancelled
    #[arg(long)]
    force: bool,
    /// Asks for no confirmation
    #[arg(long)]
    yes: bool,
}

impl Certain {
    /// Deletes what is at this path as it is now, once the operator has named it.
    pub(super) async fn delete(
        &self,
        path: &[&str],
        context: &Context,
    ) -> Result<Outcome, Failure> {
        let client = context.client()?;
        let etag = etag(&client, path).await?;
        let name = path.last().copied().unwrap_or_default();
        if !self.yes {
            let typed = input::line(&format!("Type {name} to delete it for good: "))?;
            if typed != name {
                return Err(Failure::Usage(
                    "it was not named; nothing is deleted".to_owned(),
                ));
            }
        }
        let ask = Ask::delete(path).query("force", self.force.then_some(true));
        let ask = match &etag {
            Some(etag) => ask.if_match(etag),
            None => ask,
        };
        let answer = client.call(&ask).await?;
        Ok(context.document(answer.body))
    }
}

/// What a change of this may be made on the condition of.
async fn etag(client: &AdminClient, path: &[&str]) -> Result<Option<String>, Failure> {
    Ok(client.call(&Ask::get(path)).await?.etag)
}

impl Vendors {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let output = context.output;
        let post = |id: &VendorId, what| Ask::post(&["vendors", id.as_str(), what]).repeatable();
        match self {
            Self::Delete { id, certain } => {
                certain.delete(&["vendors", id.as_str()], context).await
            }
            Self::Pause { id } => context.shows(&post(id, "pause")).await,
            Self::Resume { id } => context.shows(&post(id, "resume")).await,
            Self::Erasure { id } => {
                let ask = Ask::get(&["vendors", id.as_str(), "erasure"]);
                context.shows(&ask).await
            }
            Self::Config(config) => config.run(context).await,
            Self::List => {
                let client = context.client()?;
                let all = Ask::get(&["vendors"]);
                let vendors = client.list(&all, "vendors", usize::MAX).await?;
                Ok(output.done(
                    || json!({ "vendors": vendors }),
                    || output.table(&table(&vendors)),
                ))
            }
            Self::Show { id } => {
                let vendor = context.client()?.vendor(id).await?;
                Ok(context.document(vendor))
            }
        }
    }
}

fn table(vendors: &[Value]) -> Table {
    let row = |vendor: &Value| {
        let cell = |name: &str| scalar(&vendor[name]);
        let state = if vendor["active"] == false {
            "paused"
        } else {
            "active"
        };
        vec![
            cell("vendorId"),
            cell("businessName"),
            cell("phoneNumber"),
            cell("wasenderInstanceId"),
            cell("status"),
            state.to_owned(),
        ]
    };
    let heads = [
        "VENDOR", "BUSINESS", "NUMBER", "INSTANCE", "SESSION", "STATE",
    ];
    Table::new(&heads, vendors.iter().map(row))
}
