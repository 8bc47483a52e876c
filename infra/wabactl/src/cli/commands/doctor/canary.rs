use std::time::Duration;

use domain::{VendorId, WebhookSecret};
use serde_json::{Value, json};
use uuid::Uuid;
use wabactl::{AdminClient, ClientError, Proof, WebhookRoute};

use super::Check;

const WHAT: &str = "canary";
/// How often its way is looked at, and how long to pause between.
const LOOKS: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// Posts a message as the provider would, and follows it until the provider took its reply.
pub(super) async fn check(
    client: &AdminClient,
    vendor: &VendorId,
    from: &str,
    secret: &WebhookSecret,
) -> Check {
    let uuid = Uuid::now_v7();
    let id = uuid.simple().to_string().to_uppercase();
    let webhooks = client.webhooks();
    let to = (vendor, WebhookRoute::Messages);
    let body = event(&id, from, uuid).to_string().into_bytes();
    match webhooks.post(to, body, (secret, Proof::Shared)).await {
        Ok(answer) if answer.status == 200 => {}
        Ok(answer) if answer.status == 401 => {
            let fix = format!(
                "the secret is not the registered one: wabactl rotate-secret {} --secret-stdin",
                vendor.as_str()
            );
            return Check::fail(WHAT, "refused (401)", fix);
        }
        Ok(answer) => {
            let found = format!("answered {}", answer.status);
            return Check::fail(WHAT, found, "see the log of the messages function");
        }
        Err(error) => return Check::fail(WHAT, error.to_string(), "run this again"),
    }
    let mut stuck = None;
    for _ in 0..LOOKS {
        match way(client, vendor, &id).await {
            Ok(Way::Replied) => return Check::ok(WHAT, "received and replied to"),
            Ok(Way::Replying(status)) => {
                stuck = Some(status);
                tokio::time::sleep(PAUSE).await;
            }
            Ok(Way::Settled(status)) => {
                let fix = "the vendor may be paused, without automatic replies, or a person attends to this number";
                return Check::warn(WHAT, format!("{status} without a reply"), fix);
            }
            Ok(Way::Under) | Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    let Some(status) = stuck else {
        let fix = "see the logs of the conversation and sender functions, and their dead letters";
        return Check::fail(WHAT, "received, and nothing came of it in 30 s", fix);
    };
    let found = format!("received, and its reply is {status} after 30 s");
    let fix = format!("see why: wabactl status {vendor}, and the log of the sender function");
    Check::fail(WHAT, found, fix)
}

/// The statuses of a message that the provider took.
const TAKEN: [&str; 5] = ["accepted", "sent", "delivered", "read", "played"];

/// How far the canary got.
enum Way {
    Under,
    /// The provider took the reply.
    Replied,
    /// There is a reply, in this status.
    Replying(String),
    /// Nothing more comes of it.
    Settled(String),
}

async fn way(client: &AdminClient, vendor: &VendorId, id: &str) -> Result<Way, ClientError> {
    let messages = client.messages(vendor, None, Some(50), None).await?.items;
    // The list is newest first: the reply stands before what it replies to.
    let Some(place) = messages
        .iter()
        .position(|message| message["providerMessageId"] == id)
    else {
        return Ok(Way::Under);
    };
    let canary = &messages[place];
    let is_reply = |message: &Value| {
        message["direction"] == "outbound"
            && message["contact"]["phone"] == canary["contact"]["phone"]
    };
    // The oldest reply since is the canary's own.
    if let Some(reply) = messages[..place].iter().rfind(|message| is_reply(message)) {
        let status = reply["status"].as_str().unwrap_or_default();
        return Ok(if TAKEN.contains(&status) {
            Way::Replied
        } else {
            Way::Replying(status.to_owned())
        });
    }
    Ok(match canary["status"].as_str() {
        Some(status @ "handled") => Way::Settled(status.to_owned()),
        _ => Way::Under,
    })
}

/// A customer's text, as the provider posts one.
fn event(id: &str, from: &str, uuid: Uuid) -> Value {
    let digits: String = from.chars().filter(char::is_ascii_digit).collect();
    let seconds = uuid.get_timestamp().map_or(0, |time| time.to_unix().0);
    let jid = format!("{digits}@s.whatsapp.net");
    let text = "Bonjour";
    json!({"event": "messages.received", "timestamp": seconds * 1_000, "data": {"messages": {
        "key": {"id": id, "fromMe": false, "remoteJid": jid, "senderPn": jid, "cleanedSenderPn": digits},
        "messageBody": text, "message": {"conversation": text}, "messageTimestamp": seconds}}})
}
