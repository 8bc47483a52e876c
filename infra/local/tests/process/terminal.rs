//! What somebody sees who starts it in a terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use crate::binary::Binary;
use crate::local::{Home, Local, eventually, spawn};
use crate::ports;

/// How long an end by itself may take.
const END: Duration = Duration::from_secs(10);

fn bash(directory: &Path, line: &str) -> Output {
    Command::new("bash")
        .args(["-c", line])
        .current_dir(directory)
        .output()
        .expect("there is a bash")
}

/// Pastes a line into a shell and reads the JSON that comes out.
fn paste(directory: &Path, line: &str) -> Value {
    let output = bash(directory, line);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {complaint}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{line}: {output:?}"))
}

/// Pastes what a stack printed that keeps its admin key in this file, line by line from the top.
async fn paste_all(directory: &Path, printed: &str, key_file: &Path) {
    let curl = bash(directory, "command -v curl");
    assert!(
        curl.status.success(),
        "the printed lines need curl, and there is none"
    );
    let lines: Vec<_> = printed
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("curl "))
        .collect();
    let [webhook, inbound, sends, messages] = lines[..] else {
        panic!("four lines to paste: {printed}");
    };
    assert_eq!(paste(directory, webhook)["status"], "received");
    paste(directory, inbound);
    let recipients = async || {
        let sends = paste(directory, sends);
        let sends = sends["sends"].as_array().expect("a list");
        let mut to: Vec<_> = sends.iter().map(|send| send["to"].to_string()).collect();
        to.sort();
        to
    };
    let answered = eventually(END, recipients, |to| to.len() >= 2).await;
    assert_eq!(answered, [r#""+221700000001""#, r#""+221700000002""#]);
    let listed = paste(directory, messages);
    assert_eq!(
        listed["messages"].as_array().map(Vec::len),
        Some(4),
        "{listed}"
    );

    let key = fs::read_to_string(key_file).expect("the admin key is in a file");
    assert!(printed.contains(key.trim()));
    let mode = fs::metadata(key_file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the admin key is its owner's only");
}

#[tokio::test]
async fn what_is_printed_names_everything_and_works_when_pasted() {
    let home = Home::new();
    let local = Local::start(&home).await;
    let printed = local.binary().stdout();
    let expected = [
        "gateway    http://127.0.0.1:",
        "aws        http://127.0.0.1:",
        "simulator  http://127.0.0.1:",
        "vendor_001  My Shop A  session instance_abc123",
        "vendor_002  My Shop B  session instance_def456",
        local.admin_key(),
    ];
    for text in expected {
        assert!(printed.contains(text), "{text:?} is missing in {printed}");
    }
    assert!(printed.trim_end().ends_with("ready; Ctrl-C ends it"));
    let health = local.request((0, "/health"), &[], None).await;
    assert_eq!(health.expect("an answer").status, 200);
    paste_all(home.path(), &printed, &home.data().join("admin-key")).await;
    assert_eq!(local.binary().stderr(), "", "nothing is complained of");
}

#[tokio::test]
async fn without_a_data_directory_the_printed_lines_work_where_it_was_started() {
    let home = Home::new();
    let binary = loop {
        let base = ports::free().to_string();
        let binary = Binary::spawn(home.path(), &["--port-base", &base]);
        if binary.ready().await {
            break binary;
        }
        assert!(
            binary.stderr().contains("--port-base"),
            "{}",
            binary.stderr()
        );
    };
    let key_file = home.path().join(".local/admin-key");
    paste_all(home.path(), &binary.stdout(), &key_file).await;
    assert!(!home.data().exists());
}

#[tokio::test]
async fn ctrl_c_ends_it_well_at_rest_and_in_the_middle_of_work() {
    let home = Home::new();
    let local = Local::start(&home).await;
    local.binary().interrupt();
    assert_eq!(local.binary().exit_code(END).await, Some(0));

    let local = local.restart(&home).await;
    let bodies: Vec<_> = (0..8)
        .map(|number| {
            let from = format!("22170000010{number}");
            testkit::wasender::received("Bonjour", &from, &format!("CTRL{number}"))
        })
        .collect();
    let posts = bodies
        .iter()
        .map(|body| local.webhook("vendor_001", "secret_123", body));
    for answer in join_all(posts).await {
        assert_eq!(answer.expect("an answer").status, 200);
    }
    local.binary().interrupt();
    assert_eq!(local.binary().exit_code(END).await, Some(0));
    assert!(local.binary().stdout().ends_with("\nstopping\n"));
}

/// It ends with one line on stderr, which holds these words.
async fn ends_with_one_line(binary: &Binary, words: &[&str]) {
    assert_eq!(binary.exit_code(END).await, Some(1), "{}", binary.stderr());
    let complaint = eventually(END, async || binary.stderr(), |text| text.ends_with('\n')).await;
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    for word in words {
        assert!(
            complaint.contains(word),
            "{word:?} is missing in {complaint}"
        );
    }
    assert_eq!(binary.stdout(), "");
}

#[tokio::test]
async fn a_busy_port_is_named_in_one_line_with_the_way_out() {
    let home = Home::new();
    for (offset, what) in [
        (0, "the gateway"),
        (1, "the AWS endpoint"),
        (2, "the simulator"),
    ] {
        let base = ports::free();
        let _busy = ports::listen(base + offset).expect("it was free just now");
        let binary = spawn(&home, base, &[]);
        let port = format!("127.0.0.1:{}", base + offset);
        ends_with_one_line(&binary, &[&port, what, "--port-base"]).await;
        assert!(!home.data().exists(), "nothing was begun");
    }
}

#[tokio::test]
async fn a_data_directory_that_another_process_uses_is_told_in_one_line() {
    let home = Home::new();
    let local = Local::start(&home).await;
    let second = spawn(&home, ports::free(), &[]);
    ends_with_one_line(&second, &["in use by another process"]).await;
    let vendors = local.admin("vendors", &[], None).await;
    assert_eq!(vendors.expect("an answer").status, 200, "the first goes on");
}
