//! What a deployment's examination finds.

use serde_json::{Value, json};

use crate::gateway::{Gateway, Script, sheet};
use crate::machine::{Machine, text};

const FORGED: &str = "POST /api/webhooks/wasender/v_1";

/// What the gateway says of its parts, of which the inbound queue is so.
fn health(inbound: &str) -> Value {
    let code = (inbound == "failed").then_some("missing");
    json!({"ok": code.is_none(), "checks": [
        {"kind": "table", "name": "messages", "state": "ok", "code": null},
        {"kind": "queue", "name": "inbound", "state": inbound, "code": code, "waiting": 0},
        {"kind": "secret", "name": "platform", "state": "ok", "code": null},
    ]})
}

/// A deployment of one vendor, with so many dead letters, and this answer to what is not genuine.
fn deployment(live: &str, dead: u32, forged: u16) -> Script {
    let number = json!({"wabaId": "w_1", "live": {"status": live}, "stored": {"identity": "verified", "drift": []}, "lane": {"state": "open"}});
    let total = |count: u32| vec![(200, json!({"approximateTotal": count}))];
    vec![
        ("GET /health", vec![(200, json!({"status": "ok"}))]),
        (
            "GET /api/admin/vendors",
            vec![(
                200,
                json!({"vendors": [{"vendorId": "v_1"}], "nextCursor": null}),
            )],
        ),
        ("GET /api/admin/health", vec![(200, health("ok"))]),
        (
            "GET /api/admin/openapi.json",
            vec![(200, json!({"info": {"version": env!("CARGO_PKG_VERSION")}}))],
        ),
        (
            "GET /api/admin/dead-letters?queue=inbound&limit=1",
            total(0),
        ),
        (
            "GET /api/admin/dead-letters?queue=outbound&limit=1",
            total(dead),
        ),
        ("GET /api/admin/dead-letters?queue=later&limit=1", total(0)),
        ("GET /api/admin/quarantine?limit=1", total(0)),
        (
            "GET /api/admin/vendors/v_1/wasender-status",
            vec![(200, json!({"active": true, "numbers": [number]}))],
        ),
        (FORGED, vec![(forged, json!({}))]),
    ]
}

#[tokio::test]
async fn what_is_well_what_is_to_be_seen_to_and_what_is_broken_end_differently() {
    let machine = Machine::new();
    for (live, dead, forged, code, told) in [
        ("connected", 0, 401, 0, "connected, verified, set up"),
        ("connected", 3, 401, 3, "wabactl dlq list outbound"),
        ("need_scan", 0, 401, 1, "wabactl qr v_1 --waba w_1 --watch"),
        ("connected", 0, 200, 1, "must be refused with 401"),
        ("connected", 0, 503, 3, "run this again"),
    ] {
        let gateway = Gateway::scripted_by(deployment(live, dead, forged)).await;
        let run = machine.asks(&gateway.url, &["doctor"]).await;
        assert_eq!(run.status.code(), Some(code), "{run:?}");
        assert!(text(&run.stdout).contains(told), "{run:?}");
        let mut asked = gateway.asked().into_iter();
        let forgery = asked.find(|asked| asked.line() == FORGED).unwrap();
        assert_eq!(forgery.header("authorization"), None);
    }
}

#[tokio::test]
async fn a_wrong_address_and_a_wrong_key_are_told_with_what_to_do() {
    let machine = Machine::new();
    let gateway = Gateway::scripted_by(deployment("connected", 0, 401)).await;
    for (url, key, told) in [
        ("http://127.0.0.1:1", "key", "check --url"),
        (&gateway.url, "wrong", "give a good key"),
    ] {
        let arguments = ["--url", url, "--key-file", key, "--json", "doctor"];
        let run = machine.runs(&arguments, &[]).await;
        assert_eq!(run.status.code(), Some(1), "{run:?}");
        assert!(text(&run.stdout).contains(told), "{run:?}");
        let document: Value = serde_json::from_slice(&run.stdout).unwrap();
        assert!(document["checks"].is_array());
    }
}

#[tokio::test]
async fn a_part_that_is_gone_is_named_with_its_fix_and_one_that_nobody_tells_of_is_no_failure() {
    let machine = Machine::new();
    for (answer, code, told) in [
        ((200, health("failed")), 1, "queue inbound"),
        (
            (404, json!({"code": "no_such_route"})),
            3,
            "bring it up to this release",
        ),
        (
            (503, json!({"code": "unavailable"})),
            1,
            "its functions' logs and alarms",
        ),
    ] {
        let mut script = deployment("connected", 0, 401);
        script.retain(|(line, _)| *line != "GET /api/admin/health");
        script.push(("GET /api/admin/health", vec![answer]));
        let gateway = Gateway::scripted_by(script).await;
        let run = machine.asks(&gateway.url, &["doctor"]).await;
        assert_eq!(run.status.code(), Some(code), "{run:?}");
        assert!(text(&run.stdout).contains(told), "{run:?}");
    }
}

#[tokio::test]
async fn a_canary_is_followed_to_its_reply() {
    let machine = Machine::new();
    machine.file("vendors.csv", &sheet(1));
    let mut script = deployment("connected", 0, 401);
    script.pop();
    script.push((
        FORGED,
        vec![(401, json!({})), (200, json!({"status": "received"}))],
    ));
    let gateway = Gateway::scripted_by(script).await;
    let canary = "smoke v_1 --from +221700000099 --secrets vendors.csv";
    let url = gateway.url.clone();
    let running = tokio::spawn(async move {
        let canary: Vec<_> = canary.split(' ').collect();
        machine.asks(&url, &canary).await
    });
    let posted = loop {
        let asked = gateway.asked().into_iter();
        let genuine = asked.filter(|asked| asked.line() == FORGED).nth(1);
        if let Some(genuine) = genuine {
            break genuine;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(
        posted.header("x-webhook-signature"),
        Some("webhook_secret_1")
    );
    let message = &posted.body["data"]["messages"];
    gateway.came(message["key"]["id"].as_str().unwrap());
    assert_eq!(message["key"]["cleanedSenderPn"], "221700000099");
    let run = running.await.unwrap();
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert!(
        text(&run.stdout).contains("received and replied to"),
        "{run:?}"
    );
}
