//! Sessions are linked, let go and restarted through the admin API, and its answers say what a provider that refuses wants.

use std::io::Cursor;

use serde_json::{Value, json};
use simulator::{Fault, FaultKind, Plan};

use crate::front_door::{get, is_problem};
use crate::world::{AWA, Answer, VENDOR_1, World, run, run_with};

const CONNECT: &str = "vendors/vendor_001/connect";
const QR: &str = "vendors/vendor_001/qr";

async fn post(world: &World, path: &str, body: Value) -> Answer {
    let answer = world.admin("POST", path, &[], &body).await;
    world.quiet().await;
    answer
}

/// The session is no longer linked, and the gateway knows.
async fn log_out(world: &World) {
    let changed = world.simulator().set_status(VENDOR_1.session, "logged_out");
    assert_eq!(changed.await.expect("the session exists"), Some(200));
    world.quiet().await;
}

/// What the first vendor's number is like.
async fn number(world: &World) -> Value {
    get(world, "vendors/vendor_001").await.json["wabaInstances"][0].clone()
}

/// What a phone reads from a picture.
fn scanned(picture: &[u8]) -> String {
    let decoder = png::Decoder::new(Cursor::new(picture));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut bits = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut bits).expect("its pixels");
    let side = info.width as usize;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        let bit = bits[y * info.line_size + x / 8] >> (7 - x % 8) & 1;
        bit * 255
    });
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1);
    codes[0].decode().expect("a code that can be read").1
}

/// The vendor's phone scans a code; whether it links the session.
async fn scan(world: &World, code: &str) -> bool {
    let path = format!("/_sim/sessions/{}/link", VENDOR_1.session);
    let body = json!({ "progress": "linked", "code": code });
    let answer = world.simulator_request("POST", &path, &[], &body).await;
    world.quiet().await;
    answer.status == 200
}

fn provider(world: &World, kind: FaultKind, path: &str) {
    let fault = Fault::new(kind).path(path).times(1);
    world.simulator().fault(fault).expect("a fault");
}

#[tokio::test]
async fn a_number_is_linked_by_the_picture_of_its_code_and_answers_its_customer() {
    run(async |world| {
        log_out(world).await;
        world
            .customer_writes(VENDOR_1, AWA, "Bonjour", "WAITS")
            .await;
        world.quiet().await;
        assert_eq!(world.statuses(VENDOR_1).await, ["parked"]);
        let connected = post(world, CONNECT, json!({ "linkMethod": "qr" })).await;
        assert_eq!(connected.status, 200, "{}", connected.text);
        assert_eq!(connected.json["status"], "need_scan");
        let first = connected.json["qr"].as_str().expect("a code").to_owned();
        world.unspeakable(&[&first]);
        let picture = world
            .admin("GET", QR, &[("accept", "image/png")], &Value::Null)
            .await;
        assert_eq!(
            (picture.status, picture.content_type.as_str()),
            (200, "image/png")
        );
        assert_eq!(scanned(&picture.bytes), first);
        assert!(scan(world, &scanned(&picture.bytes)).await);
        let number = number(world).await;
        assert_eq!(
            (
                &number["status"],
                &number["identity"],
                &number["lane"]["state"]
            ),
            (&json!("connected"), &json!("verified"), &json!("open"))
        );
        assert_eq!(world.sent(VENDOR_1).len(), 1, "what waited has left");
        world.customer_writes(VENDOR_1, AWA, "Merci", "NEXT").await;
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 2);
        is_problem(&get(world, QR).await, 409, "wrong_session_state");
    })
    .await;
}

#[tokio::test]
async fn a_code_is_asked_for_once_in_a_while_and_a_newer_one_takes_its_place() {
    run(async |world| {
        log_out(world).await;
        is_problem(&get(world, QR).await, 409, "wrong_session_state");
        // Nobody tells the gateway of codes: it has to ask.
        let untold = Fault::new(FaultKind::Drop).event("qrcode.updated");
        world.simulator().fault(untold).expect("a fault");
        let first = post(world, CONNECT, Value::Null).await.json["qr"].clone();
        let asked = world.simulator().asked("whatsapp-sessions");
        for _ in 0..3 {
            let shown = get(world, &format!("{QR}?format=json")).await;
            assert_eq!(
                (shown.status, &shown.json["qr"]),
                (200, &first),
                "{}",
                shown.text
            );
            assert!(shown.json["expiresAt"].is_string());
        }
        assert_eq!(world.simulator().asked("whatsapp-sessions"), asked);
        let path = format!("/_sim/sessions/{}/link", VENDOR_1.session);
        let renew = json!({ "progress": "new_code" });
        world.simulator_request("POST", &path, &[], &renew).await;
        world.later(21).await;
        let second = get(world, QR).await.json["qr"].clone();
        assert!(second.is_string() && second != first);
        world.simulator().clear_faults().expect("faults end");
        world.simulator_request("POST", &path, &[], &renew).await;
        world.quiet().await;
        let third = get(world, QR).await.json["qr"].clone();
        assert!(third.is_string() && third != second, "a webhook told it");
        let codes = [first, second, third];
        let codes = codes.each_ref().map(|code| code.as_str().expect("a code"));
        world.unspeakable(&codes);
        is_problem(
            &get(world, &format!("{QR}?format=gif")).await,
            422,
            "invalid_field",
        );
        is_problem(
            &get(world, &format!("{QR}?wabaId=waba_x")).await,
            404,
            "no_such_number",
        );
    })
    .await;
}

#[tokio::test]
async fn a_number_is_linked_by_passkey() {
    run(async |world| {
        log_out(world).await;
        let passkey = "vendors/vendor_001/passkey";
        is_problem(
            &post(world, passkey, Value::Null).await,
            409,
            "wrong_session_state",
        );
        let connected = post(world, CONNECT, json!({ "linkMethod": "passkey" })).await;
        assert_eq!(
            connected.json["status"], "need_passkey",
            "{}",
            connected.text
        );
        let token = connected.json["token"].as_str().expect("a token");
        world.unspeakable(&[token]);
        assert!(connected.json["expiresAt"].is_string() && connected.json["qr"].is_null());
        let again = post(world, passkey, json!({ "wabaId": "waba_vendor_001" })).await;
        assert_eq!((again.status, &again.json["token"]), (200, &json!(token)));
        // What the webhook told of it stays to be seen.
        let pairing = get(world, "vendors/vendor_001/pairing").await.json;
        assert_eq!(
            (&pairing["kind"], &pairing["stage"]),
            (&json!("passkey"), &json!("request"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_session_is_let_go_and_brought_back() {
    run(async |world| {
        // Its own word of it is lost.
        let untold = Fault::new(FaultKind::Drop).event("session.status");
        world.simulator().fault(untold).expect("a fault");
        let restart = "vendors/vendor_001/restart";
        assert_eq!(post(world, restart, json!({})).await.status, 200);
        let gone = post(world, "vendors/vendor_001/disconnect", Value::Null).await;
        assert_eq!(
            (gone.status, &gone.json["status"]),
            (200, &json!("disconnected")),
            "{}",
            gone.text
        );
        let seen = number(world).await;
        assert_eq!(
            (&seen["status"], &seen["lane"]["reason"]),
            (&json!("disconnected"), &json!("not_connected"))
        );
        is_problem(
            &post(world, restart, Value::Null).await,
            409,
            "wrong_session_state",
        );
        let back = post(world, CONNECT, json!({})).await;
        assert_eq!(
            (back.status, &back.json["status"]),
            (200, &json!("connected"))
        );
        world.later(31).await;
        let seen = number(world).await;
        assert_eq!(
            (&seen["status"], &seen["lane"]["state"]),
            (&json!("connected"), &json!("open"))
        );
    })
    .await;
}

#[tokio::test]
async fn what_a_provider_refuses_is_told_with_a_stable_code() {
    run(async |world| {
        let path = "whatsapp-sessions/*/connect";
        for (kind, status, code) in [
            (FaultKind::TooManyRequests, 429, "provider_rate_limited"),
            (FaultKind::ServerError, 503, "provider_unavailable"),
            (FaultKind::Reset, 503, "provider_unavailable"),
            (FaultKind::SuccessFalse, 502, "provider_refused"),
            (FaultKind::Unauthorized, 409, "account_token_refused"),
        ] {
            provider(world, kind, path);
            is_problem(&post(world, CONNECT, Value::Null).await, status, code);
        }
        provider(world, FaultKind::TooManyRequests, "whatsapp-sessions");
        let waits = post(world, CONNECT, Value::Null).await;
        assert_eq!(waits.retry_after.as_deref(), Some("5"));
        assert_eq!(post(world, CONNECT, Value::Null).await.status, 200);
        is_problem(
            &post(world, CONNECT, json!({ "linkMethod": "sms" })).await,
            422,
            "invalid_field",
        );
        is_problem(
            &post(world, CONNECT, json!({ "wabaId": "waba_x" })).await,
            404,
            "no_such_number",
        );
        is_problem(
            &post(world, "vendors/vendor_999/connect", json!({})).await,
            404,
            "no_such_vendor",
        );
        // The account has no session of it.
        let gone = format!("whatsapp-sessions/{}", VENDOR_1.session);
        let token = format!("Bearer {}", simulator::DEFAULT_PERSONAL_ACCESS_TOKEN);
        let headers = [("authorization", token.as_str())];
        let deleted = world
            .simulator_request("DELETE", &format!("/api/{gone}"), &headers, &Value::Null)
            .await;
        assert_eq!(deleted.status, 204);
        is_problem(
            &post(world, CONNECT, Value::Null).await,
            409,
            "no_such_session",
        );
    })
    .await;
}

#[tokio::test]
async fn without_a_subscription_nothing_is_linked() {
    run_with(
        |options| options.plan = Plan::Ended,
        async |world| {
            is_problem(
                &post(world, CONNECT, Value::Null).await,
                409,
                "no_subscription",
            );
        },
    )
    .await;
}

#[tokio::test]
async fn without_the_accounts_token_it_is_said_where_to_put_it() {
    run(async |world| {
        let secret = json!({ "SecretId": "local/platform" });
        let stored = world.aws_operation("secretsmanager.GetSecretValue", &secret).await;
        let mut platform: Value = serde_json::from_str(stored["SecretString"].as_str().expect("a secret")).expect("JSON");
        platform["wasenderPersonalAccessToken"] = Value::Null;
        let put = json!({ "SecretId": "local/platform", "SecretString": platform.to_string(), "ClientRequestToken": "00000000-0000-0000-0000-000000000017" });
        world.aws_operation("secretsmanager.PutSecretValue", &put).await;
        world.later(301).await;
        let refused = post(world, CONNECT, Value::Null).await;
        is_problem(&refused, 409, "no_account_token");
        assert!(refused.json["hint"].is_string());
    })
    .await;
}
