//! What a FIFO queue promises, whatever is done to it in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::store::Machine as _;

const QUEUE: &str = "q.fifo";
const VISIBILITY: i64 = 30;
const MEMORY: i64 = 300;

/// A step of a client. Numbers choose among what there is.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Sends a body into a group, its number being its deduplication id.
    Send {
        group: u8,
        id: u8,
    },
    Receive {
        max: usize,
    },
    Delete {
        receipt: usize,
    },
    Change {
        receipt: usize,
        seconds: u32,
    },
    Advance {
        seconds: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u8, 0..24_u8).prop_map(|(group, id)| Step::Send { group, id }),
        4 => (1..=10_usize).prop_map(|max| Step::Receive { max }),
        4 => any::<usize>().prop_map(|receipt| Step::Delete { receipt }),
        2 => (any::<usize>(), 0..60_u32).prop_map(|(receipt, seconds)| Step::Change { receipt, seconds }),
        2 => (0..200_i64).prop_map(|seconds| Step::Advance { seconds }),
    ]
}

/// What must be true, kept beside the machine in the plainest way.
#[derive(Default)]
struct Model {
    /// The messages not deleted yet, by group, in order.
    groups: BTreeMap<String, Vec<String>>,
    /// Who holds a message, and until when.
    held: BTreeMap<String, (String, Timestamp)>,
    /// The ids sent, and when they are forgotten.
    remembered: BTreeMap<String, (String, Timestamp)>,
    receipts: Vec<(String, String)>,
}

struct World {
    state: State,
    model: Model,
    now: Timestamp,
}

impl World {
    fn new() -> Self {
        let attributes = [
            ("FifoQueue", "true"),
            ("VisibilityTimeout", "30"),
            ("MessageRetentionPeriod", "1209600"),
        ];
        let attributes = attributes
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let mut world = Self {
            state: State::default(),
            model: Model::default(),
            now: Timestamp::UNIX_EPOCH,
        };
        world.apply(&Operation::CreateQueue {
            queue: QUEUE.to_owned(),
            attributes,
        });
        world
    }

    fn apply(&mut self, operation: &Operation) -> Outcome {
        self.state
            .apply(self.now, operation)
            .expect("the queue is there")
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Send { group, id } => self.send(&group.to_string(), &id.to_string()),
            Step::Receive { max } => self.receive(max),
            Step::Delete { receipt } => self.delete(receipt),
            Step::Change { receipt, seconds } => self.change(receipt, seconds),
            Step::Advance { seconds } => self.now += SignedDuration::from_secs(seconds),
        }
    }

    fn send(&mut self, group: &str, dedup: &str) {
        let entries = vec![Entry::fifo("x", group, dedup)];
        let Outcome::Sent(each) = self.apply(&Operation::Send {
            queue: QUEUE.to_owned(),
            entries,
        }) else {
            panic!("a send comes to something else")
        };
        let sent = each[0]
            .as_ref()
            .expect("a good message is taken")
            .message_id
            .clone();
        let known = self
            .model
            .remembered
            .get(dedup)
            .filter(|(_, until)| *until > self.now);
        if let Some((first, _)) = known {
            assert_eq!(sent, *first, "a remembered id stands for its first message");
            return;
        }
        let until = self.now + SignedDuration::from_secs(MEMORY);
        self.model
            .remembered
            .insert(dedup.to_owned(), (sent.clone(), until));
        self.model
            .groups
            .entry(group.to_owned())
            .or_default()
            .push(sent);
    }

    fn receive(&mut self, max: usize) {
        let take = Take {
            max,
            visibility_seconds: None,
        };
        let Outcome::Received { messages, .. } = self.apply(&Operation::Receive {
            queue: QUEUE.to_owned(),
            take,
        }) else {
            panic!("a receive comes to something else")
        };
        let free = self.model.groups.values().filter(|ids| !self.is_held(ids));
        let free = free.map(Vec::len).sum::<usize>();
        assert_eq!(
            messages.len(),
            free.min(max),
            "everything of a free group can be received"
        );
        let mut batch: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for received in &messages {
            batch
                .entry(received.message.group())
                .or_default()
                .push(&received.message.id);
        }
        for (group, ids) in batch {
            let waiting = &self.model.groups[group];
            assert!(!self.is_held(waiting), "a group has one holder");
            assert_eq!(
                ids,
                waiting[..ids.len()],
                "a group comes in order and from its front"
            );
        }
        let until = self.now + SignedDuration::from_secs(VISIBILITY);
        for received in messages {
            let (id, handle) = (received.message.id, received.receipt_handle);
            self.model.held.insert(id.clone(), (handle.clone(), until));
            self.model.receipts.push((id, handle));
        }
    }

    fn is_held(&self, ids: &[String]) -> bool {
        ids.iter().any(|id| {
            self.model
                .held
                .get(id)
                .is_some_and(|(_, until)| *until > self.now)
        })
    }

    /// A receipt some receive gave, and whether its message is still held by it.
    fn receipt(&self, choice: usize) -> Option<(String, String, bool)> {
        let index = choice.checked_rem(self.model.receipts.len())?;
        let (id, handle) = self.model.receipts[index].clone();
        let holds = self
            .model
            .held
            .get(&id)
            .is_some_and(|(held, until)| *held == handle && *until > self.now);
        Some((id, handle, holds))
    }

    fn delete(&mut self, choice: usize) {
        let Some((id, handle, holds)) = self.receipt(choice) else {
            return;
        };
        let exists = self.model.groups.values().any(|ids| ids.contains(&id));
        let operation = Operation::Delete {
            queue: QUEUE.to_owned(),
            handles: vec![handle],
        };
        let Outcome::Each(each) = self.apply(&operation) else {
            panic!("a delete comes to something else")
        };
        assert_eq!(
            each[0].is_ok(),
            holds || !exists,
            "only its holder deletes a message"
        );
        if holds {
            self.model.held.remove(&id);
            self.model
                .groups
                .values_mut()
                .for_each(|ids| ids.retain(|other| *other != id));
        }
    }

    fn change(&mut self, choice: usize, seconds: u32) {
        let Some((id, handle, holds)) = self.receipt(choice) else {
            return;
        };
        let changes = vec![(handle.clone(), seconds)];
        let operation = Operation::ChangeVisibility {
            queue: QUEUE.to_owned(),
            changes,
        };
        let Outcome::Each(each) = self.apply(&operation) else {
            panic!("a change comes to something else")
        };
        assert_eq!(
            each[0].is_ok(),
            holds,
            "only its holder keeps a message or gives it back"
        );
        if holds {
            let until = self.now + SignedDuration::from_secs(seconds.into());
            self.model.held.insert(id, (handle, until));
        }
    }

    fn check(&self) {
        let queue = self.state.queue(QUEUE).expect("the queue is there");
        let kept: BTreeSet<&str> = queue
            .peek(self.now)
            .map(|message| message.id.as_str())
            .collect();
        let expected: BTreeSet<&str> = self
            .model
            .groups
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        assert_eq!(
            kept, expected,
            "nothing is lost and nothing comes out of nowhere"
        );
        let held = expected
            .iter()
            .filter(|id| self.is_held(&[(**id).to_owned()]))
            .count();
        assert_eq!(
            queue.depth(self.now),
            Depth {
                visible: expected.len() - held,
                in_flight: held,
                delayed: 0
            }
        );
    }
}

proptest! {
    #[test]
    fn a_fifo_queue_keeps_order_has_one_holder_a_group_and_loses_nothing(
        steps in prop::collection::vec(step(), 1..120)
    ) {
        let mut world = World::new();
        for step in steps {
            world.run(step);
            world.check();
        }
    }

    #[test]
    fn a_queue_read_back_from_its_journal_form_goes_on_the_same(
        before in prop::collection::vec(step(), 1..60),
        after in prop::collection::vec(step(), 1..60),
    ) {
        let mut world = World::new();
        for step in before {
            world.run(step);
        }
        let text = serde_json::to_string(&world.state).expect("a state is JSON");
        world.state = serde_json::from_str(&text).expect("a state is read back");
        for step in after {
            world.run(step);
            world.check();
        }
    }
}
