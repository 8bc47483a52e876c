use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use domain::{VendorId, WebhookSecret};
use serde_json::{Value, json};
use wabactl::{Proof, WebhookRoute};

use super::{Context, Exit, Failure, Outcome};
use crate::cli::{environment, input};

/// Posts a captured event to a vendor's webhook as the provider would, and tells what was answered
///
/// FILE is a webhook's body, or what API Gateway made of one. The secret is that of `WABACTL_WEBHOOK_SECRET`, unless an option says from where it is.
#[derive(Args)]
pub(crate) struct Replay {
    file: PathBuf,
    #[arg(long, value_parser = VendorId::parse)]
    vendor: VendorId,
    #[command(flatten)]
    secret: Secret,
    /// Signs by HMAC, as the older dialect does
    #[arg(long)]
    older_dialect: bool,
}

/// From where a vendor's webhook secret is taken; never from an argument.
#[derive(Args)]
pub(super) struct Secret {
    /// Reads the webhook secret from stdin, or asks for it; else it is that of `WABACTL_WEBHOOK_SECRET`
    #[arg(long)]
    secret_stdin: bool,
    /// Takes the vendor's secret from a file of vendors
    #[arg(long, value_name = "CSV", conflicts_with = "secret_stdin")]
    secrets: Option<PathBuf>,
}

impl Replay {
    pub(crate) async fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let (route, body) = read(&self.file)?;
        let secret = self.secret.of(&self.vendor)?;
        let proof = if self.older_dialect {
            Proof::Hmac
        } else {
            Proof::Shared
        };
        let webhooks = context.client()?.webhooks();
        let posted = webhooks.post((&self.vendor, route), body, (&secret, proof));
        let answer = posted.await?;
        let exit = match answer.status {
            200..=299 => Exit::Done,
            401 | 403 => Exit::Refused,
            429 | 502..=504 => Exit::NotReached,
            _ => Exit::Failed,
        };
        let shown = json!({"status": answer.status, "answer": answer.body});
        Ok(context.document(shown).ending(exit))
    }
}

impl Secret {
    pub(super) fn of(&self, vendor: &VendorId) -> Result<WebhookSecret, Failure> {
        let told = match &self.secrets {
            Some(file) => return in_file(vendor, file),
            None if self.secret_stdin => Some(input::secret("Webhook secret: ")?),
            None => environment::variable("WABACTL_WEBHOOK_SECRET"),
        };
        let none = "no webhook secret: give --secret-stdin or --secrets CSV, or set WABACTL_WEBHOOK_SECRET";
        let told = told.ok_or_else(|| Failure::Usage(none.to_owned()))?;
        WebhookSecret::parse(&told)
            .map_err(|_| Failure::Usage("that is no webhook secret".to_owned()))
    }
}

/// The secret of the first of a vendor's numbers in a file of vendors.
fn in_file(vendor: &VendorId, file: &Path) -> Result<WebhookSecret, Failure> {
    let rows = wabactl::read_csv(open(file)?.as_slice()).map_err(Failure::Sheet)?;
    let mut rows = rows.into_iter();
    let row = rows.find(|row| row.vendor_id == *vendor);
    let row =
        row.ok_or_else(|| Failure::Usage(format!("{} has no such vendor", file.display())))?;
    Ok(row.wasender_webhook_secret)
}

/// A webhook's body and where it goes: the file itself, or what a function was called with for one.
fn read(file: &Path) -> Result<(WebhookRoute, Vec<u8>), Failure> {
    let bytes = open(file)?;
    let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let (Some(path), Some(body)) = (document["rawPath"].as_str(), document["body"].as_str()) else {
        return Ok((WebhookRoute::Messages, bytes));
    };
    let route = if path.ends_with("/status") {
        WebhookRoute::Status
    } else if path.ends_with("/connection") {
        WebhookRoute::Connection
    } else {
        WebhookRoute::Messages
    };
    if document["isBase64Encoded"] != true {
        return Ok((route, body.into()));
    }
    let body = STANDARD.decode(body);
    let body = body.map_err(|_| Failure::Usage("the file's body is no base64".to_owned()))?;
    Ok((route, body))
}

fn open(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))
}
