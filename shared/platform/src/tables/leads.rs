//! Which messages providers' ids led to lately: what follows of a message, as `read` follows `delivered`, finds it without being looked up.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{MessageId, limits};
use jiff::Timestamp;

use crate::cache::{Bounded, age};

/// What an environment remembers. Clones share it.
#[derive(Clone)]
pub(super) struct Leads(Arc<Mutex<Bounded<String, Lead>>>);

/// The message, and when it was found.
type Lead = (MessageId, Timestamp);

impl Default for Leads {
    fn default() -> Self {
        let known = Bounded::new(limits::LEADS_REMEMBERED);
        Self(Arc::new(Mutex::new(known)))
    }
}

impl Leads {
    /// The message that all of these ids lead to, if that was found not long ago.
    pub(super) fn message(&self, ids: &[String], now: Timestamp) -> Option<MessageId> {
        let known = self.locked();
        let mut found = ids.iter().map(|id| {
            let (message, at) = known.get(id)?;
            (age(*at, now) < limits::LEAD_REMEMBERED).then_some(message)
        });
        let first = found.next()??;
        found
            .all(|other| other == Some(first))
            .then(|| first.clone())
    }

    pub(super) fn keep(&self, ids: &[String], message: &MessageId, now: Timestamp) {
        let mut known = self.locked();
        for id in ids {
            known.insert(id, (message.clone(), now));
        }
    }

    fn locked(&self) -> MutexGuard<'_, Bounded<String, Lead>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Leads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Leads(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_led_to_one_message_lead_there_for_a_while() {
        let (leads, now) = (Leads::default(), Timestamp::UNIX_EPOCH);
        let ids = |ids: &[&str]| -> Vec<String> { ids.iter().map(ToString::to_string).collect() };
        let message = |id| MessageId::parse(id).unwrap();
        leads.keep(&ids(&["a", "b"]), &message("msg_1"), now);
        leads.keep(&ids(&["c"]), &message("msg_2"), now);
        for (asked, expected) in [
            (&["a"][..], Some("msg_1")),
            (&["b", "a"], Some("msg_1")),
            (&["c"], Some("msg_2")),
            (&["a", "c"], None),
            (&["a", "unheard"], None),
            (&["unheard", "a"], None),
            (&[], None),
        ] {
            let found = leads.message(&ids(asked), now);
            assert_eq!(found, expected.map(message), "{asked:?}");
        }
        let late = now + limits::LEAD_REMEMBERED;
        assert_eq!(leads.message(&ids(&["a"]), late), None);
    }
}
