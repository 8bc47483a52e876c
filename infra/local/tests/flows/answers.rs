//! What the front door answers to what it can't take: a clear error, never a failure of its own, and nothing is kept.

use serde_json::json;
use testkit::wasender::received;

use crate::front_door::{JSON, URLS, calls_of, get, is_problem, post, register, shop};
use crate::world::{AWA, Answer, VENDOR_1, World, run};

const SIGNED: [(&str, &str); 2] = [JSON, ("x-webhook-signature", VENDOR_1.secret)];
const BINARY: [(&str, &str); 2] = [
    ("content-type", "application/octet-stream"),
    ("x-webhook-signature", VENDOR_1.secret),
];

/// Posts a body with the right signature.
async fn signed(world: &World, body: impl Into<Vec<u8>>) -> Answer {
    post(world, VENDOR_1.id, &SIGNED, body).await
}

/// Runs a test after which everything is as it was.
async fn without_effect(test: impl AsyncFnOnce(&World)) {
    run(async |world| {
        let before = world.stored().await;
        test(world).await;
        world.quiet().await;
        assert_eq!(world.stored().await, before);
        assert!(world.simulator().sends().is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_method_but_post_is_answered_405() {
    without_effect(async |world| {
        world.unspeakable(&[AWA]);
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            for url in URLS {
                let path = format!("/api/webhooks/wasender/{}{url}", VENDOR_1.id);
                let body = received("Bonjour", AWA, "METHOD").to_string();
                let answer = world.request(method, &path, &SIGNED, body).await;
                is_problem(&answer, 405, "method_not_allowed");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_none_is_answered_400_whatever_is_signed() {
    without_effect(async |world| {
        world.unspeakable(&[AWA]);
        let body = received("Bonjour", AWA, "ID").to_string();
        let long = "v".repeat(65);
        for id in [
            "",
            "%20",
            "vendor%20001",
            "vendor%2F001",
            "vendor.001",
            "vendor_001%00",
            "v%C3%A9ndor",
            "*",
            &long,
        ] {
            for url in URLS {
                for headers in [&SIGNED[..], &[JSON]] {
                    let answer = post(world, &format!("{id}{url}"), headers, body.clone()).await;
                    is_problem(&answer, 400, "invalid_vendor_id");
                    assert_eq!(answer.json["field"], "vendorId");
                }
            }
        }
        let longest = "v".repeat(64);
        let answer = post(world, &longest, &SIGNED, body).await;
        is_problem(&answer, 401, "unauthorized");
    })
    .await;
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_answered_413() {
    without_effect(async |world| {
        let sized = |bytes: usize| {
            let around = r#"{"event":"presence.update","data":""}"#.len();
            let filler = "x".repeat(bytes - around);
            format!(r#"{{"event":"presence.update","data":"{filler}"}}"#)
        };
        let mebibyte = 1024 * 1024;
        for bytes in [mebibyte + 1, 5_000_000] {
            for headers in [SIGNED, BINARY] {
                for url in URLS {
                    let to = format!("{}{url}", VENDOR_1.id);
                    let answer = post(world, &to, &headers, sized(bytes)).await;
                    is_problem(&answer, 413, "body_too_large");
                }
            }
        }
        assert_eq!(signed(world, sized(mebibyte)).await.status, 200);
    })
    .await;
}

/// A body of these opening and closing pieces, nested so deep around nothing.
fn nested(open: &str, close: &str, levels: usize) -> String {
    format!(
        r#"{{"event":"messages.received","data":{}0{}}}"#,
        open.repeat(levels),
        close.repeat(levels)
    )
}

#[tokio::test]
async fn a_body_that_is_no_event_is_answered_400_with_what_is_wrong() {
    without_effect(async |world| {
        let deep = nested(r#"{"a":"#, "}", 100_000);
        let deep_list = nested("[", "]", 100_000);
        let unclosed = nested("[", "", 500_000);
        let wide = format!(r#"{{"event":"x","data":[{}0]}}"#, "0,".repeat(300_000));
        let bodies: [(&[u8], &str); 20] = [
            (b"", "body_not_json"),
            (b"   \n", "body_not_json"),
            (b"hello", "body_not_json"),
            (b"{", "body_not_json"),
            (b"{\"event\":", "body_not_json"),
            (b"{'event':'messages.received'}", "body_not_json"),
            (b"{\"event\":\"messages.received\"}}", "body_not_json"),
            (b"event=messages.received", "body_not_json"),
            (b"{\"event\":\"a\\u12\"}", "body_not_json"),
            (b"\0\0\0\0", "body_not_json"),
            (b"null", "body_not_an_object"),
            (b"[]", "body_not_an_object"),
            (b"\"messages.received\"", "body_not_an_object"),
            (b"{}", "event_missing"),
            (b"{\"event\":17}", "event_missing"),
            (
                b"{\"event\":\"messages.received\",\"data\":\"\xff\xfe\"}",
                "body_not_utf8",
            ),
            (deep.as_bytes(), "body_too_deep"),
            (deep_list.as_bytes(), "body_too_deep"),
            (unclosed.as_bytes(), "body_too_deep"),
            (wide.as_bytes(), "body_too_many_values"),
        ];
        for (body, code) in bodies {
            for headers in [SIGNED, BINARY] {
                let answer = post(world, VENDOR_1.id, &headers, body).await;
                is_problem(&answer, 400, code);
                // Who signs wrongly is told nothing of it.
                let unsigned = post(world, VENDOR_1.id, &headers[..1], body).await;
                is_problem(&unsigned, 401, "unauthorized");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_truncated_event_is_answered_400() {
    without_effect(async |world| {
        let mut cut = 0;
        for event in testkit::events() {
            let whole = event.body.trim_ascii_end();
            let places = [1, whole.len() / 4, whole.len() / 2, whole.len() * 3 / 4];
            for place in places.into_iter().chain([whole.len() - 1]) {
                let answer = signed(world, &whole[..place]).await;
                let code = answer.json["code"].as_str().unwrap_or_default();
                assert!(
                    ["body_not_json", "body_not_utf8"].contains(&code),
                    "{} cut at {place}: {}",
                    event.name,
                    answer.text
                );
                is_problem(&answer, 400, code);
                cut += 1;
            }
        }
        assert!(cut > 300, "{cut}");
    })
    .await;
}

#[tokio::test]
async fn a_damaged_event_is_taken_or_refused_and_never_fails() {
    run(async |world| {
        let mut refused = 0;
        for event in testkit::events() {
            for (part, byte) in [(3, b'"'), (5, 0xff), (7, b'0')] {
                let mut body = event.body.clone();
                let place = body.len() * part / 9;
                body[place] = byte;
                let answer = signed(world, body).await;
                let seen = format!("{} with {byte:#x} at {place}: {}", event.name, answer.text);
                match answer.status {
                    200 => assert_eq!(answer.json["status"], "received", "{seen}"),
                    400 => refused += 1,
                    _ => panic!("{seen}"),
                }
            }
        }
        assert!(refused > 0, "some damage is seen");
    })
    .await;
}

#[tokio::test]
async fn odd_values_in_an_events_fields_are_taken_or_refused_and_never_fail() {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\u{202e}\u{feff}"),
        json!("9".repeat(1000)),
        json!([]),
        json!([[]]),
        json!({}),
    ];
    run(async |world| {
        for pointer in [
            "/data",
            "/timestamp",
            "/data/messages",
            "/data/messages/key",
            "/data/messages/key/id",
            "/data/messages/key/remoteJid",
            "/data/messages/key/cleanedSenderPn",
            "/data/messages/message",
            "/data/messages/message/conversation",
            "/data/messages/messageBody",
            "/data/messages/messageTimestamp",
            "/data/messages/pushName",
        ] {
            for (number, value) in odd.iter().enumerate() {
                let key = format!("ODD{number}");
                let mut body = received("Merci", AWA, &key);
                *body.pointer_mut(pointer).expect("the field exists") = value.clone();
                let answer = world.webhook(VENDOR_1, &body).await;
                assert_eq!(answer.status, 200, "{pointer} {value}: {}", answer.text);
            }
        }
        world.quiet().await;
        assert_eq!(world.held("inbound.fifo"), 0, "each is handled");
    })
    .await;
}

#[tokio::test]
async fn health_is_answered_without_asking_anybody() {
    run(async |world| {
        let answer = world.request("GET", "/health", &[], "").await;
        assert_eq!(
            (answer.status, answer.content_type.as_str()),
            (200, "application/json")
        );
        assert_eq!(answer.json, json!({ "status": "ok" }));
        assert_eq!(calls_of(world, "messages"), Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_vendor_may_be_called_health() {
    run(async |world| {
        let mut vendor = shop(1);
        vendor["vendorId"] = "health".into();
        register(world, &vendor).await;
        world.unspeakable(&[AWA]);
        let mut body = received("Bonjour", AWA, "HEALTH");
        body["sessionId"] = "shop_key_01".into();
        let body = body.to_string();
        let unsigned = post(world, "health", &[JSON], body.clone()).await;
        is_problem(&unsigned, 401, "unauthorized");
        let headers = [JSON, ("x-webhook-signature", "shop_secret_01")];
        let answer = post(world, "health", &headers, body).await;
        assert_eq!(
            (answer.status, &answer.json["status"]),
            (200, &json!("received"))
        );
        world.quiet().await;
        let listed = get(world, "vendors/health/messages?direction=inbound").await;
        assert_eq!(listed.json["messages"].as_array().map(Vec::len), Some(1));
    })
    .await;
}
