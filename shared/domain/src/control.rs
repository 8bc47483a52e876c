//! Who attends to a conversation by a person's word: it is taken over, and given back.

use jiff::Timestamp;

use crate::conversation::{Attendant, Conversation};
use crate::priority::Priority;

/// A person's word that they attend to a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// [`Attendant::UNTIL_RELEASED`], or when the engine answers again.
    pub until: Timestamp,
    /// Who attends, in the words of whoever says so.
    pub by: String,
}

impl Attendant {
    /// A person attends until somebody gives the conversation back: the last second that a time can have.
    pub const UNTIL_RELEASED: Timestamp = Timestamp::constant(253_402_207_200, 0);

    /// Whether the engine is not asked at this time.
    pub fn is_human(self, now: Timestamp) -> bool {
        matches!(self, Self::Human { until } if now < until)
    }
}

impl Conversation {
    /// The conversation that a person attends to from now on: what was decided before is not sent any more. `None`: it is so already.
    #[must_use]
    pub fn taken_over(&self, takeover: &Takeover) -> Option<Self> {
        let until = takeover.until;
        let taken = Self {
            attendant: Attendant::Human { until },
            attended_by: Some(takeover.by.clone()),
            ..self.clone()
        };
        (taken != *self).then(|| taken.under_a_new_epoch())
    }

    /// The conversation that the engine answers again, and that nobody has to hurry for any more. `None`: it is so already.
    #[must_use]
    pub fn released(&self, now: Timestamp) -> Option<Self> {
        let mut released = Self {
            attendant: Attendant::Engine,
            attended_by: None,
            ..self.clone()
        };
        released.context.priority = Priority::Normal;
        let is_so = !self.attendant.is_human(now) && self.context.priority == Priority::Normal;
        (!is_so).then(|| released.under_a_new_epoch())
    }

    fn under_a_new_epoch(mut self) -> Self {
        self.version += 1;
        self.control_epoch += 1;
        // A menu may wait to be sent still, and is cancelled with that.
        self.context.open_menu = None;
        self.rules.begins_anew();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Quiet;
    use crate::conversation::tests::{config, conversation, message, quiet};
    use crate::limits;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn takeover(until: Timestamp) -> Takeover {
        let by = "Fatou".to_owned();
        Takeover { until, by }
    }

    #[test]
    fn a_conversation_is_a_persons_until_it_is_given_back_and_each_raises_the_epoch() {
        let begun = conversation();
        let taken = begun
            .taken_over(&takeover(Attendant::UNTIL_RELEASED))
            .unwrap();
        assert_eq!((taken.control_epoch, taken.version), (1, 1));
        assert_eq!(quiet(&config(), &taken, &message()), Some(Quiet::Human));
        let released = taken.released(NOW).unwrap();
        assert_eq!((released.control_epoch, released.version), (2, 2));
        assert_eq!(released.attended_by, None);
        assert_eq!(quiet(&config(), &released, &message()), None);
    }

    #[test]
    fn what_is_so_already_is_not_written_again() {
        let word = takeover(Attendant::UNTIL_RELEASED);
        let taken = conversation().taken_over(&word).unwrap();
        assert_eq!(taken.taken_over(&word), None);
        assert_eq!(conversation().released(NOW), None);
        let for_an_hour = conversation()
            .taken_over(&takeover(NOW + limits::QUEUED_TOO_LONG))
            .unwrap();
        assert_eq!(for_an_hour.released(NOW + limits::QUEUED_TOO_LONG), None);
    }

    #[test]
    fn whoever_types_meanwhile_does_not_end_a_takeover_early() {
        let word = takeover(Attendant::UNTIL_RELEASED);
        let taken = conversation().taken_over(&word).unwrap();
        let typed = taken.clone().typed_in(limits::HUMAN_ATTENDS, NOW);
        assert_eq!(
            (typed.attendant, typed.attended_by),
            (taken.attendant, taken.attended_by)
        );
    }

    #[test]
    fn the_end_of_a_takeover_without_end_can_be_kept_in_milliseconds() {
        let until = Attendant::UNTIL_RELEASED;
        let kept = Timestamp::from_millisecond(until.as_millisecond());
        assert_eq!(kept.ok(), Some(until));
    }
}
