//! Puts one entry into the inbound queue so many times, as the webhook functions do: `aws_call TIMES`. What more of them cost is what one costs.

use anyhow::{Context as _, Result, ensure};
use domain::entry::InboundEntry;
use platform::{Clock, Config, Platform};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let times: u32 = std::env::args().nth(1).context("how many?")?.parse()?;
    let event: Value = serde_json::from_str(include_str!("../../../../events/sqs/inbound.json"))?;
    let body = event["Records"][0]["body"].as_str().context("a body")?;
    let entry = [InboundEntry::from_body(body)?];
    let platform = Platform::new(&Config::from_env()?, Clock::system());
    for _ in 0..times {
        let refused = platform.queues.enqueue_inbound(&entry).await;
        ensure!(refused.is_empty(), "the queue refused an entry");
    }
    Ok(())
}
