use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::Plan;

use crate::world::{KEY_A, World};

async fn logged_out() -> World {
    let world = World::new().await;
    let done = world.simulator.set_status_silently("1", "logged_out").await;
    done.expect("a status");
    world
}

async fn connect(world: &World, method: &str) -> Value {
    let body = json!({"linkMethod": method});
    let answer = world.manage(Method::POST, "/1/connect", body).await;
    world.simulator.idle().await;
    answer.body["data"].clone()
}

async fn goes_on(world: &World, progress: &str) -> u16 {
    let body = json!({"progress": progress});
    let path = "/sessions/instance_abc123/link";
    let status = world.control(Method::POST, path, body).await.status;
    world.simulator.idle().await;
    status
}

/// The events so far and what they say of the connection.
fn told(world: &World) -> Vec<(String, Value)> {
    let got = world.gateway.got().into_iter();
    got.map(|got| {
        let data = &got.body["data"];
        let said = [&data["status"], &data["stage"], &data["qr"]];
        let said = said.into_iter().find(|said| !said.is_null()).cloned();
        (got.event().to_owned(), said.unwrap_or_default())
    })
    .collect()
}

fn event(name: &str, said: &str) -> (String, Value) {
    (name.to_owned(), json!(said))
}

#[tokio::test]
async fn a_qr_code_is_told_renewed_and_scanned() {
    let world = logged_out().await;
    let first = connect(&world, "qr").await["qrCode"].clone();
    assert_eq!(goes_on(&world, "new_code").await, 200);
    let shown = world.manage(Method::GET, "/1/qrcode", Value::Null).await;
    let second = shown.body["data"]["qrCode"].clone();
    assert_ne!(first, second);
    let path = "/sessions/instance_abc123/link";
    let old = json!({"progress": "linked", "code": first});
    let scanned = world.control(Method::POST, path, old).await;
    assert_eq!(scanned.status, 422, "the old code links nothing");
    let new = json!({"progress": "linked", "code": second});
    assert_eq!(world.control(Method::POST, path, new).await.status, 200);
    world.simulator.idle().await;
    assert_eq!(
        told(&world),
        [
            event("session.status", "need_scan"),
            ("qrcode.updated".to_owned(), first),
            ("qrcode.updated".to_owned(), second),
            event("session.status", "connected"),
        ]
    );
    assert_eq!(goes_on(&world, "linked").await, 422, "it is linked already");
}

#[tokio::test]
async fn a_passkey_is_told_in_milliseconds_and_confirmed() {
    let world = logged_out().await;
    let passkey = connect(&world, "passkey").await["passkey"].clone();
    let request = &world.gateway.got()[1].body;
    let data = &request["data"];
    assert_eq!(
        (&data["token"], data["requestId"].is_string()),
        (&passkey["token"], true)
    );
    assert!(
        [&request["timestamp"], &data["expiresAt"]]
            .iter()
            .all(|at| at.as_i64().is_some_and(|at| at > 100_000_000_000))
    );
    for progress in ["confirmation", "linked"] {
        assert_eq!(goes_on(&world, progress).await, 200);
    }
    assert_eq!(
        told(&world),
        [
            event("session.status", "need_passkey"),
            event("passkey.updated", "request"),
            event("passkey.updated", "confirmation"),
            event("session.status", "connected"),
        ]
    );
}

#[tokio::test]
async fn a_passkey_that_is_not_approved_falls_back_to_a_qr_code() {
    let world = logged_out().await;
    connect(&world, "passkey").await;
    for progress in ["no_continuation", "fallback_qr"] {
        assert_eq!(goes_on(&world, progress).await, 200);
    }
    let told = told(&world);
    assert_eq!(
        told[2..5],
        [
            event("passkey.updated", "no_continuation"),
            event("passkey.updated", "fallback_qr"),
            event("session.status", "need_scan"),
        ]
    );
    assert_eq!(told[5].0, "qrcode.updated");
    assert!(world.gateway.got()[3].body["data"]["error"].is_string());
    assert_eq!(goes_on(&world, "confirmation").await, 422);
}

#[tokio::test]
async fn a_passkey_token_can_be_asked_for_again_and_is_renewed_when_it_has_expired() {
    let world = logged_out().await;
    let token = async || {
        let answer = world.manage(Method::GET, "/1/passkey-token", Value::Null);
        answer.await.body
    };
    assert!(token().await["error"].is_string());
    let passkey = connect(&world, "passkey").await["passkey"].clone();
    assert_eq!(token().await, json!({"success": true, "data": passkey}));
    world.clock.advance(Duration::from_mins(6));
    let renewed = token().await["data"].clone();
    assert!(renewed["token"].is_string() && renewed["token"] != passkey["token"]);
}

#[tokio::test]
async fn the_activity_log_has_every_change_newest_first() {
    let world = logged_out().await;
    connect(&world, "qr").await;
    goes_on(&world, "linked").await;
    world.manage(Method::POST, "/1/restart", Value::Null).await;
    let path = "/instance_abc123/session-logs?per_page=4";
    let page = world.manage(Method::GET, path, Value::Null).await.body["data"].clone();
    let rows = page["data"].as_array().expect("rows").iter();
    let told = |row: &Value| format!("{} {}", row["event_type"], row["status"]).replace('"', "");
    assert_eq!(
        rows.map(told).collect::<Vec<_>>(),
        [
            "session_restarted connected",
            "status_change connected",
            "status_change need_scan",
            "status_change logged_out",
        ]
    );
    assert_eq!(
        (
            &page["total"],
            &page["last_page"],
            &page["data"][0]["whatsapp_session_id"]
        ),
        (&json!(5), &json!(2), &json!(1))
    );
    let missing = world
        .manage(Method::GET, "/99/session-logs", Value::Null)
        .await;
    assert_eq!(
        (missing.status, missing.body["error"].as_str()),
        (404, Some("The specified session was not found."))
    );
}

#[tokio::test]
async fn settings_that_were_not_synced_are_stored_and_the_old_ones_stay_in_force() {
    let world = World::new().await;
    let fault = json!({"fault": "not_synced", "times": 1});
    world.control(Method::POST, "/faults", fault).await;
    let elsewhere = json!({"webhook_url": "http://127.0.0.1:9/elsewhere"});
    let answer = world.manage(Method::PUT, "/1", elsewhere.clone()).await;
    assert_eq!(
        (
            answer.status,
            &answer.body["data"]["webhook_url"],
            answer.body["warning"].as_str()
        ),
        (
            200,
            &elsewhere["webhook_url"],
            Some("WhatsApp session updated but failed to sync webhook settings: Connection error")
        )
    );
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert_eq!(world.gateway.got().len(), 4, "the old address is in force");
    world.gateway.forget();
    world.manage(Method::POST, "/1/restart", Value::Null).await;
    world.send_text("Bonjour").await;
    world.simulator.idle().await;
    assert!(world.gateway.got().is_empty(), "the restart synced it");
    let again = world.manage(Method::PUT, "/1", elsewhere).await;
    assert_eq!(again.body["warning"], Value::Null);
}

#[tokio::test]
async fn the_accounts_limits_and_its_lapse_are_told_in_the_published_words() {
    let world = World::with(|options| options.session_limit = Some(2)).await;
    let new = json!({"name": "Shop C", "phone_number": "+221700000033", "account_protection": false, "log_messages": false});
    let refused = world.manage(Method::POST, "", new).await.body;
    let error = "You have reached your WhatsApp session limit. Please upgrade your plan to add more sessions.";
    assert_eq!(refused, json!({"success": false, "error": error}));

    let world = World::with(|options| options.plan = Plan::Ended).await;
    let status = world.get("/api/status", KEY_A).await.body;
    let text = "Active subscription or trial is required to use the API";
    assert_eq!(status, json!({"success": false, "message": text}));
    let error = "You need to have an active subscription to connect a WhatsApp session.";
    for (method, path) in [(Method::POST, "/1/connect"), (Method::GET, "/1/qrcode")] {
        let answer = world.manage(method, path, Value::Null).await.body;
        assert_eq!(answer, json!({"success": false, "error": error}));
    }
}

#[tokio::test]
async fn a_personal_access_token_can_be_checked() {
    let world = World::new().await;
    let token = simulator::DEFAULT_PERSONAL_ACCESS_TOKEN;
    let good = world.get("/api/auth-check", token).await;
    assert_eq!((good.status, good.body), (200, json!({"success": true})));
    assert_eq!(world.get("/api/auth-check", KEY_A).await.status, 401);
}
