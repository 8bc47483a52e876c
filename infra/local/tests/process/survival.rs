//! Everything that is kept, before and after.

use std::time::Duration;

use serde_json::{Value, json};

use crate::local::{Home, Local, eventually};

const ANSWERED: Duration = Duration::from_secs(10);
const TABLES: [&str; 5] = [
    "waba_instances",
    "vendor_configs",
    "messages",
    "conversations",
    "lanes",
];

/// A demo vendor as its user changed it.
fn renamed() -> Value {
    json!({
        "vendorId": "vendor_001",
        "businessName": "Boutique Teranga",
        "phoneNumber": "+221701111111",
        "provider": "wasender",
        "wasenderInstanceId": "instance_abc123",
        "wasenderWebhookSecret": "secret_rotated",
        "wasenderApiKey": "api_key_rotated",
    })
}

/// Everything that a stack keeps, looked at from outside.
async fn kept(local: &Local) -> Value {
    let vendors = local.admin("vendors", &[], None).await.expect("an answer");
    let secret = json!({ "SecretId": "local/vendor/vendor_001" });
    let secret = local.aws("secretsmanager.GetSecretValue", &secret).await;
    let mut rows = json!({});
    for table in TABLES {
        let scan = json!({ "TableName": format!("local-{table}"), "ConsistentRead": true });
        let found = local.aws("DynamoDB_20120810.Scan", &scan).await;
        // How often was asked, this look included, is no part of what is kept.
        let is_kept = |item: &&Value| {
            !item["pk"]["S"]
                .as_str()
                .is_some_and(|pk| pk.starts_with("rate#"))
        };
        let items = found["Items"].as_array().expect("items").iter();
        rows[table] = items.filter(is_kept).cloned().collect();
    }
    json!({
        "adminKey": local.admin_key(),
        "vendors": vendors.json,
        "inbound": local.messages("vendor_001", "inbound").await,
        "outbound": local.messages("vendor_001", "outbound").await,
        "sends": local.sends().await,
        "quarantined": local.depth("quarantine").await,
        "secret": secret["SecretString"],
        "secretVersion": secret["VersionId"],
        "rows": rows,
    })
}

/// A customer of the renamed vendor is answered; `answers` is how many answers the vendor gave by then.
async fn is_answered(local: &Local, key_id: &str, answers: usize) {
    let body = testkit::wasender::received("Bonjour", "221700000001", key_id);
    let answer = local.webhook("vendor_001", "secret_rotated", &body).await;
    assert_eq!(answer.expect("an answer").status, 200);
    let outbound = async || local.messages("vendor_001", "outbound").await;
    let is_read = |messages: &Vec<Value>| {
        messages.len() == answers && messages.iter().all(|message| message["status"] == "read")
    };
    let outbound = eventually(ANSWERED, outbound, is_read).await;
    assert!(is_read(&outbound), "{outbound:?}");
}

#[tokio::test]
async fn tables_queues_secrets_vendors_and_sends_survive_a_clean_stop_and_a_kill() {
    let home = Home::new();
    let local = Local::start(&home).await;
    let changed = local.admin("vendors", &[], Some(&renamed())).await;
    assert_eq!(changed.expect("an answer").status, 200);
    is_answered(&local, "BEFORE", 1).await;
    let unheard_of = testkit::wasender::event("something.new", &json!({ "number": 1 }));
    let answer = local.webhook("vendor_001", "secret_rotated", &unheard_of);
    assert_eq!(answer.await.expect("an answer").status, 200);
    let before = kept(&local).await;
    assert_eq!(before["quarantined"], 1);
    assert_eq!(before["sends"].as_array().map(Vec::len), Some(1));

    local.binary().interrupt();
    assert_eq!(local.binary().exit_code(ANSWERED).await, Some(0));
    let local = local.restart(&home).await;
    assert_eq!(kept(&local).await, before, "a clean stop loses nothing");

    local.binary().kill();
    let local = local.restart(&home).await;
    assert_eq!(kept(&local).await, before, "a kill loses nothing");

    // What was answered before is known, and what is new is answered with the changed key.
    is_answered(&local, "BEFORE", 1).await;
    is_answered(&local, "AFTER", 2).await;
    assert_eq!(local.sends().await.len(), 2);
    let vendor = local.admin("vendors/vendor_001", &[], None).await;
    let vendor = vendor.expect("an answer").json;
    assert_eq!(vendor["businessName"], "Boutique Teranga");
}
