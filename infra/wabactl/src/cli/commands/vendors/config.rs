use std::path::PathBuf;

use clap::Subcommand;
use domain::VendorId;
use wabactl::Ask;

use super::{Context, Failure, Outcome, etag};
use crate::cli::input;

#[derive(Subcommand)]
pub(crate) enum Config {
    /// Prints it as JSON, as `config set` takes it
    Get {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
    },
    /// Changes what a JSON file names; what it leaves out stays as it is, and null makes it usual again
    Set {
        #[arg(value_parser = VendorId::parse)]
        id: VendorId,
        file: PathBuf,
        /// Only if it is still as `config get` told; else as it is now
        #[arg(long, value_name = "ETAG")]
        if_match: Option<String>,
    },
}

impl Config {
    pub(super) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        match self {
            Self::Get { id } => {
                let ask = Ask::get(&["vendors", id.as_str(), "config"]);
                let answer = context.client()?.call(&ask).await?;
                let output = context.output;
                if let Some(etag) = &answer.etag {
                    output.tell_aside(&format!("--if-match '{etag}'"));
                }
                let text = format!("{:#}\n", answer.body);
                Ok(output.done(|| answer.body, || text))
            }
            Self::Set { id, file, if_match } => {
                let config = input::json(file)?;
                let path = ["vendors", id.as_str(), "config"];
                let client = context.client()?;
                let etag = match if_match {
                    Some(etag) => Some(etag.clone()),
                    None => etag(&client, &path).await?,
                };
                let ask = Ask::put(&path).json(&config);
                let ask = match &etag {
                    Some(etag) => ask.if_match(etag),
                    None => ask,
                };
                let answer = client.call(&ask).await?;
                Ok(context.document(answer.body))
            }
        }
    }
}
