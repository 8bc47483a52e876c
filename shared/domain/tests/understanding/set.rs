//! The labelled messages.

use std::collections::BTreeSet;

use domain::builtin::Intent;

const MESSAGES: [&str; 2] = [include_str!("messages.tsv"), include_str!("fresh.tsv")];

/// What a message is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    Train,
    Held,
    Fresh,
}

/// A message with what its writer wants.
pub(crate) struct Labelled {
    pub(crate) intent: Intent,
    pub(crate) step: Option<&'static str>,
    pub(crate) split: Split,
    pub(crate) text: &'static str,
}

pub(crate) fn labelled() -> impl Iterator<Item = Labelled> {
    let lines = MESSAGES.iter().flat_map(|messages| messages.lines());
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let [intent, step, split, text] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        Labelled {
            intent: Intent::of(intent).expect(line),
            step: Some(step).filter(|step| *step != "-"),
            split: match split {
                "train" => Split::Train,
                "held" => Split::Held,
                "fresh" => Split::Fresh,
                _ => panic!("{line}"),
            },
            text,
        }
    })
}

#[test]
fn the_split_of_a_message_is_decided_by_its_bytes() {
    for message in labelled().filter(|message| message.split != Split::Fresh) {
        let sum: u32 = message.text.bytes().map(u32::from).sum();
        let split = if sum.is_multiple_of(3) {
            Split::Held
        } else {
            Split::Train
        };
        assert_eq!(message.split, split, "{}", message.text);
    }
}

#[test]
fn there_are_enough_messages_of_each_intent_and_none_twice() {
    let older = || labelled().filter(|message| message.split != Split::Fresh);
    assert!(older().count() >= 700);
    for intent in Intent::ALL {
        let of_it = older().filter(|message| message.intent == intent).count();
        assert!(of_it >= 25, "{of_it} of {}", intent.as_str());
    }
    let mut seen = BTreeSet::new();
    for message in labelled() {
        assert!(
            seen.insert((message.step, message.text)),
            "{}",
            message.text
        );
    }
}
