use std::fs;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::gateway::{Behaviour, Gateway, KEY, sheet};

/// Runs the binary in a directory of its own with a key file and a sheet of two vendors; `{dir}` in an argument is that directory.
async fn wabactl(url: &str, arguments: &[&str]) -> Output {
    let dir = TempDir::new().expect("a directory");
    fs::write(dir.path().join("key"), format!("{KEY}\n")).expect("a key file");
    fs::write(dir.path().join("vendors.csv"), sheet(2)).expect("a sheet");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wabactl"));
    command
        .args(["--url", url, "--retries", "0"])
        .args(arguments)
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("WABACTL_KEY")
        .env_remove("WABACTL_URL")
        .env_remove("WABACTL_PROFILE");
    tokio::task::spawn_blocking(move || {
        let _dir = dir;
        command.output().expect("the binary runs")
    })
    .await
    .expect("no panic")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn wrong_usage_exits_with_2() {
    let gateway = Gateway::start(Behaviour::default()).await;
    for arguments in [
        &["vendors", "list"] as &[_],
        &["--key-file", "missing", "vendors", "list"],
        &["--key-file", "key", "--profile", "prod", "vendors", "list"],
        &["--key-file", "key", "migrate", "batch", "missing.csv"],
        &["--key-file", "key", "messages", "v_1", "--limit", "0"],
        &["--key-file", "key", "vendors", "show", "not an id"],
        &["nonsense"],
    ] {
        let run = wabactl(&gateway.url, arguments).await;
        assert_eq!(run.status.code(), Some(2), "{arguments:?} {}", stderr(&run));
    }
    assert!(gateway.asked().is_empty());
}

#[tokio::test]
async fn lists_are_shown_to_their_end() {
    let gateway = Gateway::start(Behaviour::default()).await;
    let vendors = wabactl(&gateway.url, &["--key-file", "key", "vendors", "list"]).await;
    let shown = stdout(&vendors);
    assert!(
        shown.contains("\nv_1 ") && shown.contains("\nv_2 ") && shown.contains("paused"),
        "{shown}"
    );
    let messages = wabactl(
        &gateway.url,
        &[
            "--key-file",
            "key",
            "messages",
            "v_1",
            "--direction",
            "inbound",
        ],
    )
    .await;
    let shown = stdout(&messages);
    assert!(
        shown.contains("+221700000001 Awa  Bonjour  msg_2\n") && shown.contains("msg_1\n"),
        "{shown}"
    );
    let last = gateway.asked().pop().unwrap();
    assert_eq!(
        last.path_and_query,
        "/api/admin/vendors/v_1/messages?direction=inbound&limit=49&cursor=a%26b"
    );
}

#[tokio::test]
async fn a_limit_is_kept_however_long_the_pages_are() {
    let gateway = Gateway::start(Behaviour::default()).await;
    let run = wabactl(
        &gateway.url,
        &[
            "--key-file",
            "key",
            "--json",
            "messages",
            "v_1",
            "--limit",
            "1",
        ],
    )
    .await;
    let shown: Value = serde_json::from_str(&stdout(&run)).unwrap();
    assert_eq!(shown["messages"].as_array().map(Vec::len), Some(1));
    assert_eq!(gateway.asked().len(), 1);
}

#[tokio::test]
async fn a_vendor_that_does_not_exist_exits_with_1() {
    let gateway = Gateway::start(Behaviour::default()).await;
    let run = wabactl(
        &gateway.url,
        &["--key-file", "key", "vendors", "show", "v_9"],
    )
    .await;
    assert_eq!(run.status.code(), Some(1));
    assert_eq!(
        stderr(&run),
        "error: no vendor has this id (404 no_such_vendor)\n"
    );
}

#[tokio::test]
async fn a_send_in_doubt_tells_the_key_that_makes_it_safe_to_repeat() {
    let send = [
        "--key-file",
        "key",
        "send",
        "v_1",
        "--to",
        "+221700000001",
        "Bonjour",
    ];
    let gateway = Gateway::start(Behaviour::default()).await;
    let run = wabactl(&gateway.url, &send).await;
    assert_eq!(
        (run.status.code(), stdout(&run).as_str()),
        (Some(0), "msg_1 queued\n")
    );
    let behaviour = Behaviour {
        always: Some((503, "{}")),
        ..Behaviour::default()
    };
    let gateway = Gateway::start(behaviour).await;
    let run = wabactl(&gateway.url, &send).await;
    let key = gateway.asked()[0].idempotency_key.clone().unwrap();
    assert_eq!(run.status.code(), Some(6));
    assert!(
        stderr(&run).contains(&format!("--idempotency-key {key}")),
        "{}",
        stderr(&run)
    );
}
