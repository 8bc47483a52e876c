use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use embedded_aws::sqs::{Depth, Entry};
use embedded_aws::{EventSourceMapping, Handler, MappingHandle, When};
use serde_json::{Value, json};

use crate::stack::Stack;

const FIFO: &[(&str, &str)] = &[("FifoQueue", "true"), ("VisibilityTimeout", "72")];

fn mapping(batch_size: usize, handler: Handler) -> EventSourceMapping {
    EventSourceMapping {
        queue: "q.fifo".to_owned(),
        function: "sender".to_owned(),
        batch_size,
        max_concurrency: 8,
        function_timeout: Duration::from_secs(12),
        handler,
    }
}

/// A handler that notes the events it gets and then does what the function says.
fn noting<F>(answer: F) -> (Arc<Mutex<Vec<Value>>>, Handler)
where
    F: Fn(usize, &Value) -> Result<Value, String> + Send + Sync + 'static,
{
    let events = Arc::<Mutex<Vec<Value>>>::default();
    let noted = Arc::clone(&events);
    let handler: Handler = Arc::new(move |event| {
        let round = {
            let mut events = noted.lock().unwrap();
            events.push(event.clone());
            events.len()
        };
        let answer = answer(round, &event);
        Box::pin(async move { answer })
    });
    (events, handler)
}

fn send(stack: &Stack, body: &str, group: &str) {
    let sent = stack
        .aws
        .queues()
        .send("q.fifo", vec![Entry::fifo(body, group, body)])
        .unwrap();
    assert!(sent[0].is_ok());
}

fn bodies(events: &Mutex<Vec<Value>>) -> Vec<String> {
    let events = events.lock().unwrap();
    let records = events
        .iter()
        .flat_map(|event| event["Records"].as_array().unwrap());
    records
        .map(|record| record["body"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits, in real time, until the queue stands so.
async fn settled(stack: &Stack, expected: Depth) {
    until(|| stack.aws.queues().depth("q.fifo").unwrap() == expected).await;
}

/// Waits, in real time, until this holds.
async fn until(holds: impl Fn() -> bool) {
    for _ in 0..5000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came about");
}

async fn idle(running: &MappingHandle) {
    tokio::time::timeout(Duration::from_secs(5), running.idle())
        .await
        .expect("the mapping comes to rest");
}

#[tokio::test]
async fn a_function_gets_the_event_lambda_would_give_it() {
    let stack = Stack::in_memory().await;
    stack.queue("q.fifo", FIFO);
    let (events, handler) = noting(|_, _| Ok(Value::Null));
    let running = mapping(1, handler).start(&stack.aws);
    send(&stack, "bonjour", "g");
    idle(&running).await;
    assert_eq!(
        stack.aws.queues().depth("q.fifo").unwrap(),
        Depth::default()
    );
    let events = events.lock().unwrap();
    let [event] = &events[..] else {
        panic!("one event")
    };
    let record = &event["Records"][0];
    assert_eq!(record["body"], "bonjour");
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(
        record["eventSourceARN"],
        "arn:aws:sqs:eu-west-1:000000000000:q.fifo"
    );
    assert_eq!(record["awsRegion"], "eu-west-1");
    assert_eq!(record["md5OfBody"], "f02368945726d5fc2a14eb576f7276c0");
    assert_eq!(record["messageAttributes"], json!({}));
    let attributes: BTreeSet<&str> = record["attributes"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "MessageDeduplicationId",
        "MessageGroupId",
        "SenderId",
        "SentTimestamp",
        "SequenceNumber",
    ];
    assert_eq!(attributes, BTreeSet::from(expected));
}

#[tokio::test]
async fn only_the_failed_items_come_again_when_their_visibility_ends() {
    let stack = Stack::in_memory().await;
    stack.queue("q.fifo", FIFO);
    let (events, handler) = noting(|round, event| {
        let id = &event["Records"][1]["messageId"];
        let failures = if round == 1 {
            json!([{ "itemIdentifier": id }])
        } else {
            json!([])
        };
        Ok(json!({ "batchItemFailures": failures }))
    });
    send(&stack, "1", "g");
    send(&stack, "2", "g");
    let running = mapping(10, handler).start(&stack.aws);
    settled(
        &stack,
        Depth {
            in_flight: 1,
            ..Depth::default()
        },
    )
    .await;
    stack.advance(73);
    idle(&running).await;
    assert_eq!(bodies(&events), ["1", "2", "2"]);
}

/// Each of these answers loses nothing: the whole batch comes again.
async fn fails_whole<F>(first: F)
where
    F: Fn() -> Result<Value, String> + Send + Sync + 'static,
{
    let stack = Stack::in_memory().await;
    stack.queue("q.fifo", FIFO);
    let (events, handler) =
        noting(move |round, _| if round == 1 { first() } else { Ok(json!({})) });
    send(&stack, "1", "g");
    send(&stack, "2", "g");
    let running = mapping(10, handler).start(&stack.aws);
    settled(
        &stack,
        Depth {
            in_flight: 2,
            ..Depth::default()
        },
    )
    .await;
    until(|| running.running() == 0).await;
    stack.advance(73);
    idle(&running).await;
    assert_eq!(bodies(&events), ["1", "2", "1", "2"]);
}

#[tokio::test]
async fn an_error_fails_the_whole_batch() {
    fails_whole(|| Err("no".to_owned())).await;
}

#[tokio::test]
async fn a_panic_fails_the_whole_batch() {
    fails_whole(|| panic!("the function panics")).await;
}

#[tokio::test]
async fn an_identifier_that_is_unknown_empty_or_missing_fails_the_whole_batch() {
    for item in [
        json!({ "itemIdentifier": "other" }),
        json!({ "itemIdentifier": "" }),
        json!({ "id": "1" }),
    ] {
        fails_whole(move || Ok(json!({ "batchItemFailures": [item] }))).await;
    }
    fails_whole(|| Ok(json!("done"))).await;
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_dropped_and_called_again() {
    let stack = Stack::in_memory().await;
    stack.queue("q.fifo", FIFO);
    let rounds = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&rounds);
    let handler: Handler = Arc::new(move |_| {
        let round = {
            let mut rounds = counted.lock().unwrap();
            *rounds += 1;
            *rounds
        };
        Box::pin(async move {
            if round == 1 {
                std::future::pending().await
            } else {
                Ok(Value::Null)
            }
        })
    });
    send(&stack, "1", "g");
    let running = mapping(1, handler).start(&stack.aws);
    until(|| *rounds.lock().unwrap() == 1).await;
    stack.advance(13);
    until(|| running.running() == 0).await;
    stack.advance(60);
    idle(&running).await;
    assert_eq!(*rounds.lock().unwrap(), 2);
}

#[tokio::test]
async fn a_crash_kills_the_invocation_and_the_message_comes_again() {
    for (when, calls_of_the_first) in [(When::Before, 0), (When::After, 1)] {
        let stack = Stack::in_memory().await;
        stack.queue("q.fifo", FIFO);
        stack.queue("out", &[]);
        let url = stack.aws.queues().url("out");
        let sqs = stack.clients("sender").sqs;
        let answers = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&answers);
        let handler: Handler = Arc::new(move |_| {
            let counted = Arc::clone(&counted);
            let send = sqs.send_message().queue_url(&url).message_body("x").send();
            Box::pin(async move {
                let answer = send.await;
                *counted.lock().unwrap() += 1;
                answer
                    .map(|_| Value::Null)
                    .map_err(|error| error.to_string())
            })
        });
        stack.aws.faults().crash("sender", 1, when);
        send(&stack, "1", "g");
        let running = mapping(1, handler).start(&stack.aws);
        until(|| stack.aws.faults().pending_crashes() == 0 && running.running() == 0).await;
        assert_eq!(*answers.lock().unwrap(), 0, "the first invocation is dead");
        assert_eq!(
            stack.aws.queues().depth("out").unwrap().visible,
            calls_of_the_first
        );
        stack.advance(73);
        idle(&running).await;
        assert_eq!(
            stack.aws.queues().depth("out").unwrap().visible,
            calls_of_the_first + 1
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_run_side_by_side_and_each_in_order_and_alone() {
    let stack = Stack::in_memory().await;
    stack.queue("q.fifo", FIFO);
    let seen = Arc::<Mutex<BTreeMap<String, Vec<String>>>>::default();
    let busy = Arc::<Mutex<BTreeSet<String>>>::default();
    let most = Arc::<Mutex<usize>>::default();
    let (noted, held, peak) = (Arc::clone(&seen), Arc::clone(&busy), Arc::clone(&most));
    let handler: Handler = Arc::new(move |event| {
        let record = event["Records"][0].clone();
        let group = record["attributes"]["MessageGroupId"]
            .as_str()
            .unwrap()
            .to_owned();
        let body = record["body"].as_str().unwrap().to_owned();
        let (noted, held, peak) = (Arc::clone(&noted), Arc::clone(&held), Arc::clone(&peak));
        Box::pin(async move {
            {
                let mut held = held.lock().unwrap();
                assert!(
                    held.insert(group.clone()),
                    "two batches of one group at once"
                );
                let mut peak = peak.lock().unwrap();
                *peak = held.len().max(*peak);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
            noted
                .lock()
                .unwrap()
                .entry(group.clone())
                .or_default()
                .push(body);
            held.lock().unwrap().remove(&group);
            Ok(Value::Null)
        })
    });
    for number in 0..10 {
        for group in ["a", "b", "c", "d"] {
            send(&stack, &format!("{group}{number}"), group);
        }
    }
    let running = mapping(1, handler).start(&stack.aws);
    idle(&running).await;
    assert!(*most.lock().unwrap() > 1, "nothing ran side by side");
    for (group, bodies) in seen.lock().unwrap().iter() {
        let expected: Vec<String> = (0..10).map(|number| format!("{group}{number}")).collect();
        assert_eq!(*bodies, expected);
    }
}

#[tokio::test]
async fn no_more_invocations_run_than_allowed() {
    let stack = Stack::in_memory().await;
    stack.queue("q.fifo", FIFO);
    let handler: Handler = Arc::new(|_| Box::pin(std::future::pending()));
    for number in 0..5 {
        send(&stack, &number.to_string(), &number.to_string());
    }
    let running = EventSourceMapping {
        max_concurrency: 3,
        ..mapping(1, handler)
    }
    .start(&stack.aws);
    settled(
        &stack,
        Depth {
            visible: 2,
            in_flight: 3,
            delayed: 0,
        },
    )
    .await;
    assert_eq!(running.running(), 3);
}

#[tokio::test]
async fn a_paused_mapping_takes_nothing_until_it_is_resumed() {
    let stack = Stack::in_memory().await;
    stack.queue("q.fifo", FIFO);
    let (events, handler) = noting(|_, _| Ok(Value::Null));
    let running = mapping(1, handler).start(&stack.aws);
    running.pause();
    tokio::task::yield_now().await;
    send(&stack, "1", "g");
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(bodies(&events), Vec::<String>::new());
    running.resume();
    idle(&running).await;
    assert_eq!(bodies(&events), ["1"]);
}

#[tokio::test]
async fn a_message_received_too_often_ends_in_the_dead_letter_queue_by_itself() {
    let stack = Stack::in_memory().await;
    stack.queue("dead.fifo", &[("FifoQueue", "true")]);
    let arn = stack.aws.queues().arn("dead.fifo");
    let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 2 }).to_string();
    stack.queue(
        "q.fifo",
        &[
            ("FifoQueue", "true"),
            ("VisibilityTimeout", "72"),
            ("RedrivePolicy", &policy),
        ],
    );
    let (events, handler) = noting(|_, _| Err("no".to_owned()));
    send(&stack, "1", "g");
    let running = mapping(1, handler).start(&stack.aws);
    for round in 1..=2 {
        until(|| events.lock().unwrap().len() == round && running.running() == 0).await;
        stack.advance(73);
    }
    idle(&running).await;
    let dead = stack.aws.queues().peek("dead.fifo").unwrap();
    assert_eq!((dead.len(), dead[0].entry.group.as_deref()), (1, Some("g")));
    assert_eq!(events.lock().unwrap().len(), 2);
}
