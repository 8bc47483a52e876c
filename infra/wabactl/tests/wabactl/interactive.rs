//! `wabactl migrate`, asking for one vendor after the other.

use std::io::Write;
use std::process::{Output, Stdio};

use crate::batch::json;
use crate::fleet::{Fleet, Moods};
use crate::machine::{Machine, text};

/// Runs it, giving these answers, each on its line.
async fn answered(fleet: &Fleet, arguments: &[&str], answers: &[&str]) -> Output {
    let machine = Machine::new();
    let target = [
        "--url",
        &fleet.url,
        "--key-file",
        "key",
        "migrate",
        "--wait",
        "0",
    ];
    let mut command = machine.command(&[&target[..], arguments].concat(), &[]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let answers = answers.join("\n") + "\n";
    tokio::task::spawn_blocking(move || {
        let _machine = machine;
        let mut child = command.spawn().expect("the binary runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        // It may end before it has read all.
        let _ = stdin.write_all(answers.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("it ends")
    })
    .await
    .expect("no panic")
}

const FIRST: [&str; 7] = [
    "v_1",
    "Chez Awa",
    "77 000 00 01",
    "i_1",
    "webhook_secret_1",
    "api_key_1",
    "",
];

#[tokio::test]
async fn a_vendor_is_asked_for_registered_and_tested() {
    let fleet = Fleet::start(Moods::default()).await;
    let run = answered(&fleet, &["--json"], &FIRST).await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let row = &json(&run)["vendors"][0];
    assert_eq!(
        (&row["outcome"], &row["identity"]),
        (&"created".into(), &"verified".into())
    );
    let vendor = &fleet.state()["v_1"];
    assert_eq!(vendor["phoneNumber"], "+221770000001");
    assert_eq!(vendor["wasenderApiKey"], "api_key_1");
    let said = text(&run.stderr);
    let url = format!("{}/api/webhooks/wasender/v_1\n", fleet.url);
    assert!(
        said.contains(&url) && said.contains("session.status"),
        "{said}"
    );
    assert!(
        !said.contains("webhook_secret_1") && !said.contains("api_key_1"),
        "{said}"
    );
}

#[tokio::test]
async fn what_can_not_be_used_is_asked_again_in_the_operators_language() {
    let fleet = Fleet::start(Moods::default()).await;
    let answers = [
        "not an id",
        "v_1",
        "",
        "Chez Awa",
        "12",
        "+33 6 12 34 56 78",
        "i_1",
        "x",
        "webhook_secret_1",
        "",
        "",
        "",
    ];
    let run = answered(&fleet, &["--lang", "fr"], &answers).await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert_eq!(fleet.state()["v_1"]["phoneNumber"], "+33612345678");
    let said = text(&run.stderr);
    assert!(
        said.contains("Nom du commerce") && said.contains("il faut une réponse"),
        "{said}"
    );
    assert!(said.contains("Sans clé"), "{said}");
    assert_eq!(text(&run.stdout), "vendeurs terminés, sautés : 1, 0\n");
}

#[tokio::test]
async fn what_the_gateway_refuses_is_tried_again_skipped_or_left() {
    let fleet = Fleet::start(Moods {
        refused: std::iter::once("v_1".to_owned()).collect(),
        mismatched: std::iter::once("v_2".to_owned()).collect(),
        ..Moods::default()
    })
    .await;
    let second = [
        "v_2",
        "B",
        "770000002",
        "i_2",
        "webhook_secret_2",
        "api_key_2",
        "",
        "s",
    ];
    let refused = [&FIRST[..6], &["r"], &FIRST[1..6], &["s"], &second].concat();
    let run = answered(
        &fleet,
        &["--json"],
        &[&refused[..], &FIRST[..6], &["q"]].concat(),
    )
    .await;
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    let rows = &json(&run)["vendors"];
    assert_eq!(
        [&rows[0]["code"], &rows[1]["identity"], &rows[2]["outcome"]],
        ["phone_number_taken", "mismatch", "skipped"]
    );
    assert_eq!(fleet.registered(), 1);
}

#[tokio::test]
async fn answers_that_end_in_the_middle_are_wrong_usage() {
    let fleet = Fleet::start(Moods::default()).await;
    let run = answered(&fleet, &[], &FIRST[..2]).await;
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert_eq!(fleet.registered(), 0);
}
