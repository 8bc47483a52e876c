//! Messages that wait before they leave, and what follows them in their conversation: it waits as long, so that nothing overtakes.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversation::Conversation;
use crate::ids::MessageId;
use crate::limits;
use crate::outbound::Outbound;

/// A message that a conversation has wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub message: MessageId,
    pub until: Timestamp,
}

impl Conversation {
    /// Has messages that are decided on together wait so long, and not less than what waits before them.
    pub fn holds(&mut self, messages: &mut [Outbound], delay: Duration, now: Timestamp) {
        let remembered = |held: &Held| {
            let until = held.until.checked_add(limits::HELD_REMEMBERED);
            until.is_ok_and(|until| now < until)
        };
        self.held.retain(remembered);
        let before = self.held.iter().map(|held| held.until).max();
        if delay.is_zero() && before.is_none() {
            return;
        }
        let delay = delay.min(limits::ENGINE_DELAY);
        let until = now.checked_add(delay).unwrap_or(now);
        let until = before.map_or(until, |before| before.max(until));
        for message in messages {
            message.not_before = Some(until);
            // What leaves at once is no reason for others to wait.
            if until > now {
                let message = message.id.clone();
                self.held.push(Held { message, until });
            }
        }
        let beyond = self.held.len().saturating_sub(limits::HELD_MOST);
        self.held.drain(..beyond);
    }
}

impl Outbound {
    /// Whether it waits outside of its lane's queue: there it would stop what is behind it for longer than a sender waits.
    pub fn waits(&self, now: Timestamp) -> bool {
        let soon = now.checked_add(limits::SENDER_WAITS).unwrap_or(now);
        !self.listed && self.not_before.is_some_and(|until| until > soon)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::conversation::tests::conversation;
    use crate::outbound::tests::reply;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn message(number: usize) -> Outbound {
        let id = MessageId::derived(&["held", &number.to_string()]);
        Outbound { id, ..reply(0) }
    }

    #[test]
    fn without_a_delay_nothing_waits_and_nothing_is_remembered() {
        let (mut conversation, mut messages) = (conversation(), [message(0)]);
        conversation.holds(&mut messages, Duration::ZERO, NOW);
        assert_eq!((messages[0].not_before, conversation.held.len()), (None, 0));
    }

    #[test]
    fn only_a_wait_that_no_sender_waits_is_spent_outside_of_the_queue() {
        for (wait, outside) in [(0, false), (1_800, false), (1_801, true), (10_000, true)] {
            let until = NOW + Duration::from_millis(wait);
            let waiting = Outbound {
                not_before: Some(until),
                ..message(0)
            };
            assert_eq!(waiting.waits(NOW), outside, "{wait}");
            assert!(
                !Outbound {
                    listed: true,
                    ..waiting
                }
                .waits(NOW)
            );
        }
        assert!(!message(0).waits(NOW));
    }

    proptest! {
        #[test]
        fn messages_of_a_conversation_leave_in_the_order_in_which_they_were_decided(
            decided in vec((0_u64..15_000, 0_u64..12_000, 1_usize..4), 1..12)
        ) {
            let (mut conversation, mut now, mut last) = (conversation(), NOW, NOW);
            for (number, (after, delay, replies)) in decided.into_iter().enumerate() {
                now += Duration::from_millis(after);
                let mut messages: Vec<_> = (0..replies).map(|index| message(10 * number + index)).collect();
                conversation.holds(&mut messages, Duration::from_millis(delay), now);
                for message in &messages {
                    let leaves = message.not_before.unwrap_or(now).max(now);
                    prop_assert!(leaves >= last, "it overtakes");
                    prop_assert!(leaves <= now + limits::ENGINE_DELAY);
                    last = leaves;
                }
                prop_assert!(conversation.held.len() <= limits::HELD_MOST);
            }
        }

        #[test]
        fn while_a_message_may_wait_still_all_that_follow_know_of_it(after in 0_u64..60_000) {
            let mut conversation = conversation();
            conversation.holds(&mut [message(0)], limits::ENGINE_DELAY, NOW);
            let mut next = [message(1)];
            conversation.holds(&mut next, Duration::ZERO, NOW + Duration::from_millis(after));
            prop_assert!(next[0].not_before.is_some());
            prop_assert_eq!(&conversation.held[0].message, &message(0).id);
        }
    }
}
