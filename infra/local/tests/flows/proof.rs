//! A webhook without a valid signature has no effect, whatever it says; one with a valid signature is taken in either dialect.

use std::time::Duration;

use domain::limits;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use testkit::hmac_signature;
use testkit::wasender::{event, received, session_status, update};

use crate::front_door::{JSON, URLS, calls_of, get, is_problem, post, register, shop, timed};
use crate::world::{AWA, VENDOR_1, VENDOR_2, Vendor, World, run};

const SHARED: &str = "x-webhook-signature";
const HMAC: &str = "x-wasender-signature";
const BINARY: (&str, &str) = ("content-type", "application/octet-stream");

#[tokio::test]
async fn whatever_is_not_proved_is_refused_alike_and_leaves_nothing_behind() {
    run(async |world| {
        world.unspeakable(&[AWA, "wrong_secret"]);
        let body = received("Bonjour", AWA, "FORGED").to_string();
        let tag = hmac_signature(VENDOR_1.secret, body.as_bytes());
        let others_tag = hmac_signature(VENDOR_2.secret, body.as_bytes());
        let (secret, twice) = (VENDOR_1.secret, "secret_123, secret_123");
        let forgeries: [(&str, &[(&str, &str)]); 15] = [
            (VENDOR_1.id, &[]),
            (VENDOR_1.id, &[(SHARED, "")]),
            (VENDOR_1.id, &[(SHARED, "wrong_secret")]),
            (VENDOR_1.id, &[(SHARED, "secret_12")]),
            (VENDOR_1.id, &[(SHARED, VENDOR_2.secret)]),
            (VENDOR_1.id, &[(SHARED, "api_key_abc")]),
            (VENDOR_1.id, &[(SHARED, secret), (SHARED, secret)]),
            (VENDOR_1.id, &[(SHARED, twice)]),
            (VENDOR_1.id, &[(SHARED, secret), (HMAC, &tag)]),
            (VENDOR_1.id, &[(SHARED, &tag)]),
            (VENDOR_1.id, &[(HMAC, secret)]),
            (VENDOR_1.id, &[(HMAC, &others_tag)]),
            (VENDOR_1.id, &[(HMAC, &tag), (HMAC, &tag)]),
            ("vendor_999", &[(SHARED, secret)]),
            (
                "vendor_999",
                &[(SHARED, "nobody-has-this-secret-it-is-only-work")],
            ),
        ];
        world.recover().await;
        let before = world.stored().await;
        let mut answers = Vec::new();
        for url in URLS {
            for (vendor, headers) in forgeries {
                let headers = [&[JSON], headers].concat();
                let answer = post(world, &format!("{vendor}{url}"), &headers, body.clone()).await;
                is_problem(&answer, 401, "unauthorized");
                answers.push(answer.text);
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "they are told apart: {answers:?}");
        world.recover().await;
        assert_eq!(world.stored().await, before);
        assert!(world.simulator().sends().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_hmac_over_the_raw_bytes_is_accepted_also_when_the_gateway_encodes_the_body() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        // The spaces and the last line break belong to what is signed.
        let body = |key: &str| format!("{:#}\r\n ", received("Où êtes-vous \u{1f600}?", AWA, key));
        for (key, content_type, prefix) in [
            ("PLAIN", JSON, ""),
            ("PREFIXED", JSON, "sha256="),
            ("PLAIN_BINARY", BINARY, ""),
            ("PREFIXED_BINARY", BINARY, "sha256="),
        ] {
            let body = body(key);
            let tag = hmac_signature(VENDOR_1.secret, body.as_bytes());
            let tag = tag.replacen("sha256=", prefix, 1);
            let headers = [content_type, (HMAC, tag.as_str())];
            for at in [0, body.len() / 2, body.len() - 1] {
                let mut changed = body.clone().into_bytes();
                changed[at] ^= 1;
                let answer = post(world, VENDOR_1.id, &headers, changed).await;
                is_problem(&answer, 401, "unauthorized");
            }
            let answer = post(world, VENDOR_1.id, &headers, body).await;
            assert_eq!(answer.status, 200, "{key}: {}", answer.text);
        }
        world.quiet().await;
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_shared_secret_is_accepted_when_the_gateway_encodes_the_body() {
    run(async |world| {
        world.unspeakable(&[AWA]);
        let body = received("Bonjour", AWA, "BINARY").to_string();
        let headers = [BINARY, (SHARED, VENDOR_1.secret)];
        assert_eq!(post(world, VENDOR_1.id, &headers, body).await.status, 200);
        world.quiet().await;
        assert_eq!(world.sent(VENDOR_1).len(), 1);
    })
    .await;
}

/// What one sender's bodies look like and how it signs them.
struct Dialect {
    message: fn(&str) -> Value,
    read: fn(&str) -> Value,
    session: fn(&str) -> Value,
    signature: fn(Vendor, &[u8]) -> (&'static str, String),
}

const WASENDER: Dialect = Dialect {
    message: |key| received("Bonjour", AWA, key),
    read: |key| update(key, AWA, 4),
    session: session_status,
    signature: |vendor, _| (SHARED, vendor.secret.to_owned()),
};

const OWNERS: Dialect = Dialect {
    message: |key| json!({ "event": "message", "instanceId": "instance_abc123", "data": { "from": AWA, "message": "Bonjour", "type": "text", "id": key, "time": 1_795_341_600 } }),
    read: |key| json!({ "event": "status", "messageId": key, "status": "read", "timestamp": 1_795_341_600 }),
    session: |status| json!({ "event": "connection_status", "status": status, "phoneNumber": "+221701111111", "timestamp": 1_795_341_600 }),
    signature: |vendor, body| (HMAC, hmac_signature(vendor.secret, body)),
};

async fn taken(world: &World, dialect: &Dialect, url: &str, body: &Value) {
    let body = body.to_string();
    let (name, signature) = (dialect.signature)(VENDOR_1, body.as_bytes());
    let to = format!("{}{url}", VENDOR_1.id);
    let answer = post(world, &to, &[JSON, (name, &signature)], body).await;
    assert_eq!(answer.status, 200, "{to}: {}", answer.text);
    world.quiet().await;
}

async fn every_kind_on_every_url(dialect: Dialect) {
    run(async |world| {
        world.unspeakable(&[AWA]);
        let untold = Fault::new(FaultKind::Drop).event("messages.update");
        world.simulator().fault(untold).expect("a fault");
        for (before, url) in URLS.into_iter().enumerate() {
            let message = (dialect.message)(&format!("KEY{before}"));
            taken(world, &dialect, url, &message).await;
            assert_eq!(world.sent(VENDOR_1).len(), before + 1, "{url:?}");
            let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
            assert_ne!(reply["status"], "read", "{url:?}");
            let key_id = reply["providerMessageId"].as_str().expect("an id");
            taken(world, &dialect, url, &(dialect.read)(key_id)).await;
            let reply = world.messages(VENDOR_1, "outbound").await.remove(0);
            assert_eq!(reply["status"], "read", "{url:?}");
            for status in ["disconnected", "connected"] {
                taken(world, &dialect, url, &(dialect.session)(status)).await;
                let path = format!("vendors/{}", VENDOR_1.id);
                let vendor = get(world, &path).await;
                assert_eq!(vendor.json["status"], status, "{url:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_wasenders_events_is_taken_on_every_url() {
    every_kind_on_every_url(WASENDER).await;
}

#[tokio::test]
async fn every_kind_of_the_owners_older_events_is_taken_on_every_url() {
    every_kind_on_every_url(OWNERS).await;
}

#[tokio::test]
async fn a_replaced_secret_stays_good_for_a_day_beside_the_new_one() {
    run(async |world| {
        let status = async |secret: &str, key: &str| {
            let body = received("Merci", AWA, key).to_string();
            post(world, VENDOR_1.id, &[JSON, (SHARED, secret)], body)
                .await
                .status
        };
        world.unspeakable(&[AWA]);
        assert_eq!(status("second_secret", "EARLY").await, 401);
        assert_eq!(status(VENDOR_1.secret, "BEFORE").await, 200);
        let rotated = json!({
            "vendorId": VENDOR_1.id, "businessName": "My Shop A", "phoneNumber": "+221701111111",
            "wasenderInstanceId": VENDOR_1.session, "wasenderWebhookSecret": "second_secret",
        });
        register(world, &rotated).await;
        // Past the second in which a mismatch is not read again.
        world.later(2).await;
        assert_eq!(status("second_secret", "NEW").await, 200);
        assert_eq!(status(VENDOR_1.secret, "OLD").await, 200);
        world.later(24 * 60 * 60 - 60).await;
        assert_eq!(status(VENDOR_1.secret, "OLD_STILL").await, 200);
        world.later(60).await;
        assert_eq!(status(VENDOR_1.secret, "TOO_OLD").await, 401);
        assert_eq!(status("second_secret", "NEW_STILL").await, 200);
        world.quiet().await;
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_session_id_in_the_body_neither_proves_nor_refutes_a_webhook() {
    run(async |world| {
        world.unspeakable(&[AWA, "somebody_elses_id"]);
        let bodies = [
            json!("api_key_abc"),
            json!("somebody_elses_id"),
            json!(17),
            Value::Null,
        ];
        for (number, session_id) in bodies.into_iter().enumerate() {
            let mut body = received("Merci", AWA, &format!("KEY{number}"));
            body["sessionId"] = session_id;
            let unsigned = post(world, VENDOR_1.id, &[JSON], body.to_string()).await;
            is_problem(&unsigned, 401, "unauthorized");
            assert_eq!(world.webhook(VENDOR_1, &body).await.status, 200, "{number}");
        }
        world.quiet().await;
        assert_eq!(world.messages(VENDOR_1, "inbound").await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_forged_flood_over_many_vendors_reads_no_more_secrets_than_its_budget() {
    const SHOPS: usize = 20;
    run(async |world| {
        // It names no session, for it is posted for many vendors.
        let mut harmless = event("presence.update", &json!({}));
        harmless["sessionId"].take();
        let harmless = harmless.to_string();
        for number in 0..SHOPS {
            register(world, &shop(number)).await;
        }
        // Their registration is announced no more.
        let announced = limits::SECRET_CACHE + limits::SECRETS_LEASE;
        world.later(announced.as_secs() + 1).await;
        for number in 0..SHOPS {
            let (id, secret) = (
                format!("shop_{number:02}"),
                format!("shop_secret_{number:02}"),
            );
            let answer = post(world, &id, &[JSON, (SHARED, &secret)], harmless.clone()).await;
            assert_eq!(answer.status, 200);
        }
        // What was just read would not be read again anyway.
        world.later(limits::SECRET_FRESH.as_secs() + 1).await;
        world.aws().calls().take();
        let flood = async {
            for _ in 0..3 {
                for number in 0..SHOPS {
                    let headers = [JSON, (SHARED, "wrong_secret")];
                    let answer = post(
                        world,
                        &format!("shop_{number:02}"),
                        &headers,
                        harmless.clone(),
                    )
                    .await;
                    is_problem(&answer, 401, "unauthorized");
                }
            }
        };
        let ((), took) = timed(flood).await;
        let asked = calls_of(world, "messages");
        let is_read = |call: &&String| call.contains("GetSecretValue");
        let reads = asked.iter().filter(is_read).count();
        assert!(reads <= budget(took), "{reads} reads in {took:?}");
        // What else is asked is whose secret changes now, and that once a second.
        let others = asked.len() - reads;
        assert!(others <= seconds_touched(took), "{asked:#?}");
        let genuine = post(
            world,
            "shop_00",
            &[JSON, (SHARED, "shop_secret_00")],
            harmless,
        )
        .await;
        assert_eq!(genuine.status, 200, "a flood of forgeries stops nobody");
    })
    .await;
}

/// So long a time touches one second more than it lasts, and perhaps two.
fn seconds_touched(took: Duration) -> usize {
    usize::try_from(took.as_secs()).expect("it is short") + 2
}

/// The reads that are allowed in so long a time.
fn budget(took: Duration) -> usize {
    seconds_touched(took) * usize::try_from(limits::SECRET_READS_PER_SECOND).expect("it is small")
}
