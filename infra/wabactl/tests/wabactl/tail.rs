//! Messages and statuses as they come.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::machine::{Machine, text};

const MESSAGES: &str = "GET /api/admin/vendors/v_1/messages?limit=100";

/// A page of messages, by id and status.
fn page(messages: &[(&str, &str)]) -> (u16, Value) {
    let message = |(id, status): &(&str, &str)| {
        let direction = if id.starts_with("in") {
            "inbound"
        } else {
            "outbound"
        };
        json!({"id": id, "direction": direction, "status": status, "text": "Bonjour"})
    };
    let messages: Vec<_> = messages.iter().map(message).collect();
    (200, json!({"messages": messages, "nextCursor": null}))
}

/// A message in one line: what happened, to which message, and how it is then.
fn told(line: &str) -> String {
    let line: Value = serde_json::from_str(line).expect("a JSON line");
    let (id, status) = match line["event"].as_str() {
        Some("message") => (&line["message"]["id"], &line["message"]["status"]),
        _ => (&line["messageId"], &line["status"]),
    };
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    [word(&line["event"]), word(id), word(status)].join(" ")
}

/// What a run tells; it is interrupted once a message is delivered.
fn until_interrupted(mut command: Command) -> Vec<String> {
    let mut child = command.spawn().expect("the binary runs");
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut lines = Vec::new();
    while lines
        .last()
        .is_none_or(|line: &String| !line.ends_with(" delivered"))
    {
        let mut line = String::new();
        assert_ne!(stdout.read_line(&mut line).expect("text"), 0, "{lines:?}");
        lines.push(told(&line));
    }
    let id = child.id().to_string();
    let interrupt = Command::new("kill").args(["-INT", &id]).status();
    assert!(interrupt.expect("kill runs").success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("text");
    lines.extend(rest.lines().map(told));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    lines
}

#[tokio::test]
async fn a_message_its_reply_and_their_statuses_are_told_in_order_and_once_until_an_interrupt() {
    let gateway = Gateway::scripted_by(vec![(
        MESSAGES,
        vec![
            page(&[("in_0", "answered")]),
            page(&[("in_1", "received"), ("in_0", "answered")]),
            (503, json!({})),
            (429, json!({"code": "rate_limited"})),
            page(&[
                ("out_1", "queued"),
                ("in_1", "answered"),
                ("in_0", "answered"),
            ]),
            page(&[
                ("out_1", "sent"),
                ("in_1", "answered"),
                ("in_0", "answered"),
            ]),
            page(&[("out_1", "delivered"), ("in_1", "answered")]),
        ],
    )])
    .await;
    let machine = Machine::new();
    let url = gateway.url.clone();
    let arguments = [
        "--url",
        &url,
        "--key-file",
        "key",
        "--json",
        "tail",
        "v_1",
        "--interval",
        "0.01",
    ];
    let mut command = machine.command(&arguments, &[]);
    command.stdout(Stdio::piped());
    let lines = tokio::task::spawn_blocking(move || until_interrupted(command));
    let lines = lines.await.expect("no panic");
    assert_eq!(
        lines,
        [
            "message in_1 received",
            "status in_1 answered",
            "message out_1 queued",
            "status out_1 sent",
            "status out_1 delivered",
        ]
    );
}

#[tokio::test]
async fn all_vendors_are_followed_and_what_was_there_is_shown_if_that_is_wanted() {
    let other = "GET /api/admin/vendors/v_2/messages?limit=100";
    let gateway = Gateway::scripted_by(vec![
        (
            MESSAGES,
            vec![page(&[("in_2", "received"), ("in_1", "answered")])],
        ),
        (other, vec![page(&[("out_9", "sent")])]),
    ])
    .await;
    let tail = ["tail", "--last", "1", "--for", "0.4"];
    let run = Machine::new().asks(&gateway.url, &tail).await;
    let shown = text(&run.stdout);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(
        lines,
        [
            "v_1  inbound  received  Bonjour  in_2",
            "v_2  outbound  sent  Bonjour  out_9"
        ]
    );
}

#[tokio::test]
async fn a_key_that_is_good_no_more_ends_it() {
    let refused = (401, json!({"code": "unauthorized"}));
    let gateway = Gateway::scripted_by(vec![(MESSAGES, vec![page(&[]), refused])]).await;
    let tail = ["tail", "v_1", "--interval", "0"];
    let run = Machine::new().asks(&gateway.url, &tail).await;
    assert_eq!(run.status.code(), Some(5), "{run:?}");
}
