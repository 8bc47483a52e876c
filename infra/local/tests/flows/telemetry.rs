//! What the functions tell of what they do: metrics with their names, values and dimensions, and lines by which one message is followed.

use std::collections::BTreeSet;

use domain::VendorId;
use flows::Tally;
use http_api::http::Method;
use http_api::{Body, Request};
use lambda_runtime::Context;
use messages::App;
use platform::Config;
use platform::telemetry::Metric;
use serde_json::{Value, json};
use simulator::{Fault, FaultKind};
use testkit::wasender::{event, received, update};

use crate::engine_double::{Act, EngineDouble};
use crate::front_door::{JSON, post, registered_as, shop};
use crate::rotation::environments::config;
use crate::world::{AWA, Vendor, World, run};

const TRACE: &str = "1-65a1b2c3-0123456789abcdef01234567";

/// A vendor of its own for each test, because the log is one for all of them.
async fn registered(world: &World, number: usize) -> Vendor {
    world.unspeakable(&[AWA]);
    registered_as(world, &shop(number)).await
}

/// The lines that hold a metric of a vendor.
fn lines(vendor: Vendor, metric: Metric) -> Vec<Value> {
    let mut lines = World::log_lines(vendor.id);
    lines.retain(|line| !line[metric.name()].is_null());
    lines
}

/// What a line has of a metric: one value, or several.
fn values(line: &Value, metric: Metric) -> Vec<u64> {
    match &line[metric.name()] {
        Value::Array(values) => values.iter().filter_map(Value::as_u64).collect(),
        value => value.as_u64().into_iter().collect(),
    }
}

/// All that was counted of a vendor, under a reason if one is asked for.
fn counted(vendor: Vendor, metric: Metric, reason: Option<&str>) -> u64 {
    let lines = lines(vendor, metric);
    let of_reason = |line: &&Value| reason.is_none_or(|reason| line["reason"] == reason);
    let lines = lines.iter().filter(of_reason);
    lines.flat_map(|line| values(line, metric)).sum()
}

/// How many sends of a vendor ended so at the provider.
fn times(vendor: Vendor, outcome: &str) -> usize {
    let lines = lines(vendor, Metric::ProviderLatency);
    let ended = lines.iter().filter(|line| line["reason"] == outcome);
    ended
        .map(|line| values(line, Metric::ProviderLatency).len())
        .sum()
}

/// The reason under which the refusal of a webhook with this trace is counted.
fn refusal(trace: &str) -> String {
    let lines = World::all_log_lines();
    let is_told = |line: &&Value| line["trace.id"] == trace && line["message"] == "webhook refused";
    let told = lines.iter().find(is_told).expect("it is told");
    let is_counted = |line: &&Value| line["Refused"] == 1 && line["requestId"] == told["requestId"];
    let counted = lines.iter().find(is_counted).expect("it is counted");
    counted["reason"].as_str().unwrap_or_default().to_owned()
}

/// The sets of dimensions that a line gives a metric.
fn dimensions(line: &Value, metric: Metric) -> Value {
    let directives = line["_aws"]["CloudWatchMetrics"]
        .as_array()
        .expect("directives");
    let names = |directive: &&Value| {
        let metrics = directive["Metrics"].as_array().expect("metrics");
        metrics.iter().any(|it| it["Name"] == metric.name())
    };
    let directive = directives
        .iter()
        .find(names)
        .expect("the metric is declared");
    assert_eq!(directive["Namespace"], "multi-waba");
    directive["Dimensions"].clone()
}

async fn writes(world: &World, vendor: Vendor, text: &str, key: &str) {
    world.customer_writes(vendor, AWA, text, key).await;
    world.quiet().await;
}

#[tokio::test]
async fn the_way_of_a_message_is_counted_and_timed_at_every_step() {
    run(async |world| {
        let vendor = registered(world, 30).await;
        writes(world, vendor, "Bonjour", "COUNTED").await;
        let replies = world.sent(vendor).len() as u64;
        assert!(replies > 0, "it is answered");
        // The message, and what the provider tells of the replies.
        assert!(counted(vendor, Metric::Enqueued, None) > 0);
        assert_eq!(counted(vendor, Metric::Replies, None), replies);
        assert_eq!(counted(vendor, Metric::SendAccepted, None), replies);
        let ends = [
            Metric::Enqueued,
            Metric::Applied,
            Metric::Duplicate,
            Metric::Ignored,
            Metric::Quarantined,
            Metric::NotKept,
        ];
        let ended: u64 = ends.map(|end| counted(vendor, end, None)).iter().sum();
        assert_eq!(counted(vendor, Metric::Received, None), ended);
        let difference = lines(vendor, Metric::ConservationDifference);
        assert!(!difference.is_empty(), "it is told that there is none");
        assert_eq!(counted(vendor, Metric::ConservationDifference, None), 0);
        let dwelt = lines(vendor, Metric::DwellToAccepted);
        let took: usize = dwelt
            .iter()
            .map(|line| values(line, Metric::DwellToAccepted).len())
            .sum();
        assert_eq!(took as u64, replies);
        assert_eq!(
            dimensions(&dwelt[0], Metric::DwellToAccepted),
            json!([["stack"]])
        );
        let latency = &lines(vendor, Metric::ProviderLatency)[0];
        assert_eq!(
            (&latency["stack"], &latency["provider"], &latency["reason"]),
            (&json!("local"), &json!("wasender"), &json!("accepted"))
        );
        let of_provider = json!([["stack"], ["stack", "provider", "reason"]]);
        assert_eq!(dimensions(latency, Metric::ProviderLatency), of_provider);
        let waited = lines(vendor, Metric::Dwell);
        assert!(
            waited.iter().any(|line| line["reason"] == "queue"),
            "{waited:?}"
        );
        let by_reason = json!([["stack"], ["stack", "reason"]]);
        assert_eq!(dimensions(&waited[0], Metric::Dwell), by_reason);
    })
    .await;
}

#[tokio::test]
async fn a_message_is_followed_from_the_webhook_to_the_provider_by_its_trace() {
    run(async |world| {
        let vendor = registered(world, 31).await;
        let mut body = received("Bonjour", AWA, "TRACED");
        body["sessionId"].take();
        let header = format!("Root={TRACE};Parent=0123456789abcdef;Sampled=1");
        let headers = [
            JSON,
            ("x-webhook-signature", vendor.secret),
            ("x-amzn-trace-id", header.as_str()),
        ];
        world.unspeakable(&["Bonjour"]);
        let answer = post(world, vendor.id, &headers, body.to_string()).await;
        assert_eq!(answer.status, 200);
        world.quiet().await;
        let mut lines = World::log_lines(vendor.id);
        lines.retain(|line| line["trace.id"] == TRACE);
        let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let told: BTreeSet<_> = lines
            .iter()
            .map(|line| (text(line, "function"), text(line, "message")))
            .collect();
        for (function, message) in [
            ("messages", "webhook received"),
            ("conversation", "message decided"),
            ("sender", "message sent"),
        ] {
            let step = (function.to_owned(), message.to_owned());
            assert!(told.contains(&step), "{step:?} in {told:?}");
        }
        for line in &lines {
            assert!(!text(line, "requestId").is_empty(), "{line}");
            assert!(text(line, "message.id").starts_with("msg_"), "{line}");
        }
        let of = |function: &str| {
            let mut of = lines.iter().filter(|line| line["function"] == function);
            text(of.next().expect("a line"), "message.id")
        };
        assert_eq!(of("messages"), of("conversation"));
    })
    .await;
}

#[tokio::test]
async fn every_refusal_is_counted_by_its_reason() {
    run(async |world| {
        let vendor = registered(world, 32).await;
        let body = received("Bonjour", AWA, "REFUSED").to_string();
        let refused = async |to: &str, secret: &str, body: &str, trace: u32| {
            let trace = format!("1-{trace:08x}-000000000000000000000032");
            let header = format!("Root={trace}");
            let headers = [
                JSON,
                ("x-webhook-signature", secret),
                ("x-amzn-trace-id", header.as_str()),
            ];
            let status = post(world, to, &headers, body).await.status;
            (status, refusal(&trace))
        };
        let secret = vendor.secret;
        assert_eq!(
            refused(vendor.id, "wrong_secret", &body, 1).await,
            (401, "unauthorized".to_owned())
        );
        assert_eq!(
            refused("not!an!id", secret, &body, 2).await,
            (400, "invalid_vendor_id".to_owned())
        );
        assert_eq!(
            refused(vendor.id, secret, "no json", 3).await,
            (400, "malformed".to_owned())
        );
        let large = "x".repeat(4 * 1024 * 1024);
        assert_eq!(
            refused(vendor.id, secret, &large, 4).await,
            (413, "body_too_large".to_owned())
        );
    })
    .await;
}

#[tokio::test]
async fn what_came_before_and_what_nobody_understands_is_counted() {
    run(async |world| {
        let vendor = registered(world, 33).await;
        writes(world, vendor, "Bonjour", "TWICE").await;
        // The queue has forgotten it by then; the claim has not.
        world.later(400).await;
        writes(world, vendor, "Bonjour", "TWICE").await;
        assert_eq!(counted(vendor, Metric::Duplicate, Some("message")), 1);
        let unknown = event("nobody.knows.this", &json!({}));
        assert_eq!(world.webhook(vendor, &unknown).await.status, 200);
        assert_eq!(counted(vendor, Metric::Quarantined, None), 1);
        let harmless = event("presence.update", &json!({}));
        assert_eq!(world.webhook(vendor, &harmless).await.status, 200);
        assert_eq!(counted(vendor, Metric::Ignored, None), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_put_off_parked_and_in_doubt_is_counted_and_its_waiting_is_timed() {
    run(async |world| {
        let vendor = registered(world, 34).await;
        let fault = |kind| {
            let fault = Fault::new(kind)
                .session(vendor.session)
                .path("send-message");
            world.simulator().fault(fault.times(1)).expect("a fault");
        };
        let mut refusal = Fault::new(FaultKind::TooManyRequests);
        refusal.retry_after = Some(120);
        let refusal = refusal.session(vendor.session).path("send-message");
        world.simulator().fault(refusal.times(1)).expect("a fault");
        writes(world, vendor, "Bonjour", "PUT_OFF").await;
        assert_eq!(counted(vendor, Metric::SendDeferred, None), 1);
        assert!(counted(vendor, Metric::SendParked, Some("rate_limited")) > 0);
        for _ in 0..4 {
            world.later(61).await;
            world.sweep().await;
        }
        let parked = lines(vendor, Metric::Dwell);
        let parked: Vec<_> = parked
            .iter()
            .filter(|line| line["reason"] == "parked")
            .collect();
        assert!(!parked.is_empty(), "its waiting is seen");
        let waited = values(parked[0], Metric::Dwell)[0];
        assert!(waited >= 120_000, "{waited} ms");
        assert!(counted(vendor, Metric::DwellToAccepted, None) >= 120_000);
        fault(FaultKind::ServerError);
        writes(world, vendor, "Et alors ?", "IN_DOUBT").await;
        assert_eq!(counted(vendor, Metric::SendUnknown, None), 1);
        assert!(counted(vendor, Metric::ProviderLatency, Some("unknown")) < 60_000);
        assert!(!lines(vendor, Metric::ProviderLatency).is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_fails_is_counted_and_what_waited_for_it_is_timed() {
    run(async |world| {
        let vendor = registered(world, 35).await;
        let engine = EngineDouble::start(world);
        world.configure_engine(vendor, &engine).await;
        engine.always(Act::status(503));
        writes(world, vendor, "Bonjour", "WAITS").await;
        assert!(counted(vendor, Metric::EngineWait, Some("unavailable")) > 0);
        let tried = lines(vendor, Metric::EngineLatency);
        assert!(tried.iter().all(|line| line["reason"] == "unavailable") && !tried.is_empty());
        engine.always(Act::say("De la part du moteur"));
        for _ in 0..6 {
            world.later(10).await;
        }
        assert_eq!(world.sent(vendor).len(), 1);
        assert!(counted(vendor, Metric::Dwell, Some("engine")) >= 1_000);
        let answered = lines(vendor, Metric::EngineLatency);
        assert!(answered.iter().any(|line| line["reason"] == "answered"));
    })
    .await;
}

#[tokio::test]
async fn the_sweep_tells_how_many_numbers_are_connected() {
    run(async |world| {
        let vendor = registered(world, 36).await;
        writes(world, vendor, "Bonjour", "FLEET").await;
        world.later(700).await;
        world.sweep().await;
        let lines = World::all_log_lines();
        let told = |metric: Metric| lines.iter().find(|line| !line[metric.name()].is_null());
        assert!(told(Metric::InstancesConnected).is_some());
        assert!(told(Metric::InstancesNotConnected).is_some());
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_counted_as_not_reached_and_nothing_is_in_doubt() {
    run(async |world| {
        let vendor = registered(world, 38).await;
        world.deploy_for_nobody();
        writes(world, vendor, "Bonjour", "NOBODY").await;
        assert!(times(vendor, "not_reached") > 0, "it was tried");
        world.deploy(None);
        world.recover().await;
        assert_eq!(world.sent(vendor).len(), 1);
        assert_eq!(times(vendor, "accepted"), 1);
        assert_eq!(counted(vendor, Metric::SendUnknown, None), 0);
    })
    .await;
}

/// No front door leads to it: it is a fault in the program.
#[test]
fn what_disappears_is_counted() {
    let vendor = Vendor {
        id: "shop_39",
        secret: "",
        session: "",
    };
    assert!(World::log_lines(vendor.id).is_empty(), "nobody has its id");
    let id = VendorId::parse(vendor.id).expect("an id");
    let kept = Tally {
        elements: 3,
        enqueued: 2,
        ignored: 1,
        ..Tally::default()
    };
    let lost = Tally { ignored: 0, ..kept };
    kept.told(&id);
    assert_eq!(counted(vendor, Metric::ConservationDifference, None), 0);
    lost.told(&id);
    assert_eq!(counted(vendor, Metric::ConservationDifference, None), 1);
    let told = &lines(vendor, Metric::ConservationDifference)[0];
    assert_eq!(
        dimensions(told, Metric::ConservationDifference),
        json!([["stack"]])
    );
}

/// A webhook as Lambda hands it to the function.
fn invocation(vendor: Vendor, body: &Value, number: usize) -> Request {
    let path = format!("/api/webhooks/wasender/{}", vendor.id);
    let mut request = Request::new(Method::POST, path);
    request.body = Body::from(body.to_string());
    let secret = vendor.secret.parse().expect("a header");
    request.headers.insert("x-webhook-signature", secret);
    let mut context = Context::default();
    context.request_id = uuid::Uuid::new_v4().to_string();
    context.xray_trace_id = Some(format!(
        "Root=1-{number:08x}-0123456789abcdef01234567;Sampled=0"
    ));
    request.with_context(context)
}

#[tokio::test]
async fn a_webhook_that_is_taken_in_costs_three_hundred_bytes_of_log() {
    const WEBHOOKS: usize = 100;
    run(async |world| {
        let vendor = registered(world, 37).await;
        let as_deployed = Config {
            log_sample: 10,
            ..config(world, "messages")
        };
        let app = App::new("messages", &as_deployed, world.clock().clone());
        world.unspeakable(&["Merci"]);
        world.pause();
        let before = World::log_lines(vendor.id).len();
        for number in 0..WEBHOOKS {
            let mut body = match number % 2 {
                0 => received("Merci", AWA, &format!("BYTES{number}")),
                _ => update(&format!("BYTES{number}"), AWA, 3),
            };
            body["sessionId"].take();
            let answer = app.handle(invocation(vendor, &body, number)).await;
            assert_eq!(answer.status(), 200);
        }
        let lines = World::log_lines(vendor.id).split_off(before);
        // The stack is called `multi-waba` by default, and `local` here.
        let bytes: usize = lines.iter().map(|line| line.to_string().len() + 6).sum();
        let (each, of) = (bytes / WEBHOOKS, lines.len());
        eprintln!("{each} bytes of log a webhook, {of} lines for {WEBHOOKS}");
        assert!(each <= 300, "{each} bytes a webhook");
        world.resume();
        world.quiet().await;
    })
    .await;
}
