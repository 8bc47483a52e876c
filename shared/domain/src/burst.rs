//! Several short messages within seconds are one question: each waits for the next, and the last one is asked about with all of them.
//!
//! The message that waits stands in the ledger with its entry, as one that the queue refused does. When its time has come, it goes through
//! the queue once more, and is claimed and decided as any other. A message that comes before takes the place of the one that waits, which is
//! then decided, without an answer, in the same transaction.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Settings;
use crate::content::{Content, Kind};
use crate::conversation::Conversation;
use crate::ids::MessageId;
use crate::limits;

/// Messages of a conversation that are to be answered together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Burst {
    /// In the order in which they were heard; the last one waits, and the others are decided.
    pub messages: Vec<MessageId>,
    /// When the last one is asked about.
    pub due_at: Timestamp,
    /// How often a later message has put that off.
    pub put_off: u32,
}

impl Conversation {
    /// Whether this message waited, and comes again because its time has come: it was heard then.
    pub fn waits_for(&self, message: &MessageId) -> bool {
        let burst = self.burst.as_ref();
        burst.is_some_and(|burst| burst.messages.last() == Some(message))
    }

    /// Something is said, or nothing, to this message alone: if it waited, the burst is over with it, and else that goes on waiting.
    pub fn is_answered_alone(&mut self, message: &MessageId) {
        if self.waits_for(message) {
            self.burst = None;
        }
    }

    /// Ends the burst with an answer to this message, and tells which other message waited.
    pub fn ends_burst(&mut self, message: &MessageId) -> Option<MessageId> {
        let waited = self.burst.take()?.messages.pop();
        waited.filter(|waited| waited != message)
    }
}

/// What becomes of a message that is to be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gathering {
    /// It is asked about now, with these before it, of which the last one still waits.
    Ask { with: Vec<MessageId> },
    /// It waits, in the place of the one that did.
    Wait(Burst),
}

/// Decides about a message of a vendor whose bursts last so long; `None` for no bursts.
pub fn gathered(
    open: Option<&Burst>,
    (id, content): (&MessageId, &Content),
    lasts: Option<Duration>,
    now: Timestamp,
) -> Gathering {
    let before: Vec<_> = open.map(|burst| burst.messages.clone()).unwrap_or_default();
    let is_back = before.last() == Some(id);
    let with: Vec<_> = before.into_iter().filter(|known| known != id).collect();
    let Some(lasts) = lasts.filter(|_| is_short(content) && !is_back) else {
        return Gathering::Ask { with };
    };
    if with.len() + 1 >= limits::BURST_MESSAGES {
        return Gathering::Ask { with };
    }
    let put_off = open.map_or(0, |burst| burst.put_off + 1);
    let pushed = now.checked_add(lasts).unwrap_or(now);
    let due_at = match open {
        Some(burst) if burst.put_off >= limits::BURST_PUT_OFF => burst.due_at,
        Some(_) | None => pushed,
    };
    if due_at <= now {
        return Gathering::Ask { with };
    }
    let messages = with.into_iter().chain([id.clone()]).collect();
    Gathering::Wait(Burst {
        messages,
        due_at,
        put_off: put_off.min(limits::BURST_PUT_OFF),
    })
}

impl Settings {
    /// For how long a short message waits for the next; `None` for not at all.
    pub fn burst(&self) -> Option<Duration> {
        let seconds = self.burst_seconds?.min(*limits::BURST_SECONDS.end());
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }
}

/// Whether more may follow it: a few words. A choice, a command and what is no text are answered at once.
fn is_short(content: &Content) -> bool {
    let text = content.text.as_deref().unwrap_or_default();
    content.kind == Kind::Text
        && !text.trim_start().starts_with('/')
        && text.chars().take(limits::BURST_CHARS + 1).count() <= limits::BURST_CHARS
}

/// The question that a message is asked with the texts that came before it, each on a line of its own.
#[must_use]
pub fn joined(before: &[Content], content: &Content) -> Content {
    let texts = before.iter().chain([content]);
    let texts: Vec<_> = texts
        .filter_map(|content| content.text.as_deref())
        .collect();
    let text = (!texts.is_empty()).then(|| texts.join("\n"));
    Content {
        text,
        ..content.clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const LASTS: Duration = Duration::from_secs(4);

    fn id(number: usize) -> MessageId {
        MessageId::derived(&["m", &number.to_string()])
    }

    fn waits(gathering: Gathering) -> Burst {
        match gathering {
            Gathering::Wait(burst) => burst,
            Gathering::Ask { .. } => panic!("it waits"),
        }
    }

    fn next(open: Option<&Burst>, number: usize, text: &str, after: u64) -> Gathering {
        let content = Content::text(text);
        let now = NOW + Duration::from_secs(after);
        gathered(open, (&id(number), &content), Some(LASTS), now)
    }

    #[test]
    fn without_bursts_every_message_is_asked_about_at_once() {
        let content = Content::text("Bonjour");
        let asked = gathered(None, (&id(1), &content), None, NOW);
        assert_eq!(asked, Gathering::Ask { with: Vec::new() });
    }

    #[test]
    fn short_messages_wait_for_each_other_and_the_last_is_asked_about_with_all() {
        let first = waits(next(None, 1, "Bonjour", 0));
        assert_eq!(first.due_at, NOW + LASTS);
        let second = waits(next(Some(&first), 2, "Vous avez", 2));
        assert_eq!(second.due_at, NOW + LASTS + Duration::from_secs(2));
        let asked = next(Some(&second), 2, "Vous avez", 6);
        assert_eq!(asked, Gathering::Ask { with: vec![id(1)] }, "its time came");
    }

    #[test]
    fn a_long_text_a_command_and_a_picture_end_the_wait() {
        let first = waits(next(None, 1, "Bonjour", 0));
        for content in [
            Content::text("x".repeat(limits::BURST_CHARS + 1)),
            Content::text("/aide"),
            Content::of(Kind::Image),
            Content::of(Kind::Choice),
        ] {
            let asked = gathered(Some(&first), (&id(2), &content), Some(LASTS), NOW);
            assert_eq!(asked, Gathering::Ask { with: vec![id(1)] }, "{content:?}");
        }
    }

    #[test]
    fn texts_are_joined_in_their_order_and_a_picture_keeps_its_kind() {
        let before = [Content::text("Bonjour"), Content::text("la robe")];
        let all = joined(&before, &Content::text("combien ?"));
        assert_eq!(all.text.as_deref(), Some("Bonjour\nla robe\ncombien ?"));
        let picture = joined(&before, &Content::of(Kind::Image));
        assert_eq!(picture.kind, Kind::Image);
        assert_eq!(picture.text.as_deref(), Some("Bonjour\nla robe"));
    }

    proptest! {
        #[test]
        fn whoever_writes_on_and_on_is_answered_within_a_bound_and_nothing_is_lost(gaps in prop::collection::vec(0_u64..4_000, 1..60)) {
            let (mut open, mut now, mut begun) = (None::<Burst>, NOW, NOW);
            let mut asked = Vec::new();
            for (number, gap) in gaps.iter().enumerate() {
                now += Duration::from_millis(*gap);
                if let Some(burst) = open.take() {
                    if burst.due_at <= now {
                        asked.extend(burst.messages);
                    } else {
                        open = Some(burst);
                    }
                }
                if open.is_none() { begun = now; }
                match gathered(open.as_ref(), (&id(number), &Content::text("a")), Some(LASTS), now) {
                    Gathering::Ask { with } => {
                        asked.extend(with);
                        asked.push(id(number));
                        open = None;
                    }
                    Gathering::Wait(burst) => {
                        prop_assert!(burst.due_at > now);
                        prop_assert!(burst.due_at <= begun + LASTS * (limits::BURST_PUT_OFF + 1));
                        prop_assert!(burst.messages.len() < limits::BURST_MESSAGES);
                        open = Some(burst);
                    }
                }
            }
            asked.extend(open.into_iter().flat_map(|burst| burst.messages));
            let all: Vec<_> = (0..gaps.len()).map(id).collect();
            prop_assert_eq!(asked, all);
        }
    }
}
