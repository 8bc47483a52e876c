use clap::{Args, Subcommand};
use domain::VendorId;
use serde_json::json;
use wabactl::Ask;

use super::vendors::Certain;
use super::{Context, Failure, Outcome};
use crate::cli::answers::Columns;
use crate::cli::input;

const COLUMNS: &Columns = &[
    ("NUMBER", "/wabaId"),
    ("PHONE", "/phoneNumber"),
    ("INSTANCE", "/wasenderInstanceId"),
    ("SESSION", "/status"),
    ("IDENTITY", "/identity"),
    ("DRIFT", "/drift"),
];

#[derive(Subcommand)]
pub(crate) enum Numbers {
    /// Lists a vendor's numbers
    List {
        #[arg(value_parser = VendorId::parse)]
        vendor: VendorId,
    },
    /// Adds a number; asks for its webhook secret and API key, or reads them from stdin, a line each
    Add(Add),
    /// Deletes one of a vendor's numbers
    Delete {
        #[arg(value_parser = VendorId::parse)]
        vendor: VendorId,
        #[arg(value_name = "WABA_ID")]
        waba: String,
        #[command(flatten)]
        certain: Certain,
    },
}

#[derive(Args)]
pub(crate) struct Add {
    #[arg(value_parser = VendorId::parse)]
    vendor: VendorId,
    /// The number, with + and the country code
    phone: String,
    /// Your name of the session at the provider
    #[arg(long, value_name = "ID")]
    instance: String,
    /// What the number is called; else it is made of the vendor's id
    #[arg(long, value_name = "WABA_ID")]
    waba: Option<String>,
}

impl Numbers {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match self {
            Self::List { vendor } => {
                let ask = Ask::get(&["vendors", vendor.as_str(), "waba-instances"]);
                context
                    .lists(&ask, "wabaInstances", usize::MAX, COLUMNS)
                    .await
            }
            Self::Add(number) => number.run(context).await,
            Self::Delete {
                vendor,
                waba,
                certain,
            } => {
                let path = ["vendors", vendor.as_str(), "waba", waba];
                certain.delete(&path, context).await
            }
        }
    }
}

impl Add {
    async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let secret = input::secret("Webhook secret: ")?;
        let key = input::secret("API key (empty if it may not send yet): ")?;
        let key = Some(key).filter(|key| !key.is_empty());
        let body = json!({"wabaId": self.waba, "phoneNumber": self.phone, "wasenderInstanceId": self.instance,
            "wasenderWebhookSecret": secret, "wasenderApiKey": key});
        let ask = Ask::post(&["vendors", self.vendor.as_str(), "waba-instances"]);
        context.shows(&ask.json(&body).repeatable()).await
    }
}
