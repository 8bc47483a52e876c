//! The examples of `docs/SIMULATOR.md` run as they are written.

use reqwest::Method;
use serde_json::Value;

use crate::world::World;

const PAGE: &str = include_str!("../../../../docs/SIMULATOR.md");

/// The `curl` lines: method, path after `/_sim`, body.
fn examples() -> Vec<(Method, String, Value)> {
    let lines = PAGE.lines();
    let commands = lines.filter_map(|line| line.strip_prefix("curl -sS "));
    commands.map(example).collect()
}

fn example(command: &str) -> (Method, String, Value) {
    let (delete, command) = match command.strip_prefix("-X DELETE ") {
        Some(rest) => (true, rest),
        None => (false, command),
    };
    let (url, body) = command.split_once(" -d ").unwrap_or((command, ""));
    let path = url.strip_prefix("http://127.0.0.1:9004/_sim");
    let path = path.unwrap_or_else(|| panic!("{url} is a control"));
    let body = body.trim_matches('\'');
    let method = match (delete, body) {
        (true, _) => Method::DELETE,
        (false, "") => Method::GET,
        (false, _) => Method::POST,
    };
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(body).expect("the example's body is JSON")
    };
    (method, path.to_owned(), body)
}

#[tokio::test]
async fn every_example_of_the_page_is_taken() {
    let world = World::new().await;
    let examples = examples();
    assert!(examples.len() > 10);
    for (method, path, body) in examples {
        let answer = world.control(method, &path, body.clone()).await;
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.body);
    }
    world.simulator.idle().await;
    let events: Vec<_> = world
        .gateway
        .got()
        .iter()
        .map(|got| got.event().to_owned())
        .collect();
    for event in [
        "messages.received",
        "messages.delete",
        "call.received",
        "message-receipt.update",
    ] {
        assert!(events.iter().any(|got| got == event), "{event}: {events:?}");
    }
}

#[test]
fn the_page_names_every_control_and_every_fault() {
    for name in [
        "/inbound",
        "/faults",
        "/sessions",
        "/contacts",
        "/groups",
        "/signals",
        "/idle",
        "/reset",
        "429",
        "500_after",
        "503",
        "timeout_before",
        "timeout_after",
        "reset_after",
        "slow",
        "success_false",
        "unauthorized",
        "fail_later",
        "not_synced",
        "duplicate",
        "reorder",
        "delay",
        "drop",
        "both_event_names",
    ] {
        assert!(PAGE.contains(&format!("{name}`")), "{name}");
    }
}
