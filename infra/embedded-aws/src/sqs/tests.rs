use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::store::Machine as _;

const QUEUE: &str = "q.fifo";
const FIFO: &[(&str, &str)] = &[("FifoQueue", "true"), ("VisibilityTimeout", "30")];

/// Queues with a clock that only the test moves.
struct Bench {
    state: State,
    now: Timestamp,
    queue: &'static str,
}

impl Bench {
    fn fifo() -> Self {
        Self::with(State::default(), QUEUE, FIFO)
    }

    fn standard() -> Self {
        Self::with(State::default(), "q", &[("VisibilityTimeout", "30")])
    }

    fn with(state: State, queue: &'static str, attributes: &[(&str, &str)]) -> Self {
        let mut bench = Self {
            state,
            now: Timestamp::UNIX_EPOCH,
            queue,
        };
        bench
            .create(queue, attributes)
            .expect("the queue is created");
        bench
    }

    fn create(&mut self, queue: &str, attributes: &[(&str, &str)]) -> Result<Outcome, SqsError> {
        self.apply(Operation::CreateQueue {
            queue: queue.to_owned(),
            attributes: raw(attributes),
        })
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "an operation is made where it is applied"
    )]
    fn apply(&mut self, operation: Operation) -> Result<Outcome, SqsError> {
        self.state.apply(self.now, &operation)
    }

    fn advance(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    fn send(&mut self, entry: Entry) -> Result<Sent, SqsError> {
        let operation = Operation::Send {
            queue: self.queue.to_owned(),
            entries: vec![entry],
        };
        let Outcome::Sent(mut each) = self.apply(operation)? else {
            panic!("nothing sent")
        };
        each.remove(0)
    }

    /// Sends a body as its own deduplication id.
    fn put(&mut self, body: &str, group: &str) {
        self.send(Entry::fifo(body, group, body))
            .expect("the message is taken");
    }

    fn receive(&mut self, max: usize) -> Vec<Received> {
        let take = Take {
            max,
            visibility_seconds: None,
        };
        let operation = Operation::Receive {
            queue: self.queue.to_owned(),
            take,
        };
        let Ok(Outcome::Received { messages, .. }) = self.apply(operation) else {
            panic!("no receive")
        };
        messages
    }

    fn bodies(&mut self, max: usize) -> Vec<String> {
        self.receive(max)
            .into_iter()
            .map(|received| received.message.entry.body)
            .collect()
    }

    fn delete(&mut self, handle: &str) -> Result<(), SqsError> {
        let handles = vec![handle.to_owned()];
        let operation = Operation::Delete {
            queue: self.queue.to_owned(),
            handles,
        };
        let Outcome::Each(mut each) = self.apply(operation)? else {
            panic!("nothing deleted")
        };
        each.remove(0)
    }

    fn change(&mut self, handle: &str, seconds: u32) -> Result<(), SqsError> {
        let changes = vec![(handle.to_owned(), seconds)];
        let operation = Operation::ChangeVisibility {
            queue: self.queue.to_owned(),
            changes,
        };
        let Outcome::Each(mut each) = self.apply(operation)? else {
            panic!("nothing changed")
        };
        each.remove(0)
    }

    fn set(&mut self, attributes: &[(&str, &str)]) {
        let queue = self.queue.to_owned();
        let operation = Operation::SetAttributes {
            queue,
            attributes: raw(attributes),
        };
        self.apply(operation).expect("the attributes are set");
    }

    fn depth(&self, queue: &str) -> Depth {
        self.state
            .queue(queue)
            .expect("the queue is there")
            .depth(self.now)
    }
}

fn raw(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_group_is_locked_while_any_message_of_it_is_invisible() {
    let mut bench = Bench::fifo();
    for body in ["a1", "a2", "a3"] {
        bench.put(body, "a");
    }
    bench.put("b1", "b");
    let held = bench.receive(2);
    assert_eq!(bench.bodies(10), ["b1"]);
    bench.delete(&held[1].receipt_handle).unwrap();
    assert_eq!(
        bench.bodies(10),
        Vec::<String>::new(),
        "a1 is in flight still"
    );
    bench.delete(&held[0].receipt_handle).unwrap();
    assert_eq!(bench.bodies(10), ["a3"]);
}

#[test]
fn a_message_given_back_comes_before_those_behind_it() {
    let mut bench = Bench::fifo();
    bench.put("a1", "a");
    bench.put("a2", "a");
    let held = bench.receive(1);
    bench.change(&held[0].receipt_handle, 0).unwrap();
    assert_eq!(bench.bodies(10), ["a1", "a2"]);
}

#[test]
fn a_batch_has_the_messages_of_one_group_first_and_in_order() {
    let mut bench = Bench::fifo();
    for (body, group) in [
        ("a1", "a"),
        ("b1", "b"),
        ("a2", "a"),
        ("b2", "b"),
        ("a3", "a"),
    ] {
        bench.put(body, group);
    }
    assert_eq!(bench.bodies(4), ["a1", "a2", "a3", "b1"]);
    assert_eq!(bench.bodies(4), Vec::<String>::new());
}

#[test]
fn visibility_ends_by_itself_and_counts_as_another_receive() {
    let mut bench = Bench::fifo();
    bench.put("a1", "a");
    let first = bench.receive(1).remove(0);
    bench.advance(29);
    assert_eq!(bench.receive(1), []);
    bench.advance(1);
    let second = bench.receive(1).remove(0);
    assert_eq!((first.message.receives, second.message.receives), (1, 2));
    assert_eq!(
        second.message.first_received_at,
        first.message.first_received_at
    );
    assert_ne!(second.receipt_handle, first.receipt_handle);
}

#[test]
fn visibility_can_be_extended_to_twelve_hours_from_the_receive() {
    let mut bench = Bench::fifo();
    bench.put("a1", "a");
    let handle = bench.receive(1).remove(0).receipt_handle;
    bench.advance(20);
    bench.change(&handle, 100).unwrap();
    bench.advance(99);
    assert_eq!(bench.receive(1), []);
    assert!(matches!(
        bench.change(&handle, 43_200),
        Err(SqsError::InvalidParameterValue(_))
    ));
    bench.change(&handle, 43_200 - 119).unwrap();
}

#[test]
fn a_fifo_delete_needs_a_receipt_that_is_in_force() {
    let mut bench = Bench::fifo();
    bench.put("a1", "a");
    let old = bench.receive(1).remove(0).receipt_handle;
    bench.advance(30);
    assert!(matches!(
        bench.delete(&old),
        Err(SqsError::InvalidParameterValue(_))
    ));
    assert_eq!(bench.change(&old, 10), Err(SqsError::MessageNotInflight));
    let new = bench.receive(1).remove(0).receipt_handle;
    assert!(matches!(
        bench.delete(&old),
        Err(SqsError::InvalidParameterValue(_))
    ));
    bench.delete(&new).unwrap();
    assert_eq!(bench.delete(&new), Ok(()), "a delete can be repeated");
    assert!(matches!(
        bench.change(&new, 10),
        Err(SqsError::InvalidParameterValue(_))
    ));
}

#[test]
fn a_standard_delete_works_after_the_visibility_but_not_after_another_receive() {
    let mut bench = Bench::standard();
    bench.send(Entry::new("x")).unwrap();
    let old = bench.receive(1).remove(0).receipt_handle;
    bench.advance(30);
    let new = bench.receive(1).remove(0).receipt_handle;
    assert_eq!(bench.delete(&old), Ok(()));
    assert_eq!(bench.depth("q").in_flight, 1);
    bench.advance(30);
    assert_eq!(bench.delete(&new), Ok(()));
    assert_eq!(bench.depth("q"), Depth::default());
}

#[test]
fn a_receipt_of_another_queue_or_of_none_is_invalid() {
    let mut bench = Bench::fifo();
    bench.create("other.fifo", FIFO).unwrap();
    bench.put("a1", "a");
    let handle = bench.receive(1).remove(0).receipt_handle;
    bench.queue = "other.fifo";
    assert_eq!(bench.delete(&handle), Err(SqsError::ReceiptHandleIsInvalid));
    assert_eq!(
        bench.delete("nonsense"),
        Err(SqsError::ReceiptHandleIsInvalid)
    );
}

#[test]
fn a_deduplication_id_is_remembered_for_five_minutes_whatever_happens_to_its_message() {
    let mut bench = Bench::fifo();
    let first = bench.send(Entry::fifo("one", "a", "d")).unwrap();
    let handle = bench.receive(1).remove(0).receipt_handle;
    bench.delete(&handle).unwrap();
    bench.advance(299);
    let again = bench.send(Entry::fifo("two", "a", "d")).unwrap();
    assert_eq!(again.message_id, first.message_id);
    assert_eq!(again.sequence_number, first.sequence_number);
    assert_eq!(
        again.body_md5,
        format!("{:x}", md5::compute("two")),
        "the sender checks what it sent"
    );
    assert_eq!(bench.depth(QUEUE), Depth::default());
    bench.advance(1);
    assert_ne!(
        bench.send(Entry::fifo("two", "a", "d")).unwrap().message_id,
        first.message_id
    );
}

#[test]
fn deduplication_is_over_the_queue_or_over_the_group_as_it_is_set() {
    let mut bench = Bench::fifo();
    bench.send(Entry::fifo("x", "a", "d")).unwrap();
    bench.send(Entry::fifo("x", "b", "d")).unwrap();
    assert_eq!(bench.depth(QUEUE).visible, 1);
    bench.set(&[("DeduplicationScope", "messageGroup")]);
    bench.send(Entry::fifo("x", "c", "d")).unwrap();
    bench.send(Entry::fifo("x", "d", "d")).unwrap();
    assert_eq!(bench.depth(QUEUE).visible, 3);
}

#[test]
fn content_based_deduplication_goes_by_the_body() {
    let mut bench = Bench::fifo();
    bench.set(&[("ContentBasedDeduplication", "true")]);
    for body in ["x", "x", "y"] {
        bench
            .send(Entry {
                group: Some("a".to_owned()),
                ..Entry::new(body)
            })
            .unwrap();
    }
    assert_eq!(bench.bodies(10), ["x", "y"]);
}

#[test]
fn sequence_numbers_rise() {
    let mut bench = Bench::fifo();
    let numbers = ["1", "2"].map(|body| {
        bench
            .send(Entry::fifo(body, "a", body))
            .unwrap()
            .sequence_number
    });
    assert!(numbers[0].is_some() && numbers[0] < numbers[1]);
}

#[test]
fn a_free_group_behind_the_scan_limit_is_not_seen() {
    let mut bench = Bench::with(State::with_scan_limit(3), QUEUE, FIFO);
    for body in ["a1", "a2", "a3", "a4"] {
        bench.put(body, "a");
    }
    bench.put("b1", "b");
    let held = bench.receive(1);
    assert_eq!(bench.receive(1), []);
    bench.delete(&held[0].receipt_handle).unwrap();
    let held = bench.receive(1);
    bench.delete(&held[0].receipt_handle).unwrap();
    bench.receive(1);
    assert_eq!(bench.bodies(1), ["b1"]);
}

#[test]
fn a_delay_of_a_standard_message_is_its_own_or_the_queues() {
    let mut bench = Bench::standard();
    bench.set(&[("DelaySeconds", "10")]);
    bench.send(Entry::new("queue")).unwrap();
    bench
        .send(Entry {
            delay_seconds: Some(900),
            ..Entry::new("own")
        })
        .unwrap();
    bench
        .send(Entry {
            delay_seconds: Some(0),
            ..Entry::new("none")
        })
        .unwrap();
    assert_eq!(
        bench.depth("q"),
        Depth {
            visible: 1,
            in_flight: 0,
            delayed: 2
        }
    );
    assert_eq!(bench.bodies(10), ["none"]);
    bench.advance(10);
    assert_eq!(bench.bodies(10), ["queue"]);
    bench.advance(890);
    assert!(bench.bodies(10).contains(&"own".to_owned()));
}

#[test]
fn a_fifo_queues_delay_holds_for_messages_it_has_already() {
    let mut bench = Bench::fifo();
    bench.put("a1", "a");
    bench.set(&[("DelaySeconds", "60")]);
    assert_eq!(bench.receive(1), []);
    bench.advance(60);
    assert_eq!(bench.bodies(1), ["a1"]);
}

#[test]
fn a_message_older_than_the_retention_is_gone_even_in_flight() {
    let mut bench = Bench::fifo();
    bench.set(&[
        ("MessageRetentionPeriod", "60"),
        ("VisibilityTimeout", "600"),
    ]);
    bench.put("a1", "a");
    bench.advance(1);
    bench.put("a2", "a");
    bench.receive(1);
    bench.advance(59);
    assert_eq!(bench.bodies(10), ["a2"]);
    bench.advance(1);
    assert_eq!(bench.depth(QUEUE), Depth::default());
}

fn with_dead_letters(max_receives: &str) -> Bench {
    let mut bench = Bench::fifo();
    bench.create("dead.fifo", FIFO).unwrap();
    let arn = "arn:aws:sqs:eu-west-1:000000000000:dead.fifo";
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{max_receives}}}"#);
    bench.set(&[("RedrivePolicy", &policy)]);
    bench
}

#[test]
fn a_message_received_too_often_goes_to_the_dead_letter_queue_and_frees_its_group() {
    let mut bench = with_dead_letters("2");
    bench.put("a1", "a");
    bench.put("a2", "a");
    for _ in 0..2 {
        assert_eq!(bench.bodies(1), ["a1"]);
        bench.advance(30);
    }
    assert_eq!(bench.bodies(1), ["a2"]);
    bench.queue = "dead.fifo";
    let dead = bench.receive(10).remove(0).message;
    assert_eq!(
        (dead.entry.body.as_str(), dead.entry.group.as_deref()),
        ("a1", Some("a"))
    );
    assert_eq!(dead.dead_letter_source.as_deref(), Some(QUEUE));
    assert_eq!(dead.receives, 3, "receives count over all queues");
}

#[test]
fn without_its_dead_letter_queue_a_message_is_delivered_on() {
    let mut bench = with_dead_letters("1");
    bench.put("a1", "a");
    bench
        .apply(Operation::DeleteQueue {
            queue: "dead.fifo".to_owned(),
        })
        .unwrap();
    for _ in 0..3 {
        assert_eq!(bench.bodies(1), ["a1"]);
        bench.advance(30);
    }
}

#[test]
fn a_dead_letter_queue_exists_and_is_of_the_same_kind() {
    let mut bench = Bench::fifo();
    bench.create("plain", &[]).unwrap();
    for target in ["plain", "nowhere.fifo"] {
        let policy = format!(r#"{{"deadLetterTargetArn":"a:{target}","maxReceiveCount":1}}"#);
        let refused = bench.create(
            "w.fifo",
            &[("FifoQueue", "true"), ("RedrivePolicy", &policy)],
        );
        assert!(
            matches!(refused, Err(SqsError::InvalidParameterValue(_))),
            "{target}"
        );
    }
}

#[test]
fn a_queue_can_be_created_again_with_the_same_attributes_only() {
    let mut bench = Bench::fifo();
    bench.put("a1", "a");
    bench.create(QUEUE, FIFO).unwrap();
    assert_eq!(bench.depth(QUEUE).visible, 1);
    let other = bench.create(QUEUE, &[("FifoQueue", "true"), ("VisibilityTimeout", "31")]);
    assert_eq!(
        other,
        Err(SqsError::QueueNameExists("VisibilityTimeout".to_owned()))
    );
}

#[test]
fn a_purge_drops_everything_and_may_be_repeated_after_a_minute() {
    let mut bench = Bench::fifo();
    let purge = || Operation::Purge {
        queue: QUEUE.to_owned(),
    };
    bench.put("a1", "a");
    bench.receive(1);
    bench.apply(purge()).unwrap();
    assert_eq!(bench.depth(QUEUE), Depth::default());
    bench.put("a2", "a");
    assert_eq!(
        bench.bodies(1),
        ["a2"],
        "the group is not locked by what is gone"
    );
    assert_eq!(bench.apply(purge()), Err(SqsError::PurgeQueueInProgress));
    bench.advance(60);
    bench.apply(purge()).unwrap();
}

#[test]
fn an_operation_on_a_queue_that_is_not_there_is_refused() {
    let mut bench = Bench::fifo();
    bench
        .apply(Operation::DeleteQueue {
            queue: QUEUE.to_owned(),
        })
        .unwrap();
    assert_eq!(
        bench.send(Entry::fifo("x", "a", "d")),
        Err(SqsError::QueueDoesNotExist)
    );
}
