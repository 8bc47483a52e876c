use clap::Subcommand;
use domain::VendorId;
use serde_json::{Value, json};
use wabactl::Ask;

use super::{Context, Failure, Outcome};
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
}

impl Vendors {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let client = context.client()?;
        let output = context.output;
        match self {
            Self::List => {
                let all = Ask::get(&["vendors"]);
                let vendors = client.list(&all, "vendors", usize::MAX).await?;
                Ok(output.done(
                    || json!({ "vendors": vendors }),
                    || output.table(&table(&vendors)),
                ))
            }
            Self::Show { id } => {
                let vendor = client.vendor(id).await?;
                let table = Table::of_document(&vendor);
                Ok(output.done(|| vendor, || output.table(&table)))
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
