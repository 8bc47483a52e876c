//! Vendors, numbers, messages and conversations, day by day.

use serde_json::{Value, json};

use crate::gateway::{Gateway, Script};
use crate::machine::{Machine, text};

const TAKEOVER: &str = "POST /api/admin/vendors/v_1/conversations/c_1/takeover";

/// Answers 200 to each of these.
fn all_good(lines: &[&'static str]) -> Script {
    let answer = |line: &&'static str| (*line, vec![(200, json!({"answer": "good"}))]);
    lines.iter().map(answer).collect()
}

#[tokio::test]
async fn each_command_asks_for_its_route() {
    let table = [
        ("vendors pause v_1", "POST /api/admin/vendors/v_1/pause"),
        ("vendors resume v_1", "POST /api/admin/vendors/v_1/resume"),
        ("vendors erasure v_1", "GET /api/admin/vendors/v_1/erasure"),
        (
            "vendors config get v_1",
            "GET /api/admin/vendors/v_1/config",
        ),
        (
            "messages show v_1 m_1",
            "GET /api/admin/vendors/v_1/messages/m_1",
        ),
        (
            "messages retry v_1 m_1",
            "POST /api/admin/vendors/v_1/messages/m_1/retry",
        ),
        (
            "messages cancel v_1 m_1",
            "POST /api/admin/vendors/v_1/messages/m_1/cancel",
        ),
        (
            "messages discard v_1 m_1",
            "POST /api/admin/vendors/v_1/messages/m_1/discard",
        ),
        (
            "conversations show v_1 c_1",
            "GET /api/admin/vendors/v_1/conversations/c_1",
        ),
        ("restore status", "GET /api/admin/restore"),
        ("takeover v_1 c_1 --by Awa --minutes 9", TAKEOVER),
        (
            "release v_1 c_1",
            "POST /api/admin/vendors/v_1/conversations/c_1/release",
        ),
        (
            "cancel v_1 c_1",
            "POST /api/admin/vendors/v_1/conversations/c_1/cancel",
        ),
    ];
    let gateway = Gateway::scripted_by(all_good(&table.map(|(_, line)| line))).await;
    let machine = Machine::new();
    for (command, line) in table {
        let arguments: Vec<_> = command.split(' ').collect();
        let run = machine.asks(&gateway.url, &arguments).await;
        let asked = gateway.asked().pop().unwrap();
        assert_eq!(asked.line(), line);
        assert!(text(&run.stdout).contains("good"), "{run:?}");
        let body = match line {
            TAKEOVER => json!({"by": "Awa", "minutes": 9}),
            _ => Value::Null,
        };
        assert_eq!(asked.body, body, "{line}");
    }
}

#[tokio::test]
async fn what_is_deleted_was_named_and_is_as_it_was_seen() {
    let number = "/api/admin/vendors/v_1/waba/waba_2";
    let gateway = Gateway::scripted_by(all_good(&[
        "GET /api/admin/vendors/v_1/waba/waba_2",
        "DELETE /api/admin/vendors/v_1/waba/waba_2",
        "DELETE /api/admin/vendors/v_1?force=true",
    ]))
    .await;
    let machine = Machine::new();
    let delete = ["numbers", "delete", "v_1", "waba_2"];
    let run = machine.asks(&gateway.url, &delete).await;
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert!(
        gateway
            .asked()
            .iter()
            .all(|asked| asked.line() == format!("GET {number}"))
    );
    let run = machine
        .asks(&gateway.url, &[&delete[..], &["--yes"]].concat())
        .await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let asked = gateway.asked().pop().unwrap();
    assert_eq!(asked.line(), format!("DELETE {number}"));
    assert_eq!(asked.header("if-match"), Some("\"7\""));
    let run = machine
        .asks(
            &gateway.url,
            &["vendors", "delete", "v_1", "--force", "--yes"],
        )
        .await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
}

#[tokio::test]
async fn a_configuration_is_changed_on_the_condition_that_nobody_did() {
    let gateway = Gateway::scripted_by(all_good(&[
        "GET /api/admin/vendors/v_1/config",
        "PUT /api/admin/vendors/v_1/config",
    ]))
    .await;
    let machine = Machine::new();
    machine.file("config.json", r#"{"welcomeText": "Bienvenue"}"#);
    let set = ["vendors", "config", "set", "v_1", "config.json"];
    for (more, expected) in [(&[] as &[_], "\"7\""), (&["--if-match", "\"5\""], "\"5\"")] {
        machine.asks(&gateway.url, &[&set[..], more].concat()).await;
        let asked = gateway.asked().pop().unwrap();
        assert_eq!(asked.header("if-match"), Some(expected));
        assert_eq!(asked.body, json!({"welcomeText": "Bienvenue"}));
    }
}

#[tokio::test]
async fn messages_of_many_kinds_are_sent() {
    let gateway = Gateway::scripted_by(vec![(
        "POST /api/admin/vendors/v_1/send-message",
        vec![(202, json!({"messageId": "msg_1"}))],
    )])
    .await;
    let machine = Machine::new();
    machine.file("poll.json", r#"{"to": "+221700000001", "poll": {}}"#);
    let to = ["send", "v_1", "--to", "+221700000001"];
    let url = "https://files.example/a";
    let addressed = |more: &[&'static str]| [&to[..], more].concat();
    for (arguments, body) in [
        (
            addressed(&["Bonjour"]),
            json!({"to": to[3], "message": "Bonjour"}),
        ),
        (
            addressed(&["--image", url, "La robe"]),
            json!({"to": to[3], "type": "image", "mediaUrl": url, "caption": "La robe"}),
        ),
        (
            addressed(&["--document", url, "--file-name", "a.pdf"]),
            json!({"to": to[3], "type": "document", "mediaUrl": url, "fileName": "a.pdf"}),
        ),
        (
            addressed(&["Oui ?", "--button", "y=Oui", "--button", "n=Non"]),
            json!({"to": to[3], "buttons": {"text": "Oui ?", "options": [{"id": "y", "title": "Oui"}, {"id": "n", "title": "Non"}]}}),
        ),
        (
            ["send", "v_1", "--json-body", "poll.json"].to_vec(),
            json!({"to": to[3], "poll": {}}),
        ),
    ] {
        let run = machine.asks(&gateway.url, &arguments).await;
        assert_eq!(text(&run.stdout), "msg_1 queued\n", "{run:?}");
        assert_eq!(gateway.asked().pop().unwrap().body, body);
    }
    let sent = gateway.asked().len();
    for wrong in [
        addressed(&[]),
        ["send", "v_1", "Bonjour"].to_vec(),
        addressed(&["x", "--json-body", "poll.json"]),
    ] {
        let run = machine.asks(&gateway.url, &wrong).await;
        assert_eq!(run.status.code(), Some(2), "{run:?}");
    }
    assert_eq!(gateway.asked().len(), sent);
}

#[tokio::test]
async fn numbers_and_conversations_are_listed() {
    let gateway = Gateway::scripted_by(vec![
        (
            "GET /api/admin/vendors/v_1/waba-instances",
            vec![(200, json!({"wabaInstances": [{"wabaId": "waba_2", "drift": ["a", "b"]}]}))],
        ),
        (
            "GET /api/admin/vendors/v_1/conversations?status=human",
            vec![(200, json!({"conversations": [{"conversationId": "c_1", "contact": {"name": "Awa"}}], "nextCursor": null}))],
        ),
    ])
    .await;
    let machine = Machine::new();
    for (arguments, shown) in [
        (&["numbers", "list", "v_1"] as &[_], "a,b"),
        (
            &["conversations", "list", "v_1", "--status", "human"],
            "Awa",
        ),
    ] {
        let run = machine.asks(&gateway.url, arguments).await;
        assert!(text(&run.stdout).contains(shown), "{run:?}");
    }
}
