//! What every command has: exit codes, profiles, output for machines, completions.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::gateway::{Behaviour, Gateway, KEY};
use crate::machine::{Machine, text};

#[tokio::test]
async fn every_way_to_end_has_its_exit_code() {
    let machine = Machine::new();
    let good = Gateway::start(Behaviour::default()).await;
    let busy = Gateway::start(Behaviour {
        always: Some((503, "{}")),
        ..Behaviour::default()
    })
    .await;
    let away = "http://127.0.0.1:1";
    let send = ["send", "v_1", "--to", "+221700000001", "Bonjour"];
    for (url, key, command, code) in [
        (good.url.as_str(), "key", &["vendors", "list"] as &[_], 0),
        (&good.url, "key", &["vendors", "show", "v_9"], 1),
        (&good.url, "key", &["vendors", "show"], 2),
        (&good.url, "missing", &["vendors", "list"], 2),
        ("http://gateway.example", "key", &["vendors", "list"], 2),
        (away, "key", &["vendors", "list"], 4),
        (&busy.url, "key", &["vendors", "list"], 4),
        (&good.url, "wrong", &["vendors", "list"], 5),
        (&busy.url, "key", &send, 6),
    ] {
        let arguments = [&["--url", url, "--key-file", key], command].concat();
        let run = machine.runs(&arguments, &[]).await;
        assert_eq!(run.status.code(), Some(code), "{command:?} {run:?}");
    }
}

#[tokio::test]
async fn a_failure_for_machines_is_json() {
    let machine = Machine::new();
    let gateway = Gateway::start(Behaviour::default()).await;
    let arguments = ["--url", &gateway.url, "--key-file", "wrong", "--json"];
    let run = machine
        .runs(&[&arguments[..], &["vendors", "list"]].concat(), &[])
        .await;
    let told: Value = serde_json::from_slice(&run.stderr).unwrap();
    assert_eq!(
        (&told["error"]["code"], &told["error"]["exit"]),
        (&"unauthorized".into(), &5.into())
    );
    assert!(run.stdout.is_empty());
}

#[tokio::test]
async fn a_profile_is_named_once_and_then_used() {
    let machine = Machine::new();
    let gateway = Gateway::start(Behaviour::default()).await;
    let add = [
        "--url",
        &gateway.url,
        "--key-file",
        "key",
        "profiles",
        "add",
    ];
    let added = machine.runs(&[&add[..], &["prod"]].concat(), &[]).await;
    assert_eq!(added.status.code(), Some(0), "{added:?}");
    for (arguments, environment) in [
        (
            &["--profile", "prod", "vendors", "list"] as &[_],
            &[] as &[_],
        ),
        (&["vendors", "list"], &[("WABACTL_PROFILE", "prod")]),
        (
            &["vendors", "list"],
            &[("WABACTL_URL", &gateway.url), ("WABACTL_KEY", KEY)],
        ),
    ] {
        let run = machine.runs(arguments, environment).await;
        assert_eq!(run.status.code(), Some(0), "{run:?}");
    }
    let listed = machine.runs(&["profiles", "list"], &[]).await;
    let shown = text(&listed.stdout);
    assert!(shown.contains("prod") && !shown.contains(KEY), "{shown}");
    let removed = machine.runs(&["profiles", "remove", "prod"], &[]).await;
    assert_eq!(removed.status.code(), Some(0), "{removed:?}");
    assert!(
        !fs::read_to_string(machine.profile_file())
            .unwrap()
            .contains(KEY)
    );
}

#[tokio::test]
async fn a_profile_file_that_others_can_read_is_not_used() {
    let machine = Machine::new();
    let add = [
        "--url",
        "https://gateway.example",
        "--key-file",
        "key",
        "profiles",
        "add",
    ];
    machine.runs(&[&add[..], &["prod"]].concat(), &[]).await;
    let file = machine.profile_file();
    let mode = |file: &std::path::Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let run = machine
        .runs(&["--profile", "prod", "vendors", "list"], &[])
        .await;
    assert_eq!(run.status.code(), Some(2));
    let told = text(&run.stderr);
    assert!(told.contains("chmod 600") && !told.contains(KEY), "{told}");
}

#[tokio::test]
async fn colours_are_for_terminals_or_for_who_asks() {
    let machine = Machine::new();
    let gateway = Gateway::start(Behaviour::default()).await;
    let arguments = [
        "--url",
        &gateway.url,
        "--key-file",
        "key",
        "vendors",
        "list",
    ];
    for (more, has_colours) in [
        (&[] as &[_], false),
        (&["--color", "always"], true),
        (&["--color", "always", "--json"], false),
    ] {
        let run = machine.runs(&[&arguments[..], more].concat(), &[]).await;
        assert_eq!(
            text(&run.stdout).contains('\u{1b}'),
            has_colours,
            "{more:?}"
        );
    }
}

#[tokio::test]
async fn every_shell_gets_its_completions() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let run = machine.runs(&["completions", shell], &[]).await;
        let script = text(&run.stdout);
        assert_eq!(run.status.code(), Some(0), "{run:?}");
        assert!(
            script.contains("migrate") && script.contains("key-file"),
            "{shell}"
        );
    }
}
