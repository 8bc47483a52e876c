//! Sessions: their status, what links them, and their secrets.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::gateway::{Gateway, Script};
use crate::machine::{Machine, text};

fn number(live: &str, identity: &str) -> Value {
    json!({"wabaId": "waba_v_1", "stored": {"status": "connected", "identity": identity, "drift": ["webhook_url"]},
        "live": {"status": live}, "lane": {"state": "parked", "reason": "identity", "waiting": 2}, "open": {"queued": 7}, "account": null})
}

#[tokio::test]
async fn the_status_of_all_vendors_is_a_table_and_a_failing_one_is_told() {
    let status =
        json!({"vendorId": "v_1", "active": true, "numbers": [number("need_scan", "mismatch")]});
    let script: Script = vec![(
        "GET /api/admin/vendors/v_1/wasender-status",
        vec![(200, status)],
    )];
    let gateway = Gateway::scripted_by(script).await;
    let machine = Machine::new();
    let run = machine.asks(&gateway.url, &["status"]).await;
    let shown = text(&run.stdout);
    assert_eq!(run.status.code(), Some(3), "{run:?}");
    let first = "v_1     waba_v_1  need_scan";
    assert!(
        shown.contains(first) && shown.contains("no_such_vendor"),
        "{shown}"
    );
    for cell in ["mismatch", "parked identity", "  7  ", "webhook_url"] {
        assert!(shown.contains(cell), "{shown}");
    }
    let run = machine
        .asks(&gateway.url, &["--json", "status", "v_1"])
        .await;
    let shown: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(shown["vendors"][0]["numbers"][0]["lane"]["waiting"], 2);
    assert_eq!(run.status.code(), Some(0));
}

#[tokio::test]
async fn sessions_are_connected_let_go_and_set_up() {
    let connecting = json!({"wabaId": "waba_v_1", "status": "need_scan", "qr": "the_code", "token": null, "expiresAt": null});
    let paths = [
        "POST /api/admin/vendors/v_1/disconnect",
        "POST /api/admin/vendors/v_1/restart",
        "POST /api/admin/vendors/v_1/passkey",
        "POST /api/admin/vendors/v_1/setup-wasender-webhook",
        "POST /api/admin/vendors/v_1/regenerate-api-key",
        "POST /api/admin/vendors/v_1/rotate-webhook-secret",
    ];
    let mut script: Script = vec![(
        "POST /api/admin/vendors/v_1/connect",
        vec![(200, connecting)],
    )];
    script.extend(paths.map(|path| (path, vec![(200, json!({"wabaId": "waba_2"}))])));
    let gateway = Gateway::scripted_by(script).await;
    let machine = Machine::new();
    let run = machine
        .asks(&gateway.url, &["connect", "v_1", "--by", "qr"])
        .await;
    let shown = text(&run.stdout);
    assert!(
        shown.contains("wabactl qr v_1") && !shown.contains("the_code"),
        "{run:?}"
    );
    let body = gateway.asked().pop().unwrap().body;
    assert_eq!(body, json!({"wabaId": null, "linkMethod": "qr"}));
    let commands = [
        "disconnect",
        "restart",
        "passkey",
        "setup-webhook",
        "regenerate-key",
        "rotate-secret",
    ];
    for (command, path) in commands.into_iter().zip(paths) {
        let run = machine
            .asks(&gateway.url, &[command, "v_1", "--waba", "waba_2"])
            .await;
        let asked = gateway.asked().pop().unwrap();
        assert_eq!((asked.line().as_str(), run.status.code()), (path, Some(0)));
        assert_eq!(asked.body, json!({"wabaId": "waba_2"}));
    }
}

#[tokio::test]
async fn a_secret_comes_from_stdin_and_is_shown_nowhere() {
    let done = json!({"wabaId": "waba_v_1", "rotated": false, "state": "waiting", "hint": null});
    let path = "POST /api/admin/vendors/v_1/rotate-webhook-secret";
    let gateway = Gateway::scripted_by(vec![(path, vec![(200, done)])]).await;
    let machine = Machine::new();
    let arguments = [
        "--url",
        &gateway.url,
        "--key-file",
        "key",
        "rotate-secret",
        "v_1",
        "--secret-stdin",
    ];
    let mut command = machine.command(&arguments, &[]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let run = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().expect("the binary runs");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        stdin.write_all(b"a_new_secret\n").expect("it is read");
        drop(stdin);
        child.wait_with_output().expect("it ends")
    })
    .await
    .expect("no panic");
    assert!(text(&run.stdout).contains("waiting"), "{run:?}");
    assert!(!format!("{run:?}").contains("a_new_secret"));
    let body = gateway.asked().pop().unwrap().body;
    assert_eq!(
        body,
        json!({"wabaId": null, "newSecret": "a_new_secret", "promote": false})
    );
}

#[tokio::test]
async fn a_code_is_drawn_and_watched_until_the_session_is_connected() {
    let vendor =
        |status: &str| json!({"wabaInstances": [{"wabaId": "waba_v_1", "status": status}]});
    let code = |text: &str| {
        (
            200,
            json!({"wabaId": "waba_v_1", "qr": text, "expiresAt": null}),
        )
    };
    let none = (409, json!({"code": "wrong_session_state"}));
    let script: Script = vec![
        (
            "GET /api/admin/vendors/v_1",
            vec![(200, vendor("need_scan")); 4]
                .into_iter()
                .chain([(200, vendor("connected"))])
                .collect(),
        ),
        (
            "GET /api/admin/vendors/v_1/qr?format=json",
            vec![none, code("first"), code("first"), code("second")],
        ),
    ];
    let gateway = Gateway::scripted_by(script.clone()).await;
    let machine = Machine::new();
    let watch = ["qr", "v_1", "--watch", "--interval", "0"];
    let run = machine.asks(&gateway.url, &watch).await;
    let shown = text(&run.stdout);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert!(
        shown.ends_with("connected\n") && shown.contains('█'),
        "{shown}"
    );
    let gateway = Gateway::scripted_by(script).await;
    let run = machine
        .asks(&gateway.url, &[&["--json"], &watch[..]].concat())
        .await;
    let shown = text(&run.stdout);
    let codes: Vec<_> = shown
        .lines()
        .filter(|line| line.contains("\"qr\""))
        .collect();
    assert_eq!(codes.len(), 2, "{shown}");
}

#[tokio::test]
async fn a_picture_is_written_into_a_new_file_for_its_owner_alone() {
    let path = "GET /api/admin/vendors/v_1/qr?format=png";
    let gateway = Gateway::scripted_by(vec![(path, vec![(200, "a picture".into())])]).await;
    let machine = Machine::new();
    let write = ["qr", "v_1", "--png", "code.png"];
    let run = machine.asks(&gateway.url, &write).await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let file = machine.0.path().join("code.png");
    assert_eq!(fs::read_to_string(&file).unwrap(), "\"a picture\"");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let again = machine.asks(&gateway.url, &write).await;
    assert_eq!(again.status.code(), Some(2), "{again:?}");
}
