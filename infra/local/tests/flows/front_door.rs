//! What the tests of the front door share: requests made by hand, vendors made to measure, and what an error looks like.

use std::time::{Duration, Instant};

use embedded_aws::Call;
use serde_json::{Value, json};

use crate::world::{Answer, Vendor, World};

/// What follows the vendor's id in the three webhook URLs.
pub(crate) const URLS: [&str; 3] = ["", "/status", "/connection"];

pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

/// Posts a webhook to what follows `/api/webhooks/wasender/`.
pub(crate) async fn post(
    world: &World,
    to: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Answer {
    world
        .request(
            "POST",
            &format!("/api/webhooks/wasender/{to}"),
            headers,
            body,
        )
        .await
}

/// Reads from what follows `/api/admin/`, with the admin key.
pub(crate) async fn get(world: &World, path: &str) -> Answer {
    world.admin("GET", path, &[], &Value::Null).await
}

/// How long something takes, by the clock on the wall.
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let done = work.await;
    (done, begun.elapsed())
}

/// An error as callers are promised it, with this status and code.
#[track_caller]
pub(crate) fn is_problem(answer: &Answer, status: u16, code: &str) {
    let text = |name: &str| answer.json[name].as_str().unwrap_or_default();
    let seen = (answer.status, text("code"));
    assert_eq!(seen, (status, code), "{}", answer.text);
    assert_eq!(answer.content_type, "application/problem+json");
    assert_eq!(answer.json["status"], json!(status));
    let kind = text("type");
    assert!(
        kind.starts_with("https://") && kind.ends_with(code),
        "{kind}"
    );
    for member in ["title", "detail"] {
        assert!(!text(member).is_empty(), "no {member}: {}", answer.text);
    }
}

/// A registration of the `number`th vendor of a test: `shop_01` with secret `shop_secret_01`.
pub(crate) fn shop(number: usize) -> Value {
    json!({
        "vendorId": format!("shop_{number:02}"),
        "businessName": format!("Boutique {number:02}"),
        "phoneNumber": format!("+2217000001{number:02}"),
        "provider": "wasender",
        "wasenderInstanceId": format!("shop_instance_{number:02}"),
        "wasenderWebhookSecret": format!("shop_secret_{number:02}"),
        "wasenderApiKey": format!("shop_key_{number:02}"),
    })
}

/// Registers a vendor, whose secrets no log may hold from then on, and waits until its session told that it is connected.
pub(crate) async fn register(world: &World, vendor: &Value) -> Answer {
    for secret in ["phoneNumber", "wasenderWebhookSecret", "wasenderApiKey"] {
        world.unspeakable(&[vendor[secret].as_str().unwrap_or_default()]);
    }
    let answer = world.admin("POST", "vendors", &[], vendor).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
    world.quiet().await;
    answer
}

/// Registers a vendor, and answers with what tests call it by.
pub(crate) async fn registered_as(world: &World, vendor: &Value) -> Vendor {
    register(world, vendor).await;
    let text = |name: &str| vendor[name].as_str().expect("a text").to_owned().leak();
    Vendor {
        id: text("vendorId"),
        secret: text("wasenderWebhookSecret"),
        session: text("wasenderInstanceId"),
    }
}

/// Changes one field of the first demo vendor; the rest stays as it is.
pub(crate) async fn change(world: &World, field: &str, value: Value) {
    let mut vendor = json!({
        "vendorId": "vendor_001", "businessName": "My Shop A", "phoneNumber": "+221701111111",
        "wasenderInstanceId": "instance_abc123", "wasenderWebhookSecret": "secret_123",
    });
    vendor[field] = value.clone();
    let answer = register(world, &vendor).await;
    assert_eq!(answer.json[field], value, "{}", answer.text);
}

/// What a function asked of AWS since calls were last taken.
pub(crate) fn calls_of(world: &World, function: &str) -> Vec<String> {
    let asked = |call: Call| {
        (call.caller == function)
            .then(|| format!("{:?} {} {}", call.service, call.operation, call.resource))
    };
    world
        .aws()
        .calls()
        .take()
        .into_iter()
        .filter_map(asked)
        .collect()
}
