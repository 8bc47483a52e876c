//! A stack that leaves its queues to functions that run elsewhere.

use std::time::Duration;

use serde_json::json;

use crate::local::{Home, Local, eventually};

/// How long a reply may take on a busy machine.
const REPLY: Duration = Duration::from_secs(30);

#[tokio::test]
async fn what_an_idle_stack_took_in_lies_in_its_queue_until_somebody_works() {
    let home = Home::new();
    let idle = Local::start_idle(&home).await;
    let message = json!({
        "key": { "id": "IDLE1", "fromMe": false, "cleanedSenderPn": "221700000001" },
        "messageBody": "Bonjour",
    });
    let webhook = json!({ "event": "messages.received", "data": { "messages": message } });
    let answer = idle.webhook("vendor_001", "secret_123", &webhook).await;
    assert_eq!(answer.expect("an answer").status, 200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(idle.depth("inbound.fifo").await, 1);
    assert!(idle.sends().await.is_empty());
    let working = idle.restart(&home).await;
    let sends = eventually(REPLY, || working.sends(), |sends| !sends.is_empty()).await;
    assert_eq!(sends.len(), 1, "{sends:?}");
}
