use domain::{VendorId, WebhookSecret};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use uuid::Uuid;
use wabactl::{AdminClient, Ask, ClientError, Proof, WebhookRoute};

use super::{Check, deployment, numbers, restore};
use crate::cli::commands::status;
use crate::cli::table::scalar;

/// Vendors that are asked about at once: for each the gateway asks the provider.
const AT_ONCE: usize = 4;

/// What was found, and whether the gateway can be asked at all.
pub(super) struct Examined {
    pub(super) checks: Vec<Check>,
    pub(super) is_open: bool,
}

/// Looks at everything that the key may look at, and changes nothing.
pub(super) async fn examine(client: &AdminClient) -> Examined {
    let mut checks = vec![address(client).await];
    let health = client.call(&Ask::get(&["health"])).await;
    if let Err(error) = &health
        && let Some(check) = shut(error)
    {
        checks.push(check);
        let is_open = false;
        return Examined { checks, is_open };
    }
    checks.push(Check::ok("key", "is good"));
    checks.push(version(client).await);
    checks.extend(match health {
        Ok(answer) => deployment::checks(&answer.body),
        Err(_) => vec![Check::warn(
            "tables, queues, secrets",
            "the gateway does not tell of them",
            "bring it up to this release",
        )],
    });
    checks.extend(restore::check(client).await);
    checks.extend(set_aside(client).await);
    checks.extend(vendors(client).await);
    let is_open = true;
    Examined { checks, is_open }
}

/// Why the gateway can't be asked; one that has no such route is of an older release, and can.
fn shut(error: &ClientError) -> Option<Check> {
    let fix = match error.status() {
        Some(404) => return None,
        Some(401) => {
            "give a good key: --key-file, WABACTL_KEY or a profile; if it was good before, see whether the secret <stack>/platform is there"
        }
        Some(403) => "use a key with the scope read, that is bound to no vendors",
        _ => "see why the gateway does not answer: its functions' logs and alarms",
    };
    Some(Check::fail("key", error.to_string(), fix))
}

/// How vendors and their numbers are, and whether they are safe from forgeries.
async fn vendors(client: &AdminClient) -> Vec<Check> {
    let all = Ask::get(&["vendors"]);
    let vendors = match client.list(&all, "vendors", usize::MAX).await {
        Ok(vendors) => vendors,
        Err(error) => {
            let fix = "see the lines about tables, or run this again";
            return vec![Check::fail("vendors", error.to_string(), fix)];
        }
    };
    let count = format!("{} registered", vendors.len());
    let mut checks = vec![if vendors.is_empty() {
        Check::warn("vendors", count, "register them: wabactl migrate")
    } else {
        Check::ok("vendors", count)
    }];
    let ids: Vec<_> = vendors
        .iter()
        .map(|vendor| scalar(&vendor["vendorId"]))
        .collect();
    checks.push(forgery(client, ids.first()).await);
    let asking = ids.iter().map(|id| async move {
        match status::of(client, id).await {
            Ok(status) => numbers::checks(id, &status),
            Err(error) => vec![Check::fail(
                id,
                error.to_string(),
                "ask again: wabactl status",
            )],
        }
    });
    let found: Vec<_> = stream::iter(asking).buffered(AT_ONCE).collect().await;
    checks.extend(found.into_iter().flatten());
    checks
}

async fn address(client: &AdminClient) -> Check {
    match client.webhooks().health().await {
        Ok(answer) if answer.status == 200 && answer.body["status"] == "ok" => {
            Check::ok("address", client.address())
        }
        Ok(answer) => {
            let fix = "give the gateway's own address: the output ApiUrl of its stack";
            let found = format!(
                "{} does not answer as a gateway ({})",
                client.address(),
                answer.status
            );
            Check::fail("address", found, fix)
        }
        Err(error) => {
            let fix = "check --url, and that the gateway runs";
            Check::fail("address", error.to_string(), fix)
        }
    }
}

/// Whether this tool and the gateway are of one release.
async fn version(client: &AdminClient) -> Check {
    let own = env!("CARGO_PKG_VERSION");
    let described = client.call(&Ask::get(&["openapi.json"])).await;
    let there = described.map(|answer| scalar(&answer.body["info"]["version"]));
    match there {
        Ok(there) if there == own => Check::ok("version", there),
        Ok(there) => {
            let found = format!("the gateway is of {there}, wabactl of {own}");
            Check::warn("version", found, "use the wabactl of the gateway's release")
        }
        Err(error) => Check::warn("version", error.to_string(), "deploy the gateway anew"),
    }
}

/// Whether something waits for a person's decision.
async fn set_aside(client: &AdminClient) -> Vec<Check> {
    let mut checks = Vec::new();
    for queue in ["inbound", "outbound", "later"] {
        let ask = Ask::get(&["dead-letters"]).query("queue", Some(queue));
        let (what, fix) = (
            format!("dead letters of {queue}"),
            format!("see wabactl dlq list {queue}, then redrive or discard them"),
        );
        checks.push(empty(client, &ask, &what, &fix).await);
    }
    let fix = "see wabactl quarantine list; replay it after the gateway was brought up to date";
    let ask = Ask::get(&["quarantine"]);
    checks.push(empty(client, &ask, "quarantine", fix).await);
    checks
}

async fn empty(client: &AdminClient, ask: &Ask, what: &str, fix: &str) -> Check {
    let one = ask.clone().query("limit", Some(1));
    match client.call(&one).await {
        Ok(answer) if answer.body["approximateTotal"] == 0 => Check::ok(what, "empty"),
        Ok(answer) => {
            let total = scalar(answer.body.get("approximateTotal").unwrap_or(&Value::Null));
            Check::warn(what, format!("about {total}"), fix)
        }
        Err(error) if error.status() == Some(403) => {
            let fix = "look with a key that has the scope admin and is bound to no vendors";
            Check::warn(what, "this key may not look", fix)
        }
        Err(error) => Check::fail(what, error.to_string(), "run this again"),
    }
}

/// Whether a webhook that is not the provider's is refused.
async fn forgery(client: &AdminClient, vendor: Option<&String>) -> Check {
    let what = "forged webhook";
    let vendor = vendor.map_or("nobody", String::as_str);
    let secret = WebhookSecret::parse(&Uuid::new_v4().to_string());
    let (Ok(vendor), Ok(secret)) = (VendorId::parse(vendor), secret) else {
        return Check::fail(
            what,
            "the gateway's list has a vendor without an id",
            "deploy it anew",
        );
    };
    let body = b"{\"event\":\"forged\"}".to_vec();
    let webhooks = client.webhooks();
    let posted = webhooks.post(
        (&vendor, WebhookRoute::Messages),
        body,
        (&secret, Proof::Shared),
    );
    match posted.await {
        Ok(answer) if answer.status == 401 => Check::ok(what, "refused"),
        Ok(answer) if answer.status == 503 => {
            let fix = "it may be so for some minutes after a secret was rotated: run this again";
            Check::warn(what, "answered 503", fix)
        }
        Ok(answer) => {
            let found = format!("answered {}", answer.status);
            let fix = "webhooks must be refused with 401: see the log of the messages function";
            Check::fail(what, found, fix)
        }
        Err(error) => Check::fail(what, error.to_string(), "run this again"),
    }
}
