use std::fs;
use std::path::Path;

use embedded_aws::sqs::{Depth, Entry, Take};
use platform::Clock;
use tempfile::TempDir;

use crate::dynamodb::{create_table, text};
use crate::stack::Stack;

const ONE: Take = Take {
    max: 1,
    visibility_seconds: Some(72),
};

/// What a process leaves when it is killed: its files as they are at that moment.
fn killed(directory: &Path) -> TempDir {
    let left = TempDir::new().unwrap();
    for file in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), left.path().join(file.file_name())).unwrap();
    }
    left
}

async fn filled(clock: &Clock, directory: &Path) -> Stack {
    let stack = Stack::start(clock.clone(), Some(directory)).await.unwrap();
    let clients = stack.clients("local");
    create_table(&clients.tables).await;
    clients
        .tables
        .put_item()
        .table_name("table")
        .item("pk", text("a"))
        .send()
        .await
        .unwrap();
    clients
        .secrets
        .create_secret()
        .name("v")
        .secret_string("x")
        .send()
        .await
        .unwrap();
    stack.queue("q.fifo", &[("FifoQueue", "true")]);
    for id in ["1", "2", "3"] {
        let sent = stack
            .aws
            .queues()
            .send("q.fifo", vec![Entry::fifo(id, "g", id)])
            .unwrap();
        assert!(sent[0].is_ok());
    }
    stack
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_answered_for() {
    let clock = Clock::skewable();
    let directory = TempDir::new().unwrap();
    let before = filled(&clock, directory.path()).await;
    let held = before
        .aws
        .queues()
        .receive("q.fifo", ONE)
        .unwrap()
        .remove(0);
    let left = killed(directory.path());

    let after = Stack::start(clock, Some(left.path())).await.unwrap();
    let queues = after.aws.queues();
    assert_eq!(
        queues.depth("q.fifo").unwrap(),
        Depth {
            visible: 2,
            in_flight: 1,
            delayed: 0
        }
    );
    assert_eq!(
        queues.receive("q.fifo", ONE).unwrap(),
        [],
        "the group is still locked"
    );
    queues
        .delete("q.fifo", vec![held.receipt_handle])
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(
        queues.receive("q.fifo", ONE).unwrap()[0].message.entry.body,
        "2"
    );
    let again = queues
        .send("q.fifo", vec![Entry::fifo("1", "g", "1")])
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(
        again.message_id, held.message.id,
        "the deduplication id is remembered"
    );
}

#[tokio::test]
async fn a_killed_process_keeps_its_secrets_and_tables() {
    let clock = Clock::skewable();
    let directory = TempDir::new().unwrap();
    let _before = filled(&clock, directory.path()).await;
    let left = killed(directory.path());

    let after = Stack::start(clock, Some(left.path())).await.unwrap();
    let clients = after.clients("local");
    let secret = clients
        .secrets
        .get_secret_value()
        .secret_id("v")
        .send()
        .await
        .unwrap();
    assert_eq!(secret.secret_string(), Some("x"));
    let item = clients
        .tables
        .get_item()
        .table_name("table")
        .key("pk", text("a"))
        .send()
        .await
        .unwrap();
    assert!(item.item().is_some());
}

#[tokio::test]
async fn a_message_in_flight_comes_back_at_its_old_time() {
    let clock = Clock::skewable();
    let directory = TempDir::new().unwrap();
    let before = filled(&clock, directory.path()).await;
    before.aws.queues().receive("q.fifo", ONE).unwrap();
    before.advance(40);
    before.aws.shutdown().await;
    drop(before);

    let after = Stack::start(clock, Some(directory.path())).await.unwrap();
    after.advance(31);
    assert_eq!(after.aws.queues().receive("q.fifo", ONE).unwrap(), []);
    after.advance(1);
    let back = after.aws.queues().receive("q.fifo", ONE).unwrap().remove(0);
    assert_eq!(
        (back.message.entry.body.as_str(), back.message.receives),
        ("1", 2)
    );
}

#[tokio::test]
async fn a_torn_last_line_is_dropped_and_any_other_damage_is_told() {
    let clock = Clock::skewable();
    let directory = TempDir::new().unwrap();
    let before = filled(&clock, directory.path()).await;
    let left = killed(directory.path());
    drop(before);
    let journal = left.path().join("queues.jsonl");
    let whole = fs::read(&journal).unwrap();
    fs::write(&journal, &whole[..whole.len() - 7]).unwrap();
    let after = Stack::start(clock.clone(), Some(left.path()))
        .await
        .unwrap();
    let bodies: Vec<_> = after
        .aws
        .queues()
        .peek("q.fifo")
        .unwrap()
        .into_iter()
        .map(|message| message.entry.body)
        .collect();
    assert_eq!(bodies, ["1", "2"]);
    after.aws.shutdown().await;
    drop(after);

    fs::write(&journal, [b"{\"state\":{}}\n".as_slice(), &whole].concat()).unwrap();
    let refused = Stack::start(clock, Some(left.path()))
        .await
        .err()
        .expect("a damaged journal is refused");
    assert!(refused.to_string().contains("line 1"), "{refused}");
}

#[tokio::test]
async fn the_journal_is_short_again_after_a_start() {
    let clock = Clock::skewable();
    let directory = TempDir::new().unwrap();
    let before = filled(&clock, directory.path()).await;
    for message in before.aws.queues().peek("q.fifo").unwrap() {
        let received = before
            .aws
            .queues()
            .receive("q.fifo", ONE)
            .unwrap()
            .remove(0);
        assert_eq!(received.message.id, message.id);
        before
            .aws
            .queues()
            .delete("q.fifo", vec![received.receipt_handle])
            .unwrap()
            .remove(0)
            .unwrap();
    }
    before.aws.shutdown().await;
    drop(before);
    let after = Stack::start(clock, Some(directory.path())).await.unwrap();
    let lines = fs::read_to_string(directory.path().join("queues.jsonl"))
        .unwrap()
        .lines()
        .count();
    assert_eq!(lines, 1);
    assert_eq!(
        after.aws.queues().depth("q.fifo").unwrap(),
        Depth::default()
    );
}

#[tokio::test]
async fn a_data_directory_serves_one_process_at_a_time() {
    let directory = TempDir::new().unwrap();
    let _first = Stack::start(Clock::system(), Some(directory.path()))
        .await
        .unwrap();
    let second = Stack::start(Clock::system(), Some(directory.path()))
        .await
        .err()
        .expect("the directory is taken");
    assert!(second.to_string().contains("in use"), "{second}");
}
