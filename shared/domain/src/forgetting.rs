//! What a conversation forgets when nothing was heard for a while.

use jiff::Timestamp;

use crate::engine::Context;
use crate::limits;

impl Context {
    /// Forgets where the talk stood if the last message is too long ago for this one to be its continuation.
    pub(crate) fn forgets(&mut self, at: Timestamp) {
        let ends = |last: Timestamp| last.checked_add(limits::STEP_LIVES).ok();
        if self
            .last_message_at
            .and_then(ends)
            .is_some_and(|end| end <= at)
        {
            self.current_intent = None;
            self.current_step = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_talk_stood_is_known_for_hours_and_not_for_ever() {
        let last = Timestamp::UNIX_EPOCH;
        let stood = Context {
            current_intent: Some("order_status".to_owned()),
            current_step: Some("order_status".to_owned()),
            language: Some("en".to_owned()),
            last_message_at: Some(last),
            ..Context::default()
        };
        let after = |wait| {
            let mut context = stood.clone();
            context.forgets(last + wait);
            context
        };
        let soon = std::time::Duration::from_hours(5);
        assert_eq!(after(soon), stood);
        let forgotten = after(limits::STEP_LIVES);
        assert_eq!(
            (forgotten.current_intent, forgotten.current_step),
            (None, None)
        );
        assert_eq!(
            forgotten.language, stood.language,
            "people keep their language"
        );
    }
}
