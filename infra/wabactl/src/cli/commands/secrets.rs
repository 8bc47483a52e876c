use clap::Args;
use serde_json::json;
use wabactl::Ask;

use super::sessions::Number;
use super::{Context, Failure, Outcome};
use crate::cli::input;

/// Has the provider make another webhook secret, or tells the gateway one that was made there
#[derive(Args)]
pub(crate) struct RotateSecret {
    #[command(flatten)]
    number: Number,
    /// Reads the secret that was made at the provider from stdin, or asks for it
    #[arg(long)]
    secret_stdin: bool,
    /// That secret is in use at the provider already
    #[arg(long, requires = "secret_stdin")]
    promote: bool,
}

impl RotateSecret {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        if !self.secret_stdin {
            return self
                .number
                .does_once("rotate-webhook-secret", context)
                .await;
        }
        let secret = input::secret("New webhook secret: ")?;
        let body =
            json!({"wabaId": self.number.waba, "newSecret": secret, "promote": self.promote});
        let vendor = self.number.vendor.as_str();
        let ask = Ask::post(&["vendors", vendor, "rotate-webhook-secret"]);
        context.shows(&ask.json(&body).repeatable()).await
    }
}
