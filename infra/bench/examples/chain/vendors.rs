//! Vendors of a local stack, registered through the admin API.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use domain::VendorId;
use embedded_aws::sqs::Depth;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use local::{Options, Stack};
use serde_json::{Value, json};
use wabactl::{AdminClient, Ask, Patience};

/// Registrations under way at once; the stack links one session at a time.
const AT_ONCE: usize = 4;

/// The key may ask 6,000 times a minute, and waits if it is told to.
const PATIENCE: Patience = Patience::new(12, Duration::from_millis(500));

/// A stack with so many vendors, numbered from 0, whose numbers are verified.
pub(crate) async fn stack_with(vendors: usize) -> Result<Stack> {
    // The timer looks at every session: what a message takes is measured here, not that.
    let options = Options {
        sweeps: false,
        ..Options::default()
    };
    let stack = Stack::start(options).await?;
    let client = AdminClient::new(stack.gateway_url(), stack.admin_key())?.patient(PATIENCE);
    stream::iter((0..vendors).map(|number| register(&client, number)))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    at_rest(&stack).await?;
    for number in [0, vendors - 1] {
        let row = client.vendor(&VendorId::parse(&id(number))?).await?;
        let state = &row["wabaInstances"][0]["lane"]["state"];
        anyhow::ensure!(state == "open", "{} may not send: {state}", id(number));
    }
    Ok(stack)
}

/// Waits until nothing waits in a queue and no function runs. What is to be looked at later is not waited for.
pub(crate) async fn at_rest(stack: &Stack) -> Result<()> {
    let waiting = |depth: Depth| depth.visible + depth.in_flight;
    let resting = async {
        let mut calm = 0;
        while calm < 5 {
            let is_empty = ["inbound.fifo", "outbound.fifo", "later"]
                .map(|queue| stack.aws().queues().depth(&format!("local-{queue}")))
                .into_iter()
                .all(|depth| depth.is_ok_and(|depth| waiting(depth) == 0));
            let runs = stack.mappings().iter().any(|mapping| mapping.running() > 0);
            calm = if is_empty && !runs { calm + 1 } else { 0 };
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stack.simulator().idle().await;
    };
    tokio::time::timeout(Duration::from_mins(15), resting)
        .await
        .context("the stack does not come to rest")
}

async fn register(client: &AdminClient, number: usize) -> Result<()> {
    let answer = client
        .call(&Ask::post(&["vendors"]).json(&registration(number)))
        .await?;
    match answer.status {
        201 => Ok(()),
        status => bail!("{} was answered {status}", id(number)),
    }
}

fn registration(number: usize) -> Value {
    json!({
        "vendorId": id(number),
        "businessName": format!("Boutique {number}"),
        "phoneNumber": format!("+22170{:07}", 9_000_000 + number),
        "provider": "wasender",
        "wasenderInstanceId": format!("bench_instance_{number}"),
        "wasenderWebhookSecret": secret(number),
        "wasenderApiKey": key(number),
    })
}

pub(crate) fn id(number: usize) -> String {
    format!("bench_{number}")
}

pub(crate) fn secret(number: usize) -> String {
    format!("bench_secret_{number}")
}

pub(crate) fn key(number: usize) -> String {
    format!("bench_key_{number}")
}
