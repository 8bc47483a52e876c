use clap::Args;
use domain::VendorId;
use serde_json::json;
use wabactl::Ask;

use super::{Context, Failure, Outcome};

/// A vendor's number.
#[derive(Args)]
pub(crate) struct Number {
    #[arg(value_parser = VendorId::parse)]
    pub(super) vendor: VendorId,
    /// Which of the vendor's numbers; else the first
    #[arg(long, value_name = "WABA_ID")]
    pub(super) waba: Option<String>,
}

impl Number {
    /// A request about it.
    fn ask(&self, what: &str) -> Ask {
        let ask = Ask::post(&["vendors", self.vendor.as_str(), what]);
        ask.json(&json!({"wabaId": self.waba}))
    }

    /// Asks for something that may be asked for twice.
    pub(super) async fn does(&self, what: &str, context: &Context) -> Result<Outcome, Failure> {
        context.shows(&self.ask(what).repeatable()).await
    }

    /// Asks for something that is done anew each time.
    pub(super) async fn does_once(
        &self,
        what: &str,
        context: &Context,
    ) -> Result<Outcome, Failure> {
        let advice = "see what became of it: wabactl status";
        context.shows_once(&self.ask(what), advice).await
    }
}

/// Begins to link a number's session, or brings back one that was dropped
#[derive(Args)]
pub(crate) struct Connect {
    #[command(flatten)]
    number: Number,
    /// By what it is linked; else as the provider likes
    #[arg(long)]
    by: Option<Method>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Method {
    Qr,
    Passkey,
}

impl Connect {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let method = self.by.map(|method| match method {
            Method::Qr => "qr",
            Method::Passkey => "passkey",
        });
        let body = json!({"wabaId": self.number.waba, "linkMethod": method});
        let ask = Ask::post(&["vendors", self.number.vendor.as_str(), "connect"]);
        let mut shown = context
            .client()?
            .call(&ask.json(&body).repeatable())
            .await?
            .body;
        if !context.output.is_json
            && let Some(shown) = shown.as_object_mut()
            && shown.get("qr").is_some_and(|code| !code.is_null())
        {
            let told = format!("see: wabactl qr {}", self.number.vendor.as_str());
            shown.insert("qr".to_owned(), told.into());
        }
        Ok(context.document(shown))
    }
}
