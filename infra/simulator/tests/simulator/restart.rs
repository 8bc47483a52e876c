use std::fs::{self, OpenOptions};
use std::io::Write;
use std::time::Duration;

use platform::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Delays, Options, Simulator};
use tokio::net::TcpListener;

use crate::world::{CUSTOMER, Gateway, KEY_A, World};

#[tokio::test]
async fn sends_sessions_and_numbers_survive_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::kept_in(dir.path()).await;
    let first = world.send_text("un").await;
    world
        .manage(Method::PUT, "/1", json!({"ignore_groups": true}))
        .await;
    world
        .simulator
        .set_status_silently("instance_def456", "logged_out")
        .await
        .expect("a status");
    world.simulator.idle().await;
    let sends = world.simulator.sends();
    let info = world
        .get(&format!("/api/messages/{first}/info"), KEY_A)
        .await
        .body;
    world.simulator.shutdown().await;

    let world = World::kept_in(dir.path()).await;
    assert_eq!(world.simulator.sends(), sends);
    assert_eq!(
        world
            .get(&format!("/api/messages/{first}/info"), KEY_A)
            .await
            .body,
        info
    );
    assert_eq!(
        world.manage(Method::GET, "/1", Value::Null).await.body["data"]["ignore_groups"],
        true
    );
    assert_eq!(
        world.manage(Method::GET, "/2", Value::Null).await.body["data"]["status"],
        "logged_out"
    );
    assert_eq!(world.send_text("deux").await, first + 1);
}

/// A poll, a text that was edited and one that was deleted.
async fn amended(world: &World) -> [i64; 3] {
    let poll = json!({"to": CUSTOMER, "poll": {"question": "Taille ?", "options": ["S", "M"]}});
    let poll = world.send(KEY_A, poll).await.body["data"]["msgId"].as_i64();
    let (edited, deleted) = (world.send_text("un").await, world.send_text("deux").await);
    let path = format!("/api/messages/{edited}");
    let text = json!({"text": "trois"});
    world.call(Method::PUT, &path, KEY_A, text).await;
    let path = format!("/api/messages/{deleted}");
    world.call(Method::DELETE, &path, KEY_A, Value::Null).await;
    world.simulator.idle().await;
    [poll.expect("a number"), edited, deleted]
}

/// Everything that can be asked of what was done.
async fn seen(world: &World, messages: [i64; 3]) -> Vec<Value> {
    let mut seen = vec![json!(world.simulator.signals())];
    for msg_id in messages {
        let path = format!("/api/messages/{msg_id}/info");
        seen.push(world.get(&path, KEY_A).await.body["data"].clone());
    }
    let path = "/api/groups/12036@g.us/participants";
    seen.push(world.get(path, KEY_A).await.body);
    for path in [
        "/1",
        "/2/passkey-token",
        "/1/session-logs",
        "/2/session-logs",
    ] {
        let answer = world.manage(Method::GET, path, Value::Null).await;
        seen.push(answer.body["data"].clone());
    }
    seen
}

#[tokio::test]
async fn what_was_done_to_messages_sessions_and_groups_survives_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::kept_in(dir.path()).await;
    let messages = amended(&world).await;
    let key = json!({"id": "3A1", "remoteJid": "221700000001@s.whatsapp.net", "fromMe": false});
    let read = json!({"key": key});
    let path = "/api/messages/read";
    world.call(Method::POST, path, KEY_A, read).await;
    let poll = seen(&world, messages).await[1]["key"]["id"].clone();
    let vote = |from: &str| {
        json!({"vendorId": "vendor_001", "from": from, "group": "12036",
            "act": {"vote": {"keyId": poll, "options": ["M"]}}})
    };
    let path = "/inbound";
    world.control(Method::POST, path, vote(CUSTOMER)).await;
    let fault = json!({"fault": "not_synced"});
    world.control(Method::POST, "/faults", fault).await;
    let elsewhere = json!({"webhook_url": "http://127.0.0.1:9/elsewhere"});
    world.manage(Method::PUT, "/1", elsewhere).await;
    let linking = world.simulator.set_status_silently("2", "need_passkey");
    linking.await.expect("a status");
    let before = seen(&world, messages).await;
    world.simulator.shutdown().await;

    let world = World::kept_in(dir.path()).await;
    let after = seen(&world, messages).await;
    assert_eq!(before, after);
    assert_eq!(after[2]["message"]["conversation"], "trois");
    let other = vote("+221700000002");
    let answer = world.control(Method::POST, path, other).await;
    assert_eq!(answer.body["status"], 200, "the old address is in force");
    let results = &world.gateway.got()[0].body["data"]["pollResult"];
    assert_eq!(results[1]["voters"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn webhooks_that_had_not_left_leave_after_the_restart_and_no_other() {
    let dir = tempfile::tempdir().expect("a directory");
    let gateway = Gateway::start().await;
    let slow = |options: &mut Options| {
        options.data_dir = Some(dir.path().to_owned());
        options.delays = Delays {
            sent: Duration::from_hours(1),
            ..Delays::default()
        };
    };
    let world = World::at(gateway.clone(), slow).await;
    world.send_text("Bonjour").await;
    while world.simulator.webhooks().is_empty() {
        tokio::task::yield_now().await;
    }
    world.simulator.shutdown().await;

    let world = World::at(gateway.clone(), slow).await;
    assert_eq!(gateway.labels(), ["message.sent"]);
    world.clock.advance(Duration::from_secs(3_700));
    world.simulator.idle().await;
    assert_eq!(
        gateway.labels(),
        [
            "message.sent",
            "messages.update:2",
            "messages.update:3",
            "messages.update:4"
        ]
    );
}

#[tokio::test]
async fn a_restart_at_another_gateway_posts_there() {
    let dir = tempfile::tempdir().expect("a directory");
    World::kept_in(dir.path()).await.simulator.shutdown().await;
    let world = World::kept_in(dir.path()).await;
    world
        .simulator
        .inbound(World::writes("Bonjour"))
        .await
        .expect("an answer");
    assert_eq!(world.gateway.labels(), ["messages.received"]);
}

#[tokio::test]
async fn a_torn_last_line_is_dropped_and_the_journal_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::kept_in(dir.path()).await;
    world.send_text("un").await;
    world.simulator.idle().await;
    world.simulator.shutdown().await;
    let path = dir.path().join("simulator.jsonl");
    let mut journal = OpenOptions::new()
        .append(true)
        .open(&path)
        .expect("the journal");
    journal
        .write_all(br#"{"at":"2026-11-22T10:00:00Z","op":"acce"#)
        .expect("a torn line");

    let world = World::kept_in(dir.path()).await;
    assert_eq!(world.simulator.sends().len(), 1);
    world.send_text("deux").await;
    world.simulator.shutdown().await;
    let world = World::kept_in(dir.path()).await;
    assert_eq!(world.simulator.sends().len(), 2);
}

#[tokio::test]
async fn a_send_is_on_disk_before_it_is_answered() {
    let dir = tempfile::tempdir().expect("a directory");
    let world = World::kept_in(dir.path()).await;
    world
        .send(KEY_A, json!({"to": CUSTOMER, "text": "avant la réponse"}))
        .await;
    let journal = fs::read_to_string(dir.path().join("simulator.jsonl")).expect("the journal");
    assert!(journal.contains("avant la réponse"));
}

#[tokio::test]
async fn a_broken_journal_is_an_error_that_quotes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(
        dir.path().join("simulator.jsonl"),
        "{\"api_key\":\"api_key_abc\"}\n",
    )
    .expect("a file");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let options = Options {
        data_dir: Some(dir.path().to_owned()),
        ..Options::new(Clock::system(), "http://127.0.0.1:9")
    };
    let error = Simulator::start(listener, options).err().expect("an error");
    let shown = format!("{error:#}");
    assert!(
        shown.contains("line 1") && !shown.contains("api_key_abc"),
        "{shown}"
    );
}

#[tokio::test]
async fn the_last_clone_ends_the_simulator() {
    let world = World::new().await;
    let url = world.simulator.url().to_owned();
    let address = url.strip_prefix("http://").expect("an address").to_owned();
    let clone = world.simulator.clone();
    drop(world);
    assert!(tokio::net::TcpStream::connect(&address).await.is_ok());
    drop(clone);
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
