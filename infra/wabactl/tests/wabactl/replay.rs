//! Captured events that are posted to a webhook again.

use axum::http::HeaderMap;
use serde_json::json;

use crate::gateway::{Gateway, sheet};
use crate::machine::{Machine, text};

const BODY: &str = r#"{"event":"message","data":{"from":"221700000004","message":"Bonjour"}}"#;
/// The HMAC of `BODY` by `webhook_secret_1`.
const TAG: &str = "116bf98d93556ef318947cb19b0f282b72fff70d8fdda71795d04bed285a1789";

fn has_no_key(headers: &HeaderMap) -> bool {
    !headers.contains_key("authorization")
}

#[tokio::test]
async fn an_event_is_posted_as_the_provider_would_and_without_the_admin_key() {
    let received = json!({"status": "received", "processId": "01a2"});
    let gateway = Gateway::scripted_by(vec![
        (
            "POST /api/webhooks/wasender/v_1",
            vec![(200, received.clone())],
        ),
        (
            "POST /api/webhooks/wasender/v_1/status",
            vec![(200, received)],
        ),
    ])
    .await;
    let machine = Machine::new();
    machine.file("event.json", BODY);
    machine.file("vendors.csv", &sheet(2));
    let envelope = json!({"rawPath": "/api/webhooks/wasender/vendor_001/status", "body": "eyJhIjoxfQ==", "isBase64Encoded": true});
    machine.file("envelope.json", &envelope.to_string());
    let replay = [
        "replay",
        "event.json",
        "--vendor",
        "v_1",
        "--secrets",
        "vendors.csv",
    ];
    let run = machine.asks(&gateway.url, &replay).await;
    assert!(text(&run.stdout).contains("received"), "{run:?}");
    let asked = gateway.asked().pop().unwrap();
    assert_eq!(
        asked.header("x-webhook-signature"),
        Some("webhook_secret_1")
    );
    assert!(asked.bytes == BODY && has_no_key(&asked.headers));
    machine
        .asks(&gateway.url, &[&replay[..], &["--older-dialect"]].concat())
        .await;
    let asked = gateway.asked().pop().unwrap();
    assert_eq!(asked.header("x-wasender-signature"), Some(TAG));
    assert_eq!(asked.header("x-webhook-signature"), None);
    let run = machine
        .runs(
            &[
                "--url",
                &gateway.url,
                "--key-file",
                "key",
                "replay",
                "envelope.json",
                "--vendor",
                "v_1",
            ],
            &[("WABACTL_WEBHOOK_SECRET", "webhook_secret_9")],
        )
        .await;
    let asked = gateway.asked().pop().unwrap();
    assert_eq!(asked.line(), "POST /api/webhooks/wasender/v_1/status");
    assert!(asked.bytes == r#"{"a":1}"#, "{run:?}");
}

#[tokio::test]
async fn a_refused_event_is_told_and_without_a_secret_nothing_is_posted() {
    let refused = json!({"code": "unauthorized", "detail": "the signature is wrong"});
    let gateway = Gateway::scripted_by(vec![(
        "POST /api/webhooks/wasender/v_1",
        vec![(401, refused)],
    )])
    .await;
    let machine = Machine::new();
    machine.file("event.json", BODY);
    machine.file("vendors.csv", &sheet(1));
    let replay = ["replay", "event.json", "--vendor", "v_1"];
    let run = machine.asks(&gateway.url, &replay).await;
    assert_eq!((run.status.code(), gateway.asked().len()), (Some(2), 0));
    let by_csv = [&replay[..], &["--secrets", "vendors.csv"]].concat();
    let run = machine.asks(&gateway.url, &by_csv).await;
    assert_eq!(run.status.code(), Some(5), "{run:?}");
    assert!(text(&run.stdout).contains("401"), "{run:?}");
}
