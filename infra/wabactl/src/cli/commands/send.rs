mod draft;

use clap::Args;
use domain::VendorId;
use serde_json::json;
use uuid::Uuid;

use self::draft::Draft;
use super::{Context, Failure, Outcome};

/// Sends a message to a customer or a group from the vendor's number
#[derive(Args)]
pub(crate) struct Send {
    #[arg(value_parser = VendorId::parse)]
    id: VendorId,
    #[command(flatten)]
    draft: Draft,
    /// Names this send, so that running it again sends nothing twice; made up if it is left out
    #[arg(long, value_name = "K", value_parser = idempotency_key)]
    idempotency_key: Option<String>,
}

impl Send {
    pub(crate) async fn run(self, context: &Context) -> Result<Outcome, Failure> {
        let key = self.idempotency_key;
        let key = key.unwrap_or_else(|| Uuid::now_v7().to_string());
        let body = self.draft.body()?;
        let client = context.client()?;
        let sent = client.send_body(&self.id, &body, Some(&key)).await;
        let id = sent.map_err(|error| {
            if error.is_in_doubt() {
                let key = key.clone();
                Failure::SendInDoubt { error, key }
            } else {
                error.into()
            }
        })?;
        Ok(context.output.done(
            || json!({"messageId": id, "status": "queued", "idempotencyKey": key}),
            || format!("{id} queued\n"),
        ))
    }
}

fn idempotency_key(text: &str) -> Result<String, &'static str> {
    let usable = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    usable
        .then(|| text.to_owned())
        .ok_or("a key has visible ASCII characters and no space")
}
