use std::path::Path;

use embedded_aws::sqs::{Entry, Take};
use embedded_aws::{EmbeddedAws, Options};
use platform::Clock;
use tempfile::TempDir;
use tokio::net::TcpListener;

const ONE: Take = Take {
    max: 1,
    visibility_seconds: Some(72),
};

async fn start(directory: &Path, release_in_flight: bool) -> EmbeddedAws {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options {
        data_dir: Some(directory.to_owned()),
        clock: Clock::skewable(),
        release_in_flight,
        ..Options::default()
    };
    EmbeddedAws::start(listener, options).unwrap()
}

/// The body that a new process receives first, and how often it was received.
async fn first_after_a_restart(release_in_flight: bool) -> Option<(String, u32)> {
    let directory = TempDir::new().unwrap();
    let before = start(directory.path(), false).await;
    let fifo = [("FifoQueue".to_owned(), "true".to_owned())];
    before.queues().create("q.fifo", fifo.into()).unwrap();
    let entries = ["1", "2"].map(|id| Entry::fifo(id, "g", id));
    before.queues().send("q.fifo", entries.into()).unwrap();
    assert_eq!(before.queues().receive("q.fifo", ONE).unwrap().len(), 1);
    before.shutdown().await;
    drop(before);

    let after = start(directory.path(), release_in_flight).await;
    let received = after.queues().receive("q.fifo", ONE).unwrap();
    received
        .into_iter()
        .map(|received| (received.message.entry.body, received.message.receives))
        .next()
}

#[tokio::test]
async fn what_a_dead_process_held_comes_first_again_when_its_stack_says_so() {
    assert_eq!(first_after_a_restart(true).await, Some(("1".to_owned(), 2)));
}

#[tokio::test]
async fn what_somebody_else_may_hold_stays_in_flight() {
    assert_eq!(first_after_a_restart(false).await, None);
}
